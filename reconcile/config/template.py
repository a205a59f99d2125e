"""A site group's template, made into layers once: what is the same for every row, and what is made of each.

A *unit* is the smallest part of the template that has to be read again where a cell in it is another one: a field, or a
list or reference as a whole. It is read by the same code as a site's own mapping, and remembered by its cells.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from reconcile.config.each import Each, Row
from reconcile.config.expected import demand, schema_at, typed, types_in
from reconcile.config.load import Document
from reconcile.config.places import NO_TEXT, Fault, Keys, Place
from reconcile.config.validate import check
from reconcile.model.fields import Group
from reconcile.model.normalize import quoted

T = TypeVar("T")
#: The texts of a template that wait for rows, by their keys within it.
Slots = Mapping[Keys, Each]


@dataclass(frozen=True, slots=True)
class CellFault:
    """Something wrong with what a row gives at a slot."""

    each: Each
    message: str
    got: str


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """What was made of a row's cells, and what is wrong with them."""

    value: T
    faults: tuple[CellFault, ...] = ()


@dataclass(slots=True)
class Maker:
    """Makes a part of the template of each row: `raw` with every slot filled, checked against the schema.

    `above` is where the part stands in a site. Positions are those of the table's columns.
    """

    raw: Mapping[Any, Any]
    slots: Slots
    positions: Mapping[str, int]
    above: Keys = ()
    texts: list[Callable[[Row], str]] = field(init=False)
    types: list[tuple[str, ...]] = field(init=False)
    demands: list[Callable[[Any], bool] | None] = field(init=False)
    fill: Callable[[list[Any]], Any] = field(init=False)

    def __post_init__(self) -> None:
        schemas = [schema_at(("sites", "", *keys)) for keys in self.slots]
        self.texts = [each.maker(self.positions) for each in self.slots.values()]
        self.types = [types_in(schema) for schema in schemas]
        self.demands = [demand(schema) for schema in schemas]
        self.fill = _filler(self.raw, self.above, {keys: number for number, keys in enumerate(self.slots)})

    @property
    def columns(self) -> tuple[int, ...]:
        """The positions of the cells that the part is made of."""
        return tuple(sorted({self.positions[cell.column] for each in self.slots.values() for cell in each.cells}))

    def make(self, row: Row) -> Made[dict[str, Any]]:
        """The part for a row, without what the schema refuses of it."""
        values = [typed(text(row), types) for text, types in zip(self.texts, self.types, strict=True)]
        raw: dict[str, Any] = self.fill(values)
        if all(allows is None or allows(value) for allows, value in zip(self.demands, values, strict=True)):
            return Made(raw)
        return self.refused(copy.deepcopy(raw))

    def refused(self, raw: dict[str, Any]) -> Made[dict[str, Any]]:
        """The words of what the schema refuses, as for a site that is written out."""
        site: Any = raw
        for key in reversed(self.above):
            site = {key: site}
        document, found = check(Document("", {"sites": {"": site}}))
        left: Any = document.data["sites"].get("") or {}
        for key in self.above:
            left = left.get(key) or {}
        return Made(left, self.of_cells(found, Place("", ("sites", "")))[0])

    def of_cells(self, faults: Iterable[Fault], site: Place) -> tuple[tuple[CellFault, ...], list[Fault]]:
        """Those of the faults that come from cells, and the others; `site` is where what is below stands."""
        cells, others = [], []
        above = site.keys
        for fault in faults:
            inside = fault.place.file == site.file and fault.place.keys[: len(above)] == above
            keys = fault.place.keys[len(above) :] if inside else ()
            each = next((self.slots[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.slots), None)
            if each is None:
                others.append(fault)
            else:
                cells.append(CellFault(each, fault.message, said(each, fault.got)))
        return tuple(cells), others


@dataclass(slots=True)
class Unit:
    """A part of the template that fields are made of, and the group of fields that it stands in."""

    group: Group
    keys: Keys
    raw: Any
    slots: Slots

    @property
    def indexes(self) -> tuple[int, ...]:
        """The fields that it can say something of."""
        child = self.group.children[str(self.keys[-1])]
        return child.leaves if isinstance(child, Group) else (child.index,)


def split(root: Group, raw: Mapping[str, Any], slots: Slots) -> tuple[dict[str, Any], list[Unit]]:
    """What a template says of fields: what is the same for every row, and the units."""
    units: list[Unit] = []
    return _split(root, {key: raw[key] for key in raw if key in root.children}, (), slots, units), units


def _split(group: Group, raw: Mapping[str, Any], above: Keys, slots: Slots, units: list[Unit]) -> dict[str, Any]:
    static: dict[str, Any] = {}
    for key, value in raw.items():
        keys = (*above, key)
        inside = {at: each for at, each in slots.items() if at[: len(keys)] == keys}
        child = group.children.get(key)
        if not inside:
            static[key] = value
        elif isinstance(child, Group) and isinstance(value, dict) and _parts(child, keys, slots):
            static[key] = _split(child, value, keys, slots, units)
        elif child is not None:
            units.append(Unit(group, keys, value, inside))
    return static


def _parts(group: Group, keys: Keys, slots: Slots) -> bool:
    """Whether what stands in a group can be read key by key: not where one key decides about another."""
    return not (group.union or group.week or (*keys, "extends") in slots)


def _filler(node: Any, keys: Keys, numbers: Mapping[Keys, int]) -> Callable[[list[Any]], Any]:
    """What makes a copy of `node` with the values of its slots in it; what has no slots is not copied."""
    if keys in numbers:
        number = numbers[keys]
        return lambda values: values[number]
    if isinstance(node, dict | list) and any(at[: len(keys)] == keys for at in numbers):
        pairs = list(node.items() if isinstance(node, dict) else enumerate(node))
        parts = [(key, _filler(child, (*keys, key), numbers)) for key, child in pairs]
        if isinstance(node, dict):
            return lambda values: {key: part(values) for key, part in parts}
        return lambda values: [part(values) for _, part in parts]
    return lambda values: node


def said(each: Each, got: str) -> str:
    """What may be said of what a slot gives: what is written there where it may hold a secret."""
    if each.written is None or not got:
        return got
    if got == NO_TEXT:
        return f"nothing from {quoted(each.written)}, which is empty"
    return f"what {quoted(each.written)} gives"


def within(place: Place, *keys: str | int) -> Place:
    """What stands at `keys` below a place."""
    return Place(place.file, (*place.keys, *keys))
