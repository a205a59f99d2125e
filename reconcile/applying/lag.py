"""Read-your-writes lag: a service's lists may miss for a while what was just created."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from threading import Event
from typing import Final

from msgspec import Struct, field

from reconcile.applying.journal import Creation, Journal
from reconcile.applying.order import Step
from reconcile.applying.recheck import Occupied, name_field, wanted
from reconcile.errors import ProviderError
from reconcile.model.address import Address
from reconcile.model.fields import Kinds
from reconcile.model.resource import Ref
from reconcile.planning.plan import Change
from reconcile.providers.base import Provider

#: Seconds before the second look.
FIRST: Final = 0.25

#: Why a step may not be done, and which of its changes that is about.
InTheWay = tuple[Change, str]

log = logging.getLogger("reconcile")


def pauses(lag: float) -> Iterator[float]:
    """Pauses between looks, each twice as long as the one before, `lag` seconds altogether; none where nothing lags."""
    pause, left = FIRST, lag
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause *= 2


def _places(change: Change) -> list[Address]:
    """Where what is to be created may be live already."""
    previous = [] if change.previous is None else [change.address.named(change.previous)]
    return [change.address, *previous]


class Listings(Struct):
    """What one account's lists may not show yet: of earlier runs, which `journal` knows, and of this one.

    `lag` is for how many seconds that may last.
    """

    kinds: Kinds
    provider: Provider
    journal: Journal
    lag: float
    stopping: Event
    unseen: set[tuple[str, str]] = field(default_factory=set)  # kinds and names that are there, and were not listed

    def unlisted(
        self, steps: Sequence[Step], owner: Callable[[Change], int | None]
    ) -> tuple[float, list[tuple[Step, InTheWay | None]]]:
        """What earlier runs have created of what these steps are to create.

        Gives how long to wait, in seconds, until the lists can be believed, and what is in the way of each step: a site
        that is there when it is asked for by its id. `owner` is the client that a site goes under. Raises `StoreError`.
        """
        made = self.journal.created([at for step in steps for change in step.changes for at in _places(change)])
        asked = [
            Ref(made[at].id or 0, owner(change))
            for step in steps
            for change in step.changes
            for at in _places(change)
            if at.kind == "site" and at in made and made[at].id is not None
        ]
        live = self.live(asked)
        found = [(step, self.there(step, made, live)) for step in steps]
        free = [at for step, reason in found if reason is None for change in step.changes for at in _places(change)]
        return max((self.lag - made[address].age for address in free if address in made), default=0.0), found

    def there(self, step: Step, made: Mapping[Address, Creation], live: Mapping[int, str]) -> InTheWay | None:
        for change in step.changes:
            for at in _places(change):
                before = made.get(at)
                name = self.name(change) if at == change.address else (at.kind, at.name)
                if before is not None and at.kind == "site" and live.get(before.id or 0) == name[1]:
                    self.unseen.add(name)
                    where = "" if at == change.address else f" at its previous address {at.human}"
                    return (
                        change,
                        f"run {before.run} created it{where} (id {before.id}), and the lists don't show it yet",
                    )
        return None

    def live(self, made: Collection[Ref]) -> dict[int, str]:
        """The names of those of the sites that are there when they are asked for, by id."""
        if not made or self.stopping.is_set():
            return {}
        try:
            return {number: site.address.name for number, site in self.provider.read_some(made).items()}
        except ProviderError:  # of one of them, perhaps
            return {} if len(made) == 1 else {key: name for one in made for key, name in self.live([one]).items()}

    def name(self, change: Change) -> tuple[str, str]:
        """The kind of what a change creates, and what the lists know it by."""
        kind = self.kinds[change.address.kind]
        return kind.name, str(wanted(kind, change)[name_field(kind)])

    def wait_for(self, created: Collection[Change], look: Callable[[], Occupied]) -> str:
        """Waits, as long as the lists may lag, until they show what was created, so that the next plan is right.

        Gives what a person should know; nothing where all is shown.
        """
        names = self.unseen | {self.name(change) for change in created}
        for pause in (*pauses(self.lag), None) if names else ():
            try:
                there = look().holders
            except ProviderError as error:
                log.info("whether the lists show what was created can't be told: %s", error)
                break
            missing = sorted(name for name in names if not there.get(name))
            if not missing or self.stopping.is_set():
                break
            if pause is None:
                return (
                    f"the service's lists don't show {len(missing)} of the {len(names)} resources that were created, "
                    f"such as {missing[0][1]}; plan again when they do"
                )
            self.stopping.wait(pause)
        return ""
