"""Sites by their owner, the studio itself or one of its clients: a site is matched among those of its owner only.

No API moves a site from one owner to another (api.md 1.4), so that one which is live under another owner than the
declared one is a step for a person; to create it anew would make two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.resource import Desired, Live
from reconcile.planning.clients import NEW, Clients
from reconcile.planning.match import Matches, match
from reconcile.planning.plan import Diagnostic, ManualStep, Severity


class Group(Struct, frozen=True):
    """The sites of one declared owner: the studio itself (None), or a client by its address, and by its id if live."""

    client: Address | None
    owner: int | None
    matches: Matches


class Placed(Struct, frozen=True):
    """The groups, what is to be said of single declared sites, and how many live ones nobody declares."""

    groups: tuple[Group, ...]
    said: tuple[Diagnostic | ManualStep, ...]
    undeclared: int


def place(desired: Sequence[Desired], live: Sequence[Live], clients: Clients, url: int) -> Placed:
    """Matches the declared sites of an account with its live ones; `url` is the index of what is sent as address."""
    return _Placer(desired, live, clients, url).run()


class _Placer:
    def __init__(self, desired: Sequence[Desired], live: Sequence[Live], clients: Clients, url: int) -> None:
        self.clients = clients
        self.url = url
        self.said: list[Diagnostic | ManualStep] = []
        self.live = live
        self.by_id = {site.id: site for site in live}
        self.claimed: set[int] = set()
        self.unplaced: set[str] = set()  # addresses that somebody declares, whoever's they are
        self.declared: dict[Address | None, list[Desired]] = {None: []}
        for client, _ in clients.pairs:
            self.declared[client.address] = []
        for site in desired:
            self.add(site)

    def add(self, site: Desired) -> None:
        """Puts a site into its owner's group, unless it can't be told whose it is, or is pinned to another's."""
        if site.client is not None and site.client not in self.declared:
            message = f"which live client {site.client.name} is can't be told"
            self.said.append(Diagnostic(Severity.ERROR, str(site.address), message))
            self.unplaced.update(self.names(site))
        elif site.id in self.by_id and self.by_id[site.id].owner != self.owner(site.client):
            self.moved(site, self.by_id[site.id])
        else:
            self.declared[site.client].append(site)

    def names(self, site: Desired) -> tuple[str, ...]:
        """The addresses that a declared site may be live at, the surest first."""
        return str(site.values[self.url]), site.address.name, site.previous or ""

    def owner(self, client: Address | None) -> int | None:
        """The owner's id; NEW for a client that is to be created."""
        return None if client is None else self.clients.ids[client]

    def run(self) -> Placed:
        by_owner: dict[int | None, list[Live]] = defaultdict(list)
        for site in self.live:
            by_owner[site.owner].append(site)
        matched = {
            client: match(sites, by_owner[self.owner(client)], self.url) for client, sites in self.declared.items()
        }
        free = self.free(matched, by_owner)
        groups = []
        for client, matches in matched.items():
            self.said += matches.diagnostics
            pairs = tuple(pair for pair in matches.pairs if not self.elsewhere(*pair, free))
            groups.append((client, pairs, matches))
        placed = tuple(
            Group(
                client,
                self.owner(client) or None,
                Matches(pairs, tuple(site for site in m.undeclared if not self.declared_somewhere(site)), ()),
            )
            for client, pairs, m in groups
        )
        owners = {self.owner(client) for client in matched}
        others = [site for owner, sites in by_owner.items() if owner not in owners for site in sites]
        number = sum(len(group.matches.undeclared) for group in placed)
        number += sum(not self.declared_somewhere(site) for site in others)
        return Placed(placed, tuple(self.said), number)

    def declared_somewhere(self, site: Live) -> bool:
        """Whether a live site that is none of its owner's may be one that is declared elsewhere."""
        return site.id in self.claimed or site.address.name in self.unplaced

    def free(self, matched: dict[Address | None, Matches], by_owner: dict[int | None, list[Live]]) -> dict[str, Live]:
        """The live sites that no declared one is, by address; those of clients that nobody declares among them."""
        owners = {self.owner(client) for client in matched}
        left = [site for owner, sites in by_owner.items() if owner not in owners for site in sites]
        left += [site for matches in matched.values() for site in matches.undeclared]
        return {site.address.name: site for site in sorted(left, key=lambda site: -site.id)}

    def elsewhere(self, site: Desired, found: Live | None, free: dict[str, Live]) -> bool:
        """Whether a declared site that its owner does not have is live under another one; says so."""
        if found is not None:
            return False
        for name in self.names(site):
            if name in free:
                self.moved(site, free[name])
                return True
        return False

    def moved(self, site: Desired, live: Live) -> None:
        self.claimed.add(live.id)
        here = "the studio itself" if live.owner is None else f"client {self.clients.names.get(live.owner, live.owner)}"
        there = "the studio itself" if site.client is None else f"client {site.client.name}"
        self.said.append(
            ManualStep(
                str(site.address),
                f"is live (id {live.id}) under {here}, and declared under {there}; the service has no call to move a "
                f"site to another owner, so nothing is sent: {self.remedy(site, live)}",
            )
        )

    def remedy(self, site: Desired, live: Live) -> str:
        """What to do about a site that is live under another owner; a new client may only have a misspelt e-mail."""
        remedy = "declare it where it is, or have it moved in the dashboard"
        if site.client is None or live.owner is None or self.owner(site.client) != NEW:
            return remedy
        return f"if {site.client.name} is that client, say so with `id: {live.owner}` there, else {remedy}"
