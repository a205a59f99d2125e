"""Optimistic concurrency: is what a change was worked out from still there?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from reconcile.model.capabilities import Action
from reconcile.model.fields import Kind
from reconcile.model.resource import Live, fingerprint
from reconcile.planning.plan import Change


def moved(kind: Kind, change: Change, live: Live | None) -> str | None:
    """Why an update or delete may not be done any more; None where its site is as it was."""
    if live is None:
        return None if change.action is Action.DELETE else f"site {change.id} was deleted since the plan was made"
    if fingerprint(kind, live) == change.fingerprint:
        return None
    if change.action is Action.UPDATE:
        differing = [item.field.path for item in change.fields if live.values[item.field.index] != item.before]
        if differing:
            return f"somebody changed {', '.join(differing)} since the plan was made"
    return "somebody changed the site since the plan was made"


class Occupied:
    """Which addresses live sites hold, for creates; sites that the same plan moves away or deletes do not count."""

    def __init__(self, live: Collection[Live], leaving: Collection[int]) -> None:
        self.ids = frozenset(site.id for site in live)
        self.by_name: Mapping[str, list[int]] = defaultdict(list)
        for site in live:
            if site.id not in leaving:
                self.by_name[site.address.name].append(site.id)

    def by(self, name: str, planned: Collection[int] = ()) -> str | None:
        """Why a site with this address may not be created any more; `planned` are the sites that the plan knew."""
        ids = self.by_name.get(name)
        if not ids:
            return None
        if ids[0] in planned:
            return f"site {ids[0]} still has this address: its own change was not done"
        return f"somebody created it since the plan was made (id {ids[0]})"


def leaving(changes: Sequence[Change], url: int) -> frozenset[int]:
    """The ids of the sites that a plan deletes, or gives another address."""
    return frozenset(
        change.id
        for change in changes
        if change.id is not None
        and (change.action is Action.DELETE or any(item.field.index == url for item in change.fields))
    )
