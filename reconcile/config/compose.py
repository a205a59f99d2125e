"""From checked documents to a desired state: every site with its account, its identity and its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from reconcile.config import settings
from reconcile.config.layers import Layers
from reconcile.config.places import Fault, Place, misread
from reconcile.config.sections import Named, Sections
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Kind
from reconcile.model.normalize import human_address, quoted, read_address
from reconcile.model.resource import Desired
from reconcile.model.state import Account, DesiredState, Unspecified

#: What can't be the same for every site.
NOT_SHARED: Final = ("id", "url", "previous_address")


def compose(sections: Sections, kind: Kind) -> tuple[DesiredState, list[Fault]]:
    """The desired state, and all that is wrong with references, values and addresses."""
    faults: list[Fault] = []
    return _Composer(sections, kind, faults, Layers(sections, kind, faults)).state(), faults


@dataclass(slots=True)
class _Composer:
    sections: Sections
    kind: Kind
    faults: list[Fault]
    layers: Layers

    def fault(self, place: Place, message: str, other: Place | None = None, got: str = "") -> None:
        self.faults.append(Fault(place, message, other, got))

    def misread(self, place: Place, error: ValueError) -> None:
        self.faults.append(misread(place, error))

    # --- the whole -------------------------------------------------------------------------------------------------

    def state(self) -> DesiredState:
        accounts = {
            name: account
            for name, entry in self.sections.named["accounts"].items()
            if (account := settings.account(name, entry.raw)) is not None
        }
        self.check_accounts(accounts)
        self.layers.check_shared()
        for name, entry in self.sections.named["accounts"].items():
            if "/" in name:
                self.fault(
                    entry.place, f"an account's name is a part of addresses, and can't have a slash: {quoted(name)}"
                )
        sites = self.sites(accounts)
        if not self.sections.names["accounts"] and self.sections.named["sites"]:
            first = next(iter(self.sections.named["sites"].values()))
            self.fault(first.place, "no file declares an account; sites need one under `accounts:`")
        return DesiredState(accounts, settings.safety(self.sections.safety.raw or {}), tuple(sites))

    def check_accounts(self, accounts: Mapping[str, Account]) -> None:
        """One live account under two names would be planned for twice."""
        declared: dict[tuple[str, str], str] = {}
        for name, account in accounts.items():
            other = declared.setdefault((account.base_url, account.uid), name)
            if other != name:
                entries = self.sections.named["accounts"]
                message = f'account "{name}" is the same as the one at {{other}}: both have this uid at one service'
                self.fault(entries[name].place, message, entries[other].place)

    def sites(self, accounts: Mapping[str, Account]) -> list[Desired]:
        shared, place = dict(self.sections.defaults.raw or {}), self.sections.defaults.place
        for key in NOT_SHARED:
            if key in shared:
                self.fault(replace(place, keys=(*place.keys, key)), f"`{key}` can't be the same for every site")
                del shared[key]
        base = list(self.kind.blank())
        for index, value in self.layers.group_layer(self.kind.root, shared, place.file, place.keys).items():
            base[index] = value
        made = [
            site
            for name, entry in self.sections.named["sites"].items()
            if (site := self.site(name, entry, base, shared, accounts)) is not None
        ]
        self.check_identities(made)
        return made

    def site(
        self, name: str, entry: Named, base: Sequence[Any], shared: Mapping[str, Any], accounts: Mapping[str, Account]
    ) -> Desired | None:
        raw, place = entry.raw or {}, entry.place
        values = list(base)
        for index, value in self.layers.group_layer(self.kind.root, raw, place.file, place.keys).items():
            values[index] = value
        account = self.account_of(raw, shared, place)
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
        if account in accounts and accounts[account].unspecified is Unspecified.DEFAULT:
            values = [f.default if v is UNMANAGED else v for f, v in zip(self.kind.fields, values, strict=True)]
        labels = self.labels(raw, shared)
        return Desired(
            address=Address(account, self.kind.name, address),
            values=tuple(values),
            file=place.file,
            key=name,
            id=raw.get("id"),
            previous=self.previous(raw, place),
            prevent_destroy=bool(raw.get("prevent_destroy", shared.get("prevent_destroy"))),
            labels=MappingProxyType({key: _label(value) for key, value in labels.items() if value is not None}),
        )

    def labels(self, raw: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
        """A site's labels over those of all; None unsets."""
        own = raw.get("labels", {})
        return {} if own is None else (shared.get("labels") or {}) | own

    def account_of(self, raw: Mapping[str, Any], shared: Mapping[str, Any], place: Place) -> str | None:
        known = self.sections.names["accounts"]
        name = raw.get("account", shared.get("account"))
        if name is None:
            if len(known) > 1:
                self.fault(place, f"which `account:`? One of {', '.join(sorted(known))}")
                return None
            return next(iter(known), None)
        if name not in known:
            own = "account" in raw
            at = place if own else self.sections.defaults.place
            self.layers.unknown("accounts", name, Place(at.file, (*at.keys, "account")))
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
