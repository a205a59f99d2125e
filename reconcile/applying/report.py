"""What became of each change of a plan; the numbers always add up to the plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconcile.errors import ExitCode
from reconcile.model.address import Address
from reconcile.model.capabilities import Action


class Outcome(StrEnum):
    """How a change ended. UNKNOWN: it was sent, its answer was lost, and looking did not help."""

    DONE = "done"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    UNKNOWN = "unknown"


#: Why a change is not attempted after its account's run was ended; `Report.ended` says what ended it.
RUN_OVER: Final = "the run of its account was over before"


@dataclass(frozen=True, slots=True)
class Result:
    """One change's outcome; `error` says why it is not done, `id` whose it is, where that is known."""

    address: Address
    action: Action
    outcome: Outcome
    error: str = ""
    id: int | None = None

    @property
    def left(self) -> bool:
        """Whether it was not attempted because its account's run was over, which is said once for all of them."""
        return self.outcome is Outcome.NOT_ATTEMPTED and self.error == RUN_OVER


@dataclass(frozen=True, slots=True)
class Ended:
    """Why an account's run was over before all of its changes were attempted."""

    account: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run, in the order of its plan. Of the accounts in `ended` the rest is not attempted.

    `warnings` are what a person should know besides.
    """

    run: str
    results: tuple[Result, ...]
    interrupted: bool = False
    warnings: tuple[str, ...] = ()
    ended: tuple[Ended, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        """How many changes ended in each way."""
        counts = Counter(result.outcome for result in self.results)
        return {outcome.value: counts[outcome] for outcome in Outcome}

    @property
    def exit_code(self) -> ExitCode:
        """0 where all is done, 5 where something is, 1 where nothing is, 130 after Ctrl-C."""
        summary = self.summary
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if summary[Outcome.DONE] == len(self.results):
            return ExitCode.DONE
        return ExitCode.PARTIAL if summary[Outcome.DONE] or summary[Outcome.UNKNOWN] else ExitCode.ERROR
