"""Calls over HTTP: made exactly once, whatever happens, and read for a period, a state, a person."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, Rejected, ServiceError
from reconcile.model.resource import Live
from reconcile.providers.activities import Activities, CallOrder, CallQuery, Purse
from reconcile.providers.http.retries import may_have_happened

from .conftest import CLIENT, KEY, Connect, Fault, Service

ORDER = CallOrder("+74951234567", datetime(2026, 3, 5, 9, 30, tzinfo=UTC), {"message_on_ring": "Звонок ~"})

# --- making calls -----------------------------------------------------------------------------------------------------


def test_a_call(service: Service, connect: Connect, site: Live) -> None:
    assert connect().activities.call(site, ORDER) == "77"
    assert service.calls == [
        [
            ("site_id", "12345"),
            ("client_phone", "74951234567"),
            ("planned_time", "1772703000"),
            ("message_on_ring", "Звонок ~"),
        ]
    ]


@pytest.mark.parametrize(
    ("fault", "kind", "unknown"),
    [
        (Fault(reset=True), ConnectionFailed, True),
        (Fault(reset=True, after=True), ConnectionFailed, True),
        (Fault(body=b'{"id"', cut=True), ConnectionFailed, True),
        (Fault(502, b"<html>Bad gateway</html>"), BadAnswer, True),
        (Fault(500, b'{"error": "oops"}'), ServiceError, True),
        (Fault(503), BadAnswer, True),
        (Fault(200, b"<html>ok</html>"), BadAnswer, True),
        (Fault(200, b'{"id": '), BadAnswer, True),
        (Fault(429, b'{"error": "slow down"}', retry_after=1), ServiceError, False),
        (Fault(401), Rejected, False),
        (Fault(403, b'{"error": "no"}'), Rejected, False),
        (Fault(404), BadAnswer, False),
        (Fault(400, b'{"error": "bad phone"}'), ServiceError, False),
        (Fault(200, b'{"error": "no money"}'), ServiceError, False),
        (Fault(200, b'{"success": false}'), ServiceError, False),
        (Fault(302), BadAnswer, False),
    ],
    ids=str,
)
def test_a_call_is_sent_once(
    service: Service, connect: Connect, site: Live, fault: Fault, kind: type[ProviderError], unknown: bool
) -> None:
    service.faults = [fault]
    pauses: list[float] = []
    with pytest.raises(kind) as caught:
        connect(pauses=pauses).activities.call(site, ORDER)
    assert service.paths() == ["POST /v1/call"]
    assert (type(caught.value), may_have_happened(caught.value), pauses) == (kind, unknown, [])


def test_an_empty_answer_is_a_call_without_an_id(service: Service, connect: Connect, site: Live) -> None:
    service.faults = [Fault(200, b" ")]
    assert connect().activities.call(site, ORDER) == ""


def test_a_service_that_never_answers_was_asked_once(connect: Connect, site: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        provider = connect(url=f"http://127.0.0.1:{deaf.getsockname()[1]}/v1")
        with pytest.raises(ConnectionFailed, match="POST /call: no answer in time") as caught:
            provider.activities.call(site, ORDER)
        deaf.setblocking(False)
        deaf.accept()[0].close()
        with pytest.raises(BlockingIOError):
            deaf.accept()
    assert caught.value.sent


def test_a_call_that_makes_no_sense_is_not_sent(service: Service, connect: Connect, site: Live) -> None:
    with pytest.raises(
        ProviderError, match=r"moscow/site/chaser\.ru: the call was not sent: a call at Chaser takes no "
    ):
        connect().activities.call(site, CallOrder("+74951234567", None, {"region": "Москва"}))
    assert service.seen == []


# --- reading calls ----------------------------------------------------------------------------------------------------


def told(number: int, date: str, status: str = "success", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "date": date, "client_phone": "74951234567", "status": status} | more


@pytest.fixture
def counted(service: Service) -> Service:
    service.statistics = {
        "12345": [
            told(3, "03-03-2026 10:00:00"),
            told(1, "01-03-2026 23:59:59", "failed"),
            told(5, "05-03-2026 00:00:00", "queued"),
        ],
        "12346": [told(4, "03-03-2026 10:00:01", "failed", manager_phone=78127654321), told(2, "", client_phone="")],
    }
    return service


def ids(activities: Activities, **query: Any) -> list[str]:
    return [call.id for call in activities.calls(CallQuery(**query))]


def asked(service: Service) -> list[dict[str, str]]:
    own = [dict(pairs) for path, pairs in service.seen if path == "GET /v1/statistics"]
    return [{k: v for k, v in given.items() if k not in ("client_id", "SecurityKey")} for given in own]


def test_calls_of_all_websites_are_in_order(counted: Service, connect: Connect) -> None:
    activities = connect().activities
    assert ids(activities) == ["1", "3", "4", "5", "2"]
    assert sorted(given["site_id"] for given in asked(counted)) == ["12345", "12346"]
    assert {call.site for call in activities.calls(CallQuery())} == {"12345", "12346"}


def test_calls_of_one_website(counted: Service, connect: Connect, site: Live) -> None:
    assert ids(connect().activities, sites=(site,)) == ["1", "3", "5"]
    assert counted.paths() == ["GET /v1/statistics"]
    assert asked(counted) == [{"site_id": "12345"}]


def test_calls_without_a_state_are_told_apart_by_the_filter(service: Service, connect: Connect, site: Live) -> None:
    service.statistics = {
        "12345": [
            told(1, "01-03-2026 10:00:00", "", outcome="good"),
            told(2, "01-03-2026 11:00:00", "", outcome="bad"),
            told(3, "01-03-2026 12:00:00", "queued"),
        ]
    }
    service.filters = {
        "success_calls": lambda call: call.get("outcome") == "good",
        "failed_calls": lambda call: call.get("outcome") == "bad",
    }
    calls = connect().activities.calls(CallQuery(sites=(site,)))
    assert [(call.id, call.succeeded) for call in calls] == [("1", True), ("2", False), ("3", None)]


MOSCOW = timezone(timedelta(hours=3))


@pytest.mark.parametrize(
    ("since", "until", "sent", "found"),
    [
        (datetime(2026, 3, 2, tzinfo=MOSCOW), None, {"date_from": "02-03-2026"}, ["3", "5"]),
        (None, datetime(2026, 3, 2, tzinfo=MOSCOW), {"date_to": "02-03-2026"}, ["1"]),
        (
            datetime(2026, 3, 1, 20, 59, 59, tzinfo=UTC),
            datetime(2026, 3, 3, 6, 59, 59, tzinfo=UTC),
            {"date_from": "01-03-2026", "date_to": "03-03-2026"},
            ["1"],
        ),
        (datetime(2026, 3, 2, 21, 0, tzinfo=UTC), None, {"date_from": "03-03-2026"}, ["3", "5"]),
        (datetime(2026, 3, 5, 15, 0, tzinfo=MOSCOW), None, {"date_from": "05-03-2026"}, ["5"]),
    ],
    ids=["from", "to", "to the second", "another day in Moscow", "a date without a time is a whole day"],
)
def test_periods(
    counted: Service,
    connect: Connect,
    site: Live,
    since: datetime | None,
    until: datetime | None,
    sent: dict[str, str],
    found: list[str],
) -> None:
    assert ids(connect().activities, sites=(site,), since=since, until=until) == found
    assert asked(counted) == [{"site_id": "12345"} | sent]


@pytest.mark.parametrize(
    ("statuses", "sent", "found"),
    [
        (("success_calls",), {"filter": "success_calls"}, ["3"]),
        (("failed_calls",), {"filter": "failed_calls"}, ["1"]),
        (("failed_calls", "failed_calls"), {"filter": "failed_calls"}, ["1"]),
        (("success_calls", "failed_calls"), {}, ["1", "3", "5"]),
    ],
)
def test_states(
    counted: Service, connect: Connect, site: Live, statuses: tuple[str, ...], sent: dict[str, str], found: list[str]
) -> None:
    counted.statistics["12345"][2]["status"] = "success" if "failed_calls" in statuses else "failed"
    assert ids(connect().activities, sites=(site,), statuses=statuses) == found
    assert asked(counted) == [{"site_id": "12345"} | sent]


def test_a_filter_tells_what_the_service_does_not(counted: Service, connect: Connect, site: Live) -> None:
    counted.statistics["12345"] = [{"id": 1}]
    (call,) = connect().activities.calls(CallQuery(sites=(site,), statuses=("failed_calls",)))
    assert (call.status, call.succeeded) == ("missed", False)


def test_people(counted: Service, connect: Connect) -> None:
    activities = connect().activities
    assert ids(activities, manager="+78127654321") == ["4"]
    assert ids(activities, client="+74951234567") == ["1", "3", "4", "5"]
    assert ids(activities, client="+74950000000") == []


def test_an_account_without_websites_has_no_calls(service: Service, connect: Connect) -> None:
    service.websites = []
    assert ids(connect().activities) == []


def test_one_website_that_fails_fails_all(counted: Service, connect: Connect, site: Live) -> None:
    gone = Live(site.address, 999, site.values)
    with pytest.raises(ServiceError, match=r"no such site \(HTTP 404\); is website 999 still in account moscow\?"):
        connect().activities.calls(CallQuery(sites=(site, gone)))


@pytest.mark.parametrize("fault", [Fault(502), Fault(reset=True), Fault(body=b"[]", cut=True), Fault(429)], ids=str)
def test_reading_survives_what_passes(counted: Service, connect: Connect, site: Live, fault: Fault) -> None:
    counted.faults = [fault] * 4
    pauses: list[float] = []
    assert ids(connect(pauses=pauses).activities, sites=(site,)) == ["1", "3", "5"]
    assert pauses == [0.5, 1, 2, 4]


# --- what there is not ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "what"),
    [
        (lambda a, s: a.call_details("1", None), "details of one call"),
        (lambda a, s: a.clients(), "clients"),
        (lambda a, s: a.client(1), "clients"),
        (lambda a, s: a.calls(CallQuery(owner=5)), "clients"),
        (lambda a, s: a.widget(s), "widgets"),
        (lambda a, s: a.balance(Purse.MAIN), "a balance"),
        (lambda a, s: a.transfer(1, Decimal(5), Purse.MAIN), "payments"),
        (lambda a, s: a.time(), "its time"),
    ],
    ids=["details", "clients", "client", "calls of a client", "widget", "balance", "transfer", "time"],
)
def test_methods_that_chaser_lacks(
    service: Service, connect: Connect, site: Live, use: Callable[[Activities, Live], Any], what: str
) -> None:
    with pytest.raises(ProviderError, match=f"^account moscow: Chaser's API has no method for {what}$"):
        use(connect().activities, site)
    assert service.seen == []


def test_a_state_that_chaser_lacks(service: Service, connect: Connect) -> None:
    with pytest.raises(ProviderError, match=r"has no filter 3, only success_calls, failed_calls"):
        connect().activities.calls(CallQuery(statuses=(3,)))
    assert service.seen == []


def test_dates_are_in_moscow_time(connect: Connect) -> None:
    assert connect().activities.zone() == ZoneInfo("Europe/Moscow")


# --- secrets ----------------------------------------------------------------------------------------------------------


def outcome(work: Callable[[], Any]) -> str:
    try:
        return str(work())
    except ProviderError as error:
        return str(error)


@pytest.mark.parametrize(
    "body",
    [
        f'"no {CLIENT} {KEY}"',
        f'{{"error": "{CLIENT} {KEY}"}}',
        f'{{"status": "error", "message": "{KEY} {CLIENT}"}}',
        "client_id=31337&SecurityKey=31337&PrivateSecurityKey=31337",
    ],
)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 500])
def test_what_the_service_echoes_is_not_said(
    service: Service, connect: Connect, site: Live, caplog: pytest.LogCaptureFixture, body: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG, logger="reconcile")
    service.faults = [Fault(status, body.encode())] * 50
    provider = connect()
    calls, query = provider.activities, CallQuery((site,))
    said = [
        outcome(work)
        for work in (lambda: provider.read({"site"}), lambda: calls.call(site, ORDER), lambda: calls.calls(query))
    ]
    everything = " ".join([*said, *caplog.messages, repr(provider), repr(vars(provider))])
    assert len(caplog.messages) >= 3
    assert not [secret for secret in (CLIENT, KEY, "31337") if secret in everything]
