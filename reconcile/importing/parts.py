"""The parts of a widget: what is said as a whole, and how it is laid over what lies below and put into mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from reconcile.importing.values import OMIT
from reconcile.importing.weeks import nothing_said
from reconcile.model.fields import UNMANAGED, Field, Group, Kind

#: All that a site's widget is, in parts.
Look = tuple[Any, ...]


class Part(Struct, frozen=True, eq=False):
    """What is said as a whole: a field, or the week with all its days. `places` are positions among a kind's values."""

    keys: tuple[str, ...]
    places: tuple[int, ...]
    fields: tuple[Field, ...]
    days: tuple[tuple[Field, ...], ...] = ()

    def of(self, values: Sequence[Any]) -> Any:
        """This part of the values of a site."""
        return tuple(values[place] for place in self.places) if self.days else values[self.places[0]]

    @property
    def unsaid(self) -> Any:
        """Its value where nothing says one."""
        return nothing_said(self.days) if self.days else UNMANAGED


def parts_of(kind: Kind) -> tuple[Part, ...]:
    """The parts of a widget, in the order of the schema."""
    widget = kind.referred["widgets"]
    depth = len(widget.keys)
    made: list[Part] = []

    def walk(group: Group) -> None:
        for child in dict.fromkeys(group.children.values()):
            if isinstance(child, Field):
                if not child.undocumented:
                    made.append(Part(child.keys[depth:], (child.index,), (child,)))
            elif child.week:
                days = [day for day in dict.fromkeys(child.children.values()) if isinstance(day, Group)]
                fields = tuple(tuple(kind.fields[place] for place in day.leaves) for day in days)
                made.append(Part(child.keys[depth:], child.leaves, sum(fields, ()), fields))
            else:
                walk(child)

    walk(widget)
    return tuple(made)


def laid(part: Part, said: Mapping[int, Any], below: Any) -> Any:
    """A part of what lies below with what was said over it, by places."""
    if not part.days:
        return said.get(part.places[0], below)
    return tuple(said.get(place, under) for place, under in zip(part.places, below, strict=True))


def put(mapping: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Puts a value into nested mappings."""
    for key in keys[:-1]:
        mapping = mapping.setdefault(key, {})
    mapping[keys[-1]] = value


def size(raw: Any) -> int:
    """How many values are written."""
    if isinstance(raw, dict):
        return sum(map(size, raw.values()))
    if isinstance(raw, list):
        return sum(map(size, raw))
    return 0 if raw is OMIT else 1
