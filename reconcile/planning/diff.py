"""Desired against live, and what it takes to get from the one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from reconcile.model.address import KINDS, Address
from reconcile.model.capabilities import Action, Capabilities
from reconcile.model.fields import UNMANAGED, Kind
from reconcile.model.resource import Desired, Fingerprint, Live
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.planning.clients import Clients, match_clients
from reconcile.planning.compare import Comparer, Difference, described, difference, lacking, why_update
from reconcile.planning.owners import Group, Placed, place
from reconcile.planning.plan import Change, Diagnostic, FieldChange, ManualStep, Plan, Severity
from reconcile.planning.select import EVERYTHING, Selection
from reconcile.planning.summary import declared_counts

#: The order of kinds within an account.
KIND_ORDER: Final = {kind: place for place, kind in enumerate(KINDS)}

Found = TypeVar("Found", bound="Change | ManualStep | Diagnostic | None")


class Findings(Struct):
    """What planning has found so far."""

    changes: list[Change] = field(default_factory=list)
    manual: list[ManualStep] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    noop: int = 0
    undeclared: dict[str, int] = field(default_factory=dict)
    unchanged: list[tuple[Desired, Live]] = field(default_factory=list)
    by_hand: list[tuple[Desired, Live | None]] = field(default_factory=list)

    def note(self, found: Change | ManualStep | Diagnostic | None) -> None:
        """Keeps one finding; None is a resource that needs nothing."""
        match found:
            case None:
                self.noop += 1
            case Change():
                self.changes.append(found)
            case ManualStep():
                self.manual.append(found)
            case Diagnostic():
                self.diagnostics.append(found)


def build_plan(
    desired: DesiredState,
    live: Mapping[str, LiveAccount],
    *,
    selection: Selection = EVERYTHING,
    unread: Sequence[Diagnostic] = (),
) -> Plan:
    """What makes `live` as it is declared.

    Only accounts in `live` are planned for: one whose read failed is not there, and `unread` says why.
    Raises `PlanError` where the selection matches nothing.
    """
    found = Findings(diagnostics=list(unread))
    sites = _by_account(desired.sites, live)
    for name, account in live.items():
        planner = _Planner(desired, account, desired.services[name], selection, found)
        planner.profile()
        clients = match_clients(planner.clients, account.clients, desired.kinds["client"].index("email"))
        planner.sites(sites[name], clients)
        planner.client_changes(clients)
    return _plan(found, desired, live, selection, unread)


def build_destroy_plan(
    desired: DesiredState,
    live: Mapping[str, LiveAccount],
    *,
    selection: Selection = EVERYTHING,
    unread: Sequence[Diagnostic] = (),
) -> Plan:
    """What deletes the declared sites, and says what a person has to delete.

    Raises `PlanError` where the selection matches nothing.
    """
    found = Findings(diagnostics=list(unread))
    sites = _by_account(desired.sites, live)
    for name, account in live.items():
        planner = _Planner(desired, account, desired.services[name], selection, found)
        clients = match_clients(planner.clients, account.clients, desired.kinds["client"].index("email"))
        planner.destroy(sites[name], clients)
    found.noop = 0
    return _plan(found, desired, live, selection, unread)


def _by_account(sites: Sequence[Desired], live: Mapping[str, LiveAccount]) -> dict[str, list[Desired]]:
    by_account: dict[str, list[Desired]] = {name: [] for name in live}
    for site in sites:
        if site.address.account in by_account:
            by_account[site.address.account].append(site)
    return by_account


def _plan(
    found: Findings,
    desired: DesiredState,
    live: Mapping[str, LiveAccount],
    selection: Selection,
    unread: Sequence[Diagnostic],
) -> Plan:
    if not unread:  # else, what it means may be in what could not be read
        selection.require_match()
    sizes = {name: len(account.sites) for name, account in live.items()}
    said, manual = tuple(sorted(found.diagnostics)), tuple(sorted(found.manual))
    return Plan(
        in_order(found.changes),
        found.noop,
        sizes,
        said,
        manual,
        declared_counts(desired.sites),
        desired.kinds,
        found.undeclared,
        tuple(found.unchanged),
        tuple(found.by_hand),
    )


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes in the order of a plan: by account, kind and name."""
    return tuple(sorted(changes, key=lambda change: (*order(change.address), change.id or 0)))


def order(address: Address) -> tuple[str, int, str]:
    """What resources are in the order of."""
    return address.account, KIND_ORDER[address.kind], address.name


class _Planner:
    """Plans one account."""

    def __init__(
        self,
        desired: DesiredState,
        live: LiveAccount,
        service: Capabilities,
        selection: Selection,
        found: Findings,
    ) -> None:
        self.desired = desired
        self.live = live
        self.service = service
        self.selection = selection
        self.by_change = selection.asks_for_changes
        self.found = found
        self.kind = desired.kinds["site"]
        self.comparers = {name: Comparer(kind) for name, kind in desired.kinds.items()}
        self.account = desired.accounts[live.account]
        self.taken: set[str] = set()
        self.clients = [client for client in desired.clients if client.address.account == live.account]
        found.diagnostics += [Diagnostic(Severity.WARNING, live.account, text) for text in live.warnings]

    # --- the profile ------------------------------------------------------------------------------------------------

    def profile(self) -> None:
        """The account's own settings; the service wants all of them at once (api.md 1.4, call 15)."""
        live = self.live.profile
        for profile in self.desired.profiles:
            if profile.address.account == self.live.account and live is not None and self.selection.may_have(profile):
                change = self.change(self.desired.kinds["profile"], profile, live)
                if not self.note(profile, change):
                    continue
                self.keep(profile, live, change)
                for item in change.fields if isinstance(change, Change) else ():
                    warning = _PROFILE_WARNINGS.get(item.field.name)
                    if warning is not None and item.after is not True:
                        self.found.note(Diagnostic(Severity.WARNING, str(profile.address), warning))

    # --- clients ----------------------------------------------------------------------------------------------------

    def client_changes(self, clients: Clients) -> None:
        """New clients, those that a selected site needs among them; and what can't be done to clients."""
        sites: dict[object, list[Change]] = {}
        for change in self.found.changes:
            if change.action is Action.CREATE and change.client is not None:
                sites.setdefault(change.client, []).append(change)
        selected = {str(client.address) for client in self.clients if self.selection.may_have(client)}
        self.found.diagnostics += [said for said in clients.diagnostics if said.address in selected]
        for client, live in clients.pairs:
            under = sites.get(client.address, [])
            needed = bool(under) and live is None
            if needed and self.selection.excludes(client):
                self.leave_waiting(client, under)
            elif needed:
                self.found.note(self.client_change(client, live, under))
            elif str(client.address) in selected:
                found = self.client_change(client, live, under)
                if self.note(client, found):
                    self.keep(client, live, found)
        for left in clients.undeclared if self.account.prune and self.clients else ():
            if self.selection.has(left, changed=True):
                reason = "is live, declared in no file, and the account has `prune: true`"
                self.found.note(self.cannot(left, Action.DELETE, reason))

    def client_change(
        self, client: Desired, live: Live | None, under: Sequence[Change]
    ) -> Change | ManualStep | Diagnostic | None:
        """What a client needs; a new one and its only new site are one call (api.md 1.4, call 20)."""
        change = self.change(self.desired.kinds["client"], client, live)
        if isinstance(change, Change) and len(under) == 1 and self.service.client_with_site:
            return replace(change, together=under[0].address)
        return change

    def leave_waiting(self, client: Desired, sites: Sequence[Change]) -> None:
        """Takes back the creates of sites whose client has to be created first, and is left out."""
        waiting = {id(change) for change in sites}
        self.found.changes = [change for change in self.found.changes if id(change) not in waiting]
        why = f"its client {client.address.name} has to be created first, which --exclude leaves out"
        for change in sites:
            self.found.note(Diagnostic(Severity.ERROR, str(change.address), f"{why}; leave out both, or neither"))

    # --- sites ------------------------------------------------------------------------------------------------------

    def sites(self, declared: Sequence[Desired], clients: Clients) -> None:
        """What the declared sites need, and those that no file declares."""
        placed = self.placed(declared, clients)
        if placed.undeclared and not (self.account.prune or self.selection):
            self.found.undeclared[self.live.account] = placed.undeclared
        for group in placed.groups:
            for site, live in group.matches.pairs:
                if self.selection.may_have(site):
                    change = self.site_change(site, live, group)
                    if self.note(site, change):
                        self.keep(site, live, change)
            if self.account.prune:
                owner = None if group.client is None else group.client.name
                for left in group.matches.undeclared:
                    if self.selection.has(left, owner, changed=True):
                        self.found.note(self.under(group, self.prune(left)))

    def site_change(self, site: Desired, live: Live | None, group: Group) -> Change | ManualStep | Diagnostic | None:
        """What a site needs; under a client that no call creates, a person has to go first."""
        change = self.change(self.kind, site, live)
        waits = site.client is not None and group.owner is None and not self.service.can(Action.CREATE, "client")
        if waits and isinstance(change, Change):
            message = (
                f"{change.reason}; its client has to be made by hand first, so nothing is sent: plan again after that"
            )
            return ManualStep(str(site.address), message)
        return self.under(group, change)

    def under(self, group: Group, found: Found) -> Found:
        """What is found of a site, with whose it is."""
        if not isinstance(found, Change) or (found.owner == group.owner and found.client == group.client):
            return found
        return replace(found, owner=group.owner, client=group.client)

    def destroy(self, declared: Sequence[Desired], clients: Clients) -> None:
        """The deletes of all that is declared and live."""
        reason = "destroy deletes what is declared"
        for group in self.placed(declared, clients).groups:
            for site, live in group.matches.pairs:
                if live is not None and self.selection.has(site, changed=True):
                    change = self.delete(live, reason)
                    if isinstance(change, Change):
                        change = replace(
                            change, address=site.address, prevent_destroy=site.prevent_destroy, member=site.member
                        )
                    self.found.note(self.under(group, change))
        for client, live in clients.pairs:
            if live is not None and self.selection.has(client, changed=True):
                self.found.note(self.cannot(client, Action.DELETE, "would be destroyed"))

    def placed(self, declared: Sequence[Desired], clients: Clients) -> Placed:
        """The declared and the live sites of each owner, matched; sites that can't be are noted."""
        placed = place(declared, self.live.sites, clients, self.kind.index("url"))
        by_address = {str(site.address): site for site in declared} if placed.said else {}
        for said in placed.said:
            if self.selection.has(by_address[said.address], changed=True):
                self.found.note(said)
        return placed

    def prune(self, live: Live) -> Change | ManualStep:
        account = self.account.name
        return self.delete(live, f"live, declared in no file, and account {account} has `prune: true`")

    def delete(self, live: Live, reason: str) -> Change | ManualStep:
        if not self.service.can(Action.DELETE, live.address.kind):
            return self.cannot(live, Action.DELETE, f"{reason} (id {live.id})")
        return Change(
            live.address,
            Action.DELETE,
            reason,
            id=live.id,
            fingerprint=Fingerprint(self.kind, live),
            owner=live.owner,
            live=live.values,
        )

    def note(self, resource: Desired, found: Change | ManualStep | Diagnostic | None) -> bool:
        """Keeps what is found of a resource that may be selected, if it is; it may depend on what is found."""
        if self.by_change and not self.selection.has(resource, changed=found is not None):
            return False
        self.found.note(found)
        return True

    def keep(self, resource: Desired, live: Live | None, found: Change | ManualStep | Diagnostic | None) -> None:
        """Remembers a resource that stays as it is, or that a person has to see to, for policies."""
        if not self.desired.policies:
            return
        if found is None and live is not None:
            self.found.unchanged.append((resource, live))
        elif isinstance(found, ManualStep):
            self.found.by_hand.append((resource, live))

    # --- one resource -----------------------------------------------------------------------------------------------

    def change(self, kind: Kind, resource: Desired, live: Live | None) -> Change | ManualStep | Diagnostic | None:
        """What a declared resource needs; None where it needs nothing."""
        differing = Difference() if live is None else self.comparers[kind.name].difference(resource.values, live.values)
        if live is not None and not differing.fields:
            return None
        if live is None and not self.service.can(Action.CREATE, kind.name):
            return self.cannot(
                resource, Action.CREATE, f"declared in {resource.file}{described(kind, resource)}, not live"
            )
        if live is not None and not self.service.can(Action.UPDATE, kind.name):
            return self.cannot(resource, Action.UPDATE, "; ".join(map(difference, differing.fields)))
        missing = lacking(kind, self.service.sections, resource, live)
        if missing is not None:
            return Diagnostic(Severity.ERROR, str(resource.address), missing)
        if live is None:
            fields = tuple(
                FieldChange(field, None, value)
                for field, value in zip(kind.fields, resource.values, strict=True)
                if value is not UNMANAGED
            )
            why = f"declared in {resource.file}, not live"
            return Change(
                resource.address,
                Action.CREATE,
                why,
                fields=fields,
                previous=self.previous(resource),
                member=resource.member,
                desired=resource.values,
            )
        return Change(
            resource.address,
            Action.UPDATE,
            why_update(kind, resource, live),
            id=live.id,
            fields=differing.fields,
            context=differing.context,
            fingerprint=Fingerprint(kind, live),
            member=resource.member,
            live=live.values,
            desired=resource.values,
        )

    def previous(self, site: Desired) -> str | None:
        """The previous address of a site that is to be created, unless another one is declared to be there now."""
        if site.previous is None:
            return None
        url = self.kind.index("url")
        self.taken = self.taken or {name for one in self.desired.sites for name in (one.address.name, one.values[url])}
        return None if site.previous in self.taken else site.previous

    def cannot(self, resource: Desired | Live, action: Action, what: str) -> ManualStep:
        """A step for a person, where the API has no call for this."""
        kind = resource.address.kind
        advice = self.service.advice.get((kind, action), "it is left as it is")
        return ManualStep(
            str(resource.address), f"{what}; the service has no call to {action} a {kind}, so nothing is sent: {advice}"
        )


#: What to say of changes to a profile, by field.
_PROFILE_WARNINGS: Final = {
    "api_key": "the API key is changed: afterwards set the account's `api_key` to the new one, too; until then the "
    "program falls back to the one of `profile:`",
    "api_enable": "this turns the API off, and locks this program out: only the dashboard turns it on again; "
    "apply needs --allow-lockout",
}
