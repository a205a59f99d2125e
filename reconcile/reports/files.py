"""Plans in files: saved ones, and those that `--write` asks for."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from reconcile.errors import UsageError
from reconcile.model.normalize import did_you_mean
from reconcile.planning import planfile
from reconcile.planning.plan import Plan
from reconcile.private import FOLDER, write_private
from reconcile.reports.formats import PLANS

#: The formats of a plan by name, which `--write` takes.
FORMATS: Final = PLANS
#: Endings that only a project's own files, tables and databases have.
_PROJECTS: Final = (".yaml", ".yml", ".csv", ".tsv", ".db", ".sqlite", ".sqlite3")


class Target(Struct, frozen=True):
    """A file, and the format that it is to have."""

    format: str
    path: Path


def targets(writes: Sequence[str], formats: Collection[str] = FORMATS) -> list[Target]:
    """The files that `--write FORMAT=FILE` names. Raises `UsageError`."""
    made: list[Target] = []
    for text in writes:
        name, equals, path = text.partition("=")
        if not equals or not path or name not in formats:
            known = ", ".join(formats)
            hint = "" if name in formats else did_you_mean(name, formats)
            raise UsageError(f'--write takes FORMAT=FILE with one of {known}, not "{text}"{hint}')
        if path == "-":
            raise UsageError(f"--write {text}: writes to files; --format {name} prints to standard output")
        require_ours(Path(path), f"--write {text}")
        target = Target(name, Path(path))
        if any(is_same(target.path, other.path) for other in made):
            raise UsageError(f"--write names {path} twice; each format needs a file of its own")
        made.append(target)
    return made


def require_ours(path: Path, said: str) -> None:
    """Raises `UsageError` for what no plan is written over: a project's files, its tables and its databases."""
    if path.suffix.lower() in _PROJECTS:
        raise UsageError(f"{said}: would be taken for a file of the project; give it another ending, such as .json")
    if FOLDER in path.parts:
        raise UsageError(f"{said}: {FOLDER} holds what the program keeps; write to another folder")


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, however they are spelled."""
    return real(one) == real(other)


def real(path: Path) -> str:
    """Where a path leads; a link is replaced and not followed, so that only those of folders on the way to it are."""
    return str(Path(os.path.realpath(path.parent)) / path.name)  # where links lead in circles, `resolve` raises


def write_text(path: Path, text: str) -> None:
    """Writes a text, readable by its owner only, as a saved plan is. Raises `ReconcileError`, `OSError`."""
    write_private(path, text.encode("utf-8", "backslashreplace"))


def save_plan(plan: Plan, project: str, path: Path) -> None:
    """Saves a plan for `apply`, readable by its owner only: it holds a client's phones and addresses."""
    write_private(path, planfile.dump(plan, project).encode())
