"""The key of a request, against a hand-made one and the queries that PHP 8.2 made."""

from __future__ import annotations

import json
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest

from reconcile.providers.chaser.protocol import signed
from reconcile.providers.chaser.signing import security_key, signed_query
from reconcile.providers.http.protocol import Request

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "php_vectors.json").read_text(encoding="utf-8"))["vectors"]
NAMED = [vector for vector in VECTORS if isinstance(vector["input"], dict)]


@pytest.mark.parametrize("vector", NAMED, ids=lambda vector: vector["name"])
def test_parameters_are_signed_as_php_spells_them_in_the_order_given(vector: dict[str, Any]) -> None:
    query = "&".join(filter(None, [vector["insertion"]["query"], "client_id=17"]))
    key = md5(f"{query}&PrivateSecurityKey=k3y".encode()).hexdigest()
    assert signed_query(vector["input"], "17", "k3y") == f"{query}&SecurityKey={key}"


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"site_id": 12345},
        {"z": "1", "a": "2", "M": "3"},
        {"message_on_ring": "Звонок с сайта «Акме» ~ 100% & больше=да", "client_phone": 74951234567},
    ],
)
@pytest.mark.parametrize("key", ["secret", "ключ&=% +~"])
def test_the_private_key_is_not_encoded(params: dict[str, Any], key: str) -> None:
    pairs = [*((name, str(value)) for name, value in params.items()), ("client_id", "5")]
    query = "&".join(f"{quote_plus(name)}={quote_plus(value).replace('~', '%7E')}" for name, value in pairs)
    assert security_key(query, key) == md5(b"%s&PrivateSecurityKey=%s" % (query.encode(), key.encode())).hexdigest()
    assert signed_query(params, "5", key) == f"{query}&SecurityKey={security_key(query, key)}"


def test_a_key_that_is_known() -> None:
    assert security_key("site_id=1&client_id=2", "k") == "834fb8ffe6ee624f0498c731b5f17cb9"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_where_the_parameters_go(method: str) -> None:
    made = signed(Request(method, "/call", {"b": "1 2", "a": None}), "https://api.example/v1/", "the-client", "the-key")
    url = urlsplit(made.url)
    query = url.query if method == "GET" else (made.body or b"").decode()
    assert (url.path, bool(url.query), made.body is None) == ("/v1/call", method == "GET", method == "GET")
    assert [name for name, _ in parse_qsl(query)] == ["b", "client_id", "SecurityKey"]
    assert query.startswith("b=1+2&client_id=the-client&SecurityKey=")
    assert not [secret for secret in ("the-client", "the-key", "SecurityKey") if secret in repr(made)]
