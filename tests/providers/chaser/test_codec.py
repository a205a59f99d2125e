"""Websites and calls, in every shape and spelling that a service of this age may use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from reconcile.errors import BadAnswer
from reconcile.model.fields import site_kind
from reconcile.providers.activities import Call
from reconcile.providers.chaser.codec import calls, day, moment, phone, seconds, websites

KIND = site_kind()
MOSCOW = ZoneInfo("Europe/Moscow")
SITE = {"id": "12345", "name": "chaser.ru", "title": "Чейзер"}

# --- websites ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        [SITE],
        {"0": SITE},
        *({key: [SITE]} for key in ("data", "items", "websites", "sites")),
        {"data": {"items": {"3": SITE}}, "meta": {"total": "1"}},
        [SITE | {"id": 12345, "name": " http://CHASER.ru/ ", "title": " Чейзер\r\n"}],
        [SITE | {"id": 12345.0, "owner": {"undocumented": 1}}],
    ],
    ids=str,
)
def test_websites(raw: Any) -> None:
    (live,) = websites(KIND, "moscow", raw, "GET /websites")
    assert (str(live.address), live.id) == ("moscow/site/chaser.ru", 12345)
    expected = {field.path: field.nothing for field in KIND.fields} | {"url": "chaser.ru", "title": "Чейзер"}
    assert dict(zip((field.path for field in KIND.fields), live.values, strict=True)) == expected


@pytest.mark.parametrize("title", [None, "", [], {}, "-"])
def test_a_title_may_be_missing(title: Any) -> None:
    (live,) = websites(KIND, "moscow", [SITE | {"title": title}], "")
    assert live.values[KIND.index("title")] == ("-" if title == "-" else "")
    (live,) = websites(KIND, "moscow", [{"id": 1, "name": "a.ru"}], "")
    assert live.values[KIND.index("title")] == ""


@pytest.mark.parametrize(
    ("name", "address"),
    [("окна-акме.рф", "xn----7sbbuvdodh.xn--p1ai"), ("XN--P1AI.RU", "xn--p1ai.ru"), ("My Shop", "my shop")],
)
def test_names_of_websites(name: str, address: str) -> None:
    (live,) = websites(KIND, "moscow", [SITE | {"name": name}], "")
    assert live.address.name == address


@pytest.mark.parametrize("raw", [[], {}, {"data": []}, {"websites": {}}])
def test_no_websites(raw: Any) -> None:
    assert websites(KIND, "moscow", raw, "") == ()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "GET /websites: expected a list of objects, got null"),
        ("client_id=70412345", "GET /websites: expected a list of objects, got a text"),
        (17, "GET /websites: expected a list of objects, got a number"),
        ([SITE, "x"], "GET /websites: expected a list of objects, got a list of other things"),
        (
            {"ok": True},
            (
                "GET /websites: expected a list, got an object without data or items or websites or sites or statistics"
                " or calls"
            ),
        ),
        ({"data": [SITE], "total": 2}, "GET /websites: only 1 of 2 came; the list is not complete"),
        ([SITE, SITE | {"id": 12345}], "website 12345 is in the list of websites twice"),
        ([SITE | {"id": "abc"}], "a website in the list of websites has no usable id"),
        ([SITE | {"id": True}], "a website in the list of websites has no usable id"),
        ([{"id": 5, "title": "x"}], "website 5 has no name"),
        ([{"id": 5, "name": "  "}], "website 5 has no name"),
    ],
)
def test_lists_that_can_not_be_trusted(raw: Any, said: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        websites(KIND, "moscow", raw, "GET /websites")
    assert str(caught.value) == said


# --- calls ------------------------------------------------------------------------------------------------------------

CALL = {
    "id": "9",
    "date": "02-10-2015 17:58:43",
    "client_phone": "74951234567",
    "manager_phone": "+7 (812) 765-43-21",
    "status": "success",
    "duration": "63",
}
READ = Call(
    id="9",
    site="5",
    at=datetime(2015, 10, 2, 17, 58, 43, tzinfo=MOSCOW),
    client="+74951234567",
    manager="+78127654321",
    status="talked",
    succeeded=True,
    duration=63,
)


@pytest.mark.parametrize(
    "raw",
    [
        [CALL],
        {"0": CALL},
        {"success_calls": [CALL], "failed_calls": []},
        {"success_calls": {"1": CALL | {"status": None}}},
        *({key: [CALL]} for key in ("data", "items", "statistics", "calls")),
        [CALL | {"id": 9, "client_phone": 84951234567, "manager_phone": {"phone": 78127654321}, "duration": 63.0}],
        [CALL | {"date": "2015-10-02", "time": "17:58:43", "status": {"id": 1, "name": "Talked"}}],
        [{"call_id": 9, "created_at": 1443797923, "phone": "8 495 123 45 67", "operator": "8(812)7654321"}
         | {"is_success": "1", "length": "00:01:03"}],
    ],
    ids=str,
)  # fmt: skip
def test_calls(raw: Any) -> None:
    (call,) = calls(raw, 5, MOSCOW, "GET /statistics")
    assert replace(call, details={}) == READ
    assert call.details


@pytest.mark.parametrize(
    ("told", "filtered", "status", "succeeded"),
    [
        ({"status": "success"}, None, "talked", True),
        ({"status": "Success_Calls"}, None, "talked", True),
        ({"status": "Успешный"}, None, "talked", True),
        ({"status": True}, None, "talked", True),
        ({"success": 1}, None, "talked", True),
        ({"status": "no-answer"}, None, "missed", False),
        ({"state": "Пропущенный"}, None, "missed", False),
        ({"status": False}, None, "missed", False),
        ({"is_success": "0"}, None, "missed", False),
        ({"status": "", "success": False}, None, "missed", False),
        ({"status": "in queue"}, None, "in queue", None),
        ({"status": 1}, None, "1", None),
        ({"success": "perhaps"}, None, "", None),
        ({}, None, "", None),
        ({}, True, "talked", True),
        ({"status": 3}, False, "missed", False),
        ({"status": "failed"}, True, "missed", False),
    ],
)
def test_whether_people_talked(told: Any, filtered: bool | None, status: str, succeeded: bool | None) -> None:
    (call,) = calls([told], 5, MOSCOW, "", filtered=filtered)
    assert (call.status, call.succeeded) == (status, succeeded)


def test_a_call_of_which_nothing_is_told() -> None:
    raw = {"id": None, "client": [], "duration": "long", "date": "0000-00-00 00:00:00"}
    assert calls([raw], 5, MOSCOW, "") == [Call(id="", site="5", details=raw)]


@pytest.mark.parametrize("raw", [None, "[]", {"count": 0}, [1], {"success_calls": 1, "failed_calls": [2]}])
def test_calls_that_can_not_be_read_are_not_none(raw: Any) -> None:
    with pytest.raises(BadAnswer, match="GET /statistics"):
        calls(raw, 5, MOSCOW, "GET /statistics")


NOON = datetime(2026, 3, 5, 12, 30, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("05-03-2026 12:30:00", NOON),
        ("05-03-2026 12:30", NOON),
        ("5.3.2026 12:30", NOON),
        ("05/03/2026 12:30:00", NOON),
        ("2026-03-05 12:30:00", NOON),
        (" 2026-03-05T12:30:00.000 ", NOON),
        ("2026-03-05T09:30:00Z", NOON),
        ("2026-03-05T19:30:00+10:00", NOON),
        ("2026-03-05 05:00:00-0430", NOON),
        ("05-03-2026", datetime(2026, 3, 5, tzinfo=MOSCOW)),
        (1772703000, NOON),
        ("1772703000", NOON),
        (1772703000.0, NOON),
        ("31-02-2026", None),
        ("0000-00-00 00:00:00", None),
        ("05-03-2026 25:00", None),
        ("yesterday", None),
        (5, None),
        (True, None),
        (None, None),
        (["05-03-2026"], None),
    ],
)
def test_moments(raw: Any, at: datetime | None) -> None:
    assert moment(raw, MOSCOW) == at


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (63, 63),
        ("63", 63),
        (63.9, 63),
        ("01:03", 63),
        ("1:00:03", 3603),
        ("0", 0),
        (0, 0),
        (-1, None),
        ("a", None),
        (None, None),
        ([], None),
    ],
)
def test_seconds(raw: Any, whole: int | None) -> None:
    assert seconds(raw) == whole


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("84951234567", "+74951234567"),
        (74951234567, "+74951234567"),
        ("4951234567", "+74951234567"),
        ({"name": "Анна", "phone": "+74951234567"}, "+74951234567"),
        ("скрыт", "скрыт"),
        ({"name": "Анна"}, ""),
        (None, ""),
    ],
)
def test_phones(raw: Any, canonical: str) -> None:
    assert phone(raw) == canonical


@pytest.mark.parametrize(
    ("when", "there"),
    [
        (datetime(2026, 1, 31, 22, 0, tzinfo=UTC), "01-02-2026"),
        (datetime(2026, 1, 31, 20, 59, tzinfo=UTC), "31-01-2026"),
        (datetime(2026, 2, 1, 3, 0, tzinfo=timezone(timedelta(hours=10))), "31-01-2026"),
    ],
)
def test_days_are_those_of_moscow(when: datetime, there: str) -> None:
    assert day(when, MOSCOW) == there
