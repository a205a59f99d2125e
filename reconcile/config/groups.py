"""Site groups: one site for each row of a table.

The template is made into layers once; a row costs no more than what differs in it. What is wrong with a cell is said
where it stands in the table, what is wrong with the template once, where that stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from reconcile.config.each import Each
from reconcile.config.places import MOST_ALIKE, Fault, Keys, Place
from reconcile.config.rows import Group, Rows
from reconcile.config.sections import Named
from reconcile.config.sites import NOT_SHARED, Sites
from reconcile.config.tables import Table, Tables
from reconcile.config.template import Slots, split, within
from reconcile.model.normalize import count, did_you_mean, quoted, read_address
from reconcile.model.resource import Desired

#: Sites of all groups of a project, and the values that a template makes of all rows.
MAX_SITES: Final = 250_000
MAX_VALUES: Final = 25_000_000
#: A longer text counts as several values.
LONG: Final = 64


class RowOf(Struct, frozen=True):
    """One row of a group, by its number in the table."""

    group: Group
    number: int

    @property
    def place(self) -> Place:
        """Where the address of its site stands."""
        return self.group.cell(self.number, self.group.address)


class Groups(Struct):
    """Composes the sites of all groups of a project. `single` are the sites that are declared one by one."""

    single: Sites
    tables: Tables
    each: Mapping[tuple[str, Keys], Each]
    origins: list[tuple[Group, int]] = field(default_factory=list)
    sites_before: int = 0

    def sites(self, before: int) -> list[Desired]:
        """All sites of all groups that can be composed, to stand after so many single ones."""
        self.sites_before = before
        slots: dict[tuple[str, Keys], dict[Keys, Each]] = defaultdict(dict)
        for (file, keys), each in self.each.items():
            slots[file, keys[:2]][keys[2:]] = each
        made: list[Desired] = []
        for name, entry in self.single.sections.named["site_groups"].items():
            group = self.group(name, entry, slots[entry.place.file, entry.place.keys])
            if group is not None:
                made += Rows(group, self.single).sites(self.origins)
        return made

    def place_of(self, position: int, site: Desired, key: str | None = None) -> Place:
        """Where a site is declared, by its position among all; or where a key of it is said."""
        if position < self.sites_before:
            return Place(site.file, ("sites", site.key, *([key] if key else [])), at_key=key is None)
        group, row = self.origins[position - self.sites_before]
        return group.where(row, site.address.name, key)

    def row_of(self, position: int) -> RowOf | None:
        """The row that a site is made of, by its position among all; None for one with a place of its own."""
        if position < self.sites_before:
            return None
        group, row = self.origins[position - self.sites_before]
        return RowOf(group, row)

    def fault(self, place: Place, message: str, got: str = "", other: Place | None = None) -> None:
        self.single.faults.append(Fault(place, message, other, got))

    def group(self, name: str, entry: Named, found: Mapping[Keys, Each]) -> Group | None:
        """A group with its table; None where no row can be read."""
        raw, place = entry.raw, entry.place
        template = raw.get("template") or {}
        address = found.get(("address",)) or Each(())
        slots = {keys[1:]: each for keys, each in found.items() if keys[0] == "template" and _is_at(template, keys[1:])}
        template = self.without_same(place, raw, template, slots, address)
        table = self.tables.read(raw, place)
        usable = table is not None and bool(address.cells)
        if table is not None:
            unknown = self.unknown_columns(place, table, {("address",): address, **_below("template", slots)})
            usable = usable and not unknown & {("address",), ("template", "account"), ("template", "client")}
            slots_lost = {keys[1:] for keys in unknown if keys[0] == "template"}
            usable = self.enough(place, raw, table) and usable
        else:
            slots_lost = set(slots)
        static, units = split(self.single.kind.root, template, slots)
        local = {key: value for key, value in template.items() if key not in self.single.kind.root.children}
        group = Group(
            name,
            place,
            table or Table(place.file, (), ()),
            address,
            {keys: each for keys, each in slots.items() if keys not in slots_lost},
            template,
            static,
            [unit for unit in units if not slots_lost & unit.slots.keys()],
            {key: value for key, value in local.items() if not any(keys[0] == key for keys in slots_lost)},
            self.overrides(place, raw.get("overrides") or {}),
        )
        if usable and self.affordable(group):
            return group
        Rows(group, self.single).check()
        return None

    def without_same(
        self, place: Place, raw: Mapping[str, Any], template: Mapping[str, Any], slots: Slots, address: Each
    ) -> dict[str, Any]:
        """The template without what tells sites apart and would be the same for every row."""
        same = [key for key in NOT_SHARED if template.get(key) is not None and (key,) not in slots]
        for key in same:
            message = f"`{key}` can't be the same for every row; make it of a column, such as ${{each.{key}}}"
            self.fault(within(place, "template", key), message)
        if not address.cells and "address" in raw:
            message = "the address can't be the same for every row; make it of a column, such as ${each.host}"
            self.fault(within(place, "address"), message)
        return {key: value for key, value in template.items() if key not in same}

    def unknown_columns(self, place: Place, table: Table, slots: Slots) -> set[Keys]:
        """The slots that name columns which the table does not have, each of which is said."""
        found: set[Keys] = set()
        if not table.columns and not table.complete:
            return found  # what they would have been is not known
        for keys, each in slots.items():
            for name in dict.fromkeys(cell.column for cell in each.cells if cell.column not in table.columns):
                found.add(keys)
                hint = did_you_mean(name, table.columns) or f"; it has {_listed(table.columns)}"
                self.fault(within(place, *keys), f"{table.file} has no column {quoted(name)}{hint}")
        return found

    def enough(self, place: Place, raw: Mapping[str, Any], table: Table) -> bool:
        """Whether a table has any rows. Says where it has fewer than it is to have, if all could be read."""
        rows, least = len(table.rows), raw.get("min_rows", 1)
        if rows == 0 and table.complete:
            at = within(place, "from") if isinstance(raw.get("from"), list) else Place(table.file, line=1, column=1)
            why = "a group that shrinks to nothing is most likely a mistake; to let its sites go, take the group away"
            self.fault(at, f"the table has no rows; {why}")
        elif rows < least and table.complete:
            message = f"{table.file} has {count(rows, 'row')}, and is to have {least} at least; was it cut short?"
            self.fault(within(place, "min_rows"), message)
        return rows > 0

    def affordable(self, group: Group) -> bool:
        """Whether a group makes no more sites and values than a project may have."""
        sites = len(self.origins) + len(group.table.rows)
        values = len(group.table.rows) * (_size(group.local) + sum(_size(unit.raw) for unit in group.units))
        if sites <= MAX_SITES and values <= MAX_VALUES:
            return True
        what = f"{MAX_SITES:,} sites" if sites > MAX_SITES else f"{MAX_VALUES:,} values"
        self.fault(within(group.place, "from"), f"the site groups of a project make {what} at most, up to here")
        return False

    def overrides(self, place: Place, raw: Mapping[str, Any]) -> dict[str, Named]:
        """What is said of single sites, by their addresses."""
        made: dict[str, Named] = {}
        for written, said in raw.items():
            at = Place(place.file, (*place.keys, "overrides", written), at_key=True)
            try:
                address = read_address(written)
            except ValueError as error:
                self.single.misread(at, error)
                continue
            if address in made:
                message = f"{quoted(written)} is the same site as the one at {{other}}"
                self.fault(at, message, other=made[address].place)
            made.setdefault(address, Named(at, said or {}))
        return made


def _is_at(raw: Any, keys: Keys) -> bool:
    """Whether there is something at `keys`: what was wrong has been taken out."""
    for key in keys:
        try:
            raw = raw[key]
        except (KeyError, IndexError, TypeError):
            return False
    return raw is not None


def _below(key: str, slots: Slots) -> dict[Keys, Each]:
    return {(key, *keys): each for keys, each in slots.items()}


def _size(raw: Any) -> int:
    """How many values there are in something, a long text counting as several."""
    if isinstance(raw, dict | list):
        return 1 + sum(map(_size, raw.values() if isinstance(raw, dict) else raw))
    return 1 + (len(raw) // LONG if isinstance(raw, str) else 0)


def _listed(columns: Sequence[str]) -> str:
    """The columns of a table, in words."""
    named = [quoted(column) for column in columns[:MOST_ALIKE]]
    more = f" and {len(columns) - MOST_ALIKE} more" if len(columns) > MOST_ALIKE else ""
    return f"{', '.join(named)}{more}" if named else "no columns"
