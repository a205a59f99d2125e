"""Points in time as people write them on a command line: parsed at once, resolved when now and the zone are known.

Asking for the zone may take a request, so that it is passed in as a function, called only where it matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from msgspec import Struct

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"(\d{1,5})([mhdw])", re.IGNORECASE)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATED: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)")


class Moment(Struct, frozen=True):
    """A point in time: so far from now, or at a time (of today, where only that is said), perhaps of a whole day."""

    text: str
    away: timedelta | None = None
    clock: time | None = None
    at: datetime | None = None
    day: bool = False

    def resolve(self, now: datetime, zone: Callable[[], tzinfo], *, end: bool = False) -> datetime:
        """The aware time that is meant; `end`: of a whole day its end. Times without an offset are in `zone`."""
        if self.away is not None:
            return now + self.away
        if self.clock is not None:
            return datetime.combine(now.astimezone(zone()).date(), self.clock, zone())
        assert self.at is not None
        at = self.at if self.at.tzinfo is not None else self.at.replace(tzinfo=zone())
        return datetime.combine(at.date() + timedelta(days=1), time(), at.tzinfo) if end and self.day else at


def future(text: str) -> Moment:
    """`+30m`, `+2h`, `14:30` (today), or a date with a time, with or without an offset. Raises `ValueError`."""
    text = text.strip()
    if text.startswith("+") and (away := _span(text[1:])) is not None:
        return Moment(text, away=away)
    if (clock := _CLOCK.fullmatch(text)) is not None and int(clock[1]) < 24 and int(clock[2]) < 60:
        return Moment(text, clock=time(int(clock[1]), int(clock[2])))
    at = _dated(text)
    if at is None:
        raise ValueError(
            f'expected a time such as 14:30, +30m, 2026-11-01T10:00 or 2026-11-01T10:00+03:00, got "{text}"'
        )
    return Moment(text, at=at)


def past(text: str) -> Moment:
    """`7d` or `12h` ago, a day, or a date with a time, with or without an offset. Raises `ValueError`."""
    text = text.strip()
    if (away := _span(text)) is not None:
        return Moment(text, away=-away)
    day = _DAY.fullmatch(text) is not None
    at = _dated(f"{text} 00:00" if day else text)
    if at is None:
        raise ValueError(f'expected a time such as 7d, 12h, 2026-11-01 or "2026-11-01 10:00", got "{text}"')
    return Moment(text, at=at, day=day)


def _span(text: str) -> timedelta | None:
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum((timedelta(**{_UNITS[unit.lower()]: int(number)}) for number, unit in parts), timedelta())


def _dated(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _DATED.fullmatch(text) else None
    except ValueError:
        return None
