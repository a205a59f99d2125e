"""What is wrong with a project, at its places, for those who show it beside the files: one file per format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconcile.errors import ConfigError, PlanError, ReconcileError
from reconcile.escaping import clean
from reconcile.model.address import Address
from reconcile.model.policy import Policy
from reconcile.planning.plan import Diagnostic, Severity
from reconcile.planning.planfile import FORMAT_VERSION, diagnostic_data
from reconcile.reports.json import diagnostics_of, text

#: The rule of what is no rule of a person's own, and what the names of those that are begin with.
PROJECT: Final = "project"
POLICY: Final = "policy/"
#: Where something is said that stands in no file.
NO_FILE: Final = "reconcile.yaml"

#: The path of a project's file as whoever shows it knows it.
PathOf = Callable[[str], str]


class Annotation(Struct, frozen=True):
    """Something to be said at a place: `path` is that of a file, whose lines and columns count from 1 (0: all of it).

    `path` is empty where no file is meant. `rule` is the rule that was broken, `address` the resource that does so.
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


class Checked(Struct, frozen=True):
    """A project that was checked: what was found, errors first, and a sentence for all of it.

    `data` is the same in the shape of a plan's diagnostics; `about` is what rules say of themselves, by their names.
    """

    found: tuple[Annotation, ...]
    summary: str
    data: tuple[Mapping[str, Any], ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """How many there are."""
        return sum(one.level is Severity.ERROR for one in self.found)


def checked(found: Sequence[Annotation], summary: str, data: Sequence[Mapping[str, Any]] = ()) -> Checked:
    """A checked project, what was found in the order in which everybody shows it."""
    order = sorted(found, key=lambda one: (one.level is not Severity.ERROR, one.path, one.line))
    return Checked(tuple(order), summary, tuple(data))


def from_error(error: ReconcileError, path_of: PathOf) -> Checked:
    """An error that ended a command: every problem at its place, or what there is to say."""
    if isinstance(error, ConfigError):
        found = [
            Annotation(Severity.ERROR, problem.message, path_of(problem.file), problem.line, problem.column)
            for problem in error.problems
        ]
    else:
        said = error.said if isinstance(error, PlanError) else ()
        found = [Annotation(Severity.ERROR, one.message, address=one.address) for one in said]
        found = found or [Annotation(Severity.ERROR, str(error))]
    return checked(found, problems_text(len(found)), diagnostics_of(error))


def from_diagnostics(
    said: Sequence[Diagnostic], path_of: PathOf, summary: str, policies: Sequence[Policy] = ()
) -> Checked:
    """What the project's policies say: each where the resource is declared, or else where the policy stands."""
    found = []
    for one in said:
        place = _place(one.declared or one.place, path_of)
        address = Address.parse(one.address).shown if "/" in one.address else one.address
        found.append(Annotation(one.severity, one.message, *place, _rule(one.rule), address))
    about = {_rule(policy.name): clean(policy.message) for policy in policies if policy.message}
    return replace(checked(found, summary, [diagnostic_data(one) for one in said]), about=about)


def _rule(policy: str) -> str:
    """The name of a policy's rule: no policy can take the place of ours."""
    return clean(f"{POLICY}{policy}") if policy else PROJECT


def _place(text: str, path_of: PathOf) -> tuple[str, int, int]:
    """`sites.yaml:7:13` as a path, a line and a column."""
    file, *position = text.rsplit(":", 2)
    if len(position) == 2 and all(part.isdecimal() for part in position):
        return path_of(file), int(position[0]), int(position[1])
    return (path_of(text) if text else ""), 0, 0


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
    return text({"format_version": FORMAT_VERSION, "diagnostics": found.data})
