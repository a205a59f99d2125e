"""Requests and answers as values: what is Pozvonim's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from reconcile.errors import BadAnswer, Rejected, ServiceError
from reconcile.providers.http.protocol import HttpAnswer, Request
from reconcile.providers.pozvonim.protocol import given_token, parse, signed, token_request
from reconcile.providers.pozvonim.signing import sign

READ = Request("GET", "/sites")
BASE = "https://api.example/v2u/"


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
        parse(READ, HttpAnswer(status, {}, orjson.dumps({"error": envelope})))
    assert (type(caught.value), caught.value.status) == (kind, found)
    assert str(caught.value).startswith("GET /sites: ")


def test_the_subject_of_a_request_is_logged_on_one_line_and_not_sent() -> None:
    request = Request("POST", "/sites", {"a": 1}, subject="acme.ru\n\x1b[31m")
    assert (request.logged, str(request)) == ("POST /sites acme.ru [31m", "POST /sites")
    assert signed(request, BASE, "u", "t", "form") == signed(
        Request("POST", "/sites", {"a": 1}), BASE, "u", "t", "form"
    )


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
