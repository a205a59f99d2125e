"""Sites: each with its account, its owner, its identity, its values, and what a call to it carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconcile.config.accounts import Accounts
from reconcile.config.layers import Layers
from reconcile.config.places import Fault, Place, misread
from reconcile.config.sections import Named, Sections
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Field, Group, Kind
from reconcile.model.normalize import read_address
from reconcile.model.resource import Desired, Membership
from reconcile.model.state import Unspecified

#: What can't be the same for every site.
NOT_SHARED: Final = ("id", "url", "previous_address")


class Kept(Struct, frozen=True):
    """What an account's service keeps of a site: the positions and the keys of what it does not, and its defaults."""

    foreign: tuple[int, ...]
    foreign_keys: frozenset[str]
    defaults: tuple[Any, ...] | None


class Local(Struct, frozen=True):
    """What is said of a site beside its fields; `account` is None where it is not known, which has been said."""

    account: str | None
    client: Address | None
    id: int | None
    previous: str | None
    prevent_destroy: bool
    labels: Mapping[str, str]
    call_defaults: Mapping[str, Any]


class Sites(Struct):
    """Composes the sites of a project; what is wrong with them is collected in `faults`."""

    sections: Sections
    kind: Kind
    faults: list[Fault]
    layers: Layers
    accounts: Accounts
    clients: Mapping[str, Desired]
    kept: dict[str, Kept] = field(default_factory=dict)
    under: frozenset[str] = frozenset()
    #: `defaults`, and the values that it makes.
    shared: Named = field(default_factory=lambda: Named(Place(""), {}))
    base: Sequence[Any] = ()
    known: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    def fault(self, place: Place, message: str, series: str = "") -> None:
        self.faults.append(Fault(place, message, series=series))

    def misread(self, place: Place, error: ValueError) -> None:
        self.faults.append(misread(place, error))

    def sites(self) -> list[Desired]:
        """All sites with a place of their own that can be composed."""
        self.shared = self.shared_by_all()
        self.layers.using = set()
        self.base = self.layers.over(self.kind, self.kind.blank(), self.shared.raw, self.shared.place)
        self.under = frozenset(self.layers.using)
        made = (self.site(name, entry) for name, entry in self.sections.named["sites"].items())
        return [site for site in made if site is not None]

    def shared_by_all(self) -> Named:
        """`defaults`, without what can't be the same for every site."""
        raw, place = dict(self.sections.defaults.raw or {}), self.sections.defaults.place
        for key in NOT_SHARED:
            if key in raw:
                self.fault(replace(place, keys=(*place.keys, key)), f"`{key}` can't be the same for every site")
                del raw[key]
        return Named(place, raw)

    def site(self, name: str, entry: Named) -> Desired | None:
        raw, place = entry.raw or {}, entry.place
        self.layers.using = set()
        values = self.layers.over(self.kind, self.base, raw, place)
        uses = self.uses(raw, self.under, self.layers.using)
        local = self.local((Named(place, raw), self.shared))
        try:
            address = read_address(name)
        except ValueError as error:
            self.misread(place, error)
            return None
        url = self.kind.index("url")
        if values[url] is UNMANAGED:
            values[url] = address
        if local.account is None:
            return None
        self.check_foreign(raw, place, local.account)
        self.keep(values, local.account)
        return Desired(
            address=Address(local.account, self.kind.name, address),
            values=tuple(values),
            file=place.file,
            key=name,
            id=local.id,
            client=local.client,
            previous=local.previous,
            prevent_destroy=local.prevent_destroy,
            member=Membership(local.labels, uses=uses),
            call_defaults=local.call_defaults,
        )

    def local(self, layers: Sequence[Named]) -> Local:
        """What is said of a site beside its fields, the nearest layer first, the last one being that of all sites."""
        near = layers[0]
        client = self.client_of(layers)
        account = self.account_of(layers, client)
        prevent = _nearest(layers, "prevent_destroy")
        known = _nearest(layers, "id")
        return Local(
            account=account,
            client=client,
            id=None if known is None else known.raw["id"],
            previous=self.previous(_nearest(layers, "previous_address") or near),
            prevent_destroy=prevent is not None and bool(prevent.raw["prevent_destroy"]),
            labels=self.labels(layers),
            call_defaults={} if account is None else self.call_defaults(layers, account),
        )

    def uses(self, raw: Mapping[str, Any], under: Iterable[str], own: Iterable[str]) -> frozenset[str]:
        """The shared objects that a layer names, and those below it that it does not replace."""
        replaced = tuple(f"{key[:-1]}/" for key in ("managers", "blacklists") if key in raw)
        found = frozenset(chain(own, (use for use in under if not use.startswith(replaced))))
        return self.known.setdefault(found, found)  # there are few of them, and many sites

    def check_foreign(self, raw: Mapping[str, Any], place: Place, account: str) -> None:
        """What a site says by itself has to be something that its service keeps; what is said of all sites need not."""
        kept = self.kept_by(account)
        for key in raw.keys() & kept.foreign_keys if kept is not None else ():
            message = f"the service of account {account} keeps no `{key}` of a site; take it away"
            self.fault(Place(place.file, (*place.keys, key), at_key=True), message)

    def keep(self, values: list[Any], account: str) -> None:
        """Takes out what the account's service does not keep, and puts in what stands for fields nobody mentions."""
        kept = self.kept_by(account)
        if kept is None:
            return
        for index in kept.foreign:
            values[index] = UNMANAGED
        if kept.defaults is not None:
            values[:] = [d if v is UNMANAGED else v for d, v in zip(kept.defaults, values, strict=True)]

    def kept_by(self, account: str) -> Kept | None:
        """What the service of an account keeps; None where the service is not known, which has been said."""
        if account not in self.accounts.service_of:
            return None
        if account not in self.kept:
            self.kept[account] = self.what_is_kept(account)
        return self.kept[account]

    def what_is_kept(self, account: str) -> Kept:
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
            return Kept(foreign, frozenset(keys), None)
        defaults = tuple(f.default if f.wire[0] in sections else UNMANAGED for f in self.kind.fields)
        return Kept(foreign, frozenset(keys), defaults)

    def call_defaults(self, layers: Sequence[Named], account: str) -> Mapping[str, Any]:
        """What a call to a site carries: the site's own defaults over those of all sites, over its account's."""
        service = self.accounts.service_of.get(account)
        if service is None or account not in self.accounts.accounts:
            return {}
        under = self.accounts.accounts[account].call_defaults
        said = [layer for layer in layers if layer.raw.get("call_defaults")]
        if not said:
            return under
        made = dict(under)
        for layer in reversed(said):
            if layer is layers[-1]:  # what is said of all sites need not mean something to each
                made |= self.accounts.checked(layer.raw["call_defaults"], _within(layer, "call_defaults"), service)
            else:
                made |= self.accounts.call_defaults(layer, service)
        self.accounts.check_queue(made, _within(said[0], "call_defaults"))
        return MappingProxyType(made)

    def client_of(self, layers: Sequence[Named]) -> Address | None:
        """The address of the client that a site is put under."""
        at = _nearest(layers, "client")
        name = None if at is None else at.raw["client"]
        if at is None or name is None:
            return None
        if name not in self.clients:
            self.layers.unknown("clients", name, _within(at, "client"))
            return None
        return self.clients[name].address

    def labels(self, layers: Sequence[Named]) -> Mapping[str, str]:
        """A site's labels over those of all; None unsets."""
        made: dict[str, Any] = {}
        for layer in reversed(layers):
            own = layer.raw.get("labels", {})
            made = {} if own is None else made | own
        return MappingProxyType({key: _label(value) for key, value in made.items() if value is not None})

    def account_of(self, layers: Sequence[Named], client: Address | None) -> str | None:
        """A site's account: the one that is said, its client's, or the only one there is."""
        known = self.sections.names["accounts"]
        at = _nearest(layers if client is None else layers[:-1], "account")
        if at is None and client is not None:
            return client.account
        if at is None:
            if len(known) > 1:
                said = _nearest(layers, "client")
                if said is not None and said.raw["client"] is not None:
                    return None  # its client is not known, which has been said
                self.fault(layers[0].place, f"which `account:`? One of {', '.join(sorted(known))}")
                return None
            return next(iter(known), None)
        name = at.raw["account"]
        if name not in known:
            self.layers.unknown("accounts", name, _within(at, "account"))
            return None
        if client is not None and client.account != name:
            message = f"client {client.name} is one of account {client.account}; a site is in its client's account"
            self.fault(_within(at, "account"), message)
            return None
        return str(name)

    def previous(self, layer: Named) -> str | None:
        text = layer.raw.get("previous_address")
        if text is None:
            return None
        try:
            return read_address(text)
        except ValueError as error:
            self.misread(_within(layer, "previous_address"), error)
            return None


def _nearest(layers: Iterable[Named], key: str) -> Named | None:
    """The first layer that has a key."""
    return next((layer for layer in layers if key in layer.raw), None)


def _within(layer: Named, key: str) -> Place:
    return Place(layer.place.file, (*layer.place.keys, key))


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sections(child: Field | Group, kind: Kind) -> set[str]:
    """The sections of the wire object that something in YAML ends up in."""
    leaves = (child.index,) if isinstance(child, Field) else child.leaves
    return {kind.fields[index].wire[0] for index in leaves}
