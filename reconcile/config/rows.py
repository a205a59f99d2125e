"""The sites of one group: what its template makes of each row of its table.

What a cell makes is read by the same code as what stands in a site's own mapping, and remembered, so that a row costs
no more than what differs in it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct, field

from reconcile.config.each import Each, Row
from reconcile.config.places import MOST_ALIKE, Fault, Place, misread
from reconcile.config.sections import Named
from reconcile.config.sites import Local, Sites
from reconcile.config.tables import Table
from reconcile.config.template import CellFault, Made, Maker, Slots, Unit, said, within
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED
from reconcile.model.normalize import did_you_mean, human_address, quoted, read_address
from reconcile.model.resource import Desired, Membership

#: Values by field index, and the shared objects that they came from.
Layer = tuple[tuple[tuple[int, Any], ...], frozenset[str]]


class Group(Struct, frozen=True):
    """A site group whose template has been taken apart: `units` are made of every row, `static` is the same for all.

    `local` is what is not of fields (see `sites.Local`), `keys` are all that the template has, and `overrides` what is
    said of single sites, by their addresses.
    """

    name: str
    place: Place
    table: Table
    address: Each
    slots: Slots
    keys: Mapping[str, Any]
    static: Mapping[str, Any]
    units: Sequence[Unit]
    local: Mapping[str, Any]
    overrides: Mapping[str, Named]

    @property
    def at(self) -> Place:
        """Where the template stands."""
        return within(self.place, "template")

    def cell(self, row: int, each: Each) -> Place:
        """Where the first of the cells stands that a text is made of."""
        return self.table.place(row, each.cells[0].column)

    def where(self, row: int, address: str, key: str | None) -> Place:
        """Where the site of a row is declared, or where a key of it is said."""
        if key is None:
            return self.cell(row, self.address)
        override = self.overrides.get(address)
        if override is not None and key in override.raw:
            return within(override.place, key)
        return self.cell(row, self.slots[key,]) if (key,) in self.slots else within(self.at, key)

    def layers(self, row: int, address: str) -> Iterator[Named]:
        """What the group says of the site of a row, as a person would have written it; the nearest last."""
        positions = {column: position for position, column in enumerate(self.table.columns)}
        yield Named(self.at, Maker(self.keys, self.slots, positions).make(self.table.rows[row]).value)
        if address in self.overrides:
            yield self.overrides[address]

    def cells(self, row: int, place: Place) -> list[tuple[str, str | None, Place]]:
        """The cells of a row that are in what stands at a place of the template: the texts that name them, what is in
        them, and where.
        """
        above = self.at.keys
        if place.file != self.at.file or place.keys[: len(above)] != above:
            return []
        keys = place.keys[len(above) :]
        return [
            (str(each), self.table.rows[row][self.table.columns.index(cell.column)], self.table.place(row, cell.column))
            for slot, each in self.slots.items()
            if slot[: len(keys)] == keys
            for cell in each.cells
        ]


class Reader(Struct):
    """What a part of the template makes of a row's cells, each worked out once."""

    maker: Maker
    cells: Callable[[Row], Any]
    make: Callable[[Maker, Row], Made[Any]]
    known: dict[Any, Made[Any]] = field(default_factory=dict)

    def __call__(self, row: Row) -> Made[Any]:
        key = self.cells(row)
        made = self.known.get(key)
        if made is None:
            made = self.known[key] = self.make(self.maker, row)
        return made


class Rows(Struct):
    """Composes the sites of one group."""

    group: Group
    single: Sites
    base: list[Any] = field(default_factory=list)
    uses: frozenset[str] = frozenset()
    #: The values that are the same for all rows, by account, and whether those of a row have to be looked over again.
    bases: dict[str, tuple[list[Any], bool]] = field(default_factory=dict)
    indexes: set[int] = field(default_factory=set)
    members: dict[tuple[int, frozenset[str]], tuple[Local, Membership]] = field(default_factory=dict)
    said: set[Fault] = field(default_factory=set)
    wrong: int = 0

    # --- what is the same for all rows --------------------------------------------------------------------------------

    def static(self) -> None:
        """Makes the values that are the same for all rows, and checks what is said of single ones."""
        layers, group = self.single.layers, self.group
        layers.using = set()
        self.base = layers.over(self.single.kind, self.single.base, group.static, group.at)
        self.uses = frozenset(layers.using)
        self.indexes = {index for unit in group.units for index in unit.indexes}

    def check(self) -> None:
        """Says what is wrong with a template, where there are no rows to make sites of."""
        self.static()
        if not any(keys[0] in self.group.local for keys in self.group.slots):
            self.local(Maker(self.group.local, {}, {}), ())

    def for_account(self, account: str) -> tuple[list[Any], bool]:
        """The values that are the same for all rows of an account."""
        known = self.bases.get(account)
        if known is None:
            single, values = self.single, list(self.base)
            single.check_foreign(self.group.keys, self.group.at, account)
            single.keep(values, account)
            kept = single.kept_by(account)
            again = kept is not None and (kept.defaults is not None or not self.indexes.isdisjoint(kept.foreign))
            known = self.bases[account] = (values, again)
        return known

    # --- rows ---------------------------------------------------------------------------------------------------------

    def sites(self, origins: list[tuple[Group, int]]) -> list[Desired]:
        """The sites of all rows that can be made; where each comes from is added to `origins`."""
        self.static()
        group, kind = self.group, self.single.kind
        positions = {column: position for position, column in enumerate(group.table.columns)}
        address = group.address.maker(positions)
        local = self.local_reader(positions)
        readers = [self.unit_reader(unit, positions) for unit in group.units]
        needed = self.needed(positions)
        url = kind.index("url")
        made: list[Desired] = []
        met: set[str] = set()
        for number, row in enumerate(group.table.rows):
            if needed and not self.has(row, number, needed):
                continue
            parts: list[Made[Layer]] = [reader(row) for reader in readers]
            for part in parts:
                if part.faults:
                    self.report(part.faults, number)
            written = address(row)
            try:
                name = read_address(written)
            except ValueError as error:
                fault = misread(group.place, error)
                self.report([CellFault(group.address, fault.message, said(group.address, fault.got))], number)
                continue
            if name in group.overrides:
                met.add(name)
                site = self.overridden(group.overrides[name], row, number, parts, local)
            else:
                about: Made[Local] = local(row)
                if about.faults:
                    self.report(about.faults, number)
                site = self.plain(about.value, parts)
            if site is None:
                continue
            of_site, values, member = site
            if values[url] is UNMANAGED:
                values[url] = name
            origins.append((group, number))
            made.append(
                Desired(
                    Address(of_site.account or "", kind.name, name),
                    tuple(values),
                    group.table.file,
                    written,
                    of_site.id,
                    of_site.client,
                    of_site.previous,
                    of_site.prevent_destroy,
                    member,
                    of_site.call_defaults,
                )
            )
        self.check_met(met, made)
        return made

    def plain(self, local: Local, parts: Sequence[Made[Layer]]) -> tuple[Local, list[Any], Membership] | None:
        """The site of a row of which nothing else is said."""
        if local.account is None:
            return None
        base, again = self.for_account(local.account)
        values = base.copy()
        uses = self.uses
        for part in parts:
            layer, used = part.value
            for index, value in layer:
                values[index] = value
            if used:
                uses |= used
        if again:
            self.single.keep(values, local.account)
        return local, values, self.member(local, uses, self.group.keys)

    def overridden(
        self, override: Named, row: Row, number: int, parts: Sequence[Made[Layer]], reader: Reader
    ) -> tuple[Local, list[Any], Membership] | None:
        """The site of a row of which something is said by its address, over the template."""
        single, values, uses = self.single, list(self.base), set(self.uses)
        for part in parts:
            layer, used = part.value
            for index, value in layer:
                values[index] = value
            uses |= used
        single.layers.using = set()
        values = single.layers.over(single.kind, values, override.raw, override.place)
        own = frozenset(single.layers.using)
        about = self.local(reader.maker, row, override)
        local = about.value
        if about.faults:
            self.report(about.faults, number)
        if local.account is None:
            return None
        self.for_account(local.account)  # says what its service does not keep of the template
        single.check_foreign(override.raw, override.place, local.account)
        single.keep(values, local.account)
        below = single.uses(self.group.keys, single.under, uses)
        labels = Membership(local.labels, self.group.name, single.uses(override.raw, below, own))
        return local, values, labels

    def member(self, local: Local, own: frozenset[str], keys: Mapping[str, Any]) -> Membership:
        """What a row's site belongs to; few of them differ."""
        known = self.members.get((id(local), own))
        if known is None:
            made = Membership(local.labels, self.group.name, self.single.uses(keys, self.single.under, own))
            known = self.members[id(local), own] = (local, made)  # the local is kept, so that its id stays its own
        return known[1]

    # --- parts of rows ------------------------------------------------------------------------------------------------

    def unit_reader(self, unit: Unit, positions: Mapping[str, int]) -> Reader:
        """Reads the fields that a unit is made of."""
        layers, at = self.single.layers, self.group.at
        keys = (*at.keys, *unit.keys[:-1])
        undocumented = any(self.single.kind.fields[index].undocumented for index in unit.indexes)

        def make(maker: Maker, row: Row) -> Made[Layer]:
            made = maker.make(row)
            raw = copy.deepcopy(made.value) if undocumented else made.value  # those are kept as they are written
            found: dict[int, Any] = {}
            before, layers.using = len(layers.faults), set()
            layers.mapping(unit.group, raw, at.file, keys, found)
            return Made((tuple(found.items()), frozenset(layers.using)), (*made.faults, *self.caught(maker, before)))

        maker = Maker({str(unit.keys[-1]): unit.raw}, unit.slots, positions, unit.keys[:-1])
        return Reader(maker, itemgetter(*maker.columns), make)

    def local_reader(self, positions: Mapping[str, int]) -> Reader:
        """Reads what is said of a row beside its fields."""
        slots = {keys: each for keys, each in self.group.slots.items() if keys[0] in self.group.local}
        maker = Maker(self.group.local, slots, positions)
        return Reader(maker, itemgetter(*maker.columns) if slots else _nothing, self.local)

    def local(self, maker: Maker, row: Row, override: Named | None = None) -> Made[Local]:
        """What is said of a row beside its fields, by an override, the template, and `defaults`."""
        made, before = maker.make(row), len(self.single.faults)
        layers = (Named(self.group.at, made.value), self.single.shared)
        local = self.single.local(layers if override is None else (override, *layers))
        return Made(local, (*made.faults, *self.caught(maker, before)))

    def caught(self, maker: Maker, before: int) -> tuple[CellFault, ...]:
        """Those of the faults since `before` that come from cells; of the others, each is said once for all rows."""
        faults = self.single.faults
        if len(faults) == before:
            return ()
        cells, others = maker.of_cells(faults[before:], self.group.at)
        del faults[before:]
        faults += [fault for fault in others if fault not in self.said]
        self.said.update(others)
        return cells

    # --- what is wrong ------------------------------------------------------------------------------------------------

    def report(self, faults: Sequence[CellFault], number: int) -> None:
        """Says what is wrong with cells of a row, where they stand."""
        self.wrong += 1
        for fault in faults:
            message = f"{fault.each.cells[0].column}: {fault.message}"
            at = self.group.cell(number, fault.each)
            self.single.faults.append(Fault(at, message, got=fault.got, series=message.removesuffix(", got ")))

    def needed(self, positions: Mapping[str, int]) -> dict[str, int]:
        """The columns that every row has to have, where some row misses any."""
        if not any(None in row for row in self.group.table.rows):
            return {}
        every = (self.group.address, *self.group.slots.values())
        return {c.column: positions[c.column] for each in every for c in each.cells if c.fallback is None}

    def has(self, row: Row, number: int, needed: Mapping[str, int]) -> bool:
        """Whether a row has all that is needed of it; says what it has not."""
        missing = [column for column, position in needed.items() if row[position] is None]
        for column in missing:
            message = f"the row has no {quoted(column)}; write it, or ${{each.{column}:-fallback}} in the template"
            self.single.fault(self.group.table.place(number), message, series=message)
        self.wrong += bool(missing)
        return not missing

    def check_met(self, met: set[str], made: Sequence[Desired]) -> None:
        """Says which overrides are of no row, as long as every row could be read."""
        if self.wrong or not self.group.table.complete:
            return
        unmet = [(address, one) for address, one in self.group.overrides.items() if address not in met]
        if not unmet:
            return
        table, known = self.group.table.file, [site.address.human for site in made]
        for position, (address, override) in enumerate(unmet):
            hint = did_you_mean(human_address(address), known) if position < MOST_ALIKE else ""
            message = f"no row of {table} has the address {quoted(human_address(address))}{hint}"
            self.single.fault(override.place, message, series=f"no row of {table} has the address")


def _nothing(_: Row) -> None:
    """The cells of what is made of none."""
