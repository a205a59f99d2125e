"""The hours of a week as people write them, and back: `monday-friday: 9-18`, `sunday: closed`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from reconcile.model.normalize import minutes, no_time, quoted, read_hour

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS: Final = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}


class Hours(Struct, frozen=True):
    """The canonical hours of one day; None where they are not said."""

    start: int | str | None
    end: int | str | None
    enable: bool


@functools.cache
def days_of(key: str) -> tuple[str, ...]:
    """The days that a key of a schedule means; a range may go over the end of the week.

    Raises `ValueError` for a key that is none.
    """
    if key in _GROUPS:
        return _GROUPS[key]
    first, _, last = key.partition("-")
    if first not in DAYS or last not in (*DAYS, ""):
        raise ValueError(f'expected a day, got "{key}"')
    if not last:
        return (first,)
    start, length = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % 7 + 1
    return tuple(DAYS[(start + i) % 7] for i in range(length))


def by_day(week: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """For each day that is said anything of: the key that says it, and what. The key with fewer days wins.

    Raises `ValueError` where two keys of one width both name a day.
    """
    chosen: dict[str, tuple[str, Any]] = {}
    for key, value in sorted(week.items(), key=lambda item: -len(days_of(item[0]))):
        for day in days_of(key):
            if day in chosen and len(days_of(chosen[day][0])) == len(days_of(key)):
                raise ValueError(f'{day} is in both "{chosen[day][0]}" and "{key}"; say it once')
            chosen[day] = (key, value)
    return chosen


@functools.lru_cache(maxsize=4096)
def read_hours(text: str) -> Hours:
    """`9-18`, `10:30-15` or `closed`. Raises `ValueError` for hours that don't end after they begin."""
    if text == "closed":
        return Hours(None, None, False)
    start, end = (read_hour(part) for part in re.split("[-–]", text))
    if start == 24:
        raise ValueError(f"expected hours that begin before 24, got {quoted(text)}")
    if no_time(start, end):
        hint = "which is no time at all; write 0-24 for the whole day, or closed"
        raise ValueError(f"expected hours that end after they begin, got {quoted(text)}, {hint}")
    if minutes(start) > minutes(end):
        hint = f"write a night as {{from: {start}, to: {end}, enable: true}}"
        raise ValueError(f"expected hours that end after they begin, got {quoted(text)}; {hint}")
    return Hours(start, end, True)
