"""What a run's resources are to be again: each deed's goal, what stands in its way, and what a person has to do.

A goal is a declaration made from what the history remembers, and the live resource that it is about, by its id. What is
somebody else's by now is left alone, and that is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED
from reconcile.model.resource import Desired, Live
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.planning.clients import NEW, match_clients
from reconcile.planning.diff import Findings
from reconcile.planning.former import (
    Deed,
    given_back,
    happened,
    impossible,
    taken_along,
    undone,
    whole,
    without_defaults,
)
from reconcile.planning.plan import Diagnostic, FieldChange, ManualStep, Severity

#: Where a site is: its owner, and its address.
Place = tuple[int | None, str]

#: Where what goes back is "declared", for what planning has to say of it.
FILE: Final = "the history"


def names(deed: Deed) -> list[str]:
    """The addresses that a site had before the change and after it, the latter first, and that it is declared by."""
    if deed.change.address.kind != "site":
        return [deed.change.address.name]
    urls = [item for item in deed.change.fields if item.field.path == "url"]
    sent = [str(value) for item in urls for value in (item.after, item.before) if value]
    return list(dict.fromkeys([*sent, deed.change.address.name]))


class Declared:
    """What the files declare, by address; a site also by the address that is sent, where `url` says another one."""

    def __init__(self, desired: DesiredState) -> None:
        url = desired.kinds["site"].index("url")
        sent = {site.address.named(str(site.values[url])): site for site in desired.sites}
        every = (*desired.sites, *desired.clients, *desired.profiles)
        self._found = sent | {one.address: one for one in every}

    def at(self, address: Address) -> Desired | None:
        """What is declared at an address."""
        return self._found.get(address)


class Goal(Struct):
    """What one deed's resource is to be: a declaration made from the history, the live one, and why."""

    desired: Desired
    live: Live | None
    reason: str


class Goals:
    """The goals of what a run did in one account.

    `removed` are sites that go, `restored` those that come back or get former values, `profiles` the account's
    settings; `said` is what there is to say.
    """

    def __init__(
        self, run: str, project: DesiredState, declared: Declared, live: LiveAccount, deeds: Sequence[Deed]
    ) -> None:
        self.run = run
        self.project = project
        self.declared = declared
        self.live = live
        self.service = project.services[live.account]
        self.kind = project.kinds["site"]
        self.url = self.kind.index("url")
        self.by_id = {site.id: site for site in live.sites}
        self.by_name: dict[str, list[Live]] = defaultdict(list)
        for site in live.sites:
            self.by_name[site.address.name].append(site)
        self.said = Findings()
        self.removed: list[Goal] = []
        self.restored: list[Goal] = []
        self.profiles: list[Desired] = []
        self.clients = self.known_clients()
        self.client_ids = {address: known for known, address in self.clients.items()}
        self.made = {  # the clients that the run created, by how the project called them
            deed.change.address: found
            for deed in deeds
            if deed.change.address.kind == "client" and (found := self.made_client(deed)) is not None
        }
        self.find(deeds)

    def find(self, deeds: Sequence[Deed]) -> None:
        """Finds the goals. Whether a deleted site has its place still depends on who leaves his, and so comes last."""
        last = []
        for deed in deeds:
            match deed.change.address.kind, deed.change.action:
                case "profile", Action.UPDATE:
                    self.profile(deed)
                case "client", Action.CREATE:
                    self.client(deed)
                case "site", Action.CREATE:
                    self.created(deed)
                case "site", Action.UPDATE:
                    self.updated(deed)
                case "site", Action.DELETE:
                    last.append(deed)
        self.keep_taken_addresses()
        leaving, taken = self.leaving(), {goal.live.id for goal in self.restored if goal.live is not None}
        places: set[Place] = set()
        for deed in last:
            self.deleted(deed, leaving, taken, places)

    def known_clients(self) -> dict[int, Address]:
        """The addresses of the live clients: those that the files call them by, or else their e-mails."""
        account = self.live.account
        declared = [client for client in self.project.clients if client.address.account == account]
        matched = match_clients(declared, self.live.clients, self.project.kinds["client"].index("email"))
        return {known: Address(account, "client", name) for known, name in matched.names.items()}

    def warn(self, address: str, message: str) -> None:
        self.said.note(Diagnostic(Severity.WARNING, address, message))

    def by_hand(self, deed: Deed, message: str) -> None:
        self.said.note(ManualStep(str(deed.change.address), message))

    # --- the profile and clients --------------------------------------------------------------------------------------

    def profile(self, deed: Deed) -> None:
        """The account's settings, without the key, which nobody keeps."""
        live, kind = self.live.profile, self.project.kinds["profile"]
        if live is None or not self.is_so(deed, live):
            return
        values = list(kind.blank())
        for item in self.possible(deed):
            values[item.field.index] = given_back(item)
        self.profiles.append(Desired(deed.change.address, tuple(values), FILE))

    def client(self, deed: Deed) -> None:
        """A client can't be deleted (api.md 1.4)."""
        found = self.made.get(deed.change.address)
        if found is not None:
            advice = self.service.advice.get(("client", Action.DELETE), "it is left as it is")
            self.by_hand(
                deed,
                f"{self.run} {'created' if deed.sure else 'may have created'} it (id {found}); the service has no "
                f"call to delete a client, so nothing is sent: {advice}",
            )

    def made_client(self, deed: Deed) -> int | None:
        """The id of a client that the run created, if it is still there: an e-mail is one client's only."""
        ids = {client.id for client in self.live.clients}
        if deed.change.id is not None:
            return deed.change.id if deed.change.id in ids else None
        emails = {str(item.after) for item in deed.change.fields if item.field.path == "email"}
        return next((client.id for client in self.live.clients if client.address.name in emails), None)

    # --- sites --------------------------------------------------------------------------------------------------------

    def created(self, deed: Deed) -> None:
        """Deletes a site that the run created, if it is still that one."""
        made, known = deed.change.address, deed.change.id
        found = self.by_id.get(known) if known is not None else None
        others = self.at(self.owner(deed), names(deed)[:1])
        if found is None and others:
            if known is not None:
                other = others[0].id
                self.warn(
                    str(made),
                    f"{self.run} created it with id {known}, and the site that is live at this address has id "
                    f"{other}: that is somebody else's, so it is not deleted",
                )
                return
            if len(others) > 1:
                ids = ", ".join(str(site.id) for site in others)
                self.by_hand(
                    deed,
                    f"{len(others)} live sites have this address, with ids {ids}, and which of them {self.run} "
                    "created is not known, so none is deleted: delete it in the dashboard",
                )
                return
            found = others[0]
            if not deed.sure and not happened(deed, found):
                self.warn(
                    str(made),
                    f"whether {self.run} created it is not known, and it is not as the run would have made it (id "
                    f"{found.id}), so it is not deleted",
                )
                return
        if found is None:
            return
        renamed = found.address.name not in names(deed)
        address = found.address if renamed else made
        declared = self.declared.at(address)
        values = list(self.kind.blank())
        values[self.url] = found.values[self.url]
        self.removed.append(
            Goal(
                Desired(
                    address,
                    tuple(values),
                    FILE,
                    id=found.id,
                    client=self.client_of(found.owner),
                    prevent_destroy=declared is not None and declared.prevent_destroy,
                ),
                found,
                f"{self.run} created it" + (f" as {made.human}" if renamed else ""),
            )
        )

    def updated(self, deed: Deed) -> None:
        """Gives a site the values back that the run changed."""
        address = deed.change.address
        found = self.by_id.get(deed.change.id or 0)
        if found is None:
            others = self.at(self.owner(deed), names(deed))
            if len(others) != 1:
                gone = "is not live any more" if not others else "is live more than once"
                self.warn(str(address), f"{gone} ({self.run} changed id {deed.change.id}), so nothing goes back")
                return
            found = others[0]
        if not self.is_so(deed, found):
            return
        values = list(self.kind.blank())
        for item in (*self.possible(deed), *taken_along(self.kind, deed, found)):
            values[item.field.index] = given_back(item)
        reason = f"{self.run} changed it"
        if values[self.url] is not UNMANAGED:
            address = address.named(str(values[self.url]))
            reason = f"{self.run} renamed it to {found.address.human}"
        else:
            values[self.url] = found.values[self.url]
            if found.address.name not in names(deed):
                address = found.address
        back = Desired(address, tuple(values), FILE, id=found.id, client=self.client_of(found.owner))
        self.restored.append(Goal(back, found, reason))

    def deleted(self, deed: Deed, leaving: set[int], taken: set[int], places: set[Place]) -> None:
        """Creates a site anew, or, where somebody has done so already, gives that one its values.

        `leaving` are the ids of the sites that give up their addresses, `taken` of those that are goals already, and
        `places` where sites are created anew.
        """
        before, owner = deed.before, deed.change.owner
        still = self.by_id.get(deed.change.id or 0)
        if still is not None and not deed.sure:
            return  # it was not deleted
        lacking = self.lacking(deed)
        if lacking or before is None:
            self.by_hand(deed, f"{self.run} deleted it{lacking}: create it by hand")
            return
        place = owner, str(before[self.url])
        there = [site for site in self.by_name[place[1]] if site.id not in leaving]
        holder = still or next(iter(there), None)
        twin = place in places and "another one of the same address, too: that one is created anew, this one is not"
        other = not still and self.others(deed, owner, there, taken)
        if twin or other:
            self.by_hand(deed, f"{self.run} deleted it (id {deed.change.id}), and {twin or other}")
            return
        if holder is None:
            places.add(place)
        else:
            taken.add(holder.id)
        values = whole(self.kind, self.service, before)
        self.restored.append(
            Goal(
                Desired(
                    deed.change.address,
                    without_defaults(self.kind, values) if holder is None else values,
                    FILE,
                    id=None if holder is None else holder.id,
                    client=self.client_of(owner),
                ),
                holder,
                f"{self.run} deleted it (id {deed.change.id})"
                + ("" if holder is None or still else "; it is there again, and gets its former values"),
            )
        )

    def lacking(self, deed: Deed) -> str:
        """What is missing to create a deleted site anew; empty where nothing is."""
        if deed.before is None:
            return ", and the history does not say what it was"
        owner, client = deed.change.owner, deed.change.client
        if owner is not None and owner not in self.clients:
            return f" from client {owner if client is None else client.name} (id {owner}), which is gone"
        missing = [
            field.path
            for field, value in zip(self.kind.fields, deed.before, strict=True)
            if field.required and value in (None, UNMANAGED, field.nothing)
        ]
        return f", and it had no `{missing[0]}`, which the service requires of a new one" if missing else ""

    def others(self, deed: Deed, owner: int | None, there: Sequence[Live], taken: set[int]) -> str:
        """Why the sites that have the address of a deleted one are others; empty where it is one made in its place."""
        # Ids grow: one that is older was there when the run deleted its twin.
        strange = [s for s in there if s.id < (deed.change.id or 0) or s.id in taken or s.owner != owner]
        if not strange and len(there) < 2:
            return ""
        ids = ", ".join(str(site.id) for site in there)
        return f"another site has its address (id {ids}), so it is not created anew"

    def leaving(self) -> set[int]:
        """The ids of the sites that are deleted, or get another address."""
        moved = {g.live.id for g in self.restored if g.live and g.desired.values[self.url] != g.live.address.name}
        return moved | {goal.live.id for goal in self.removed if goal.live is not None}

    def keep_taken_addresses(self) -> None:
        """A site does not get its former address back where another one has it, and keeps it: that would make two."""
        changed = True
        while changed:
            leaving, changed = self.leaving(), False
            holders = {(site.owner, site.address.name): site for site in self.live.sites if site.id not in leaving}
            for goal in self.restored:
                assert goal.live is not None
                name = str(goal.desired.values[self.url])
                taken = holders.get((goal.live.owner, name))
                if taken is None or name == goal.live.address.name:
                    continue
                self.warn(
                    str(goal.live.address),
                    f"was {goal.desired.address.human} before {self.run}, and site {taken.id} has that address "
                    "now, so it keeps its own; rename or delete one of them",
                )
                values = list(goal.desired.values)
                values[self.url] = goal.live.values[self.url]
                goal.desired = replace(goal.desired, address=goal.live.address, values=tuple(values))
                goal.reason = f"{self.run} changed it"
                changed = True

    # --- what is what -------------------------------------------------------------------------------------------------

    def owner(self, deed: Deed) -> int | None:
        """The id of the client that a site belongs to, NEW where that is gone; None: it is the studio's own."""
        if deed.change.owner is not None or deed.change.client is None:
            return deed.change.owner
        return self.made.get(deed.change.client) or self.client_ids.get(deed.change.client, NEW)

    def client_of(self, owner: int | None) -> Address | None:
        return None if owner is None else self.clients[owner]

    def at(self, owner: int | None, names: Iterable[str]) -> list[Live]:
        """The live sites of an owner at the first of these addresses that has any."""
        found = ([site for site in self.by_name[name] if site.owner == owner] for name in names)
        return next((there for there in found if there), [])

    def is_so(self, deed: Deed, live: Live) -> bool:
        """Whether the run did this, as far as can be told; says so where it can't."""
        told = any(not item.field.sensitive for item in deed.change.fields)
        if deed.sure or not told or happened(deed, live):
            return True
        if not undone(deed, live):
            self.warn(
                str(deed.change.address),
                f"whether {self.run} changed it is not known, and somebody has changed it since, so it is left as "
                "it is",
            )
        return False

    def possible(self, deed: Deed) -> Iterator[FieldChange]:
        """The fields that can get their former values back; what can't is a step for a person."""
        for item in deed.change.fields:
            what = f"{self.run} changed `{item.field.path}`"
            if item.field.sensitive:
                self.by_hand(deed, f"{what}, whose former value is kept nowhere: set it by hand, if it is to go back")
            elif impossible(item):
                self.by_hand(
                    deed, f"{what}, which had no value before, and the service requires one: it is left as it is"
                )
            else:
                yield item
