"""The provider over HTTP, against a strict service in all its strangeness."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, Rejected, ServiceError
from reconcile.model.address import Address
from reconcile.model.fields import site_kind
from reconcile.model.resource import Draft, Live, Ref
from reconcile.model.state import LiveAccount

from .conftest import CLIENT, KEY, Connect, Fault, Service

TITLE = site_kind().index("title")

STRANGE = {
    "plain": lambda raw: raw,
    "wrapped-data": lambda raw: {"data": raw, "total": len(raw)},
    "wrapped-twice": lambda raw: {"data": {"websites": raw}},
    "as-object": lambda raw: {str(i): item for i, item in enumerate(raw)},
    "ids-as-numbers": lambda raw: [item | {"id": int(item["id"])} for item in raw],
    "names-as-urls": lambda raw: [item | {"name": f"http://{item['name'].upper()}/"} for item in raw],
    "names-in-punycode": lambda raw: [item | {"name": item["name"].encode("idna").decode()} for item in raw],
    "no-empty-titles": lambda raw: [{k: v for k, v in item.items() if v} for item in raw],
    "null-titles": lambda raw: [item | {"title": item["title"] or None} for item in raw],
    "undocumented-fields": lambda raw: [item | {"title_html": "<b>", "widget": {"a": 1}} for item in raw],
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE.keys())
def test_websites_are_read_however_they_come(service: Service, connect: Connect, strange: Callable[[Any], Any]) -> None:
    plain = connect().read({"site"}).sites
    service.shape = strange
    account = connect()
    assert account.read({"site"}) == LiveAccount("moscow", plain)
    assert account.read_some([Ref(12346), Ref(99)]) == {12346: plain[1]}
    assert [(str(live.address), live.id, live.values[TITLE]) for live in plain] == [
        ("moscow/site/chaser.ru", 12345, ""),
        ("moscow/site/xn----7sbbuvdodh.xn--p1ai", 12346, "Окна «Акме»"),
    ]


def test_nothing_is_asked_where_nothing_is_wanted(service: Service, connect: Connect) -> None:
    assert connect().read_some([]) == {}
    assert service.seen == []


def test_a_read_is_logged(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="reconcile")
    connect().read({"site"})
    assert [re.sub(r"\d+(\.\d)? (m?s)\b", r"N \2", message) for message in caplog.messages] == [
        "GET /websites 200 N ms attempt 1",
        "read account moscow: 2 sites in N s",
    ]


PASSING = [Fault(502, b"<html>"), Fault(reset=True), Fault(body=b"[]", cut=True), Fault(200), Fault(503, b"{}")]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_read_survives_what_passes_and_is_never_empty(service: Service, connect: Connect, fault: Fault) -> None:
    service.faults = [fault] * 4
    pauses: list[float] = []
    assert len(connect(pauses=pauses).read({"site"}).sites) == 2
    assert pauses == [0.5, 1, 2, 4]
    service.faults = [fault] * 5
    with pytest.raises((BadAnswer, ConnectionFailed)):
        connect().read({"site"})


def test_retry_after_is_honoured(service: Service, connect: Connect) -> None:
    service.faults = [Fault(429, retry_after=3)]
    pauses: list[float] = []
    connect(pauses=pauses).read({"site"})
    assert pauses == [3.0]


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (
            {"uid": "999999"},
            r"refuses account moscow: GET /websites: client \*\*\* is not known \(HTTP 401\); check uid \(",
        ),
        (
            {"api_key": "wrong-key"},
            r"refuses account moscow: GET /websites: .*\(HTTP 403\); check api_key \(Chaser's pr",
        ),
    ],
)
def test_credentials(service: Service, connect: Connect, account: dict[str, str], said: str) -> None:
    with pytest.raises(Rejected, match=said) as caught:
        connect(**account).read({"site"})
    assert service.paths() == ["GET /v1/websites"]
    assert not [secret for secret in (CLIENT, KEY, *account.values(), "SecurityKey=0") if secret in str(caught.value)]


@pytest.mark.parametrize(("body", "kind"), [(b"<html>nginx", BadAnswer), (b'{"error": "no page"}', ServiceError)])
def test_a_wrong_base_url(service: Service, connect: Connect, body: bytes, kind: type[ProviderError]) -> None:
    service.faults = [Fault(404, body)]
    with pytest.raises(kind, match=r"GET /websites: .*; is base_url right\? It usually ends in /v1$"):
        connect().read({"site"})


def test_nothing_can_be_changed(service: Service, connect: Connect, site: Live) -> None:
    account = connect()
    attempts: list[tuple[Callable[[], Any], str]] = [
        (
            lambda: account.create(Draft(Address("moscow", "site", "acme.ru"), site_kind().blank()), ()),
            "acme.ru: .* no call to create a website.*; add",
        ),
        (lambda: account.update(site, site_kind().blank()), "chaser.ru: .* no call to update a website.*; change"),
        (
            lambda: account.delete(site),
            "chaser.ru: .* no call to delete a website.*; delete the website in Chaser's dash",
        ),
    ]
    for attempt, said in attempts:
        with pytest.raises(ProviderError, match=f"^moscow/site/{said}"):
            attempt()
    assert service.seen == []
    assert not any(account.capabilities.actions["site"])
