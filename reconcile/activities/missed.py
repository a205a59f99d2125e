"""How many calls of some sites were missed in a time: what a rollout's gate asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from reconcile.model.resource import Live
from reconcile.providers.activities import CallQuery

if TYPE_CHECKING:
    from reconcile.providers.base import Provider

#: Sites in one question, which are a part of its URL.
_SITES: Final = 100


def finished_and_missed(
    providers: Mapping[str, Provider], sites: Sequence[Live], since: datetime, until: datetime
) -> tuple[int, int]:
    """How many calls of these sites within an aware time are over, and in how many of them nobody talked.

    Raises `ProviderError`.
    """
    groups: dict[tuple[str, int | None], list[Live]] = defaultdict(list)
    for site in sites:
        groups[site.address.account, site.owner].append(site)
    outcomes = [
        call.succeeded
        for (account, owner), group in groups.items()
        for start in range(0, len(group), _SITES)
        for call in providers[account].activities.calls(
            CallQuery(sites=tuple(group[start : start + _SITES]), since=since, until=until, owner=owner)
        )
    ]
    return sum(one is not None for one in outcomes), outcomes.count(False)
