"""A call that is to be made: its parameters in their order, and what the answer says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconcile.errors import ServiceError
from reconcile.model.capabilities import Activity
from reconcile.model.fields import schemas
from reconcile.providers.activities import CallOrder
from reconcile.providers.chaser.capabilities import CAPABILITIES
from reconcile.providers.chaser.ordering import call_params, made_call
from reconcile.providers.http.retries import may_have_happened

AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
EVERYTHING = {
    "referrer": "https://ya.ru/?q=окна",
    "call_stack_interval": "15",
    "call_stack_start_hour": 10,
    "nwt_action": "always_call",
    "message_on_ring": "Звонок с сайта акме.рф",
    "client_ip": "203.0.113.7",
    "active_page": "https://acme.ru/цены",
    "manager_phone": "8 (812) 765-43-21",
}


def test_every_parameter_in_the_documented_order() -> None:
    assert list(call_params(5, CallOrder("+74951234567", AT, EVERYTHING)).items()) == [
        ("site_id", 5),
        ("client_phone", 74951234567),
        ("manager_phone", 78127654321),
        ("planned_time", 1772703000),
        ("active_page", "https://acme.ru/цены"),
        ("client_ip", "203.0.113.7"),
        ("message_on_ring", "Звонок с сайта акме.рф"),
        ("nwt_action", "always_call"),
        ("call_stack_start_hour", 10),
        ("call_stack_interval", 15),
        ("referrer", "https://ya.ru/?q=окна"),
    ]


def test_every_option_is_one_of_the_project() -> None:
    ours = schemas()["call"]["properties"].keys() | schemas()["call_defaults"]["properties"].keys()
    assert CAPABILITIES.call_options.keys() <= ours
    assert CAPABILITIES.call_options.keys() == EVERYTHING.keys()
    assert set(schemas()["call_defaults"]["properties"]["nwt_action"]["enum"]) == {"create_lead", "always_call"}
    assert CAPABILITIES.activities == {Activity.CALL, Activity.CALLS, Activity.STATISTICS}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {}),
        ({"active_page": "", "manager_phone": None}, {}),
        ({"nwt_action": "create_lead"}, {"nwt_action": "create_leed"}),
        ({"nwt_action": "always_call", "call_stack_start_hour": 0}, {"nwt_action": "always_call"}
         | {"call_stack_start_hour": 0}),
        ({"manager_phone": 74951234567}, {"manager_phone": 74951234567}),
    ],
)  # fmt: skip
def test_options(options: dict[str, Any], sent: dict[str, Any]) -> None:
    assert (
        call_params(5, CallOrder("+74951234567", None, options)) == {"site_id": 5, "client_phone": 74951234567} | sent
    )


@pytest.mark.parametrize(
    ("phone", "options", "said"),
    [
        ("", {}, "expected a phone number such as .*, got \"\""),
        ("12", {}, "expected a phone number"),
        ("+74951234567", {"activ_page": "x"}, r"takes no activ_page; did you mean \"active_page\"\?; it takes"),
        ("+74951234567", {"region": "Москва"}, "takes no region; it takes manager_phone, active_page"),
        ("+74951234567", {"planned_time": 5}, "takes no planned_time"),
        ("+74951234567", {"manager_phone": "Анна"}, "manager_phone: expected a phone number"),
        ("+74951234567", {"nwt_action": "create_leed"}, "nwt_action: expected create_lead or always_call, got \"cre"),
        ("+74951234567", {"call_stack_interval": 5}, "call_stack_interval can be sent only with nwt_action: always_c"),
        ("+74951234567", {"nwt_action": "create_lead", "call_stack_start_hour": 5, "call_stack_interval": 5},
         "call_stack_start_hour and call_stack_interval can be sent only"),
        ("+74951234567", {"nwt_action": "always_call", "call_stack_start_hour": 25}, "from 0 to 24, got 25"),
        ("+74951234567", {"nwt_action": "always_call", "call_stack_interval": -1}, "from 0 to 60, got -1"),
    ],
)  # fmt: skip
def test_what_is_not_sent(phone: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call_params(5, CallOrder(phone, None, options))


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        ({"id": 77}, "77"),
        ({"call_id": "a-77"}, "a-77"),
        ({"status": "ok", "id": "77"}, "77"),
        ({"data": {"call": {"id": 77}}}, "77"),
        ([{"id": 77}], "77"),
        ({"success": True, "result": 77}, "77"),
        (77, "77"),
        ("77", "77"),
        ({"status": 0}, ""),
        ({"status": "ok"}, ""),
        (True, ""),
        (None, ""),
        ([], ""),
        ([[[[[[[{"id": 77}]]]]]]], ""),
    ],
)
def test_the_id_of_a_call(raw: Any, known: str) -> None:
    assert made_call(raw, "POST /call", str) == known


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (False, "no reason"),
        ({"success": False, "message": "SITE IS OFF"}, "site is off"),
        ({"success": "0"}, "no reason"),
        ({"status": "error", "description": "x"}, "x"),
        ({"data": {"result": "fail"}, "id": None}, "no reason"),
    ],
)
def test_a_call_that_was_not_taken(raw: Any, reason: str) -> None:
    with pytest.raises(ServiceError) as caught:
        made_call(raw, "POST /call", str.lower)
    assert str(caught.value) == f"POST /call: the service did not take the call: {reason}"
    assert not may_have_happened(caught.value)
