"""Everything that can go wrong, and the exit code that it ends with.

    ReconcileError                      1
    ├── UsageError                     64   the command line makes no sense
    ├── ConfigError                     1   the project's files do; every problem, with its place
    ├── PlanError                       1   the project and the live account can't be matched
    ├── PlanFileError                   1   a saved plan can't be used at all
    ├── SafetyError                     3   the plan is beyond the limits of `safety`
    ├── PolicyError                     3   the plan breaks one of the project's `policies`
    ├── StalePlanError                  4   the live account moved since the plan was saved
    ├── StoreError                      1   the history can't be kept or read
    │   └── Locked                      1   another run holds the account
    ├── UnknownOutcome                  5   a call or a payment was sent, and no answer says what became of it
    └── ProviderError                   1   the service, or the way to it
        ├── ConnectionFailed                no answer; a lost answer may have done its work
        ├── NotSent                         nothing was sent: the run is being stopped
        │   └── CircuitOpen                 nothing was sent: everything before has failed
        ├── BadAnswer                       an answer that is not what the service documents
        └── ServiceError                    the service's own error envelope (api.md 1.2)
            ├── Rejected                    credentials, token or signature refused
            └── NotOffered                  the account has no right to a kind of resource, or the service has none

Only `cli/main.py` catches `ReconcileError` to print it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

#: Resources that are each on a line of their own though the same is said of them.
_APART: Final = 3


class ExitCode(IntEnum):
    """The exit codes, the same for every command and format (design, section 4)."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    REFUSED = 3
    STALE = 4
    PARTIAL = 5
    USAGE = 64
    INTERRUPTED = 130


@contextmanager
def interruptions() -> Iterator[None]:
    """Makes an interruption one again that came while a lock was taken back, which then could not be released.

    `threading.Condition`, and all that waits with it, answers so to a signal: RuntimeError for KeyboardInterrupt.
    """
    try:
        yield
    except RuntimeError as error:
        cause: BaseException | None = error
        while type(cause) is RuntimeError:
            cause = cause.__context__
        if isinstance(cause, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


class Problem(NamedTuple):
    """One thing wrong in one place: a file of the project, a line and a column from 1 (0: the whole file)."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}" if self.line else f"{self.file}: {self.message}"


class ReconcileError(Exception):
    """Base of every error that is shown to a person: the message says what, where, why and what to do."""

    exit_code = ExitCode.ERROR


class UsageError(ReconcileError):
    """The command was called with options that don't go together."""

    exit_code = ExitCode.USAGE


class ConfigError(ReconcileError):
    """The project can't be used; carries every problem of every file, in order.

    `sources` are the real paths of files that the project reads beside its YAML.
    """

    def __init__(self, problems: list[Problem], sources: Collection[str] = ()) -> None:
        self.problems = tuple(sorted(set(problems)))
        self.sources = frozenset(sources)
        super().__init__("\n".join(map(str, self.problems)))


class Said(Protocol):
    """Something that is said of a resource or an account."""

    @property
    def address(self) -> str: ...

    @property
    def message(self) -> str: ...


class PlanError(ReconcileError):
    """The declared and the live objects can't be matched, or a selection matches nothing.

    `said` is what a plan has to say about it, by address.
    """

    def __init__(self, message: str, said: Sequence[Said] = ()) -> None:
        self.message = message
        self.said = tuple(said)
        lines = lines_of((one.address, one.message) for one in said)
        super().__init__("\n".join([message + ":" * bool(said), *lines]))


def lines_of(said: Iterable[tuple[str, str]]) -> list[str]:
    """Lines of an error's message, of who it is about and what is said: the same of many is said once."""
    same: dict[str, list[str]] = {}
    for who, what in said:
        same.setdefault(what, []).append(who)
    lines = []
    for what, everybody in same.items():
        few = len(everybody) <= _APART
        lines += [f"  - {who}: {what}" for who in everybody] if few else [f"  - {first(everybody)}: {what}"]
    return lines


def first(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


class PlanFileError(ReconcileError):
    """A saved plan was edited, is of another version, or belongs to another project."""


class SafetyError(ReconcileError):
    """The plan goes beyond a limit of `safety`, or deletes what is protected."""

    exit_code = ExitCode.REFUSED


class PolicyError(ReconcileError):
    """The plan breaks policies of the project; `said` is each breach. Other refusals may be in the message, too."""

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, said: Sequence[Said] = ()) -> None:
        self.said = tuple(said)
        super().__init__(message)


class StalePlanError(ReconcileError):
    """The live account is not the one that the saved plan was made from."""

    exit_code = ExitCode.STALE


class StoreError(ReconcileError):
    """The history can't be kept or read: the store is not reachable, full, or of a later version."""


class Locked(StoreError):
    """Another run holds the account; the message says who, since when, and how to break its hold."""


class UnknownOutcome(ReconcileError):
    """A call or a payment was sent once, and may or may not have been made; the message says how to find out."""

    exit_code = ExitCode.PARTIAL


class ProviderError(ReconcileError):
    """A request to a service did not do what it was for.

    `in_doubt`: an earlier try of the same request may have done it, so that this refusal is not the whole story.
    """

    in_doubt = False


class ConnectionFailed(ProviderError):
    """No complete answer came. `sent` is False only where the request surely never reached the service."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class NotSent(ProviderError):
    """The request was not even tried, because the run is being stopped; so that it surely did nothing."""


class CircuitOpen(NotSent):
    """The request was not even tried, because the service failed so often in a row that the account's run is over."""


class BadAnswer(ProviderError):
    """The answer is not JSON, or not of a shape that `api.md` 1.6 lists. `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ServiceError(ProviderError):
    """The service's error envelope. `retry_after` is in seconds, where the service gave one."""

    def __init__(self, message: str, *, status: int, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Rejected(ServiceError):
    """The service refuses the credentials, the token or the signature (401, 403)."""


class NotOffered(ServiceError):
    """A kind of resource that the account has no right to, or that the service does not have: there are none of it."""
