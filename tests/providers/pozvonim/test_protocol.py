"""Requests and answers as values."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from reconcile.errors import BadAnswer, Rejected, ServiceError
from reconcile.providers.pozvonim.protocol import HttpAnswer, Request, given_token, origin, parse, signed, token_request
from reconcile.providers.pozvonim.signing import sign

READ, WRITE = Request("GET", "/sites"), Request("PUT", "/sites/1")
BASE = "https://api.example/v2u/"


def answer(status: int, body: Any = b"", **headers: str) -> HttpAnswer:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpAnswer(status, {k.replace("_", "-"): v for k, v in headers.items()}, content, received=1_000_000.0)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_query_is_signed(method: str) -> None:
    made = signed(Request(method, "/sites", {"ids": [2, 1]}), BASE, "u", "t", "json")
    url = urlsplit(made.url)
    assert (made.method, url.path, made.body) == (method, "/v2u/sites", None)
    expected = {"ids": [2, 1], "uid": "u"}
    assert dict(parse_qsl(url.query)) == {"ids[0]": "2", "ids[1]": "1", "uid": "u", "sign": sign("t", expected)}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_body_is_signed(method: str) -> None:
    params = {"widget": {"b": 1, "a": 2}, "site": {"url": "Ж ~"}}
    expected = sign("t", {**params, "uid": "u"})
    form = signed(Request(method, "/sites", params), BASE, "u", "t", "form")
    assert form.url == "https://api.example/v2u/sites"
    assert form.body == f"site%5Burl%5D=%D0%96+%7E&uid=u&widget%5Bb%5D=1&widget%5Ba%5D=2&sign={expected}".encode()
    json = signed(Request(method, "/sites", params), BASE, "u", "t", "json")
    assert orjson.loads(json.body or b"") == {**params, "uid": "u", "sign": expected}
    assert (form.headers["Content-Type"], json.headers["Content-Type"]) == (
        "application/x-www-form-urlencoded",
        "application/json",
    )


def test_nothing_secret_is_in_repr() -> None:
    made = [
        signed(READ, BASE, "the-uid", "tok", "form"),
        token_request(BASE, "the-uid", "key"),
        given_token({"token": "tok"}),
    ]
    assert not [word for word in ("the-uid", "sign=", "tok'", "key") if word in repr(made)]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success(status: int) -> None:
    assert parse(READ, answer(status, [1])) == [1]
    assert parse(WRITE, answer(status, b" ")) is None


def test_a_byte_order_mark_is_no_harm() -> None:
    assert parse(READ, answer(200, b"\xef\xbb\xbf[]")) == []


ENVELOPE = {"code": "GEN-SERVER-ERROR", "http_code": 502, "message": "Oops something wrong!"}


@pytest.mark.parametrize(
    ("status", "envelope", "kind", "found"),
    [
        (502, ENVELOPE, ServiceError, 502),
        (200, ENVELOPE, ServiceError, 502),
        (200, {"message": "no"}, ServiceError, 200),
        (404, {"code": "GEN-NOT-FOUND", "http_code": "404"}, ServiceError, 404),
        (400, "Bad phone", ServiceError, 400),
        (401, {"code": "X"}, Rejected, 401),
        (403, ENVELOPE, Rejected, 403),
        (200, {"code": "X", "http_code": 403}, Rejected, 403),
        (400, {"code": "GEN-TOKEN-EXPIRED"}, Rejected, 400),
        (400, {"code": "BAD-SIGN"}, Rejected, 400),
        (400, {"code": "GEN-UNAUTHORIZED"}, Rejected, 400),
        (400, {"code": "PHONE-ASSIGNED"}, ServiceError, 400),
        (502, {"code": "AUTH-DOWN"}, ServiceError, 502),
    ],
)
def test_envelopes(status: int, envelope: Any, kind: type[ServiceError], found: int) -> None:
    with pytest.raises(ServiceError) as caught:
        parse(READ, answer(status, {"error": envelope}))
    assert (type(caught.value), caught.value.status) == (kind, found)
    assert str(caught.value).startswith("GET /sites: ")


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


def test_the_subject_of_a_request_is_logged_on_one_line_and_not_sent() -> None:
    request = Request("POST", "/sites", {"a": 1}, subject="acme.ru\n\x1b[31m")
    assert (request.logged, str(request)) == ("POST /sites acme.ru [31m", "POST /sites")
    assert signed(request, BASE, "u", "t", "form") == signed(
        Request("POST", "/sites", {"a": 1}), BASE, "u", "t", "form"
    )


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


@pytest.mark.parametrize(
    ("expire", "lifetime"),
    [
        (3600, 3600),
        ("3600", 3600),
        (60.0, 60),
        (59, 14400),
        (1443788323, 14400),
        ("2015-10-02 17:58:43", 14400),
        (None, 14400),
        ([], 14400),
        (-3600, 14400),
        (True, 14400),
    ],
)
def test_expire_is_only_a_hint(expire: Any, lifetime: float) -> None:
    assert given_token({"token": " t ", "expire": expire}).lifetime == lifetime


@pytest.mark.parametrize("content", [{}, [], None, "t", {"token": ""}, {"token": None}, {"token": ["t"]}, {"data": []}])
def test_no_token(content: Any) -> None:
    with pytest.raises(BadAnswer, match="no token"):
        given_token(content)


def test_a_token_may_be_wrapped_or_a_number() -> None:
    assert given_token({"data": {"token": 123}}).text == "123"
