"""A site group's template, made into layers once: what is the same for every row, and what is made of each.

A *unit* is the smallest part of the template that has to be read again where a cell in it is another one: a field, or a
list or reference as a whole. It is read by the same code as a site's own mapping, and remembered by its cells.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from reconcile.config.each import Each, Row
from reconcile.config.expected import demand, schema_at, typed, types_in
from reconcile.config.load import Document
from reconcile.config.places import NO_TEXT, Fault, Keys, Place
from reconcile.config.validate import check
from reconcile.model.fields import Group
from reconcile.model.normalize import quoted

T = TypeVar("T")
#: So many rows are told in words what is wrong with a part of them.
MOST_WORDED: Final = 100
#: The texts of a template that wait for rows, by their keys within it.
Slots = Mapping[Keys, Each]


class CellFault(Struct, frozen=True):
    """Something wrong with what a row gives at a slot."""

    each: Each
    message: str
    got: str


class Made(Struct, Generic[T], frozen=True):
    """What was made of a row's cells, and what is wrong with them."""

    value: T
    faults: tuple[CellFault, ...] = ()


#: What makes the text of a slot, the types that it may have, what it has to be, and where it is put.
_Part = tuple[Callable[[Row], str], tuple[str, ...], Callable[[Any], bool] | None, tuple[Any, Any]]


class Maker:
    """Makes a part of the template of each row: what is written with every slot filled, checked against the schema.

    `above` is where the part stands in a site. Positions are those of the table's columns. What is made is filled anew
    for the next row: who keeps any of it has to copy it.
    """

    def __init__(
        self, written: Mapping[str, Any], slots: Slots, positions: Mapping[str, int], above: Keys = ()
    ) -> None:
        self.slots = slots
        self.positions = positions
        self.above = above
        self.raw = _copied(written)
        self.parts: list[_Part] = []
        #: How many rows were refused, and the faults of the last one.
        self.refusals = 0
        self.last: tuple[CellFault, ...] = ()
        for keys, each in slots.items():
            schema = schema_at(("sites", "", *keys))
            holder = _holder(self.raw, keys[len(above) :])
            self.parts.append((each.maker(positions), types_in(schema), demand(schema), holder))

    @property
    def columns(self) -> tuple[int, ...]:
        """The positions of the cells that the part is made of."""
        return tuple(sorted({self.positions[cell.column] for each in self.slots.values() for cell in each.cells}))

    def make(self, row: Row) -> Made[dict[str, Any]]:
        """The part for a row, without what the schema refuses of it."""
        allowed = True
        for text, types, allows, (holder, key) in self.parts:
            cell = text(row)
            value = cell if "string" in types else typed(cell, types)
            holder[key] = value
            if allows is not None and not allows(value):
                allowed = False
        return Made(self.raw) if allowed else self.refused(copy.deepcopy(self.raw))

    def refused(self, raw: dict[str, Any]) -> Made[dict[str, Any]]:
        """The words of what the schema refuses, as for a site that is written out.

        They take long to find; beyond a hundred rows, the others are refused as the last one was.
        """
        self.refusals += 1
        if self.refusals > MOST_WORDED:
            return Made({}, self.last)
        site: Any = raw
        for key in reversed(self.above):
            site = {key: site}
        document, found = check(Document("", {"sites": {"": site}}))
        left: Any = document.data["sites"].get("") or {}
        for key in self.above:
            left = left.get(key) or {}
        faults = self.of_cells(found, Place("", ("sites", "")))[0]
        self.last = tuple(replace(fault, message=fault.message.removesuffix(", got "), got="") for fault in faults)
        return Made(left, faults)

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


class Unit(Struct):
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


def _copied(raw: Any) -> Any:
    """A copy in which nothing stands in two places, as what has aliases in YAML does."""
    if isinstance(raw, dict):
        return {key: _copied(value) for key, value in raw.items()}
    return [_copied(value) for value in raw] if isinstance(raw, list) else raw


def _holder(raw: Any, keys: Keys) -> tuple[Any, str | int]:
    """The mapping or list that holds what stands at `keys`, and its key there."""
    for key in keys[:-1]:
        raw = raw[key]
    return raw, keys[-1]


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
