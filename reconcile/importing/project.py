"""From live accounts to the sections of a project that declares just them. Pure.

What is said by most sites goes under all of them (`defaults`), what several say gets a name, and a site says the rest.
What is declared already is left to the files that declare it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconcile.importing.alone import Alone
from reconcile.importing.blacklists import Blacklists, Entries
from reconcile.importing.identity import Identities, Imported, Known
from reconcile.importing.managers import Managers
from reconcile.importing.names import Namer
from reconcile.importing.report import Report
from reconcile.importing.tables import Grouped, Row, Table, grouped
from reconcile.importing.values import OMIT, Defaults, Writer
from reconcile.importing.widgets import Look, Wardrobe, parts_of
from reconcile.importing.yamltext import lines
from reconcile.model.fields import UNMANAGED, Field, Group, Kind
from reconcile.model.state import DesiredState, LiveAccount, Unspecified

#: The sections whose entries sites refer to by name.
SHARED = ("schedules", "widgets", "managers", "blacklists")


@dataclass(frozen=True, slots=True)
class Project:
    """What to write: the sections, each entry by its name, as plain data.

    `owners` are the clients of sites, by the sites' keys. `tables` are those that `site_groups` are made from, by the
    groups' names; a group's `from` is its name until it is known where its table is written. `profiles` are the
    accounts' own settings, which stand where the accounts are declared.
    """

    shared: Mapping[str, Mapping[str, Any]]
    defaults: Mapping[str, Any]
    clients: Mapping[str, Any]
    sites: Mapping[str, Any]
    groups: Mapping[str, Any]
    tables: Mapping[str, Table]
    owners: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, Any]]
    report: Report


def build(
    desired: DesiredState, live: Mapping[str, LiveAccount], defaults: Defaults, *, tables: bool = True
) -> Project:
    """The project of what is live and not declared; `desired` is what is, with the accounts."""
    return _Builder(desired, live, defaults, tables).build()


@dataclass(slots=True)
class _Site:
    """One site, in parts."""

    site: Imported
    own: dict[str, tuple[Field, Any]]
    managers: Any
    look: Look | None
    blocked: Entries | None

    def spell(self, writer: Writer) -> Callable[[str], Any]:
        """How a field is said that the site leaves out; OMIT where it can't be said."""

        def said(path: str) -> Any:
            if path not in self.own:
                return OMIT
            one, value = self.own[path]
            raw = writer.writable(one, value).raw
            return "" if raw is OMIT and value == one.nothing == one.type.blank == "" else raw

        return said


@dataclass(slots=True)
class _Builder:
    desired: DesiredState
    live: Mapping[str, LiveAccount]
    defaults: Defaults
    tables: bool
    kind: Kind = field(init=False)
    writer: Writer = field(init=False)
    under: tuple[Any, ...] = field(init=False)
    own: tuple[Field, ...] = field(init=False)
    list: Field = field(init=False)
    blocked: tuple[Field, ...] = field(init=False)
    report: Report = field(init=False)

    def __post_init__(self) -> None:
        self.kind = self.desired.kinds["site"]
        meanings = {self.desired.accounts[name].unspecified for name in self.live}
        self.writer = Writer(
            self.defaults, Unspecified.DEFAULT if Unspecified.DEFAULT in meanings else Unspecified.KEEP
        )
        below = self.desired.below
        self.under = self.kind.blank() if below is None else below.values
        children = list(dict.fromkeys(self.kind.root.children.values()))
        plain = [child for child in children if isinstance(child, Field) and child.path != "url"]
        self.own = tuple(one for one in plain if not one.items and not one.undocumented)
        self.list = next(one for one in plain if one.items)
        union = next(child for child in children if isinstance(child, Group) and child.union)
        fields = [self.kind.fields[place] for place in union.leaves]
        self.blocked = tuple(one for one in fields if not one.undocumented)
        self.report = Report()

    def build(self) -> Project:
        known = Identities(self.desired, self.live, self.report).known()
        # A layer under all sites would say something of those, too, that are declared already.
        alone = self.desired.below is None and not self.desired.sites
        free = alone and sum(map(len, known.sites.values())) > 1
        parts = parts_of(self.kind)
        wardrobe = Wardrobe(parts, self.writer, tuple(part.of(self.under) for part in parts), free)
        managers = Managers(self.list, self.writer)
        blacklists = Blacklists(self.blocked, self.writer)
        sites = [made for name in self.live for made in self.in_parts(name, known, wardrobe, managers, blacklists)]
        self.count(sites, wardrobe, managers, blacklists)
        namers = {section: Namer(self.desired.names.get(section, ())) for section in SHARED}
        layer = self.common(sites, managers) if free else _Layer()
        shared: dict[str, dict[str, Any]] = {
            "schedules": wardrobe.name_schedules(namers["schedules"]),
            "widgets": wardrobe.name_widgets(namers["widgets"]),
            "managers": managers.name(namers["managers"]),
            "blacklists": blacklists.name(namers["blacklists"]),
        }
        said: dict[str, Any] = dict(layer.own)
        if layer.managers is not None:
            said["managers"] = managers.of_site(layer.managers)
        if free and wardrobe.root is not None:
            said["widget"] = wardrobe.root.name
        if layer.blocked is not None:
            said["blacklists"] = blacklists.of_site(layer.blocked)
        bodies = {}
        for one in sites:
            head = self.head(one.site, known, layer)
            bodies[one.site.key] = self.ordered(head | self.body(one, layer, wardrobe, managers, blacklists))
        if layer.account:
            said["account"] = layer.account
        self.tell(sites, shared, known, wardrobe, managers)
        found = self.grouped(sites, bodies, shared["managers"], wardrobe)
        left = {key: body for key, body in bodies.items() if key not in found.keys}
        return Project(
            {section: entries for section, entries in shared.items() if entries},
            self.ordered(said),
            known.entries,
            left,
            found.groups,
            found.tables,
            {one.site.key: one.site.client for one in sites if one.site.client is not None},
            known.profiles,
            self.report,
        )

    # --- sites in parts -------------------------------------------------------------------------------------------

    def in_parts(
        self, account: str, known: Known, wardrobe: Wardrobe, managers: Managers, blacklists: Blacklists
    ) -> Sequence[_Site]:
        sections = self.desired.services[account].sections
        own = [one for one in self.own if one.wire[0] in sections]
        parts = wardrobe.parts
        first = min(place for part in parts for place in part.places)
        last = max(place for part in parts for place in part.places) + 1
        dressed = {one.wire[0] for part in parts for one in part.fields} <= sections
        lists, blocks = self.list.wire[0] in sections, {one.wire[0] for one in self.blocked} <= sections
        looks: dict[tuple[Any, ...], Look] = {}
        made = []
        for site in known.sites[account]:
            values = site.live.values
            look = None
            if dressed:
                key = values[first:last]
                look = looks.get(key)
                if look is None:
                    look = looks[key] = tuple(part.of(values) for part in parts)
            made.append(
                _Site(
                    site,
                    {one.path: (one, values[one.index]) for one in own},
                    values[self.list.index] if lists else OMIT,
                    look,
                    blacklists.entries(tuple(values[one.index] for one in self.blocked)) if blocks else None,
                )
            )
        return made

    def count(self, sites: Sequence[_Site], wardrobe: Wardrobe, managers: Managers, blacklists: Blacklists) -> None:
        """Notes how often each part is there, and finds what is shared; what can't be declared is noted, too."""
        looks: Counter[Look] = Counter(one.look for one in sites if one.look is not None)
        owners: dict[Look, set[str]] = defaultdict(set)
        for one in sites:
            if one.look is not None:
                owners[one.look].add(one.site.client or "")
        wardrobe.factor(looks, owners)
        self.count_managers(sites, managers)
        blacklists.factor(Counter(one.blocked for one in sites if one.blocked is not None))
        for look, times in looks.items():
            for part, value in zip(wardrobe.parts, look, strict=True):
                self.report.fields += times * self.writer.note(part.fields, value if part.days else (value,), times)
        for one in sites:
            for field_, value in one.own.values():
                self.report.fields += self.writer.note((field_,), (value,))
            if one.blocked is not None:
                values = [one.site.live.values[field_.index] for field_ in self.blocked]
                self.report.fields += self.writer.note(self.blocked, values)

    def count_managers(self, sites: Sequence[_Site], managers: Managers) -> None:
        lists = Counter(one.managers for one in sites if one.managers is not OMIT)
        for value, times in lists.items():
            if managers.can_say(value):
                managers.count(value, times)
                self.report.fields += times * sum(
                    part != item.nothing for entry in value for item, part in zip(self.list.items, entry, strict=True)
                )
            elif value != self.list.nothing:
                self.writer.lost[self.list.path] += times

    # --- what most sites say --------------------------------------------------------------------------------------

    def common(self, sites: Sequence[_Site], managers: Managers) -> _Layer:
        """What is put under all sites."""
        layer = _Layer()
        for one in self.own:
            values: Counter[Any] = Counter(site.own[one.path][1] for site in sites if one.path in site.own)
            best = self.most(values)
            if best is None or self.writer.over(one, best[0]) is OMIT:
                continue
            lost = sum(n for value, n in values.items() if value != best[0] and self.writer.over(one, value) is OMIT)
            if best[1] > lost + 1:
                layer.own[one.path] = self.writer.over(one, best[0])
                layer.values[one.path] = best[0]
        lists = Counter(site.managers for site in sites if site.managers is not OMIT)
        best = self.most(lists)
        if best is not None and managers.can_say(best[0]):
            layer.managers = best[0]
        blocked = Counter(site.blocked for site in sites if site.blocked is not None)
        best = self.most(blocked)
        if best is not None and best[0]:
            layer.blocked = best[0]
        if len(self.desired.accounts) > 1:
            best = self.most(Counter(site.site.account for site in sites if site.site.client is None))
            layer.account = "" if best is None else best[0]
        return layer

    def most(self, counts: Counter[Any]) -> tuple[Any, int] | None:
        """What more than half have, and how many that are; None where there is nothing that so many have."""
        if not counts:
            return None
        best, times = max(counts.items(), key=lambda item: (item[1], repr(item[0])))
        return (best, times) if times > 1 and 2 * times > counts.total() else None

    # --- one site -------------------------------------------------------------------------------------------------

    def head(self, site: Imported, known: Known, layer: _Layer) -> dict[str, Any]:
        """Whose a site is, and which one."""
        made: dict[str, Any] = {}
        below = self.desired.below
        inherited = layer.account or (below and below.account)
        client = below and below.client
        if len(self.desired.accounts) > 1 and site.client is None and site.account != inherited:
            made["account"] = site.account
        if site.client is not None and site.client != client:
            made["client"] = site.client
        elif site.client is None and client is not None:
            made["client"] = None
            if len(self.desired.accounts) > 1:
                made["account"] = site.account
        if site.pinned:
            made["id"] = site.live.id
        return made

    def body(
        self, one: _Site, layer: _Layer, wardrobe: Wardrobe, managers: Managers, blacklists: Blacklists
    ) -> dict[str, Any]:
        """What a site says itself, over what lies under all sites."""
        made: dict[str, Any] = {}
        for path, (own, value) in one.own.items():
            under = layer.values.get(path, self.under[own.index])
            raw = self.writer.over(own, value, under)
            if raw is not OMIT:
                made[path] = raw
        if one.managers is not OMIT:
            under = self.under[self.list.index] if layer.managers is None else layer.managers
            if one.managers != under:
                if managers.can_say(one.managers):
                    made["managers"] = managers.of_site(one.managers)
                elif under is not UNMANAGED:
                    made["managers"] = None
        raw = OMIT if one.look is None else wardrobe.of_site(one.look)
        if raw is not OMIT:
            made["widget"] = raw
        if one.blocked is not None:
            raw = self.blacklist(one, layer, blacklists)
            if raw is not OMIT:
                made["blacklists"] = raw
        return made

    def blacklist(self, one: _Site, layer: _Layer, blacklists: Blacklists) -> Any:
        """What a site says of its blacklists."""
        assert one.blocked is not None
        values = [one.site.live.values[field_.index] for field_ in self.blocked]
        under = [self.under[field_.index] for field_ in self.blocked]
        if layer.blocked is not None:
            kinds = {kind for kind, _ in layer.blocked}
            found: dict[int, set[str]] = defaultdict(set)
            for kind, entry in layer.blocked:
                found[kind].add(entry)
            under = [tuple(sorted(found[kind])) if kind in kinds else UNMANAGED for kind in range(len(under))]
        if all(self.writer.over(*three) is OMIT for three in zip(self.blocked, values, under, strict=True)):
            return OMIT
        if one.blocked:
            return blacklists.of_site(one.blocked)
        if all(below is UNMANAGED for below in under):
            return OMIT  # something that can't be declared
        sayable = all(
            self.writer.writable(field_, value).raw is not OMIT
            for field_, value in zip(self.blocked, values, strict=True)
        )
        return [] if sayable else None

    def ordered(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of a site in the order of the schema."""
        order = {key: place for place, key in enumerate(_SITE_KEYS())}
        return dict(sorted(body.items(), key=lambda item: order[item[0]]))

    def grouped(
        self, sites: Sequence[_Site], bodies: Mapping[str, Any], managers: Mapping[str, Any], wardrobe: Wardrobe
    ) -> Grouped:
        """The sites that are alike but for a few values."""
        if not self.tables:
            return Grouped({}, {}, frozenset())
        widget = wardrobe.root.name if wardrobe.implied and wardrobe.root is not None else ""
        rows = [Row(one.site.key, bodies[one.site.key], one.spell(self.writer)) for one in sites]
        return grouped(rows, managers, widget, self.desired.names.get("site_groups", ()))

    # --- the report -----------------------------------------------------------------------------------------------

    def tell(
        self,
        sites: Sequence[_Site],
        shared: Mapping[str, Mapping[str, Any]],
        known: Known,
        wardrobe: Wardrobe,
        managers: Managers,
    ) -> None:
        """What was found, and what it would have taken to say each site by itself."""
        self.report.sites = len(sites)
        self.report.clients = len(known.entries)
        self.report.shared = {section: len(entries) for section, entries in shared.items()}
        self.report.lost = dict(sorted(self.writer.lost.items()))
        alone = Alone(self.writer, wardrobe, managers, Blacklists(self.blocked, self.writer))
        clients = sum(1 for _ in lines({"clients": known.entries}, 0)) if known.entries else 0
        self.report.alone = clients + sum(
            alone.lines(one.site, one.own, one.managers, one.look, one.blocked) for one in sites
        )


@dataclass(slots=True)
class _Layer:
    """What lies under all sites: the values and how they are said, by path; None: nothing of that kind."""

    own: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    managers: tuple[Any, ...] | None = None
    blocked: Entries | None = None
    account: str = ""


def _SITE_KEYS() -> Sequence[str]:  # noqa: N802 - a table, read from the schema when it is needed
    from reconcile.model.fields import schemas

    return list(schemas()["site"]["properties"])
