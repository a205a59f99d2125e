"""Who is let in: tokens, signatures, verbs and paths, as api.md 1.1 to 1.4 say."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest


def code(answer: Any) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["http_code"] == answer.status_code
    assert error["message"]
    return answer.status_code, error["code"]


# --- tokens ---


def test_a_token_is_valid_for_four_hours(client, emulator, clock):
    answer = client.authenticate()
    assert answer == {"token": answer["token"], "expire": clock.now + 4 * 3600}
    clock.now += 4 * 3600 - 1
    assert client.send("GET", "/sites").status_code == 200
    clock.now += 1
    assert code(client.send("GET", "/sites")) == (403, "AUTH-TOKEN-EXPIRED")


def test_a_new_token_leaves_the_older_one_valid(client):
    client.authenticate()
    older = client.token
    client.authenticate()
    assert client.token != older
    assert client.send("GET", "/sites").status_code == 200
    client.token = older
    assert client.send("GET", "/sites").status_code == 200


def test_a_token_works_only_from_the_address_that_asked(emulator, client, connect):
    client.authenticate()
    elsewhere = connect(emulator.url, address="127.0.0.2")
    elsewhere.token = client.token
    assert code(elsewhere.send("GET", "/sites")) == (403, "AUTH-TOKEN-IP")
    elsewhere.authenticate()
    assert elsewhere.send("GET", "/sites").status_code == 200


def test_tokens_can_be_made_invalid(emulator, client):
    client.authenticate()
    emulator.expire_tokens()
    assert code(client.send("GET", "/sites")) == (403, "AUTH-TOKEN-EXPIRED")


@pytest.mark.parametrize("query", ["", "?uid=999&sign=x", "?uid=100", "?uid=100&sign=00000000000000000000000000000000"])
def test_no_token_without_the_api_key(client, query):
    status, name = code(client.raw("GET", f"/auth/token{query}"))
    assert status == 401
    assert name in ("AUTH-UID-UNKNOWN", "AUTH-SIGN-INVALID")


def test_the_clock_may_be_off(start, connect, clock):
    emulator = start(clock_offset=-7200)
    assert emulator.time == clock.now - 7200
    answer = connect(emulator.url).send("GET", "/server/time/now")
    assert answer.json()["time"] == clock.now - 7200
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == clock.now - 7200


# --- signatures ---


def test_what_is_not_signed_is_refused(client):
    assert code(client.raw("GET", "/sites")) == (401, "AUTH-UID-UNKNOWN")
    assert code(client.raw("GET", "/sites?uid=100")) == (403, "AUTH-SIGN-INVALID")


def test_a_changed_parameter_breaks_the_signature(client, site):
    client.authenticate()
    sign = client.signed({"ids": [1]})["sign"]
    assert client.raw("GET", f"/sites?uid=100&ids%5B%5D=1&sign={sign}").status_code == 200
    assert code(client.raw("GET", f"/sites?uid=100&ids%5B%5D=2&sign={sign}")) == (403, "AUTH-SIGN-INVALID")
    signed = client.signed(site)
    signed["widget"]["call_time"] = 36
    assert code(client.raw("POST", "/sites", json=signed)) == (403, "AUTH-SIGN-INVALID")


def test_nested_parameters_are_signed_in_the_order_in_which_they_are_sent(client, site):
    client.authenticate()
    signed = client.signed(site)
    top_turned = dict(reversed(signed.items()))
    assert client.raw("POST", "/sites", json=top_turned).status_code == 201
    signed["widget"] = dict(reversed(signed["widget"].items()))
    assert code(client.raw("POST", "/sites", json=signed)) == (403, "AUTH-SIGN-INVALID")


def test_a_token_is_of_one_account(emulator, client, connect):
    client.authenticate()
    other = connect(emulator.url, "200", "other")
    other.token = client.token
    assert code(other.send("GET", "/sites")) == (403, "AUTH-SIGN-INVALID")


def test_parameters_of_a_change_belong_into_the_body(client, site):
    client.authenticate()
    assert code(client.raw("POST", "/sites", params=client.signed({}))) == (401, "AUTH-UID-UNKNOWN")


def test_a_body_is_a_form_or_json(client):
    answer = client.raw("POST", "/sites", data="<x/>", headers={"Content-Type": "text/xml"})
    assert code(answer) == (415, "GEN-CONTENT-TYPE")
    for body in ("{", "[]"):
        answer = client.raw("POST", "/sites", data=body, headers={"Content-Type": "application/json"})
        assert code(answer) == (400, "GEN-BODY-INVALID")


# --- verbs and paths ---


@pytest.mark.parametrize("path", ["/", "/nothing", "/sites/x", "/sites/1/2", "/sites/1/calls", "/../sites"])
def test_an_unknown_path(client, path):
    assert code(client.send("GET", path)) == (404, "GEN-NOT-FOUND")


def test_outside_of_the_service(client, emulator):
    client.url = emulator.url.removesuffix("/v2u")
    assert code(client.raw("GET", "/sites")) == (404, "GEN-NOT-FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/sites", "GET, POST"),
        ("POST", "/sites/1", "DELETE, GET, PUT"),
        ("PATCH", "/sites/1", "DELETE, GET, PUT"),
        ("POST", "/auth/token", "GET"),
        ("DELETE", "/widget", "GET"),
    ],
)
def test_another_verb(client, method, path, allowed):
    answer = client.send(method, path)
    assert code(answer) == (405, "GEN-METHOD-NOT-ALLOWED")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("verb", ["PUT", "POST", "PATCH"])
def test_the_verb_of_an_update_is_an_option(start, connect, site, verb):
    client = connect(start(update_method=verb).url)
    made = client.send("POST", "/sites", site).json()["id"]
    for method in ("PUT", "POST", "PATCH"):
        assert client.send(method, f"/sites/{made}", site).status_code == (200 if method == verb else 405)
