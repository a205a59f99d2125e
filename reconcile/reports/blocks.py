"""The field changes of a block as lines: what its changes share as of one, and what differs with how often it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct, field

from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.model.normalize import count
from reconcile.planning.plan import Change, FieldChange
from reconcile.reports.fields import Line, lines, note_of, of_a_week
from reconcile.reports.folding import is_plain, told
from reconcile.reports.words import value

#: Values that are shown where all of them can be, and where there are more.
_ALL: Final = 4
_SOME: Final = 3


class _Variant(Struct):
    """What some changes of a block do to a field, or to a schedule: how many do, and the first that does."""

    items: tuple[FieldChange, ...]
    first: Change
    number: int = 0

    def who(self) -> str:
        """The only one by name, of more the number."""
        return clean(self.first.address.human) if self.number == 1 else count(self.number, self.first.address.kind)


class _Unit(Struct):
    """A field, or a whole schedule, and what becomes of it in a block. The first `run` changes all have it."""

    name: str
    index: int
    run: int = 0
    variants: dict[tuple[FieldChange, ...], _Variant] = field(default_factory=dict)

    def ordered(self) -> list[_Variant]:
        """What is most frequent first, and else in the order of the plan."""
        return sorted(self.variants.values(), key=lambda variant: -variant.number)


def block_lines(block: Sequence[Change]) -> Iterator[Line]:
    """The lines of changes that `folding` has put together, or of one."""
    first = block[0]
    created = first.action is Action.CREATE
    if len(block) == 1:
        fields = [i for i in first.fields if not created or i.field.path != "url" or i.shown[1] != first.address.name]
        yield from lines(fields, first.context, created=created)
        return
    units = _units(block)
    shared = [unit for unit in units if len(unit.variants) == 1]
    yield from lines([item for unit in shared for key in unit.variants for item in key], created=created)
    for unit in units:
        if len(unit.variants) > 1:
            yield from _varied(unit, first.address.kind, created=created)


def _units(block: Sequence[Change]) -> list[_Unit]:
    """All that the changes of a block do, in the order of the schema. What one of them leaves alone is `()`."""
    units: dict[tuple[str, ...], _Unit] = {}
    known: dict[tuple[int, int], list[tuple[tuple[str, ...], tuple[FieldChange, ...]]]] = {}
    for number, change in enumerate(block):
        same = id(change.fields), id(change.context)  # as thousands of changes have them
        if same not in known:
            known[same] = [(keys, tuple(items)) for keys, items in _parts(change).items()]
        for keys, key in known[same]:
            unit = units.get(keys)
            if unit is None:
                unit = units[keys] = _Unit(".".join(keys), key[0].field.index)
            variant = unit.variants.get(key)
            if variant is None:
                variant = unit.variants[key] = _Variant(key, change)
            variant.number += 1
            unit.run += unit.run == number
    for unit in units.values():
        lacking = len(block) - sum(variant.number for variant in unit.variants.values())
        if lacking:
            unit.variants[()] = _Variant((), block[unit.run], lacking)
    return sorted(units.values(), key=lambda unit: unit.index)


def _parts(change: Change) -> dict[tuple[str, ...], list[FieldChange]]:
    """The field changes by field, those of a schedule with the rest of the days' hours together."""
    parts: dict[tuple[str, ...], list[FieldChange]] = {}
    for item in told(change):
        keys = item.field.keys
        # That secrets differ is nobody's business.
        shown = FieldChange(item.field, *item.shown) if item.field.sensitive else item
        parts.setdefault(keys[:-2] if of_a_week(item.field) else keys, []).append(shown)
    for item in change.context:
        if of_a_week(item.field):
            parts[item.field.keys[:-2]].append(item)
    return parts


def _varied(unit: _Unit, kind: str, *, created: bool) -> Iterator[Line]:
    """A field that does not change in the same way everywhere: in a line where it is short, else with examples."""
    variants = unit.ordered()
    sign = "+" if created else "~"
    note = next(note_of(variant.items[0].field) for variant in variants if variant.items)
    plain = all(len(variant.items) == 1 and is_plain(variant.items[0]) for variant in variants)
    if plain and not created and len({variant.items[0].after for variant in variants}) == 1:
        after = value(variants[0].items[0].shown[1])
        said = [f"{value(variant.items[0].shown[0])} ({variant.who()})" for variant in _few(variants)]
        yield Line(sign, f"{unit.name}: {', '.join(said + _rest(variants, kind))} -> {after}{note}")
    elif plain and len(variants) <= _ALL:
        said = [f"{_said(variant, unit.name, created=created)} ({variant.who()})" for variant in variants]
        yield Line(sign, f"{unit.name}: {', '.join(said)}{note}")
    else:
        yield Line(sign, f"{unit.name}: differs by {kind}{note}")
        for variant in _few(variants):
            text, who = _said(variant, unit.name, created=created), variant.who()
            yield Line(" ", f"{who}: {text}" if variant.number == 1 else f"{text} ({who})", 1)
        yield from (Line(" ", f"and {text}", 1) for text in _rest(variants, kind))


def _few(variants: Sequence[_Variant]) -> Sequence[_Variant]:
    return variants if len(variants) <= _ALL else variants[:_SOME]


def _rest(variants: Sequence[_Variant], kind: str) -> list[str]:
    """`990 sites with 12 other values`."""
    rest = variants[len(_few(variants)) :]
    number = sum(variant.number for variant in rest)
    return [f"{count(number, kind)} with {count(len(rest), 'other value')}"] if rest else []


def _said(variant: _Variant, name: str, *, created: bool) -> str:
    """What becomes of a field, without its name."""
    if not variant.items:
        return "not declared" if created else "left alone"
    item = variant.items[0]
    if len(variant.items) == 1 and is_plain(item):
        before, after = map(value, item.shown)
        return after if created else f"{before} -> {after}"
    made = list(lines(variant.items, created=created))
    if not made:
        return value(None)
    head, *rest = made
    if not rest:
        return head.text.removeprefix(f"{name}: ").removesuffix(note_of(item.field))
    return ", ".join(line.text if line.sign == head.sign else f"{line.sign} {line.text}" for line in rest)
