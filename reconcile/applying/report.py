"""What became of each change of a plan; the numbers always add up to the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

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
#: Why a change is not attempted whose wave never began; `Report.over` says what ended the rollout.
ROLLOUT_OVER: Final = "the rollout was over before its wave"


class Result(Struct, frozen=True):
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

    @property
    def held_back(self) -> bool:
        """Whether its wave never began, which is said once, too."""
        return self.outcome is Outcome.NOT_ATTEMPTED and self.error == ROLLOUT_OVER


class Verdict(Struct, frozen=True):
    """What a gate said after a wave: whether to go on, and why (or why not)."""

    gate: str
    passed: bool
    note: str = ""


class WaveReport(Struct, frozen=True):
    """What became of one wave of a rollout: its results, in the order of its plan, and what the gates after it said.

    `number` counts from 1; `name` is its size as the project says it. `why` says why the rollout ended there, where it
    did.
    """

    number: int
    name: str
    results: tuple[Result, ...]
    verdicts: tuple[Verdict, ...] = ()
    why: str = ""

    @property
    def summary(self) -> dict[str, int]:
        """How many changes ended in each way."""
        return _summary(self.results)

    @property
    def failures(self) -> int:
        """How many changes are not done."""
        return len(self.results) - self.summary[Outcome.DONE]


class Ended(Struct, frozen=True):
    """Why an account's run was over before all of its changes were attempted."""

    account: str
    why: str


class Report(Struct, frozen=True):
    """The results of a run, in the order of its plan. Of the accounts in `ended` the rest is not attempted.

    `warnings` are what a person should know besides. A rollout has `waves`: those that began, of `of_waves` in all.
    """

    run: str
    results: tuple[Result, ...]
    interrupted: bool = False
    warnings: tuple[str, ...] = ()
    ended: tuple[Ended, ...] = ()
    waves: tuple[WaveReport, ...] = ()
    of_waves: int = 0

    @property
    def summary(self) -> dict[str, int]:
        """How many changes ended in each way."""
        return _summary(self.results)

    @property
    def over(self) -> WaveReport | None:
        """The wave after which the rollout was ended, by too many failures or by a gate."""
        return self.waves[-1] if self.waves and self.waves[-1].why else None

    @property
    def exit_code(self) -> ExitCode:
        """0 where all is done, 5 where something is, 1 where nothing is, 130 after Ctrl-C."""
        summary = self.summary
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if summary[Outcome.DONE] == len(self.results):
            return ExitCode.DONE
        return ExitCode.PARTIAL if summary[Outcome.DONE] or summary[Outcome.UNKNOWN] else ExitCode.ERROR


def _summary(results: Sequence[Result]) -> dict[str, int]:
    counts = Counter(result.outcome for result in results)
    return {outcome.value: counts[outcome] for outcome in Outcome}
