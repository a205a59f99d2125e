"""Plans in files: saved ones, and those that `--write` asks for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconcile.errors import ReconcileError, UsageError
from reconcile.model.normalize import did_you_mean
from reconcile.planning import planfile
from reconcile.planning.plan import Plan
from reconcile.reports.json import plan_json
from reconcile.reports.text import plan_text

FORMATS: Final[dict[str, Callable[[Plan], str]]] = {"text": plan_text, "json": plan_json}


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
    """Writes a plan in a format."""
    target.path.write_text(FORMATS[target.format](plan), encoding="utf-8")


def save_plan(plan: Plan, project: str, path: Path) -> None:
    """Saves a plan for `apply`, readable by its owner only: it holds a client's phones and addresses."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.parent.is_dir():
        raise ReconcileError(f"{path}: there is no folder {path.parent} to save the plan in")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(planfile.dump(plan, project))
    scratch.replace(path)
