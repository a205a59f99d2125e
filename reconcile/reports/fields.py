"""The field changes of one change as lines: schedules as weeks, sets as what comes and goes, lists item by item."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from msgspec import Struct

from reconcile.config.week import DAYS
from reconcile.model.fields import Field
from reconcile.planning.plan import FieldChange
from reconcile.reports.words import person, value


class Line(Struct, frozen=True):
    """One line: `sign` is +, -, ~ or a space; `depth` is its indentation in steps."""

    sign: str
    text: str
    depth: int = 0


@functools.cache
def of_a_week(field: Field) -> bool:
    """Whether a field is part of a schedule: `widget.schedule.monday.from`."""
    return len(field.keys) > 2 and field.keys[-2] in DAYS


def note_of(field: Field) -> str:
    """What a person should know of a field that changes."""
    return "  (money)" if field.money else "  (undocumented)" if field.undocumented else ""


def lines(changes: Sequence[FieldChange], context: Sequence[FieldChange] = (), *, created: bool) -> Iterator[Line]:
    """The lines of a change's fields, in the order of the schema; for a create, only what will be.

    `context` are fields that do not differ; of those, the rest of a day's hours is shown.
    """
    hours = [change for change in context if of_a_week(change.field)]
    changes = sorted([*changes, *hours], key=lambda change: change.field.index)
    weeks: dict[tuple[str, ...], list[FieldChange]] = {}
    for change in changes:
        keys = change.field.keys
        if of_a_week(change.field):
            days = weeks.setdefault(keys[:-2], [])
            days.append(change)
            continue
        for prefix in list(weeks):
            yield from _week(prefix, weeks.pop(prefix), created=created)
        yield from _field(change, created=created)
    for prefix, days in weeks.items():
        yield from _week(prefix, days, created=created)


def _field(change: FieldChange, *, created: bool) -> Iterator[Line]:
    before, after = change.shown
    note = note_of(change.field)
    name = change.field.path
    if created:
        if change.field.items and len(after) > 2:
            yield Line("+", f"{name}:{note}")
            yield from (Line("+", f"{n}. {person(entry)}", 1) for n, entry in enumerate(after, start=1))
        elif after not in ("", []):  # a new site has none anyway
            yield Line("+", f"{name}: {value(after)}{note}")
    elif change.field.sensitive or change.field.undocumented or not isinstance(after, list):
        yield Line("~", f"{name}: {value(before)} -> {value(after)}{note}")
    elif change.field.items:
        yield Line("~", f"{name}:{note}")
        yield from _list(before, after, change.field.items[0].name)
    else:
        yield Line("~", f"{name}:{note}")
        yield from (Line("+", value(entry), 1) for entry in after if entry not in before)
        yield from (Line("-", value(entry), 1) for entry in before if entry not in after)


def _list(before: Sequence[Any], after: Sequence[Any], key: str) -> Iterator[Line]:
    """What happens to an ordered list of mappings; an entry with the same `key` is one that changed, not another."""
    old, new = ([tuple(sorted(entry.items())) for entry in entries] for entries in (before, after))
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = list(range(i, i_end)), list(range(j, j_end))
        changed = {n: o for n in come for o in gone if before[o].get(key) == after[n].get(key)}
        for o in gone:
            if o not in changed.values():
                yield Line("-", f"{o + 1}. {person(before[o])}", 1)
        for n in come:
            if n in changed:
                yield Line("~", f"{n + 1}. {person(before[changed[n]])} -> {person(after[n])}", 1)
            else:
                yield Line("+", f"{n + 1}. {person(after[n])}", 1)


def _week(prefix: tuple[str, ...], changes: Sequence[FieldChange], *, created: bool) -> Iterator[Line]:
    """A schedule's changes, days with the same hours together: `monday-friday 9-18 -> 9-20`."""
    days: dict[str, dict[str, FieldChange]] = {}
    for change in changes:
        days.setdefault(change.field.keys[-2], {})[change.field.name] = change
    words = {
        day: _hours(
            {name: change.shown[0] for name, change in parts.items()},
            {name: change.shown[1] for name, change in parts.items()},
        )
        for day, parts in days.items()
    }
    sign = "+" if created else "~"
    yield Line(sign, f"{'.'.join(prefix)}:")
    for first, last, (before, after) in _runs(words):
        name = first if first == last else f"{first}-{last}"
        yield Line(sign, f"{name} {after}" if created else f"{name} {before} -> {after}", 1)


def _runs(words: dict[str, tuple[str, str]]) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Days in a row that say the same."""
    run: list[str] = []
    for day in DAYS:
        if run and (day not in words or words[day] != words[run[0]]):
            yield run[0], run[-1], words[run[0]]
            run = []
        if day in words:
            run.append(day)
    if run:
        yield run[0], run[-1], words[run[0]]


def _hours(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str]:
    """A day before and after, as much of it as is known; hours of a closed day only where they are all that changes."""
    short = day(before), day(after)
    return short if short[0] != short[1] else (day(before, hours=True), day(after, hours=True))


def day(parts: dict[str, Any], *, hours: bool = False) -> str:
    """`9-18`, `closed`, `until 18`."""
    start, end, enable = parts.get("from"), parts.get("to"), parts.get("enable")
    if start is not None and end is not None:
        text = f"{start}-{end}"
    else:
        text = f"from {start}" if start is not None else f"until {end}" if end is not None else ""
    if enable is False:
        return f"closed ({text})" if hours and text else "closed"
    return text or ("open" if enable else "(nothing)")
