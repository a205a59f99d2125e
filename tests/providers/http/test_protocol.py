"""Answers as values, and what is said of them."""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest

from reconcile.errors import BadAnswer, Rejected, ServiceError
from reconcile.model.hosts import origin
from reconcile.providers.http.protocol import HttpAnswer, Request, parse
from reconcile.providers.http.words import without_secrets

READ, WRITE = Request("GET", "/sites"), Request("PUT", "/sites/1")


def answer(status: int, body: Any = b"", **headers: str) -> HttpAnswer:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpAnswer(status, {k.replace("_", "-"): v for k, v in headers.items()}, content, received=1_000_000.0)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success(status: int) -> None:
    assert parse(READ, answer(status, [1])) == [1]
    assert parse(WRITE, answer(status, b" ")) is None


def test_a_byte_order_mark_is_no_harm() -> None:
    assert parse(READ, answer(200, b"\xef\xbb\xbf[]")) == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_an_envelope(status: int) -> None:
    with pytest.raises(Rejected, match=f'GET /sites: HTTP {status}, "<html>no"'):
        parse(READ, answer(status, b"<html>no"))


@pytest.mark.parametrize("blank", [None, False, [], "", 0])
def test_an_error_that_is_none(blank: Any) -> None:
    assert parse(READ, answer(200, {"error": blank, "data": []}))["data"] == []


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (502, b"<html>\n<b>Bad\tgateway</b>", 'HTTP 502, an error: "<html> <b>Bad gateway</b>"'),
        (502, b"", "HTTP 502, an error: an empty body"),
        (200, b"", "HTTP 200, not JSON: an empty body"),
        (200, b'[{"id": 1}, {"id"', "not JSON"),
        (200, b"\xff\xfe", "not JSON"),
        (200, b"[" * 100_000, "not JSON"),
        (200, b"x" * 500, "x" * 79 + '…"'),
        (418, {"id": 1}, "HTTP 418, an error"),
        (302, b"", "redirected"),
    ],
)
def test_bad_answers(status: int, body: Any, said: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parse(READ, answer(status, body))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("base", "where"),
    [
        ("https://api.pozvonim.com/v2u", "https://api.pozvonim.com"),
        ("http://somebody:secret@127.0.0.1:18099/v2u?x", "http://127.0.0.1:18099"),
        ("http://[::1]:80/", "http://[::1]:80"),
    ],
)
def test_origin(base: str, where: str) -> None:
    assert origin(base) == where


def test_a_redirect_does_not_repeat_the_signature() -> None:
    with pytest.raises(BadAnswer, match=r"redirected to https://other/v2u/sites;"):
        parse(READ, answer(301, location="https://other/v2u/sites?uid=1&sign=abc"))


@pytest.mark.parametrize(
    "echo",
    [
        "no route for /v2u/sites?uid=31&sign=abcdef",
        '{"token": "tok-en-5"',
        "token=tok-en-5",
        "bad: tok-en-5",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_echoed_secrets_are_blotted_out(echo: str) -> None:
    for given in (answer(500, echo.encode()), answer(500, {"error": {"message": echo}})):
        with pytest.raises((BadAnswer, ServiceError)) as caught:
            parse(READ, given, ("tok-en-5",))
        assert not [secret for secret in ("31", "abcdef", "tok-en-5") if secret in str(caught.value)]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Thu, 01 Jan 1970 01:00:30 GMT", 30.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_counts_from_the_services_clock(header: str, seconds: float | None) -> None:
    given = answer(429, {"error": {"message": "slow"}}, date="Thu, 01 Jan 1970 01:00:00 GMT", retry_after=header)
    with pytest.raises(ServiceError) as caught:
        parse(READ, given)
    assert caught.value.retry_after == seconds


def test_clock() -> None:
    assert answer(200, date="Mon, 12 Jan 1970 14:46:40 GMT").clock_ahead == 3600.0
    assert answer(200, date="yesterday").clock_ahead is None


SECRET = 'Corr3ct "horse" <b&Пароль>, /tail'


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        json.dumps({"x": SECRET}),
        json.dumps({"x": SECRET}, ensure_ascii=False),
        json.dumps({"x": SECRET}).replace("/", "\\/"),
        urlencode({"x": SECRET}),
        urlencode({"x": SECRET}, quote_via=quote),
        html.escape(f"Array ( [x] => {SECRET} )"),
    ],
)
def test_a_secret_is_blotted_out_in_every_spelling(echo: str) -> None:
    said = without_secrets(f"taken: {echo}!", [SECRET])

    assert said.endswith("!")
    assert not [part for part in ("Corr3ct", "horse", "tail", "041f", "Пароль", "%D0") if part.lower() in said.lower()]
