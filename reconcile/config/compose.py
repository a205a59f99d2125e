"""From checked documents to a desired state: every resource with its account, its identity and its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from reconcile.config import settings
from reconcile.config.accounts import Accounts, Services
from reconcile.config.layers import Layers
from reconcile.config.places import Fault, Place, misread
from reconcile.config.sections import Named, Sections
from reconcile.config.undocumented import undocumented
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Field, Group, Kind, Kinds, kinds
from reconcile.model.normalize import human_address, quoted, read_address
from reconcile.model.resource import Desired
from reconcile.model.state import DesiredState, Unspecified

#: What tells clients apart, in words.
CLIENT_KEYS: Final = {"email": "e-mail", "id": "id"}
#: What can't be the same for every site.
NOT_SHARED: Final = ("id", "url", "previous_address")


def compose(sections: Sections, services: Services) -> tuple[DesiredState, list[Fault]]:
    """The desired state, and all that is wrong with references, values and addresses."""
    faults: list[Fault] = []
    known = kinds(undocumented(sections))
    accounts = Accounts(sections, services, faults)
    layers = Layers(sections, known["site"], faults)
    return _Composer(sections, known, faults, layers, accounts).state(), faults


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an account's service keeps of a site: the positions and the keys of what it does not, and its defaults."""

    foreign: tuple[int, ...]
    foreign_keys: frozenset[str]
    defaults: tuple[Any, ...] | None


@dataclass(slots=True)
class _Composer:
    sections: Sections
    kinds: Kinds
    faults: list[Fault]
    layers: Layers
    accounts: Accounts
    kind: Kind = field(init=False)
    clients: dict[str, Desired] = field(default_factory=dict)
    kept: dict[str, _Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kind = self.kinds["site"]

    def fault(self, place: Place, message: str, other: Place | None = None, got: str = "") -> None:
        self.faults.append(Fault(place, message, other, got))

    def misread(self, place: Place, error: ValueError) -> None:
        self.faults.append(misread(place, error))

    # --- the whole -------------------------------------------------------------------------------------------------

    def state(self) -> DesiredState:
        self.accounts.make()
        self.layers.check_shared()
        profiles = tuple(self.profile(name, entry) for name, entry in self.sections.named["accounts"].items())
        self.make_clients()
        sites = self.sites()
        if not self.sections.names["accounts"] and self.sections.named["sites"]:
            first = next(iter(self.sections.named["sites"].values()))
            self.fault(first.place, "no file declares an account; sites need one under `accounts:`")
        return DesiredState(
            self.accounts.accounts,
            self.accounts.service_of,
            self.kinds,
            settings.safety(self.sections.safety.raw or {}),
            tuple(sites),
            tuple(self.clients.values()),
            tuple(profile for profile in profiles if profile is not None),
        )

    def values(self, kind: Kind, base: Sequence[Any], raw: Any, place: Place) -> list[Any]:
        """What was written for a resource, over what lies below."""
        values = list(base)
        for index, value in self.layers.group_layer(kind.root, raw, place.file, place.keys).items():
            values[index] = value
        return values

    # --- profiles and clients --------------------------------------------------------------------------------------

    def profile(self, account: str, entry: Named) -> Desired | None:
        """What an account declares of its profile; None where that is nothing."""
        raw = entry.raw.get("profile")
        if not raw:
            return None
        kind = self.kinds["profile"]
        place = Place(entry.place.file, (*entry.place.keys, "profile"))
        values = self.values(kind, kind.blank(), raw, place)
        if all(value is UNMANAGED for value in values):
            return None
        return Desired(Address(account, "profile", ""), tuple(values), place.file, account)

    def make_clients(self) -> None:
        kind = self.kinds["client"]
        first: dict[tuple[str, str, Any], str] = {}
        for name, entry in self.sections.named["clients"].items():
            values = self.values(kind, kind.blank(), entry.raw, entry.place)
            account = self.account_of_client(entry)
            email = values[kind.index("email")]
            if account is None or email is UNMANAGED:
                continue
            known = entry.raw.get("id")
            same = [
                self.is_another(name, entry, account, key, value, first)
                for key, value in (("email", email), ("id", known))
            ]
            if not any(same):
                address = Address(account, "client", name)
                self.clients[name] = Desired(address, tuple(values), entry.place.file, name, id=known)

    def is_another(
        self, name: str, entry: Named, account: str, key: str, value: Any, first: dict[tuple[str, str, Any], str]
    ) -> bool:
        """Whether a client has the e-mail, or the id, of one that was declared before; says so."""
        other = name if value is None else first.setdefault((account, key, value), name)
        if other == name:
            return False
        there = self.sections.named["clients"][other].place
        self.fault(
            Place(entry.place.file, (*entry.place.keys, key)),
            f"this is the {CLIENT_KEYS[key]} of the client at {{other}}, too; one client is declared once",
            Place(there.file, (*there.keys, key)),
        )
        return True

    def account_of_client(self, entry: Named) -> str | None:
        known = self.sections.names["accounts"]
        name = entry.raw.get("account")
        if name is None:
            able = [account for account, service in self.accounts.service_of.items() if service.has("client")]
            if len(able) == 1:
                return able[0]
            if able:
                self.fault(entry.place, f"which `account:`? One of {', '.join(sorted(able))}")
            elif known == self.accounts.service_of.keys():
                self.fault(entry.place, "no account is declared whose service has clients")
            return None
        place = Place(entry.place.file, (*entry.place.keys, "account"))
        if name not in known:
            self.layers.unknown("accounts", name, place)
            return None
        service = self.accounts.service_of.get(name)
        if service is not None and not service.has("client"):
            self.fault(place, f"the service of account {name} has no clients")
            return None
        return str(name)

    # --- sites -----------------------------------------------------------------------------------------------------

    def sites(self) -> list[Desired]:
        shared, place = dict(self.sections.defaults.raw or {}), self.sections.defaults.place
        for key in NOT_SHARED:
            if key in shared:
                self.fault(replace(place, keys=(*place.keys, key)), f"`{key}` can't be the same for every site")
                del shared[key]
        base = self.values(self.kind, self.kind.blank(), shared, place)
        made = [
            site
            for name, entry in self.sections.named["sites"].items()
            if (site := self.site(name, entry, base, shared)) is not None
        ]
        self.check_identities(made)
        return made

    def site(self, name: str, entry: Named, base: Sequence[Any], shared: Mapping[str, Any]) -> Desired | None:
        raw, place = entry.raw or {}, entry.place
        values = self.values(self.kind, base, raw, place)
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
            labels=MappingProxyType({key: _label(value) for key, value in labels.items() if value is not None}),
            call_defaults=self.call_defaults(raw, shared, place, account),
        )

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

    def check_identities(self, sites: Sequence[Desired]) -> None:
        """No two sites may be one: neither by address nor by what is sent, nor by an address that one of them had."""
        url = self.kind.index("url")
        declared: dict[tuple[str, str], Desired] = {}
        for site in sites:
            for name in {site.address.name, str(site.values[url])}:
                other = declared.setdefault((site.address.account, name), site)
                if other is not site:
                    message = f"{quoted(site.key)} is the same site as the one at {{other}}: both are "
                    self.fault(_place_called(site, name), message, _place_called(other, name), human_address(name))
                    break
        self.check_claims(sites)
        for site in sites:
            if site.previous is not None and (site.address.account, site.previous) in declared:
                holder, place = declared[site.address.account, site.previous], _place_of(site, "previous_address")
                if holder is site:
                    self.fault(place, "this previous address is the one that the site has; take it away")
                    continue
                message = "this previous address is that of the site at {other}; take one of them away"
                self.fault(place, message, _place_called(holder, site.previous))

    def check_claims(self, sites: Sequence[Desired]) -> None:
        """One live site can't be pinned, or renamed, by two."""
        claimed: dict[tuple[str, str, Any], Desired] = {}
        for site in sites:
            for key, value in (("id", site.id), ("previous_address", site.previous)):
                if value is None:
                    continue
                other = claimed.setdefault((site.address.account, key, value), site)
                if other is not site:
                    self.fault(
                        _place_of(site, key),
                        f"the same `{key}` is said at {{other}}; one live site can't be both",
                        _place_of(other, key),
                    )


def _place_of(site: Desired, *keys: str) -> Place:
    return Place(site.file, ("sites", site.key, *keys), at_key=not keys)


def _place_called(site: Desired, name: str) -> Place:
    """Where a site says that this is its address: by its key, or by what is sent."""
    return _place_of(site) if name == site.address.name else _place_of(site, "url")


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sections(child: Field | Group, kind: Kind) -> set[str]:
    """The sections of the wire object that something in YAML ends up in."""
    leaves = (child.index,) if isinstance(child, Field) else child.leaves
    return {kind.fields[index].wire[0] for index in leaves}
