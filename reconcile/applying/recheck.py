"""Optimistic concurrency: is what a change was worked out from still there?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reconcile.model.capabilities import Action
from reconcile.model.fields import Kind
from reconcile.model.resource import Live, fingerprint
from reconcile.model.state import LiveAccount
from reconcile.planning.plan import Change


def moved(kind: Kind, change: Change, live: Live | None) -> str | None:
    """Why an update or delete may not be done any more; None where its resource is as it was."""
    if live is None:
        gone = f"{kind.name} {change.id} was deleted since the plan was made"
        return None if change.action is Action.DELETE else gone
    # A fingerprint is not over all fields (`model.resource`), and no plan that was saved holds what is sensitive.
    told = [item for item in change.fields if not item.field.sensitive]
    differing = [item.field.path for item in told if live.values[item.field.index] != item.before]
    if differing and change.action is Action.UPDATE:
        return f"somebody changed {', '.join(differing)} since the plan was made"
    if fingerprint(kind, live) == change.fingerprint:
        return None
    return f"somebody changed the {kind.name} since the plan was made"


class Occupied:
    """Which names live resources hold, for creates: addresses of sites, e-mails of clients.

    Sites that the same plan moves away or deletes (`leaving`) do not count.
    """

    def __init__(self, live: LiveAccount, leaving: Collection[int]) -> None:
        self.ids = {
            "site": frozenset(site.id for site in live.sites),
            "client": frozenset(client.id for client in live.clients),
        }
        self.holders: Mapping[tuple[str, str], list[int]] = defaultdict(list)
        for resource in (*live.sites, *live.clients):
            if resource.address.kind != "site" or resource.id not in leaving:
                self.holders[resource.address.kind, resource.address.name].append(resource.id)

    def by(self, kind: str, name: str, planned: Collection[int] = ()) -> str | None:
        """Why a resource with this name may not be created any more; `planned` are the sites that the plan knew."""
        ids = self.holders.get((kind, name))
        if not ids:
            return None
        if kind == "site" and ids[0] in planned:
            return f"site {ids[0]} still has this address: its own change was not done"
        return f"somebody created it since the plan was made (id {ids[0]})"

    def renamed(self, change: Change) -> str | None:
        """Why a site may not be created that has a previous address: it is there."""
        ids = [] if change.previous is None else self.holders.get(("site", change.previous))
        if not ids:
            return None
        at = change.address.named(change.previous or "").human
        return f"it is live at its previous address {at} (id {ids[0]}); plan again, and it is renamed"

    def ownerless(self, change: Change) -> str | None:
        """Why a site can't be created under the live client that it goes under."""
        if change.owner is None or change.owner in self.ids["client"]:
            return None
        name = change.owner if change.client is None else change.client.name
        return f"client {name} (id {change.owner}), which it goes under, was deleted since the plan was made"


def wanted(kind: Kind, change: Change) -> tuple[Any, ...]:
    """The values that a change makes live; UNMANAGED is what it says nothing of."""
    values = list(kind.blank())
    for item in (*change.fields, *change.context):
        values[item.field.index] = item.after
    return tuple(values)


def name_field(kind: Kind) -> int:
    """The index of the field that a resource is recognised by."""
    return kind.index("url" if kind.name == "site" else "email")


def leaving(changes: Sequence[Change], url: int) -> frozenset[int]:
    """The ids of the sites that a plan deletes, or gives another address."""
    return frozenset(
        change.id
        for change in changes
        if change.id is not None
        and (change.action is Action.DELETE or any(item.field.index == url for item in change.fields))
    )
