"""What a forge is, whichever: comments of a pull request (GitLab: merge request), issues, and saved plans of runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from reconcile.errors import ReconcileError, StalePlanError


class ForgeError(ReconcileError):
    """The forge's API can't be used: the message says which call, why, and what to do. Never holds the token."""


class Unreachable(ForgeError):
    """No answer, or one of a server in trouble: what was asked for may have been done."""


class NoSavedPlan(StalePlanError):
    """There is no saved plan that was reviewed and may be applied; the message says why."""


class Job(Struct, frozen=True):
    """The run that this process belongs to.

    `commit` is the head of the pull request where there is one, otherwise what the run is of. `number` is that of
    the pull request, and `base` the branch that it is for. `url` leads a person to the run. `branch` is the one that
    the run is of; nothing for a tag. `default` is the repository's default branch, where the run is told.
    """

    commit: str
    number: int | None
    run: int
    url: str
    branch: str = ""
    base: str = ""
    default: str = ""


class Note(Struct, frozen=True):
    """A comment or an issue: its number at the forge, and its text. `own`: this program's user wrote it."""

    id: int
    body: str
    own: bool
    title: str = ""


class Merged(Struct, frozen=True):
    """The pull request that a commit came with, what its head was then, and when it was merged (ISO 8601)."""

    number: int
    head: str
    at: str = ""

    def before(self, time: str) -> bool:
        """Whether something was made before the merge; true where a forge says no time."""
        return not time or not self.at or datetime.fromisoformat(time) <= datetime.fromisoformat(self.at)


class Added(Struct, frozen=True):
    """What was written, and the login as which that was done."""

    note: Note
    login: str


class Notes(Protocol):
    """Texts that can be listed and changed: the comments of one pull request, or the open issues."""

    def list(self) -> list[Note]:
        """All of them, the oldest first."""

    def add(self, title: str, body: str) -> Added:
        """Writes a new one. Raises `Unreachable` where it may be there or not."""

    def change(self, note: Note, body: str) -> bool:
        """Whether there still was one to change."""

    def remove(self, note: Note) -> None:
        """Takes one away (a comment) or closes it (an issue); nothing where it has gone."""


class Forge(Protocol):
    """GitHub or GitLab."""

    @property
    def job(self) -> Job: ...

    def head(self, number: int) -> str:
        """The commit that a pull request has now; nothing once it was merged."""

    def live_branch(self) -> str:
        """The repository's default branch."""

    def tip(self, branch: str) -> str:
        """The commit that a branch has now."""

    def comments(self, number: int) -> Notes:
        """The comments of a pull request."""

    def issues(self) -> Notes:
        """The open issues; new ones get the label of drift."""

    def merged(self) -> Merged | None:
        """The pull request that the job's commit came with; None for a push without one."""

    def saved(self, merged: Merged, run: int, name: str) -> Iterator[bytes]:
        """The plans that a run for the head of a pull request has saved, the newest first.

        Raises `NoSavedPlan` where the run is of another commit or repository, or there is none any more.
        """
