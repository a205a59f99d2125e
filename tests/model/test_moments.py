"""Points in time as they are written on a command line."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reconcile.model.moments import future, past

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 1, 22, 30, tzinfo=UTC)  # 01:30 on the 2nd in Moscow


def unasked():
    raise AssertionError("the zone is asked for, and does not matter")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14:30", "2026-11-02 14:30:00+03:00"),
        (" 9:05 ", "2026-11-02 09:05:00+03:00"),
        ("2026-11-03T10:00", "2026-11-03 10:00:00+03:00"),
        ("2026-11-03 10:00", "2026-11-03 10:00:00+03:00"),
    ],
)
def test_a_time_to_come_without_an_offset_is_in_the_zone(text, expected):
    assert str(future(text).resolve(NOW, lambda: MOSCOW)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+30m", "2026-11-01 23:00:00+00:00"),
        ("+2h", "2026-11-02 00:30:00+00:00"),
        ("+1h30m", "2026-11-02 00:00:00+00:00"),
        ("2026-11-03T10:00+05:00", "2026-11-03 10:00:00+05:00"),
        ("2026-11-03T10:00:00Z", "2026-11-03 10:00:00+00:00"),
    ],
)
def test_a_time_to_come_that_needs_no_zone_asks_for_none(text, expected):
    assert str(future(text).resolve(NOW, unasked)) == expected


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("7d", "2026-10-25 22:30:00+00:00", "2026-10-25 22:30:00+00:00"),
        ("12H", "2026-11-01 10:30:00+00:00", "2026-11-01 10:30:00+00:00"),
        ("2026-11-01", "2026-11-01 00:00:00+03:00", "2026-11-02 00:00:00+03:00"),
        ("2026-11-01 10:00", "2026-11-01 10:00:00+03:00", "2026-11-01 10:00:00+03:00"),
        ("2026-11-01T10:00Z", "2026-11-01 10:00:00+00:00", "2026-11-01 10:00:00+00:00"),
    ],
)
def test_a_bound_begins_a_day_or_ends_it(text, since, until):
    moment = past(text)

    assert str(moment.resolve(NOW, lambda: MOSCOW)) == since
    assert str(moment.resolve(NOW, lambda: MOSCOW, end=True)) == until


@pytest.mark.parametrize("read", [past, future])
@pytest.mark.parametrize(
    "text", ["", "soon", "30", "+", "+30", "+30s", "-2h", "24:00", "10:60", "2026-13-01", "2026-11-31 10:00", "1d2"]
)
def test_what_is_no_time_is_refused_with_an_example(read, text):
    with pytest.raises(ValueError, match=r"^expected a time such as .*, got "):
        read(text)


def test_a_call_needs_a_time_of_day_and_a_list_no_time_to_come():
    with pytest.raises(ValueError, match="expected a time"):
        future("2026-11-03")
    with pytest.raises(ValueError, match="expected a time"):
        past("+30m")
