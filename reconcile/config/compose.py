"""From checked documents to a desired state: names resolved, `extends` and layers merged, every value canonical.

Each mapping that a person wrote becomes a *layer* once: values by field index. Merging layers is overlaying them, so
what many sites share costs each of them one copy of a list, however deep it is nested in YAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from reconcile.config import week
from reconcile.config.load import Document
from reconcile.config.places import Fault, Keys, Place, misread
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, Field, Group, Kind, schemas
from reconcile.model.normalize import did_you_mean, human_address, quoted, read_address
from reconcile.model.resource import Desired
from reconcile.model.state import Account, DesiredState, Safety, Unspecified

#: Canonical values by field index; UNMANAGED unsets what a farther layer said.
Layer = dict[int, Any]

#: Sections whose entries have names that are declared once in a project.
NAMED: Final = ("accounts", "schedules", "widgets", "managers", "blacklists", "sites")
#: What can't be the same for every site.
NOT_SHARED: Final = ("id", "url", "previous_address")


@dataclass(frozen=True, slots=True)
class Named:
    """One named entry: where it is declared, and what was written."""

    place: Place
    raw: Any


@dataclass(frozen=True, slots=True)
class Sections:
    """A project merged from its files. `names` also holds the names of entries that were too wrong to keep."""

    named: Mapping[str, Mapping[str, Named]]
    names: Mapping[str, frozenset[str]]
    defaults: Named
    safety: Named


def compose(sections: Sections, kind: Kind) -> tuple[DesiredState, list[Fault]]:
    """The desired state, and all that is wrong with references, values and addresses."""
    composer = _Composer(sections, kind)
    return composer.state(), composer.faults


class Merger:
    """Collects the sections of all documents; a name that is declared twice is a fault that names both places."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.named: dict[str, dict[str, Named]] = {section: {} for section in NAMED}
        self.names: dict[str, set[str]] = {section: set() for section in NAMED}
        self.single: dict[str, Named] = {}

    def note_names(self, document: Document) -> None:
        """Remembers what a document names, before what is wrong in it is taken out."""
        for section in NAMED:
            entries = document.data.get(section)
            if isinstance(entries, dict):
                self.names[section].update(entries)

    def add(self, document: Document) -> None:
        """Merges a checked document."""
        for section, raw in document.data.items():
            if section in self.named:
                for name, entry in (raw or {}).items():
                    self.entry(section, name, entry, document.file)
            elif section in self.single:
                self.faults.append(
                    Fault(
                        Place(document.file, (section,), at_key=True),
                        f"`{section}` is declared again; it is first declared at {{other}}",
                        self.single[section].place,
                    )
                )
            elif section != "version":
                self.single[section] = Named(Place(document.file, (section,), at_key=True), raw)

    def entry(self, section: str, name: str, raw: Any, file: str) -> None:
        first = self.named[section].get(name)
        if first is None:
            self.named[section][name] = Named(Place(file, (section, name), at_key=True), raw)
            return
        message = f'{section[:-1]} "{name}" is declared again; it is first declared at {{other}}'
        self.faults.append(Fault(Place(file, (section, name), at_key=True), message, first.place))

    def sections(self) -> Sections:
        """What was collected."""
        nothing = Named(Place(""), {})
        return Sections(
            self.named,
            {section: frozenset(names) for section, names in self.names.items()},
            self.single.get("defaults", nothing),
            self.single.get("safety", nothing),
        )


@dataclass(slots=True)
class _Composer:
    sections: Sections
    kind: Kind
    faults: list[Fault] = field(default_factory=list)
    layers: dict[tuple[str, str], Layer] = field(default_factory=dict)
    managers: dict[str, tuple[Any, ...] | None] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)

    def fault(self, place: Place, message: str, other: Place | None = None, got: str = "") -> None:
        self.faults.append(Fault(place, message, other, got))

    def misread(self, place: Place, error: ValueError) -> None:
        self.faults.append(misread(place, error))

    # --- the whole -------------------------------------------------------------------------------------------------

    def state(self) -> DesiredState:
        required = schemas()["account"]["required"]
        accounts = {
            name: _account(name, entry.raw)
            for name, entry in self.sections.named["accounts"].items()
            if all(key in entry.raw for key in required)  # what lacks one has been reported
        }
        self.check_accounts(accounts)
        for section in ("schedules", "widgets", "blacklists"):
            for name, entry in self.sections.named[section].items():
                self.named_layer(section, name, entry.place)
        for name, entry in self.sections.named["managers"].items():
            self.manager(name, entry.place)
        for name, entry in self.sections.named["accounts"].items():
            if "/" in name:
                self.fault(
                    entry.place, f"an account's name is a part of addresses, and can't have a slash: {quoted(name)}"
                )
        sites = self.sites(accounts)
        if not self.sections.names["accounts"] and self.sections.named["sites"]:
            first = next(iter(self.sections.named["sites"].values()))
            self.fault(first.place, "no file declares an account; sites need one under `accounts:`")
        return DesiredState(accounts, _safety(self.sections.safety.raw or {}), tuple(sites))

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
        for index, value in self.group_layer(self.kind.root, shared, place.file, place.keys).items():
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
        for index, value in self.group_layer(self.kind.root, raw, place.file, place.keys).items():
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
            self.unknown("accounts", name, Place(at.file, (*at.keys, "account")))
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

    # --- layers ----------------------------------------------------------------------------------------------------

    def group_layer(self, group: Group, raw: Any, file: str, keys: Keys) -> Layer:
        """The layer of what was written for `group`."""
        out: Layer = {}
        self.group(group, raw, file, keys, out)
        return out

    def group(self, group: Group, raw: Any, file: str, keys: Keys, out: Layer) -> None:
        if raw is None:
            out.update(dict.fromkeys(group.leaves, UNMANAGED))
        elif group.union:
            out.update(self.union(group, raw, file, keys))
        elif isinstance(raw, str):
            out.update(self.named_layer(str(group.ref), raw, Place(file, keys)))
        elif group.week:
            self.week(group, raw, file, keys, out)
        else:
            if "extends" in raw:
                out.update(self.named_layer(str(group.ref), raw["extends"], Place(file, (*keys, "extends"))))
            self.mapping(group, raw, file, keys, out)

    def mapping(self, group: Group, raw: Mapping[str, Any], file: str, keys: Keys, out: Layer) -> None:
        children = group.children
        for key, value in raw.items():
            child = children.get(key)
            if child is None:
                continue
            if key != child.keys[-1] and child.keys[-1] in raw:
                self.fault(
                    Place(file, (*keys, key), at_key=True),
                    f"`{key}` is another spelling of `{child.keys[-1]}`; keep one of them",
                )
            if isinstance(child, Group):
                self.group(child, value, file, (*keys, key), out)
            elif value is None:
                out[child.index] = UNMANAGED
            elif child.items:
                out[child.index] = self.objects(value, file, (*keys, key))
            else:
                try:
                    out[child.index] = child.strict(value)
                except ValueError as error:
                    self.unreadable(child, value, error, Place(file, (*keys, key)))

    def unreadable(self, field: Field, value: Any, error: ValueError, place: Place) -> None:
        """Reports a value, or each of the entries of a list that can't be read; those None have been reported."""
        if not isinstance(value, list):
            self.misread(place, error)
            return
        for index, entry in enumerate(value):
            if entry is not None:
                try:
                    field.strict.read([entry])
                except ValueError as found:
                    self.misread(Place(place.file, (*place.keys, index)), found)

    def week(self, group: Group, raw: Mapping[str, Any], file: str, keys: Keys, out: Layer) -> None:
        try:
            days = week.by_day(raw)
        except ValueError as error:
            self.fault(Place(file, keys), str(error))
            return
        for day, (key, value) in days.items():
            child = group.children[day]
            assert isinstance(child, Group)
            if not isinstance(value, str):
                self.group(child, value, file, (*keys, key), out)
                continue
            try:
                hours = week.read_hours(value)
            except ValueError as error:
                self.misread(Place(file, (*keys, key)), error)
                continue
            start, end, enable = child.leaves
            out[enable] = hours.enable
            if hours.enable:
                out[start], out[end] = hours.start, hours.end

    def union(self, group: Group, raw: Any, file: str, keys: Keys) -> Layer:
        if not raw:
            return {index: self.kind.fields[index].nothing for index in group.leaves}
        found: dict[int, set[Any]] = {}
        for position, entry in enumerate(raw):
            if entry is None:
                continue
            for index, value in self.union_entry(group, entry, file, (*keys, position)).items():
                if value is not UNMANAGED:
                    found.setdefault(index, set()).update(value)
        # A list replaces a list: what a farther layer had in it is gone, also where this one says nothing.
        return dict.fromkeys(group.leaves, UNMANAGED) | {i: tuple(sorted(values)) for i, values in found.items()}

    def union_entry(self, group: Group, entry: Any, file: str, keys: Keys) -> Layer:
        if isinstance(entry, str):
            return self.named_layer(str(group.ref), entry, Place(file, keys))
        out: Layer = {}
        self.mapping(group, entry, file, keys, out)
        return out

    # --- names -----------------------------------------------------------------------------------------------------

    def named_layer(self, section: str, name: str, asked: Place) -> Layer:
        """The layer of a named schedule, widget or blacklist; worked out once."""
        if (section, name) in self.layers:
            return self.layers[section, name]
        entry = self.sections.named[section].get(name)
        if entry is None:
            self.unknown(section, name, asked)
            return {}
        if name in self.chain and section == "widgets":
            circle = " -> ".join([*self.chain[self.chain.index(name) :], name])
            self.fault(asked, f"widgets extend each other in a circle: {circle}")
            return {}
        if section == "widgets":
            self.chain.append(name)
        group = self.kind.referred[section]
        if group.union:
            layer = self.union_entry(group, entry.raw, entry.place.file, entry.place.keys)
        else:
            layer = self.group_layer(group, entry.raw, entry.place.file, entry.place.keys)
        if section == "widgets":
            self.chain.pop()
        self.layers[section, name] = layer
        return layer

    def unknown(self, section: str, name: str, asked: Place) -> None:
        known = self.sections.names[section]
        if name in known:
            return  # it is declared, and what is wrong with it has been said
        what = section[:-1]
        hint = did_you_mean(name, known) or (
            f"; known are {', '.join(sorted(known)[:10])}" if known else f"; the project declares no {section}"
        )
        self.fault(asked, f"no {what} is named ", got=quoted(name) + hint)

    def objects(self, raw: Sequence[Any], file: str, keys: Keys) -> tuple[Any, ...]:
        """An ordered list of managers, by name or inline."""
        made = []
        for position, entry in enumerate(raw):
            at = (*keys, position)
            if isinstance(entry, str):
                one = self.manager(entry, Place(file, at))
            else:
                one = None if entry is None else self.object(entry, file, at)
            if one is not None:
                made.append(one)
        return tuple(made)

    def manager(self, name: str, asked: Place) -> tuple[Any, ...] | None:
        if name not in self.managers:
            entry = self.sections.named["managers"].get(name)
            if entry is None:
                self.unknown("managers", name, asked)
                return None
            self.managers[name] = self.object(entry.raw, entry.place.file, entry.place.keys)
        return self.managers[name]

    def object(self, raw: Mapping[str, Any], file: str, keys: Keys) -> tuple[Any, ...] | None:
        made = []
        for item in self.kind.by_path["managers"].items:
            value = raw.get(item.name)
            try:
                made.append(item.nothing if value is None else item.strict(value))
            except ValueError as error:
                self.misread(Place(file, (*keys, item.name)), error)
                return None
        return tuple(made)


def _place_of(site: Desired, *keys: str) -> Place:
    return Place(site.file, ("sites", site.key, *keys), at_key=not keys)


def _place_called(site: Desired, name: str) -> Place:
    """Where a site says that this is its address: by its key, or by what is sent."""
    return _place_of(site) if name == site.address.name else _place_of(site, "url")


def _account(name: str, raw: Mapping[str, Any]) -> Account:
    settings = _with_defaults(schemas()["account"], raw)
    return Account(
        name=name,
        provider=settings["provider"],
        uid=str(settings["uid"]),
        api_key=str(settings["api_key"]),
        base_url=settings["base_url"].rstrip("/"),
        encoding=settings["encoding"],
        update_method=settings["update_method"],
        unspecified=Unspecified(settings["unspecified"]),
        prune=settings["prune"],
    )


def _safety(raw: Mapping[str, Any]) -> Safety:
    limits = _with_defaults(schemas()["project"]["properties"]["safety"], raw)
    return Safety(
        limits["max_deletes"],
        limits["max_delete_percent"],
        limits["max_update_percent"],
        tuple(limits["protect"]),
    )


def _with_defaults(schema: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was written over the schema's own defaults."""
    return {key: child["default"] for key, child in schema["properties"].items() if "default" in child} | dict(raw)


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
