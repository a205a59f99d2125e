"""Sites: each with its account, its owner, its identity, its values, and what a call to it carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from reconcile.config.accounts import Accounts
from reconcile.config.identities import check_identities
from reconcile.config.layers import Layers
from reconcile.config.places import Fault, Place, misread
from reconcile.config.sections import Named, Sections
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Field, Group, Kind
from reconcile.model.normalize import read_address
from reconcile.model.resource import Desired, Membership
from reconcile.model.state import Below, Unspecified

#: What can't be the same for every site.
NOT_SHARED: Final = ("id", "url", "previous_address")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an account's service keeps of a site: the positions and the keys of what it does not, and its defaults."""

    foreign: tuple[int, ...]
    foreign_keys: frozenset[str]
    defaults: tuple[Any, ...] | None


@dataclass(slots=True)
class Sites:
    """Composes the sites of a project; what is wrong with them is collected in `faults`."""

    sections: Sections
    kind: Kind
    faults: list[Fault]
    layers: Layers
    accounts: Accounts
    clients: Mapping[str, Desired]
    kept: dict[str, _Kept] = field(default_factory=dict)
    under: frozenset[str] = frozenset()
    known: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    below: Below | None = None

    def fault(self, place: Place, message: str, other: Place | None = None, got: str = "") -> None:
        self.faults.append(Fault(place, message, other, got))

    def misread(self, place: Place, error: ValueError) -> None:
        self.faults.append(misread(place, error))

    def sites(self) -> list[Desired]:
        """All sites that can be composed."""
        shared, place = dict(self.sections.defaults.raw or {}), self.sections.defaults.place
        for key in NOT_SHARED:
            if key in shared:
                self.fault(replace(place, keys=(*place.keys, key)), f"`{key}` can't be the same for every site")
                del shared[key]
        self.layers.using = set()
        base = self.layers.over(self.kind, self.kind.blank(), shared, place)
        self.under = frozenset(self.layers.using)
        if place.file:
            self.below = Below(tuple(base), shared.get("account"), shared.get("client"))
        made = [
            site
            for name, entry in self.sections.named["sites"].items()
            if (site := self.site(name, entry, base, shared)) is not None
        ]
        self.faults += check_identities(made, self.kind.index("url"))
        return made

    def site(self, name: str, entry: Named, base: Sequence[Any], shared: Mapping[str, Any]) -> Desired | None:
        raw, place = entry.raw or {}, entry.place
        self.layers.using = set()
        values = self.layers.over(self.kind, base, raw, place)
        uses = self.uses(raw)
        client = self.client_of(raw, shared, place)
        account = self.account_of(raw, shared, place, client)
        try:
            address = read_address(name)
        except ValueError as error:
            self.misread(place, error)
            return None
        url = self.kind.index("url")
        if values[url] is UNMANAGED:
            values[url] = address
        if account is None:
            return None
        self.keep(values, raw, place, account)
        labels = self.labels(raw, shared)
        return Desired(
            address=Address(account, self.kind.name, address),
            values=tuple(values),
            file=place.file,
            key=name,
            id=raw.get("id"),
            client=client,
            previous=self.previous(raw, place),
            prevent_destroy=bool(raw.get("prevent_destroy", shared.get("prevent_destroy"))),
            member=Membership(
                MappingProxyType({key: _label(value) for key, value in labels.items() if value is not None}), uses=uses
            ),
            call_defaults=self.call_defaults(raw, shared, place, account),
        )

    def uses(self, raw: Mapping[str, Any]) -> frozenset[str]:
        """The shared objects that the site just composed names, and those of all sites that it does not replace."""
        replaced = tuple(f"{key[:-1]}/" for key in ("managers", "blacklists") if key in raw)
        found = frozenset(self.layers.using.union(use for use in self.under if not use.startswith(replaced)))
        return self.known.setdefault(found, found)  # there are few of them, and many sites

    def keep(self, values: list[Any], raw: Mapping[str, Any], place: Place, account: str) -> None:
        """Takes out what the account's service does not keep, and puts in what stands for fields nobody mentions.

        What a site says by itself has to be something that its service keeps; what is said of all sites need not.
        """
        if account not in self.accounts.service_of:
            return
        if account not in self.kept:
            self.kept[account] = self.what_is_kept(account)
        kept = self.kept[account]
        for key in raw.keys() & kept.foreign_keys:
            message = f"the service of account {account} keeps no `{key}` of a site; take it away"
            self.fault(Place(place.file, (*place.keys, key), at_key=True), message)
        for index in kept.foreign:
            values[index] = UNMANAGED
        if kept.defaults is not None:
            values[:] = [d if v is UNMANAGED else v for d, v in zip(kept.defaults, values, strict=True)]

    def what_is_kept(self, account: str) -> _Kept:
        """Worked out once for all sites of an account; the address is known to every service."""
        sections = self.accounts.service_of[account].sections
        foreign = tuple(f.index for f in self.kind.fields if f.wire[0] not in sections and f.path != "url")
        keys = {
            key
            for key, child in self.kind.root.children.items()
            if key != "url" and (needed := _sections(child, self.kind)) and not needed & sections
        }
        settings = self.accounts.accounts.get(account)
        if settings is None or settings.unspecified is Unspecified.KEEP:
            return _Kept(foreign, frozenset(keys), None)
        defaults = tuple(f.default if f.wire[0] in sections else UNMANAGED for f in self.kind.fields)
        return _Kept(foreign, frozenset(keys), defaults)

    def call_defaults(
        self, raw: Mapping[str, Any], shared: Mapping[str, Any], place: Place, account: str
    ) -> Mapping[str, Any]:
        """What a call to a site carries: the site's own defaults over those of all sites, over its account's."""
        service = self.accounts.service_of.get(account)
        if service is None or account not in self.accounts.accounts:
            return {}
        under = self.accounts.accounts[account].call_defaults
        own, all_sites = raw.get("call_defaults"), shared.get("call_defaults")
        if not own and not all_sites:
            return under
        at = Place(place.file, (*place.keys, "call_defaults"))
        there = Place(self.sections.defaults.place.file, ("defaults", "call_defaults"))
        made = {
            **under,
            **self.accounts.checked(all_sites or {}, there, service),
            **self.accounts.call_defaults(Named(place, raw), service),
        }
        self.accounts.check_queue(made, at if own else there)
        return MappingProxyType(made)

    def client_of(self, raw: Mapping[str, Any], shared: Mapping[str, Any], place: Place) -> Address | None:
        """The address of the client that a site is put under."""
        name = raw.get("client", shared.get("client"))
        if name is None:
            return None
        if name not in self.clients:
            at = place if "client" in raw else self.sections.defaults.place
            self.layers.unknown("clients", name, Place(at.file, (*at.keys, "client")))
            return None
        return self.clients[name].address

    def labels(self, raw: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
        """A site's labels over those of all; None unsets."""
        own = raw.get("labels", {})
        return {} if own is None else (shared.get("labels") or {}) | own

    def account_of(
        self, raw: Mapping[str, Any], shared: Mapping[str, Any], place: Place, client: Address | None
    ) -> str | None:
        """A site's account: the one that is said, its client's, or the only one there is."""
        known = self.sections.names["accounts"]
        name = raw.get("account", shared.get("account") if client is None else None)
        if name is None and client is not None:
            return client.account
        if name is None:
            if len(known) > 1:
                if raw.get("client", shared.get("client")) is not None:
                    return None  # its client is not known, which has been said
                self.fault(place, f"which `account:`? One of {', '.join(sorted(known))}")
                return None
            return next(iter(known), None)
        own = "account" in raw
        at = place if own else self.sections.defaults.place
        if name not in known:
            self.layers.unknown("accounts", name, Place(at.file, (*at.keys, "account")))
            return None
        if client is not None and client.account != name:
            message = f"client {client.name} is one of account {client.account}; a site is in its client's account"
            self.fault(Place(at.file, (*at.keys, "account")), message)
            return None
        return str(name)

    def previous(self, raw: Mapping[str, Any], place: Place) -> str | None:
        text = raw.get("previous_address")
        if text is None:
            return None
        try:
            return read_address(text)
        except ValueError as error:
            self.misread(Place(place.file, (*place.keys, "previous_address")), error)
            return None


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sections(child: Field | Group, kind: Kind) -> set[str]:
    """The sections of the wire object that something in YAML ends up in."""
    leaves = (child.index,) if isinstance(child, Field) else child.leaves
    return {kind.fields[index].wire[0] for index in leaves}
