"""What is sent for every activity, and that calls and payments are sent once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from answering import FAULTS, Asked, Fault, answering

from reconcile.activities import outcome_unknown
from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError
from reconcile.model.address import Address
from reconcile.model.resource import Live
from reconcile.providers.activities import CallOrder, CallQuery, Purse
from reconcile.providers.pozvonim.activities import PozvonimActivities

SITE = Live(Address("studio", "site", "acme.ru"), 5, ())
PHONE = "+74951234567"
AT = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
PROFILE = {"id": 1, "timezone": "Asia/Vladivostok", "balance": "10000.00", "partner_balance": 1000}


@pytest.fixture
def service():
    with answering() as running:
        running.answers["GET /profile"] = PROFILE
        yield running


@pytest.fixture
def activities(service, connect):
    return connect(service.url).activities


def sent(service):
    return [asked for asked in service.asked if asked.path not in ("/auth/token", "/profile", "/server/time/now")]


def test_a_call_now_carries_its_options(service, activities):
    service.answers["POST /sites/5/call"] = {"id": 17}

    assert activities.call(SITE, CallOrder(PHONE, options={"region": "Москва", "return_count": 0})) == "17"
    assert sent(service) == [Asked("POST", "/sites/5/call", {"phone": PHONE, "region": "Москва", "return_count": "0"})]


def test_a_delayed_call_says_when_with_an_offset(service, activities):
    service.answers["POST /sites/5/call/delayed"] = None

    assert activities.call(SITE, CallOrder(PHONE, AT)) == ""
    assert sent(service)[0].params == {"phone": PHONE, "delayed": "2026-11-01T10:00:00+00:00"}


ONCE = {
    "POST /sites/5/call": lambda activities: activities.call(SITE, CallOrder(PHONE)),
    "POST /sites/5/call/delayed": lambda activities: activities.call(SITE, CallOrder(PHONE, AT)),
    "POST /payments/contributors/7": lambda activities: activities.transfer(7, Decimal(1), Purse.MAIN),
}


@pytest.mark.parametrize("fault", [*FAULTS, "hang"])
@pytest.mark.parametrize("request_", ONCE)
def test_a_call_or_payment_is_sent_once_whatever_happens(service, activities, request_, fault):
    service.answers[request_], unknown = FAULTS.get(fault, (Fault(how="hang"), True))

    with pytest.raises(ProviderError) as caught:
        ONCE[request_](activities)

    assert [str(asked) for asked in service.posts] == [request_]
    assert outcome_unknown(caught.value) is unknown


@pytest.mark.parametrize("fault", [Fault(503), Fault(how="reset"), Fault(200)])
def test_what_fails_before_anything_is_sent_is_no_unknown_outcome(service, activities, fault):
    service.answers["GET /auth/token"] = fault

    with pytest.raises(ConnectionFailed, match="GET /auth/token") as caught:
        activities.call(SITE, CallOrder(PHONE))

    assert service.posts == []
    assert not outcome_unknown(caught.value)


def test_calls_are_asked_for_in_the_zone_of_the_profile(service, activities):
    service.answers["GET /calls"] = {"calls": {"1": {"id": 2, "start_at": "2026-11-01 20:00:00"}, "0": {"id": 1}}}
    query = CallQuery((SITE,), (3, 4), AT, AT + timedelta(hours=1), PHONE, "+74957654321")

    calls = activities.calls(query)

    assert [(call.id, call.at) for call in calls] == [("1", None), ("2", AT)]
    assert sent(service)[0].params == {
        "start_at": "2026-11-01 20:00:00",
        "end_at": "2026-11-01 20:59:59",
        "status_ids[0]": "3",
        "status_ids[1]": "4",
        "sites_ids[0]": "5",
        "client": PHONE,
        "manager": "+74957654321",
    }
    assert activities.zone() is activities.zone()
    assert [asked.path for asked in service.asked].count("/profile") == 1


def test_the_calls_of_a_client_are_told_apart_here(service, activities):
    service.answers["GET /contributors/7/calls"] = [{"id": 1, "manager": PHONE}, {"id": 2, "manager": "+74957654321"}]

    assert [call.id for call in activities.calls(CallQuery(manager=PHONE, owner=7))] == ["1"]
    assert sent(service)[0].params == {}


def test_one_call_is_told_in_detail(service, activities):
    service.answers["GET /calls/17"] = {"id": "17", "record": "https://records/17"}
    service.answers["GET /contributors/7/calls/18"] = {"id": 18}
    service.answers["GET /calls/19"] = {"id": 20}

    assert activities.call_details("17", None).details["record"] == "https://records/17"
    assert activities.call_details("18", 7).id == "18"
    with pytest.raises(ProviderError, match='there is no call "16"'):
        activities.call_details("16", None)
    with pytest.raises(BadAnswer, match="not this call"):
        activities.call_details("19", None)
    with pytest.raises(ProviderError, match="there is no call"):
        activities.call_details("../sites/5", None)


def test_clients_are_listed_and_told_in_detail(service, activities):
    service.answers["GET /contributors"] = {"contributors": [{"id": "8", "email": "b@x.ru"}, {"id": 7}]}
    service.answers["GET /contributors/7"] = {"id": 7, "email": "a@x.ru", "sites": [5]}

    assert [(client.id, client.email) for client in activities.clients()] == [(7, "a@x.ru"), (8, "b@x.ru")]
    assert activities.client(7).details["sites"] == [5]
    with pytest.raises(ProviderError, match="there is no client with the id 9"):
        activities.client(9)


@pytest.mark.parametrize(
    ("route", "path"), [("payments", "/payments/contributors/7"), ("contributors", "/contributors/7/payments")]
)
def test_money_goes_by_either_route(service, connect, route, path):
    service.answers[f"POST {path}"] = {"id": 1}
    activities = PozvonimActivities(connect(service.url, payment_route=route)._client)

    activities.transfer(7, Decimal("1500.50"), Purse.PARTNER)

    assert sent(service) == [Asked("POST", path, {"type": "2", "amount": "1500.50"})]
    assert (activities.balance(Purse.MAIN), activities.balance(Purse.PARTNER)) == (Decimal(10000), Decimal(1000))


@pytest.mark.parametrize(
    "items",
    [
        [{"id": 8, "site_id": 6}, {"id": 9, "site_id": "5"}],
        {"widgets": [{"id": "9"}]},
        {"0": {"id": 9, "site": {"id": 5}}},
    ],
)
def test_the_widget_of_a_site_is_found(service, activities, items):
    service.answers |= {"GET /widget": items, "GET /widget/9": {"id": 9, "site_key": "0a", "call_time": 28}}

    widget = activities.widget(SITE)

    assert (widget.id, widget.settings["call_time"]) == (9, 28)
    assert "/v3/0a/connect" in widget.snippet
    assert sent(service)[0].params == {"sites_ids[0]": "5"}


@pytest.mark.parametrize("items", [[], [{"id": 8, "site_id": 6}], [{"site_id": 5}], [{"id": 1}, {"id": 2}]])
def test_the_widget_of_another_site_is_not_taken(service, activities, items):
    service.answers["GET /widget"] = items

    with pytest.raises(ProviderError, match=r"acme\.ru: the service has no widget"):
        activities.widget(SITE)


@pytest.mark.parametrize(
    ("answer", "shown", "ahead"),
    [
        ({"time": "2026-11-01 20:00:40"}, "2026-11-01 20:00:40 Asia/Vladivostok", 40),
        ("2026-11-01T09:59:00Z", "2026-11-01 19:59:00 Asia/Vladivostok", -60),
        (1793527200, "2026-11-01 20:00:00 Asia/Vladivostok", 0),
    ],
)
def test_the_time_is_compared_in_its_zone(service, connect, answer, shown, ahead):
    service.answers["GET /server/time/now"] = answer
    activities = PozvonimActivities(connect(service.url, wall_clock=AT.timestamp)._client)

    told = activities.time()

    assert (told.shown, told.ahead) == (shown, ahead)
