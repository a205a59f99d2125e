"""What is done before what, as data: stages by kind and action, and within a stage which updates wait for which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.planning.plan import Change


class Stage(IntEnum):
    """When a change is done. Each stage is over before the next begins."""

    PROFILE = 0  # a new API key is the one that the rest of the run signs with
    UPDATE = 1  # renames free addresses before creates take them
    CLIENT = 2
    SITE = 3  # under their clients
    DELETE = 4  # last: a failure leaves too much, not too little
    LOCKOUT = 5  # after which nothing can be done any more


STAGES: Final[Mapping[tuple[str, Action], Stage]] = {
    ("profile", Action.UPDATE): Stage.PROFILE,
    ("site", Action.UPDATE): Stage.UPDATE,
    ("client", Action.CREATE): Stage.CLIENT,
    ("site", Action.CREATE): Stage.SITE,
    ("site", Action.DELETE): Stage.DELETE,
}


class Step(Struct, frozen=True):
    """What one request does: a change, and the site that its client's creation brings with it.

    `after` is the change that frees its address, which comes in an earlier layer.
    """

    change: Change
    site: Change | None = None
    after: Change | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that the step does."""
        return (self.change,) if self.site is None else (self.change, self.site)


def stages(changes: Sequence[Change]) -> list[tuple[Stage, list[Change]]]:
    """An account's changes by stage, in order."""
    found: dict[Stage, list[Change]] = defaultdict(list)
    for change in changes:
        found[stage(change)].append(change)
    return sorted(found.items())


def stage(change: Change) -> Stage:
    """When a change is done."""
    return Stage.LOCKOUT if change.locks_out else STAGES[change.address.kind, change.action]


def with_sites(clients: Sequence[Change], changes: Sequence[Change]) -> list[Step]:
    """The creations of clients, each with the site that is created by the same call."""
    sites: dict[Address | None, Change] = {
        change.address: change for change in changes if change.action is Action.CREATE and change.client is not None
    }
    return [Step(client, sites.get(client.together)) for client in clients]


def layers(changes: Sequence[Change], url: int) -> list[list[Step]]:
    """The changes of one stage in layers, each to be done when those before it are; `url` is the index of the address.

    Sites that swap their addresses wait for nobody: there is no order for them.
    """
    holders = {before: change for change in changes for before, _ in [_addresses(change, url)] if before is not None}
    found: Mapping[int, list[Step]] = defaultdict(list)
    for change in changes:
        chain = _waits_for(change, holders, url)
        found[len(chain)].append(Step(change, after=chain[0] if chain else None))
    return [found[depth] for depth in sorted(found)]


def _waits_for(change: Change, holders: Mapping[str, Change], url: int) -> list[Change]:
    """The changes that have to be done before, nearest first; none where they go round in a circle."""
    chain: list[Change] = []
    holder = holders.get(_addresses(change, url)[1] or "")
    while holder is not None and holder is not change and holder not in chain:
        chain.append(holder)
        holder = holders.get(_addresses(holder, url)[1] or "")
    return [] if holder is not None else chain


def _addresses(change: Change, url: int) -> tuple[str | None, str | None]:
    """The address that a change takes from a site, and the one that it gives it."""
    for item in change.fields:
        if item.field.index == url and item.before is not None:
            return str(item.before), str(item.after)
    return None, None
