"""Calls, clients, widgets and balances in every spelling that the service may use (api.md 1.6, 1.7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from reconcile.errors import BadAnswer
from reconcile.model.capabilities import Status
from reconcile.providers.activities import Call, Client, Purse
from reconcile.providers.pozvonim import activities_codec as codec
from reconcile.providers.pozvonim.capabilities import STATUSES

MOSCOW = ZoneInfo("Europe/Moscow")
AT = datetime(2015, 10, 2, 17, 58, 43, tzinfo=MOSCOW)
PLAIN = {
    "id": 17,
    "site_id": 5,
    "status_id": 3,
    "client": "+74951234567",
    "manager": "+74957654321",
    "start_at": "2015-10-02 17:58:43",
    "duration": 63,
}
CALL = Call("17", "5", AT, "+74951234567", "+74957654321", "talked", True, 63)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"id": "17", "site_id": "5", "status_id": "3", "duration": "63"},
        {"id": 17.0, "site_id": 5.0, "status_id": 3.0, "duration": 63.0},
        {"duration": "00:01:03"},
        {"duration": "1:03"},
        {"client": "8 (495) 123-45-67", "manager": 74957654321},
        {"client": {"phone": "74951234567"}, "manager": {"phone": "84957654321", "name": "Анна"}},
        {"start_at": "2015-10-02T17:58:43+03:00"},
        {"start_at": "2015-10-02T14:58:43Z"},
        {"start_at": 1443797923},
        {"start_at": "1443797923"},
        {"start_at": 1443797923000},
        {"start_at": None, "created_at": "2015-10-02 17:58:43"},
        {"status_id": None, "status": "talked"},
        {"status_id": None, "status": {"id": "3", "name": "Разговор"}},
        {"site_id": None, "site": {"id": 5, "url": "acme.ru"}},
    ],
)
def test_a_call_is_the_same_in_every_spelling(other):
    raw = PLAIN | other

    for shape in (raw, {"data": raw}, {"call": raw}, [raw], {"0": raw}):
        call = codec.decode_call(shape, MOSCOW, STATUSES)
        assert call == replace(CALL, details=raw)


def test_a_call_of_which_little_is_told_has_little():
    told = {"id": 1, "start_at": "yesterday", "duration": "", "client": [], "status_id": ""}

    assert codec.decode_call(told, MOSCOW, STATUSES) == Call("1", details=told)


@pytest.mark.parametrize("raw", [{}, [], None, "17", {"id": None}, {"id": "../sites"}, {"id": True}])
def test_a_call_without_an_id_is_no_call(raw):
    with pytest.raises(BadAnswer, match="a call has no usable id"):
        codec.decode_call(raw, MOSCOW, STATUSES)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([4], ("missed", False)),
        (["No answer"], ("no_answer", False)),
        ([{"id": 6}], ("delayed", None)),
        ([99, "Занято"], ("Занято", None)),
        ([99], ("99", None)),
        ([None, "TALKED"], ("talked", True)),
        ([None], ("", None)),
    ],
)
def test_a_status_has_our_name_or_the_words_of_the_service(given, expected):
    assert codec.read_status(given, STATUSES) == expected


def test_statuses_come_from_the_table_and_nowhere_else():
    assert codec.read_status([3], [Status("spoke", 3, succeeded=True)]) == ("spoke", True)


def test_calls_are_in_order_of_time_and_number():
    calls = [Call("10", at=AT), Call("9", at=AT), Call("1", at=AT + timedelta(1)), Call("2")]

    assert [call.id for call in codec.oldest_first(calls)] == ["2", "9", "10", "1"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"id": 5}, "5"),
        ({"id": "5"}, "5"),
        ({"call_id": 5}, "5"),
        ({"data": {"id": 5}}, "5"),
        ({"call": {"id": 5}}, "5"),
        ([{"id": 5}], "5"),
        (5, "5"),
        (None, ""),
        ({}, ""),
        ({"status": "ok"}, ""),
        ([], ""),
    ],
)
def test_the_id_of_a_new_call_is_found_or_not(answer, expected):
    assert codec.new_call_id(answer) == expected


@pytest.mark.parametrize(
    ("given", "offset"),
    [
        ({"timezone": "Asia/Vladivostok"}, 10),
        ({"data": {"timezone": "Asia/Vladivostok"}}, 10),
        ({"profile": {"time_zone": "UTC+10"}}, 10),
        ({"timezone": "+05:30"}, 5.5),
        ({"timezone": "GMT-3"}, -3),
        ({"timezone": ""}, 3),
        ({"id": 1}, 3),
    ],
)
def test_the_zone_of_a_profile(given, offset):
    assert codec.zone_of(given).utcoffset(datetime(2026, 1, 1)) == timedelta(hours=offset)  # noqa: DTZ001 - asked in it


@pytest.mark.parametrize("given", [{"timezone": "Moscow Standard Time"}, {"timezone": "+99"}, [], None])
def test_a_zone_that_can_not_be_read_is_not_guessed(given):
    with pytest.raises(BadAnswer, match="GET /profile"):
        codec.zone_of(given)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("10000.00", Decimal(10000)),
        (10000, Decimal(10000)),
        ("1 000,50", Decimal("1000.50")),
        (0.1, Decimal("0.1")),
        ("NaN", None),
        ("", None),
        (True, None),
        ([], None),
    ],
)
def test_money_is_exact_or_unknown(raw, expected):
    assert codec.money(raw) == expected
    assert codec.purse_balance({"id": 1, "balance": raw}, Purse.MAIN) == expected
    assert codec.purse_balance({"id": 1, "balance": raw}, Purse.PARTNER) is None


def test_amounts_are_sent_plainly():
    assert [codec.wire_amount(Decimal(text)) for text in ("1500", "1500.00", "1500.5")] == [1500, 1500, "1500.50"]


def test_a_client_keeps_no_secrets():
    raw = {"id": "7", "email": "Owner@Acme.ru", "balance": "5.00", "password": "x", "auth": [{"api_key": "y", "a": 1}]}

    client = codec.decode_client({"contributor": raw})

    details = {"id": "7", "email": "Owner@Acme.ru", "balance": "5.00", "auth": [{"a": 1}]}
    assert client == Client(7, "owner@acme.ru", Decimal(5), details)


@pytest.mark.parametrize(
    ("item", "settings", "key"),
    [
        ({}, {"site_key": "0a1b"}, "0a1b"),
        ({"hash": "0a1b"}, {"key": "not-hex"}, "0a1b"),
        ({}, {"key": '"><script>'}, "5"),
        ({"site_id": "6"}, {}, "6"),
    ],
)
def test_a_snippet_holds_the_key_of_the_site(item, settings, key):
    widget = codec.decode_widget(5, {"id": 9} | item, {"id": 9} | settings)

    assert widget.id == 9
    assert f'src="//api.pozvonim.com/widget/callback/v3/{key}/connect"' in widget.snippet
    assert widget.snippet.count("<") == 2


def test_a_snippet_that_the_service_gives_is_the_snippet():
    given = "<script>pozvonim()</script>"

    assert codec.decode_widget(5, {"id": 9}, {"code": given, "site_key": "0a"}).snippet == given


def test_times_are_sent_in_the_zone_of_the_profile():
    assert codec.wire_time(AT.astimezone(UTC), MOSCOW) == "2015-10-02 17:58:43"
