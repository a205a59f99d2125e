"""Carries a plan out: checks again, sends, isolates failures, and can be stopped at any moment.

The order is data: `PHASES`. Within a phase changes go out over `parallelism` connections, a batch at a time, each batch
after a bulk read that shows that its sites are still as the plan saw them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import Any, Final

from reconcile.applying.order import Step, layers
from reconcile.applying.recheck import Occupied, leaving, moved
from reconcile.applying.report import Outcome, Report, Result
from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kind
from reconcile.model.resource import Live
from reconcile.planning.plan import Change, Plan
from reconcile.pools import pool
from reconcile.providers.base import Provider

#: Renames free addresses before creates take them; deletes come last: a failure leaves too much, not too little.
PHASES: Final = (Action.UPDATE, Action.CREATE, Action.DELETE)
#: Sites that one bulk read checks, for each connection.
CHECKED_AT_ONCE: Final = 50

log = logging.getLogger("reconcile")

Advance = Callable[[Result], None]


def execute(
    plan: Plan,
    kind: Kind,
    providers: Mapping[str, Provider],
    *,
    run: str,
    parallelism: int,
    stopping: Event,
    advance: Advance = lambda result: None,
) -> Report:
    """Carries `plan` out and says what became of every change. `run` is the name of the run in its report.

    A failure of one site stops no other. Once `stopping` is set, what is in flight finishes and nothing else begins;
    a `KeyboardInterrupt` after that ends the run at once, and what is in flight is reported as unknown.
    """
    execution = _Execution(kind, providers, parallelism, stopping, advance)
    try:
        for account in sorted({change.address.account for change in plan.changes}):
            execution.account(account, [c for c in plan.changes if c.address.account == account])
    except KeyboardInterrupt:
        stopping.set()
    return Report(run, tuple(map(execution.result, plan.changes)), interrupted=stopping.is_set())


def _interrupted(change: Change) -> Result:
    return _result(change, Outcome.NOT_ATTEMPTED, "the run was interrupted")


def _result(change: Change, outcome: Outcome, error: str = "") -> Result:
    return Result(change.address, change.action, outcome, error)


class _Execution:
    def __init__(
        self, kind: Kind, providers: Mapping[str, Provider], parallelism: int, stopping: Event, advance: Advance
    ) -> None:
        self.kind = kind
        self.url = kind.index("url")
        self.providers = providers
        self.parallelism = parallelism
        self.advance = advance
        self.stopping = stopping
        self.begun: set[int] = set()
        self.results: dict[int, Result] = {}

    def account(self, name: str, changes: Sequence[Change]) -> None:
        provider = self.providers[name]
        with pool(self.parallelism, "apply") as threads:
            for action in PHASES:
                phase = [change for change in changes if change.action is action]
                if phase and action is Action.CREATE:
                    self.create(provider, phase, changes, threads)
                elif phase:
                    self.change(provider, phase, threads)

    def result(self, change: Change) -> Result:
        """What became of a change, also where the run ended before that was known."""
        if id(change) in self.results:
            return self.results[id(change)]
        if id(change) in self.begun:
            return _result(change, Outcome.UNKNOWN, "the run was stopped while it was in flight; run plan to see")
        return _interrupted(change)

    def create(
        self, provider: Provider, phase: Sequence[Change], changes: Sequence[Change], threads: ThreadPoolExecutor
    ) -> None:
        live = self.read(phase, provider.read)
        if live is None:
            return
        # Renames are over, so that only what is deleted later still gives up its address.
        occupied = Occupied(live, leaving([c for c in changes if c.action is Action.DELETE], self.url))
        planned = {change.id for change in changes if change.id is not None}
        ready = []
        for change in phase:
            reason = occupied.by(str(self.wanted(change)[self.url]), planned)
            if reason is None:
                ready.append(change)
            else:
                self.settle(change, Outcome.NOT_ATTEMPTED, reason)
        self.send(ready, lambda change: self.send_create(provider, change, occupied.ids), threads)

    def change(self, provider: Provider, phase: Sequence[Change], threads: ThreadPoolExecutor) -> None:
        for layer in layers(phase, self.url):
            for batch in _batches(layer, CHECKED_AT_ONCE * self.parallelism):
                self.change_batch(provider, batch, threads)

    def change_batch(self, provider: Provider, batch: Sequence[Step], threads: ThreadPoolExecutor) -> None:
        changes = [step.change for step in batch]
        live = self.read(
            changes, lambda: provider.read_some([change.id for change in changes if change.id is not None])
        )
        if live is None:
            return
        ready = []
        for step in batch:
            reason = moved(self.kind, step.change, live.get(step.change.id))
            if reason is None and step.after is not None and self.result(step.after).outcome is not Outcome.DONE:
                reason = f"site {step.after.id} still has its new address: that site's own change was not done"
            if reason is None:
                ready.append(step.change)
            else:
                self.settle(step.change, Outcome.NOT_ATTEMPTED, reason)
        self.send(ready, lambda change: self.send_change(provider, change, live), threads)

    def read(self, changes: Sequence[Change], read: Callable[[], Any]) -> Any:
        """The live sites; None where they can't be read, or the run is being stopped: then nothing is attempted."""
        if self.stopping.is_set():
            return None
        try:
            return read()
        except ProviderError as error:
            for change in changes:
                self.settle(change, Outcome.NOT_ATTEMPTED, f"the check before the change failed: {error}")
        return None

    # --- one change ------------------------------------------------------------------------------------------------

    def wanted(self, change: Change) -> tuple[Any, ...]:
        values = list(self.kind.blank())
        for item in (*change.fields, *change.context):
            values[item.field.index] = item.after
        return tuple(values)

    def send_create(self, provider: Provider, change: Change, known: frozenset[int]) -> None:
        values = self.wanted(change)
        provider.create(str(values[self.url]), values, known)

    def send_change(self, provider: Provider, change: Change, live: Mapping[int, Live]) -> None:
        assert change.id is not None
        if change.action is Action.UPDATE:
            provider.update(live[change.id], self.wanted(change))
        elif change.id in live:
            provider.delete(change.id)

    # --- many changes ----------------------------------------------------------------------------------------------

    def send(self, changes: Sequence[Change], send: Callable[[Change], None], threads: ThreadPoolExecutor) -> None:
        """Sends all of them, and notes each as it ends."""
        ended: SimpleQueue[Future[Result]] = SimpleQueue()
        futures = {threads.submit(self.attempt, change, send): change for change in changes}
        for future in futures:
            future.add_done_callback(ended.put)
        for _ in futures:
            future = ended.get()
            self.note(futures[future], future.result())

    def attempt(self, change: Change, send: Callable[[Change], None]) -> Result:
        if self.stopping.is_set():
            return _interrupted(change)
        self.begun.add(id(change))
        try:
            send(change)
        except ConnectionFailed as error:
            return _result(change, Outcome.UNKNOWN if error.sent else Outcome.FAILED, str(error))
        except BadAnswer as error:
            return _result(change, Outcome.UNKNOWN, str(error))
        except (ProviderError, ValueError) as error:
            return _result(change, Outcome.FAILED, str(error))
        return _result(change, Outcome.DONE)

    def note(self, change: Change, result: Result) -> None:
        self.results[id(change)] = result
        log.info("%s: %s %s%s", result.address, result.action, result.outcome, result.error and f": {result.error}")
        self.advance(result)

    def settle(self, change: Change, outcome: Outcome, error: str) -> None:
        self.note(change, _result(change, outcome, error))


def _batches(steps: Sequence[Step], size: int) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), size):
        yield steps[start : start + size]
