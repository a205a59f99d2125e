"""What is wrong with a project, at its places, for those who show it beside the files: one file per format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

from reconcile.errors import ConfigError, PlanError, ReconcileError
from reconcile.escaping import clean
from reconcile.planning.plan import Severity
from reconcile.planning.planfile import FORMAT_VERSION

#: The rule of what is no rule of a person's own.
PROJECT: Final = "project"
#: Where something is said that stands in no file.
NO_FILE: Final = "reconcile.yaml"

#: The path of a project's file as whoever shows it knows it.
PathOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something to be said at a place: `path` is that of a file, whose lines and columns count from 1 (0: all of it).

    `path` is empty where no file is meant. `rule` is the name of a rule that was broken; `address` a resource's.
    """

    level: Severity
    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    rule: str = PROJECT
    address: str = ""

    @property
    def place(self) -> str:
        """`reconcile.yaml:7:13`, as far as it is known."""
        return ":".join([self.path, *([str(self.line), str(self.column)] if self.line else [])])

    @property
    def text(self) -> str:
        """What is said, and of which resource, on one line."""
        return clean(f"{self.address}: {self.message}" if self.address else self.message)


@dataclass(frozen=True, slots=True)
class Checked:
    """A project that was checked: what was found, errors first, and a sentence for all of it."""

    found: tuple[Annotation, ...]
    summary: str

    @property
    def errors(self) -> int:
        """How many there are."""
        return sum(one.level is Severity.ERROR for one in self.found)


def checked(found: Sequence[Annotation], summary: str) -> Checked:
    """A checked project, what was found in the order in which everybody shows it."""
    return Checked(tuple(sorted(found, key=lambda one: (one.level is not Severity.ERROR, one.path, one.line))), summary)


def from_error(error: ReconcileError, path_of: PathOf) -> Checked:
    """An error that ended a command: every problem at its place, or what there is to say."""
    if isinstance(error, ConfigError):
        found = [
            Annotation(Severity.ERROR, problem.message, path_of(problem.file), problem.line, problem.column)
            for problem in error.problems
        ]
        return checked(found, problems_text(len(found)))
    said = error.said if isinstance(error, PlanError) else ()
    found = [Annotation(Severity.ERROR, one.message, address=one.address) for one in said]
    return checked(found or [Annotation(Severity.ERROR, str(error))], problems_text(len(found) or 1))


def problems_text(number: int) -> str:
    """The sentence for a project that has problems."""
    return f"{number} problem{'' if number == 1 else 's'} in the project; nothing was changed"


def fingerprints(found: Sequence[Annotation]) -> list[str]:
    """What tells each apart from all others, and stays as it is when lines move."""
    seen: dict[str, int] = {}
    made = []
    for one in found:
        key = "\0".join([one.path, one.rule, one.address, one.message])
        seen[key] = seen.get(key, 0) + 1
        made.append(sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")).hexdigest())
    return made


def shown_path(one: Annotation) -> str:
    """The path of the file to show it at: every annotation has to have one."""
    return clean(PurePosixPath(one.path or NO_FILE).as_posix())


def checked_text(found: Checked) -> str:
    """A line for each, and the sentence."""
    lines = [
        f"{clean(one.place)}: {_mark(one)}{one.text}" if one.path else f"{one.level}: {one.text}" for one in found.found
    ]
    return "\n".join([*lines, found.summary]) + "\n"


def _mark(one: Annotation) -> str:
    return "" if one.level is Severity.ERROR else f"{one.level}: "


def checked_json(found: Checked) -> str:
    """In the shape of a plan's diagnostics."""
    from reconcile.reports.json import text

    diagnostics = []
    for one in found.found:
        where = {"file": one.path, "line": one.line, "column": one.column} if one.path else {}
        about = {"address": one.address} if one.address else {}
        diagnostics.append({"severity": one.level.value, **about, **where, "message": one.message})
    return text({"format_version": FORMAT_VERSION, "diagnostics": diagnostics})
