"""Carries a plan out: checks again, sends, isolates failures, and can be stopped at any moment.

The order is data (`order`). Within a stage changes go out over `parallelism` connections, a batch at a time, each batch
after a bulk read that shows that its sites are still as the plan saw them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event, Lock
from types import MappingProxyType
from typing import Any, Final, TypeVar

from reconcile.applying.journal import Intent, Journal, Unnoted
from reconcile.applying.lag import InTheWay, Listings
from reconcile.applying.order import Stage, Step, layers, stages, with_sites
from reconcile.applying.recheck import Occupied, leaving, moved, name_field, wanted
from reconcile.applying.report import RUN_OVER, Ended, Outcome, Report, Result
from reconcile.errors import (
    BadAnswer,
    CircuitOpen,
    ConnectionFailed,
    NotSent,
    ProviderError,
    Rejected,
    ServiceError,
    StoreError,
)
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kinds
from reconcile.model.resource import Draft, Live
from reconcile.planning.plan import Change, Plan
from reconcile.pools import pool
from reconcile.providers.base import Provider

#: Sites that one bulk read checks, for each connection.
CHECKED_AT_ONCE: Final = 50

#: Sites that may be unreadable by themselves before a run gives up looking for which ones they are.
UNREADABLE: Final = 8

log = logging.getLogger("reconcile")

Advance = Callable[[Result], None]
#: Sends one step; gives the id of what it was done to, where that is known.
Send = Callable[[Step], int | None]
T = TypeVar("T")


def execute(
    plan: Plan,
    kinds: Kinds,
    providers: Mapping[str, Provider],
    *,
    run: str,
    parallelism: int,
    stopping: Event,
    advance: Advance = lambda result: None,
    journal: Journal | None = None,
    lags: Mapping[str, float] = MappingProxyType({}),
) -> Report:
    """Carries `plan` out and says what became of every change. `run` is the name of the run in its report.

    `lags` says for how many seconds each account's lists may miss what was just created; `journal` is told what is
    about to be sent, and what became of it.

    A failure of one resource stops no other, except for the sites of a client that could not be created. Once
    `stopping` is set, what is in flight finishes and nothing else begins; a `KeyboardInterrupt` after that ends the run
    at once, and what is in flight is reported as unknown.
    """
    executions = [
        _Execution(
            account,
            kinds,
            providers[account],
            changes,
            parallelism,
            stopping,
            advance,
            Unnoted() if journal is None else journal,
            lags.get(account, 0.0),
        )
        for account, changes in _by_account(plan.changes).items()
    ]
    try:
        for execution in executions:
            execution.run()
    except KeyboardInterrupt:
        stopping.set()
    results = {key: result for execution in executions for key, result in execution.all_results().items()}
    return Report(
        run,
        tuple(results[id(change)] for change in plan.changes),
        interrupted=stopping.is_set(),
        warnings=tuple(text for execution in executions for text in execution.warnings),
        ended=tuple(Ended(execution.account, execution.ended) for execution in executions if execution.ended),
    )


def _by_account(changes: Sequence[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.address.account, []).append(change)
    return dict(sorted(found.items()))


def _interrupted(change: Change) -> Result:
    return _result(change, Outcome.NOT_ATTEMPTED, "the run was interrupted")


def _left(change: Change) -> Result:
    return _result(change, Outcome.NOT_ATTEMPTED, RUN_OVER)


def _result(change: Change, outcome: Outcome, error: str = "", made: int | None = None) -> Result:
    return Result(change.address, change.action, outcome, error, change.id if made is None else made)


class _Execution:
    """One account's part of a plan."""

    def __init__(
        self,
        account: str,
        kinds: Kinds,
        provider: Provider,
        changes: Sequence[Change],
        parallelism: int,
        stopping: Event,
        advance: Advance,
        journal: Journal,
        lag: float,
    ) -> None:
        self.account = account
        self.ended = ""  # why nothing more is sent to the account
        self.kinds = kinds
        self.url = kinds["site"].index("url")
        self.provider = provider
        self.changes = changes
        self.parallelism = parallelism
        self.advance = advance
        self.stopping = stopping
        self.journal = journal
        self.listings = Listings(kinds, provider, journal, lag, stopping)
        self.warnings: list[str] = []
        self.begun: set[int] = set()
        self.over = False
        self.gate = Lock()  # what is begun after the run was over would be missing in its report
        self.results: dict[int, Result] = {}
        self.planned = {change.id for change in changes if change.address.kind == "site" and change.id is not None}
        self.owners: dict[Address, int] = {}  # of the clients that this run has created
        self.occupied: Occupied | None = None
        self.unreadable = 0

    def run(self) -> None:
        """Does one stage after the other."""
        with pool(self.parallelism, "apply") as threads:
            for stage, changes in stages(self.changes):
                if self.ended:
                    return
                match stage:
                    case Stage.PROFILE | Stage.LOCKOUT:
                        self.profile(changes, threads)
                    case Stage.UPDATE | Stage.DELETE:
                        self.change(changes, threads)
                    case Stage.CLIENT:
                        self.create(with_sites(changes, self.changes), threads)
                    case Stage.SITE:
                        self.create([Step(c) for c in changes if id(c) not in self.results], threads)
        created = [c for c in self.changes if c.action is Action.CREATE and self.result(c).outcome is Outcome.DONE]
        warning = self.listings.wait_for(created, self.look)
        self.warnings += [f"{self.account}: {warning}"] if warning else []

    def all_results(self) -> dict[int, Result]:
        """What became of each change, by its `id()`. The run is over then: whatever has not begun never does."""
        with self.gate:
            self.over = True
        return {id(change): self.result(change) for change in self.changes}

    def result(self, change: Change) -> Result:
        """What became of a change, also where the run ended before that was known."""
        if id(change) in self.results:
            return self.results[id(change)]
        if id(change) in self.begun:
            return _result(change, Outcome.UNKNOWN, "the run was stopped while it was in flight; run plan to see")
        return _left(change) if self.ended else _interrupted(change)

    # --- stages -----------------------------------------------------------------------------------------------------

    def profile(self, changes: Sequence[Change], threads: ThreadPoolExecutor) -> None:
        """Changes of the account's own settings, after a look whether they are as the plan saw them."""
        live = self.read([Step(change) for change in changes], lambda: self.provider.read({"profile"}).profile)
        if live is None:
            return
        ready = []
        for change in changes:
            reason = moved(self.kinds["profile"], change, live)
            if reason is None:
                ready.append(Step(change))
            else:
                self.settle(change, Outcome.NOT_ATTEMPTED, reason)
        self.send(ready, lambda step: self.provider.update(live, self.wanted(step.change)), threads, lambda _: live)

    def create(self, steps: Sequence[Step], threads: ThreadPoolExecutor) -> None:
        """Creations, after a look whether their names are still free."""
        occupied = self.occupied = self.occupied or self.read(steps, self.look)
        if occupied is None:
            return
        ready = self.without([(step, self.in_the_way(step, occupied)) for step in steps])
        try:
            wait, unlisted = self.listings.unlisted(ready, self.owner)
        except StoreError as error:
            self.ended = f"nothing more was sent, since what was created lately can't be told: {error}"
            return
        ready = self.without(unlisted)
        if wait > 0:
            self.stopping.wait(wait)
            occupied = self.occupied = self.read(ready, self.look)
            if occupied is None:
                return
            ready = self.without([(step, self.in_the_way(step, occupied)) for step in ready])
        known = occupied.ids
        self.send(ready, lambda step: self.send_create(step, known), threads)

    def without(self, steps: Sequence[tuple[Step, InTheWay | None]]) -> list[Step]:
        """The steps that nothing is in the way of; the others are not attempted."""
        ready = []
        for step, reason in steps:
            if reason is None:
                ready.append(step)
                continue
            for change in step.changes:
                self.settle(change, Outcome.NOT_ATTEMPTED, reason[1] if change is reason[0] else _because(*reason))
        return ready

    def look(self) -> Occupied:
        """All names that are taken. Renames are over, so that only deletes still give up an address."""
        kinds = {"site"} | {"client" for change in self.changes if change.address.kind == "client" or change.client}
        deletes = [change for change in self.changes if change.action is Action.DELETE]
        return Occupied(self.provider.read(kinds), leaving(deletes, self.url))

    def in_the_way(self, step: Step, occupied: Occupied) -> InTheWay | None:
        """Why a step may not be done any more, or not yet, and which of its changes that is about."""
        for change in step.changes:
            kind = self.kinds[change.address.kind]
            reason = occupied.by(kind.name, str(self.wanted(change)[name_field(kind)]), self.planned)
            if reason is not None:
                return change, reason
        change = step.change
        if change.client is not None and change.owner is None and change.client not in self.owners:
            return change, f"client {change.client.name}, which it goes under, was not created"
        gone = occupied.ownerless(change)
        return None if gone is None else (change, gone)

    def change(self, changes: Sequence[Change], threads: ThreadPoolExecutor) -> None:
        """Updates or deletes of sites, in the order in which they free each other's addresses."""
        for layer in layers(changes, self.url):
            for batch in _batches(layer, CHECKED_AT_ONCE * self.parallelism):
                if self.ended:
                    return
                self.change_batch(batch, threads)

    def change_batch(self, batch: Sequence[Step], threads: ThreadPoolExecutor) -> None:
        live = self.check(batch)
        ready = []
        for step in (step for step in batch if id(step.change) not in self.results):
            reason = moved(self.kinds["site"], step.change, live.get(step.change.ref.id))
            if reason is None and step.after is not None and self.result(step.after).outcome is not Outcome.DONE:
                reason = f"site {step.after.id} still has its new address: that site's own change was not done"
            if reason is None:
                ready.append(step)
            else:
                self.settle(step.change, Outcome.NOT_ATTEMPTED, reason)
        self.send(
            ready, lambda step: self.send_change(step.change, live), threads, lambda change: live.get(change.ref.id)
        )

    def check(self, batch: Sequence[Step]) -> dict[int, Live]:
        """The live sites of these steps. Where a site can't be read, its own change alone is not attempted.

        A bulk read that is refused is halved until what can't be read is found; after `UNREADABLE` of those the service
        itself is taken to be failing.
        """
        if self.stopping.is_set():
            self.results.update((id(step.change), _interrupted(step.change)) for step in batch)
            return {}
        try:
            return dict(self.provider.read_some([step.change.ref for step in batch]))
        except NotSent as error:
            self.leave(batch, error)
            return {}
        except ProviderError as error:
            half = len(batch) // 2
            reached = isinstance(error, ServiceError | BadAnswer) and not isinstance(error, Rejected)
            if half and reached and self.unreadable < UNREADABLE:
                return self.check(batch[:half]) | self.check(batch[half:])
            self.unreadable += 1
            for step in batch:
                self.settle(step.change, Outcome.NOT_ATTEMPTED, f"the check before the change failed: {error}")
            return {}

    def read(self, steps: Sequence[Step], read: Callable[[], T]) -> T | None:
        """What is live; None where it can't be read, or the run is being stopped: then nothing is attempted."""
        if self.stopping.is_set():
            return None
        try:
            return read()
        except NotSent as error:
            self.leave(steps, error)
        except ProviderError as error:
            for change in (change for step in steps for change in step.changes):
                self.settle(change, Outcome.NOT_ATTEMPTED, f"the check before the change failed: {error}")
        return None

    # --- one step ---------------------------------------------------------------------------------------------------

    def wanted(self, change: Change) -> tuple[Any, ...]:
        return wanted(self.kinds[change.address.kind], change)

    def owner(self, change: Change) -> int | None:
        """The id of the client that a site goes under, which this run may have created."""
        return change.owner if change.client is None else self.owners.get(change.client, change.owner)

    def draft(self, change: Change, site: Change | None = None) -> Draft:
        return Draft(
            change.address, self.wanted(change), self.owner(change), None if site is None else self.draft(site)
        )

    def send_create(self, step: Step, known: Mapping[str, frozenset[int]]) -> int:
        made = self.provider.create(self.draft(step.change, step.site), known[step.change.address.kind])
        if step.change.address.kind == "client":
            self.owners[step.change.address] = made
        return made

    def send_change(self, change: Change, live: Mapping[int, Live]) -> None:
        found = live.get(change.ref.id)
        if change.action is Action.UPDATE and found is not None:
            self.provider.update(found, self.wanted(change))
        elif found is not None:
            self.provider.delete(found)

    # --- many changes ----------------------------------------------------------------------------------------------

    def send(
        self,
        steps: Sequence[Step],
        send: Send,
        threads: ThreadPoolExecutor,
        before: Callable[[Change], Live | None] = lambda change: None,
    ) -> None:
        """Sends all of them, and notes each as it ends. `before` gives what is live of what is changed."""
        ended: SimpleQueue[Future[list[Result]]] = SimpleQueue()
        futures = {threads.submit(self.attempt, step, send, before): step for step in steps}
        for future in futures:
            future.add_done_callback(ended.put)
        for _ in futures:
            future = ended.get()
            for change, result in zip(futures[future].changes, future.result(), strict=True):
                self.note(change, result)

    def attempt(self, step: Step, send: Send, before: Callable[[Change], Live | None]) -> list[Result]:
        """One step; what one request does succeeds or fails together. What can't be noted first is not sent."""
        if self.stopping.is_set():
            return [_interrupted(change) for change in step.changes]
        if self.ended:
            return [_left(change) for change in step.changes]
        try:
            self.journal.intend([Intent(change, before(change)) for change in step.changes])
        except StoreError as error:
            self.ended = f"nothing more was sent, since it can't be noted: {error}"
            return [_left(change) for change in step.changes]
        with self.gate:
            if self.over:
                return [_interrupted(change) for change in step.changes]
            self.begun.update(map(id, step.changes))
        results = self.tried(step, send)
        try:
            self.journal.ended(list(zip(step.changes, results, strict=True)))
        except StoreError as error:
            self.ended = f"nothing more was sent, since what became of it can't be noted: {error}"
        return results

    def tried(self, step: Step, send: Send) -> list[Result]:
        """What became of sending a step."""
        try:
            outcome, error, made = _outcome(lambda: send(step))
        except NotSent as reason:
            return self.unsent(step, reason)
        ids = [made, *(None for _ in step.changes[1:])]
        return [_result(change, outcome, error, made) for change, made in zip(step.changes, ids, strict=True)]

    def unsent(self, step: Step, reason: NotSent) -> list[Result]:
        """What is left because nothing is sent any more: the run is being stopped, or the account's is over."""
        if not isinstance(reason, CircuitOpen):
            return [_interrupted(change) for change in step.changes]
        self.ended = str(reason)
        return [_left(change) for change in step.changes]

    def leave(self, steps: Sequence[Step], reason: NotSent) -> None:
        for step in steps:
            for change, result in zip(step.changes, self.unsent(step, reason), strict=True):
                self.note(change, result)

    def note(self, change: Change, result: Result) -> None:
        self.results[id(change)] = result
        log.info("%s: %s %s%s", result.address, result.action, result.outcome, result.error and f": {result.error}")
        self.advance(result)

    def settle(self, change: Change, outcome: Outcome, error: str) -> None:
        self.note(change, _result(change, outcome, error))


def _because(change: Change, reason: str) -> str:
    """Why something is not attempted that would be done by the same call as another change."""
    return f"{change.address.kind} {change.address.human}, which the same call creates: {reason}"


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


def _batches(steps: Sequence[Step], size: int) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), size):
        yield steps[start : start + size]
