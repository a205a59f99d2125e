"""Counting calls by day and site."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reconcile.providers.activities import Call
from reconcile.reports.calls import Listed, Period
from reconcile.reports.statistics import statistics_of

MOSCOW, EAST = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Vladivostok")
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=MOSCOW)
PERIOD = Period(NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=2))


def listed(at, succeeded, account="studio", site="acme.ru"):
    return Listed(account, site, Call("1", "5", at, succeeded=succeeded))


CALLS = [
    listed(NOON, True),
    listed(NOON, False),
    listed(NOON, None),
    listed(NOON + timedelta(days=1), None, site="globex.ru"),
    listed((NOON + timedelta(days=1, hours=6)).astimezone(EAST), True, account="other"),
]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("day", [(1, None, 3, 2, 1), (2, None, 1, 0, 0), (3, None, 1, 1, 1)]),
        ("site", [(None, "acme.ru", 1, 1, 1), (None, "acme.ru", 3, 2, 1), (None, "globex.ru", 1, 0, 0)]),
        (None, [(1, "acme.ru", 3, 2, 1), (2, "globex.ru", 1, 0, 0), (3, "acme.ru", 1, 1, 1)]),
    ],
)
def test_every_call_is_counted_once(by, expected):
    made = statistics_of(CALLS, PERIOD, by)

    counts = [(c.day and c.day.day, c.site, c.calls, c.finished, c.talked) for c in made.counts]
    assert counts == expected
    assert (made.total.calls, made.total.finished, made.total.talked) == (5, 3, 2)
    assert made.total.rate == pytest.approx(2 / 3)


def test_the_days_are_all_of_the_period_and_those_of_other_zones():
    assert statistics_of([], PERIOD, "day").days == (date(2026, 11, 1), date(2026, 11, 2))
    assert statistics_of(CALLS, PERIOD, "day").days[-1] == date(2026, 11, 3)


def test_nothing_has_no_rate():
    made = statistics_of([listed(None, None)], Period(NOON, NOON.astimezone(UTC) + timedelta(hours=1)), "day")

    assert [(count.day, count.rate) for count in made.counts] == [(None, None)]
