"""Plans in files: saved ones, and those that `--write` asks for."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconcile.errors import UsageError
from reconcile.model.normalize import did_you_mean
from reconcile.planning import planfile
from reconcile.planning.plan import Plan
from reconcile.private import write_private
from reconcile.reports.formats import PLANS

#: The formats of a plan by name, which `--write` takes.
FORMATS: Final = PLANS


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and the format that it is to have."""

    format: str
    path: Path


def targets(writes: Sequence[str], formats: Collection[str] = FORMATS, root: Path = Path()) -> list[Target]:
    """The files that `--write FORMAT=FILE` names, below `root`. Raises `UsageError`."""
    made: list[Target] = []
    for text in writes:
        name, equals, path = text.partition("=")
        if not equals or not path or name not in formats:
            known = ", ".join(formats)
            hint = "" if name in formats else did_you_mean(name, formats)
            raise UsageError(f'--write takes FORMAT=FILE with one of {known}, not "{text}"{hint}')
        if path == "-":
            raise UsageError(f"--write {text}: writes to files; --format {name} prints to standard output")
        if Path(path).suffix.lower() in (".yaml", ".yml"):
            raise UsageError(f"--write {text}: would be read as a file of the project; give it another ending")
        target = Target(name, root / path)
        if any(is_same(target.path, other.path) for other in made):
            raise UsageError(f"--write names {path} twice; each format needs a file of its own")
        made.append(target)
    return made


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, however they are spelled; a link is replaced and not followed, so only folders
    on the way to it are.
    """
    return _real(one) == _real(other)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path.parent)) / path.name  # where links lead in circles, `resolve` raises


def write_text(target: Target, text: str) -> None:
    """Writes a text, readable by its owner only, as a saved plan is. Raises `ReconcileError`, `OSError`."""
    write_private(target.path, text.encode("utf-8", "backslashreplace"))


def save_plan(plan: Plan, project: str, path: Path) -> None:
    """Saves a plan for `apply`, readable by its owner only: it holds a client's phones and addresses."""
    write_private(path, planfile.dump(plan, project).encode())
