"""From live accounts to the sections of a project that declares just them. Pure.

What is said by most sites goes under all of them (`defaults`), what several say gets a name, and a site says the rest.
What is declared already is left to the files that declare it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from reconcile.importing.blacklists import Blacklists, Entries
from reconcile.importing.identity import Identities, Imported, Known
from reconcile.importing.managers import Managers
from reconcile.importing.names import Namer
from reconcile.importing.parts import Look, Part, parts_of
from reconcile.importing.report import Report
from reconcile.importing.sayings import Sayings
from reconcile.importing.tables import Grouped, Row, Table, grouped
from reconcile.importing.values import OMIT, Defaults, Writer
from reconcile.importing.widgets import Wardrobe
from reconcile.importing.wording import Wording
from reconcile.importing.yamltext import lines
from reconcile.model.fields import UNMANAGED, Field, Group, schemas
from reconcile.model.state import DesiredState, LiveAccount, Unspecified

#: The sections whose entries sites refer to by name.
SHARED = ("schedules", "widgets", "managers", "blacklists")


class Project(Struct, frozen=True):
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


class _Site(Struct, frozen=True):
    """One site, in parts; what its service does not keep is OMIT, or None."""

    site: Imported
    own: tuple[Any, ...]
    managers: Any
    look: Look | None
    blocked: tuple[Any, ...] | None


class _Builder:
    def __init__(
        self, desired: DesiredState, live: Mapping[str, LiveAccount], defaults: Defaults, tables: bool
    ) -> None:
        self.desired = desired
        self.live = live
        self.defaults = defaults
        self.tables = tables
        #: Values that the project declares.
        self.fields = 0
        #: How many sites have each value of each field of their own, each list of managers, and each blacklist.
        self.values: tuple[Counter[Any], ...] = ()
        self.lists: Counter[Any] = Counter()
        self.blocks: Counter[tuple[Any, ...]] = Counter()
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
        self.keys = tuple(schemas()["site"]["properties"])

    def build(self) -> Project:
        known = Identities(self.desired, self.live).known()
        # A layer under all sites would say something of those, too, that are declared already.
        alone = self.desired.below is None and not self.desired.sites
        free = alone and sum(map(len, known.sites.values())) > 1
        parts, named = parts_of(self.kind), self.desired.shared
        sayings = Sayings(parts, self.writer, named.schedules)
        wardrobe = Wardrobe(sayings, tuple(part.of(self.under) for part in parts), free, named.widgets)
        wording = Wording(wardrobe, sayings)
        managers = Managers(self.list, self.writer, named.managers)
        blacklists = Blacklists(self.blocked, self.writer, named.blacklists)
        sites = [made for name in self.live for made in self.in_parts(name, known, parts)]
        self.count(sites, wardrobe, managers, blacklists)
        namers = {section: Namer(self.desired.names.get(section, ())) for section in SHARED}
        layer = self.common(sites, managers, blacklists) if free else _Layer()
        shared: dict[str, dict[str, Any]] = {
            "schedules": sayings.name_schedules(namers["schedules"]),
            "widgets": wording.name_widgets(namers["widgets"]),
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
        own = self.own_said(layer)
        for one in sites:
            head = self.head(one.site, known, layer)
            bodies[one.site.key] = self.ordered(head | self.body(one, own, layer, wording, managers, blacklists))
        if layer.account:
            said["account"] = layer.account
        found = self.grouped(sites, bodies, managers.named(), wardrobe)
        left = {key: body for key, body in bodies.items() if key not in found.keys}
        used = found.managers.union(*map(_managers, (said, *left.values())))
        shared["managers"] = {name: entry for name, entry in shared["managers"].items() if name in used}
        return Project(
            {section: entries for section, entries in shared.items() if entries},
            self.ordered(said),
            known.entries,
            left,
            found.groups,
            found.tables,
            {one.site.key: one.site.client for one in sites if one.site.client is not None},
            known.profiles,
            self.report(sites, shared, known, wording, managers, blacklists),
        )

    # --- sites in parts -------------------------------------------------------------------------------------------

    def in_parts(self, account: str, known: Known, parts: Sequence[Part]) -> Sequence[_Site]:
        sections = self.desired.services[account].sections
        own = [(one.index, one.wire[0] in sections) for one in self.own]
        first = min(place for part in parts for place in part.places)
        last = max(place for part in parts for place in part.places) + 1
        dressed = {one.wire[0] for part in parts for one in part.fields} <= sections
        lists, blocks = self.list.wire[0] in sections, {one.wire[0] for one in self.blocked} <= sections
        kinds = [one.index for one in self.blocked]
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
                    tuple(values[index] if kept else OMIT for index, kept in own),
                    values[self.list.index] if lists else OMIT,
                    look,
                    tuple(values[index] for index in kinds) if blocks else None,
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
        for part, counts in zip(wardrobe.sayings.parts, wardrobe.counts, strict=True):
            for value, times in counts.items():
                self.fields += times * self.writer.note(part.fields, value if part.days else (value,), times)
        self.lists = Counter(one.managers for one in sites if one.managers is not OMIT)
        self.count_managers(managers)
        self.blocks = Counter(one.blocked for one in sites if one.blocked is not None)
        sets: Counter[Entries] = Counter()
        for values, times in self.blocks.items():
            sets[blacklists.entries(values)] += times
            self.fields += times * self.writer.note(self.blocked, values, times)
        blacklists.factor(sets)
        self.values = tuple(Counter(column) for column in zip(*(one.own for one in sites), strict=True))
        for own, counts in zip(self.own, self.values, strict=False):
            del counts[OMIT]
            for value, times in counts.items():
                self.fields += times * self.writer.note((own,), (value,), times)

    def count_managers(self, managers: Managers) -> None:
        for value, times in self.lists.items():
            if managers.can_say(value):
                managers.count(value, times)
                self.fields += times * sum(len(managers.raw(entry)) for entry in value)
            elif value != self.list.nothing:
                self.writer.lost[self.list.path] += times

    # --- what most sites say --------------------------------------------------------------------------------------

    def common(self, sites: Sequence[_Site], managers: Managers, blacklists: Blacklists) -> _Layer:
        """What is put under all sites."""
        layer = _Layer()
        for one, values in zip(self.own, self.values, strict=False):
            best = self.most(values)
            if best is None or self.writer.over(one, best[0]) is OMIT:
                continue
            lost = sum(n for value, n in values.items() if value != best[0] and self.writer.over(one, value) is OMIT)
            if best[1] > lost + 1:
                layer.own[one.path] = self.writer.over(one, best[0])
                layer.values[one.path] = best[0]
        best = self.most(self.lists)
        if best is not None and managers.can_say(best[0]):
            layer.managers = best[0]
        best = self.most(self.blocks)
        if best is not None and blacklists.entries(best[0]):
            layer.blocked = blacklists.entries(best[0])
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

    def own_said(self, layer: _Layer) -> Sequence[tuple[str, Mapping[Any, Any]]]:
        """What a site says for each value of each field of its own, over what lies under all sites."""
        made = []
        for own, counts in zip(self.own, self.values, strict=False):
            under = layer.values.get(own.path, self.under[own.index])
            said = {value: self.writer.over(own, value, under) for value in counts}
            made.append((own.path, said | {OMIT: OMIT}))
        return made

    def body(
        self,
        one: _Site,
        own: Sequence[tuple[str, Mapping[Any, Any]]],
        layer: _Layer,
        wording: Wording,
        managers: Managers,
        blacklists: Blacklists,
    ) -> dict[str, Any]:
        """What a site says itself, over what lies under all sites."""
        made: dict[str, Any] = {}
        for (path, said), value in zip(own, one.own, strict=False):
            raw = said[value]
            if raw is not OMIT:
                made[path] = raw
        if one.managers is not OMIT:
            under = self.under[self.list.index] if layer.managers is None else layer.managers
            if one.managers != under:
                if managers.can_say(one.managers):
                    made["managers"] = managers.of_site(one.managers)
                elif under is not UNMANAGED:
                    made["managers"] = None
        raw = OMIT if one.look is None else wording.of_site(one.look)
        if raw is not OMIT:
            made["widget"] = raw
        raw = OMIT if one.blocked is None else self.blacklist(one.blocked, layer, blacklists)
        if raw is not OMIT:
            made["blacklists"] = raw
        return made

    def blacklist(self, values: tuple[Any, ...], layer: _Layer, blacklists: Blacklists) -> Any:
        """What a site says of its blacklists."""
        entries = blacklists.entries(values)
        under = [self.under[one.index] for one in self.blocked]
        if layer.blocked is not None:
            found: dict[int, set[str]] = defaultdict(set)
            for kind, entry in layer.blocked:
                found[kind].add(entry)
            under = [tuple(sorted(found[kind])) if kind in found else UNMANAGED for kind in range(len(under))]
        if all(self.writer.over(*three) is OMIT for three in zip(self.blocked, values, under, strict=True)):
            return OMIT
        if entries:
            return blacklists.of_site(entries)
        if all(below is UNMANAGED for below in under):
            return OMIT  # something that can't be declared
        empty = all(self.writer.writable(*two).raw is not OMIT for two in zip(self.blocked, values, strict=True))
        return [] if empty else None

    def ordered(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of a site in the order of the schema."""
        return {key: body[key] for key in self.keys if key in body}

    def grouped(
        self, sites: Sequence[_Site], bodies: Mapping[str, Any], managers: Mapping[str, Any], wardrobe: Wardrobe
    ) -> Grouped:
        """The sites that are alike but for a few values."""
        if not self.tables:
            return Grouped({}, {}, frozenset(), frozenset())
        widget = wardrobe.root.name if wardrobe.implied and wardrobe.root is not None else ""
        places = {one.path: place for place, one in enumerate(self.own)}
        by_key = {one.site.key: one.own for one in sites}

        def spell(key: str, path: str) -> Any:
            own, value = self.own[places[path]], by_key[key][places[path]]
            raw = OMIT if value is OMIT else self.writer.writable(own, value).raw
            return "" if raw is OMIT and value == own.nothing == own.type.blank == "" else raw

        rows = [Row(one.site.key, bodies[one.site.key]) for one in sites]
        named = frozenset(self.desired.shared.managers)
        return grouped(rows, spell, managers, widget, self.desired.names.get("site_groups", ()), named)

    # --- the report -----------------------------------------------------------------------------------------------

    def report(
        self,
        sites: Sequence[_Site],
        shared: Mapping[str, Mapping[str, Any]],
        known: Known,
        wording: Wording,
        managers: Managers,
        blacklists: Blacklists,
    ) -> Report:
        """What was found, and what it would have taken to say each site by itself, in a file of its own."""
        alone = sum(2 + (one.site.client is not None) + one.site.pinned for one in sites)  # `sites:`, and the address
        alone += sum(1 for _ in lines({"clients": known.entries}, 0)) if known.entries else 0
        alone += sum(times * wording.alone(look) for look, times in wording.wardrobe.looks.items())
        for own, counts in zip(self.own, self.values, strict=False):
            alone += sum(times for value, times in counts.items() if self.writer.over(own, value) is not OMIT)
        for value, times in self.lists.items():
            if managers.can_say(value):
                alone += times * managers.alone(value)
        for values, times in self.blocks.items():
            if entries := blacklists.entries(values):
                alone += times * sum(1 for _ in lines({"blacklists": [blacklists.raw(entries)]}, 4))
        return Report(
            sites=len(sites),
            clients=len(known.entries),
            fields=self.fields,
            alone=alone,
            skipped=known.skipped,
            left_out=known.left_out,
            shared={section: len(entries) for section, entries in shared.items()},
            lost=dict(sorted(self.writer.lost.items())),
            warnings=tuple(known.warnings),
        )


class _Layer(Struct):
    """What lies under all sites: the values and how they are said, by path; None: nothing of that kind."""

    own: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    managers: tuple[Any, ...] | None = None
    blocked: Entries | None = None
    account: str = ""


def _managers(body: Mapping[str, Any]) -> set[str]:
    """The managers that a site names."""
    return {entry for entry in body.get("managers") or () if isinstance(entry, str)}
