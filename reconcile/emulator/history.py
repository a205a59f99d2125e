"""Calls that a new site already has, so that lists and statistics have something to show. Pure, and [assumed].

The same site has the same calls on the same day; there are fewer at night and at weekends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from reconcile.emulator.outcomes import dice
from reconcile.emulator.storage.calls import StoredCall

#: Of a hundred hours so many have a call: by day, in the morning and the evening, and at night.
_BY_DAY, _AT_THE_EDGES, _AT_NIGHT = 50, 20, 2
_DAY: Final = range(9, 19)
_WAKING: Final = range(8, 22)
#: At weekends there is one call where there are so many on other days.
_WEEKEND: Final = 3
_SATURDAY: Final = 5
#: Where visitors come from.
_REFERERS: Final = ("https://yandex.ru/", "https://www.google.com/", "https://2gis.ru/", "")


def past_calls(
    site: int, owner: int | None, address: str, managers: Sequence[str], days: int, now: float, zone: ZoneInfo
) -> Iterator[StoredCall]:
    """The calls of the days before now, oldest first.

    `managers` are the phones that may have been called, `address` is the page that visitors were on.
    """
    today = dt.datetime.fromtimestamp(now, zone).date()
    earliest, latest = now - days * 86400, now - 3600
    for day in (today - dt.timedelta(days=before) for before in range(days, -1, -1)):
        for hour in range(24):
            roll = (site, day, hour)
            if dice(100, *roll) >= _chance(day, hour):
                continue
            second = dice(3600, "second", *roll)
            start = dt.datetime(day.year, day.month, day.day, hour, second // 60, second % 60, tzinfo=zone).timestamp()
            if earliest <= start < latest:
                manager = managers[dice(len(managers), "manager", *roll)] if managers else ""
                details = {
                    "source_call": address,
                    "source_enter": address,
                    "source_referer": _REFERERS[dice(len(_REFERERS), "referer", *roll)],
                    "return_count": dice(4, "return", *roll),
                }
                visitor = f"+79{dice(10**9, 'visitor', *roll):09}"
                yield StoredCall(site, start, visitor, manager, owner, details=details)


def _chance(day: dt.date, hour: int) -> int:
    chance = _BY_DAY if hour in _DAY else _AT_THE_EDGES if hour in _WAKING else _AT_NIGHT
    return chance // _WEEKEND if day.weekday() >= _SATURDAY else chance
