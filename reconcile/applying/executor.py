"""Carries a plan out: checks again, sends, isolates failures, and can be stopped at any moment.

The order is data (`order`). Within a stage changes go out over `parallelism` connections, a batch at a time, each batch
after a bulk read that shows that its sites are still as the plan saw them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import MappingProxyType
from typing import Any, Final, TypeVar

from reconcile.applying.journal import Journal, Unnoted
from reconcile.applying.lag import InTheWay, Listings
from reconcile.applying.order import Stage, Step, layers, stages, with_sites
from reconcile.applying.recheck import Occupied, leaving, moved, name_field, wanted
from reconcile.applying.report import Ended, Outcome, Report, Result
from reconcile.applying.sending import Advance, Sender, interrupted
from reconcile.errors import BadAnswer, NotSent, ProviderError, Rejected, ServiceError, StoreError, interruptions
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
    owners: dict[Address, int] | None = None,
) -> Report:
    """Carries `plan` out and says what became of every change. `run` is the name of the run in its report.

    `lags` says for how many seconds each account's lists may miss what was just created; `journal` is told what is
    about to be sent, and what became of it. `owners` are the ids of clients that earlier waves of the run have created;
    those that this one creates are added.

    A failure of one resource stops no other, except for the sites of a client that could not be created. Once
    `stopping` is set, what is in flight finishes and nothing else begins; a `KeyboardInterrupt` after that ends the run
    at once, and what is in flight is reported as unknown.
    """
    owners = {} if owners is None else owners
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
            owners,
        )
        for account, changes in _by_account(plan.changes).items()
    ]
    try:
        with interruptions():
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
        ended=tuple(
            Ended(execution.account, execution.sender.ended) for execution in executions if execution.sender.ended
        ),
    )


def _by_account(changes: Sequence[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.address.account, []).append(change)
    return dict(sorted(found.items()))


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
        owners: dict[Address, int],
    ) -> None:
        self.account = account
        self.kinds = kinds
        self.url = kinds["site"].index("url")
        self.provider = provider
        self.changes = changes
        self.parallelism = parallelism
        self.stopping = stopping
        self.sender = Sender(journal, stopping, advance)
        self.listings = Listings(kinds, provider, journal, lag, stopping)
        self.warnings: list[str] = []
        self.planned = {change.id for change in changes if change.address.kind == "site" and change.id is not None}
        self.owners = owners  # the ids of the clients that the run has created
        self.occupied: Occupied | None = None
        self.unreadable = 0

    def run(self) -> None:
        """Does one stage after the other."""
        with pool(self.parallelism, "apply") as threads:
            for stage, changes in stages(self.changes):
                if self.sender.ended:
                    return
                match stage:
                    case Stage.PROFILE | Stage.LOCKOUT:
                        self.profile(changes, threads)
                    case Stage.UPDATE | Stage.DELETE:
                        self.change(changes, threads)
                    case Stage.CLIENT:
                        self.create(with_sites(changes, self.changes), threads)
                    case Stage.SITE:
                        self.create([Step(c) for c in changes if id(c) not in self.sender.results], threads)
        created = [
            c for c in self.changes if c.action is Action.CREATE and self.sender.result(c).outcome is Outcome.DONE
        ]
        warning = self.listings.wait_for(created, self.look)
        self.warnings += [f"{self.account}: {warning}"] if warning else []

    def all_results(self) -> dict[int, Result]:
        """What became of each change, by its `id()`. The run is over then: whatever has not begun never does."""
        self.sender.close()
        return {id(change): self.sender.result(change) for change in self.changes}

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
                self.sender.settle(change, reason)
        self.sender.send(
            ready, lambda step: self.provider.update(live, self.wanted(step.change)), threads, lambda _: live
        )

    def create(self, steps: Sequence[Step], threads: ThreadPoolExecutor) -> None:
        """Creations, after a look whether their names are still free."""
        occupied = self.occupied = self.occupied or self.read(steps, self.look)
        if occupied is None:
            return
        ready = self.without([(step, self.in_the_way(step, occupied)) for step in steps])
        try:
            wait, unlisted = self.listings.unlisted(ready, self.owner)
        except StoreError as error:
            self.sender.ended = f"nothing more was sent, since what was created lately can't be told: {error}"
            return
        ready = self.without(unlisted)
        if wait > 0:
            self.stopping.wait(wait)
            occupied = self.occupied = self.read(ready, self.look)
            if occupied is None:
                return
            ready = self.without([(step, self.in_the_way(step, occupied)) for step in ready])
        known = occupied.ids
        self.sender.send(ready, lambda step: self.send_create(step, known), threads)

    def without(self, steps: Sequence[tuple[Step, InTheWay | None]]) -> list[Step]:
        """The steps that nothing is in the way of; the others are not attempted."""
        ready = []
        for step, reason in steps:
            if reason is None:
                ready.append(step)
                continue
            for change in step.changes:
                self.sender.settle(change, reason[1] if change is reason[0] else _because(*reason))
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
            reason = reason or occupied.renamed(change)
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
                if self.sender.ended:
                    return
                self.change_batch(batch, threads)

    def change_batch(self, batch: Sequence[Step], threads: ThreadPoolExecutor) -> None:
        live = self.check(batch)
        ready = []
        for step in (step for step in batch if id(step.change) not in self.sender.results):
            reason = moved(self.kinds["site"], step.change, live.get(step.change.ref.id))
            if reason is None and step.after is not None and self.sender.result(step.after).outcome is not Outcome.DONE:
                reason = f"site {step.after.id} still has its new address: that site's own change was not done"
            if reason is None:
                ready.append(step)
            else:
                self.sender.settle(step.change, reason)
        self.sender.send(
            ready, lambda step: self.send_change(step.change, live), threads, lambda change: live.get(change.ref.id)
        )

    def check(self, batch: Sequence[Step]) -> dict[int, Live]:
        """The live sites of these steps. Where a site can't be read, its own change alone is not attempted.

        A bulk read that is refused is halved until what can't be read is found; after `UNREADABLE` of those the service
        itself is taken to be failing.
        """
        if self.stopping.is_set():
            self.sender.results.update((id(step.change), interrupted(step.change)) for step in batch)
            return {}
        try:
            return dict(self.provider.read_some([step.change.ref for step in batch]))
        except NotSent as error:
            self.sender.leave(batch, error)
            return {}
        except ProviderError as error:
            half = len(batch) // 2
            reached = isinstance(error, ServiceError | BadAnswer) and not isinstance(error, Rejected)
            if half and reached and self.unreadable < UNREADABLE:
                return self.check(batch[:half]) | self.check(batch[half:])
            self.unreadable += 1
            for step in batch:
                self.sender.settle(step.change, f"the check before the change failed: {error}")
            return {}

    def read(self, steps: Sequence[Step], read: Callable[[], T]) -> T | None:
        """What is live; None where it can't be read, or the run is being stopped: then nothing is attempted."""
        if self.stopping.is_set():
            return None
        try:
            return read()
        except NotSent as error:
            self.sender.leave(steps, error)
        except ProviderError as error:
            for change in (change for step in steps for change in step.changes):
                self.sender.settle(change, f"the check before the change failed: {error}")
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


def _because(change: Change, reason: str) -> str:
    """Why something is not attempted that would be done by the same call as another change."""
    return f"{change.address.kind} {change.address.human}, which the same call creates: {reason}"


def _batches(steps: Sequence[Step], size: int) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), size):
        yield steps[start : start + size]
