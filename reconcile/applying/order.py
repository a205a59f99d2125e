"""Which updates wait for which: a site may take an address only after the site that had it has another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconcile.planning.plan import Change


@dataclass(frozen=True, slots=True)
class Step:
    """A change, and the one that frees its address, which comes in an earlier layer."""

    change: Change
    after: Change | None = None


def layers(changes: Sequence[Change], url: int) -> list[list[Step]]:
    """The changes of one phase in layers, each to be done when those before it are; `url` is the index of the address.

    Sites that swap their addresses wait for nobody: there is no order for them.
    """
    holders = {before: change for change in changes for before, _ in [_addresses(change, url)] if before is not None}
    found: Mapping[int, list[Step]] = defaultdict(list)
    for change in changes:
        chain = _waits_for(change, holders, url)
        found[len(chain)].append(Step(change, chain[0] if chain else None))
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
