"""Plans in files: saved ones, and those that `--write` asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconcile.errors import UsageError
from reconcile.model.normalize import did_you_mean
from reconcile.planning import planfile
from reconcile.planning.plan import Plan
from reconcile.private import write_private
from reconcile.reports.html import plan_html
from reconcile.reports.json import plan_json
from reconcile.reports.text import plan_text

FORMATS: Final[dict[str, Callable[[Plan], str]]] = {"text": plan_text, "json": plan_json, "html": plan_html}


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and the format that it is to have."""

    format: str
    path: Path


def targets(writes: Sequence[str]) -> list[Target]:
    """The files that `--write FORMAT=FILE` names. Raises `UsageError`."""
    made = []
    for text in writes:
        name, equals, path = text.partition("=")
        if not equals or not path or name not in FORMATS:
            raise UsageError(
                f'--write takes FORMAT=FILE with one of {", ".join(FORMATS)}, not "{text}"{did_you_mean(name, FORMATS)}'
            )
        made.append(Target(name, Path(path)))
    return made


def write_plan(plan: Plan, target: Target) -> None:
    """Writes a plan in a format, readable by its owner only, as a saved one. Raises `ReconcileError`, `OSError`."""
    write_private(target.path, FORMATS[target.format](plan).encode("utf-8", "backslashreplace"))


def save_plan(plan: Plan, project: str, path: Path) -> None:
    """Saves a plan for `apply`, readable by its owner only: it holds a client's phones and addresses."""
    write_private(path, planfile.dump(plan, project).encode())
