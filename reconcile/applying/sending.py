"""Sends steps, keeps what became of every change, and tells the journal before and after."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event, Lock

from reconcile.applying.journal import Intent, Journal
from reconcile.applying.order import Step
from reconcile.applying.report import RUN_OVER, Outcome, Result
from reconcile.errors import BadAnswer, CircuitOpen, ConnectionFailed, NotSent, ProviderError, StoreError
from reconcile.model.resource import Live
from reconcile.planning.plan import Change

log = logging.getLogger("reconcile")

#: Is told of every result as it comes.
Advance = Callable[[Result], None]
#: Sends one step; gives the id of what it was done to, where that is known.
Send = Callable[[Step], int | None]
#: What is live of what a change is about to change.
Before = Callable[[Change], Live | None]


class Sender:
    """Sends what one account's run is to do, and knows what became of every change.

    `ended` says why nothing more is sent to the account; it is empty as long as something may be. Changes are told
    apart by their `id()`.
    """

    def __init__(self, journal: Journal, stopping: Event, advance: Advance) -> None:
        self.ended = ""
        self.results: dict[int, Result] = {}
        self._journal = journal
        self._stopping = stopping
        self._advance = advance
        self._begun: set[int] = set()
        self._over = False
        self._gate = Lock()  # what is begun after the run was over would be missing in its report

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(
        self, steps: Sequence[Step], send: Send, threads: ThreadPoolExecutor, before: Before = lambda change: None
    ) -> None:
        """Sends all of them, and notes each as it ends. `before` gives what is live of what is changed."""
        ended: SimpleQueue[Future[list[Result]]] = SimpleQueue()
        futures = {threads.submit(self._attempt, step, send, before): step for step in steps}
        for future in futures:
            future.add_done_callback(ended.put)
        for _ in futures:
            future = ended.get()
            for change, result in zip(futures[future].changes, future.result(), strict=True):
                self._note(change, result)

    def _attempt(self, step: Step, send: Send, before: Before) -> list[Result]:
        """One step; what one request does succeeds or fails together. What can't be noted first is not sent."""
        if self._stopping.is_set():
            return [interrupted(change) for change in step.changes]
        if self.ended:
            return [_left(change) for change in step.changes]
        try:
            self._journal.intend([Intent(change, before(change)) for change in step.changes])
        except StoreError as error:
            self.ended = f"nothing more was sent, since it can't be noted: {error}"
            return [_left(change) for change in step.changes]
        with self._gate:
            if self._over:
                return [interrupted(change) for change in step.changes]
            self._begun.update(map(id, step.changes))
        results = self._tried(step, send)
        try:
            self._journal.ended(list(zip(step.changes, results, strict=True)))
        except StoreError as error:
            self.ended = f"nothing more was sent, since what became of it can't be noted: {error}"
        return results

    def _tried(self, step: Step, send: Send) -> list[Result]:
        """What became of sending a step."""
        try:
            outcome, error, made = _outcome(lambda: send(step))
        except NotSent as reason:
            return self._unsent(step, reason)
        ids = [made, *(None for _ in step.changes[1:])]
        return [_result(change, outcome, error, made) for change, made in zip(step.changes, ids, strict=True)]

    # --- what is not sent ---------------------------------------------------------------------------------------------

    def settle(self, change: Change, error: str) -> None:
        """Notes why a change is not attempted."""
        self._note(change, _result(change, Outcome.NOT_ATTEMPTED, error))

    def leave(self, steps: Sequence[Step], reason: NotSent) -> None:
        """Notes that these steps are not attempted because nothing is sent any more."""
        for step in steps:
            for change, result in zip(step.changes, self._unsent(step, reason), strict=True):
                self._note(change, result)

    def _unsent(self, step: Step, reason: NotSent) -> list[Result]:
        """What is left because nothing is sent any more: the run is being stopped, or the account's is over."""
        if not isinstance(reason, CircuitOpen):
            return [interrupted(change) for change in step.changes]
        self.ended = str(reason)
        return [_left(change) for change in step.changes]

    # --- what became of it --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Lets nothing begin any more, also not in a thread that was just about to."""
        with self._gate:
            self._over = True

    def result(self, change: Change) -> Result:
        """What became of a change, also where the run ended before that was known."""
        if id(change) in self.results:
            return self.results[id(change)]
        if id(change) in self._begun:
            return _result(change, Outcome.UNKNOWN, "the run was stopped while it was in flight; run plan to see")
        return _left(change) if self.ended else interrupted(change)

    def _note(self, change: Change, result: Result) -> None:
        self.results[id(change)] = result
        log.info("%s: %s %s%s", result.address, result.action, result.outcome, result.error and f": {result.error}")
        self._advance(result)


def interrupted(change: Change) -> Result:
    """What becomes of a change where the run is stopped before."""
    return _result(change, Outcome.NOT_ATTEMPTED, "the run was interrupted")


def _left(change: Change) -> Result:
    return _result(change, Outcome.NOT_ATTEMPTED, RUN_OVER)


def _result(change: Change, outcome: Outcome, error: str = "", made: int | None = None) -> Result:
    return Result(change.address, change.action, outcome, error, change.id if made is None else made)


def _outcome(send: Callable[[], int | None]) -> tuple[Outcome, str, int | None]:
    """How sending something ended, why it is not done, and the id of what was made.

    Raises `NotSent` where nothing was sent.
    """
    try:
        made = send()
    except NotSent:
        raise
    except ConnectionFailed as error:
        return (Outcome.UNKNOWN if error.sent else Outcome.FAILED), str(error), None
    except BadAnswer as error:
        return Outcome.UNKNOWN, str(error), None
    except (ProviderError, ValueError) as error:
        return Outcome.FAILED, str(error), None
    return Outcome.DONE, "", made
