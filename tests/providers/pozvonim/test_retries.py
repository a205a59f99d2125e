"""What is repeated, and when, over a real connection."""

from __future__ import annotations

import logging
import re
import socket
import time
from typing import Any

import pytest
from msgspec.structs import force_setattr

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, Rejected, ServiceError
from reconcile.providers.http import transport as transport_module
from reconcile.providers.http.edges import Timeouts
from reconcile.providers.http.protocol import HttpRequest, Request
from reconcile.providers.http.retries import Repeat

from .conftest import KEY, TOKEN, UID, Connect, Say, Scripted, refs, there

HTML = Say(502, b"<html>Bad gateway</html>")
CUT_HEADERS = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\nContent-Len"
PASSING = [HTML, Say(reset=True), Say(body=b"[]", cut=True), Say(200, b""), Say(503, {"error": {"message": "busy"}})]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_read_survives_what_passes(service: Scripted, connect: Connect, fault: Say) -> None:
    service.script = [fault] * 4
    pauses: list[float] = []
    assert connect(service.url, pauses=pauses).read({"site"}).sites == ()
    assert pauses == [0.5, 1, 2, 4]


@pytest.mark.parametrize("cut", range(13, len(CUT_HEADERS), 7))
def test_headers_that_stop_are_no_answer_without_a_body(service: Scripted, connect: Connect, cut: int) -> None:
    service.script = [Say(raw=CUT_HEADERS[:cut]), Say(404, {"error": {"message": "it is gone"}})]
    connect(service.url).delete(there(5))
    assert service.seen == ["DELETE /v2u/sites/5"] * 2


@pytest.mark.parametrize("framing", [b"Connection: close\r\n", b"Content-Length: 0\r\n"])
def test_an_answer_without_a_body_is_one_where_it_says_so(service: Scripted, connect: Connect, framing: bytes) -> None:
    service.script = [Say(raw=b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")]
    connect(service.url).delete(there(5))
    assert service.seen == ["DELETE /v2u/sites/5"]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_read_that_fails_is_never_empty(service: Scripted, connect: Connect, fault: Say) -> None:
    service.usual = fault
    with pytest.raises((BadAnswer, ConnectionFailed, ServiceError)):
        connect(service.url).read({"site"})
    assert len(service.seen) == 5


def test_a_redirect_is_not_followed(service: Scripted, connect: Connect) -> None:
    service.usual = Say(302, headers={"Location": f"{service.url}/elsewhere"})
    with pytest.raises(BadAnswer, match="redirected"):
        connect(service.url).read({"site"})
    assert service.seen == ["GET /v2u/sites"]


def test_retry_after_is_honoured(service: Scripted, connect: Connect) -> None:
    service.script = [Say(429, {"error": {"message": "slow down"}}, {"Retry-After": "3"})]
    pauses: list[float] = []
    connect(service.url, pauses=pauses).read({"site"})
    assert pauses == [3.0]


def test_nobody_listens(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ConnectionFailed) as caught:
        connect(f"http://somebody:secret@127.0.0.1:{port}/v2u").read({"site"})
    assert str(caught.value) == f"GET /auth/token: can't connect: connection refused (http://127.0.0.1:{port})"
    assert not caught.value.sent


def test_an_unknown_host(connect: Connect) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        connect("https://nowhere.invalid/v2u").read({"site"})
    assert not caught.value.sent


def test_plain_http_to_another_machine_is_refused_whoever_asks(connect: Connect) -> None:
    with pytest.raises(ProviderError, match=r"plain http to another machine \(http://192.0.2.1\) needs `allow_http`"):
        connect("http://u:secret@192.0.2.1/v2u")


def test_a_url_that_is_none(connect: Connect) -> None:
    with pytest.raises(ProviderError, match="account studio: base_url is not a usable URL"):
        connect("http://[::1")


def test_no_answer_in_time(service: Scripted, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        provider = connect(service.url, timeouts=Timeouts(connect=0.2, read=0.05, slow=0.05))
        provider._client.tokens.current()
        force_setattr(provider._client.account, "base_url", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(ConnectionFailed, match="no answer in time") as caught:
            provider._client.call(Request("POST", "/sites", repeat=Repeat.IF_UNDONE))
    assert caught.value.sent


@pytest.mark.parametrize(("slow", "longest"), [(False, 0.1), (True, 0.5)])
def test_an_account_says_how_long_to_wait(connect: Connect, slow: bool, longest: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        account = connect(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeouts=None, timeout=0.1)._client.transport
        request = Request("POST", "/", repeat=Repeat.NEVER, slow=slow)
        began = time.monotonic()
        with pytest.raises(ConnectionFailed, match="no answer in time"):
            account.send(request, HttpRequest("POST", account._account.base_url, {}, b""), ())
    assert longest <= time.monotonic() - began < longest + 0.35


def test_tls_to_a_server_without(service: Scripted, connect: Connect) -> None:
    with pytest.raises(
        ConnectionFailed, match=r"does not speak TLS \(https\); is it http://\? \(https://127"
    ) as caught:
        connect(service.url.replace("http:", "https:")).read({"site"})
    assert not caught.value.sent


def test_an_endless_answer(service: Scripted, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_BODY", 1 << 20)
    service.usual = Say(body=b" " * (3 << 20))
    with pytest.raises(BadAnswer, match="larger than 1 MiB"):
        connect(service.url).read({"site"})


def test_an_answer_that_drips(service: Scripted, connect: Connect) -> None:
    service.usual = Say(body=b" " * (3 << 20))
    with pytest.raises(ConnectionFailed, match="no answer in time"):
        connect(service.url, timeouts=Timeouts(whole=0)).read({"site"})


# --- credentials ------------------------------------------------------------------------------------------------------

REJECTION = Say(403, {"error": {"code": "GEN-SIGN", "message": f"bad {TOKEN} {KEY} {UID}"}})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>nginx</html>", BadAnswer),
        ({"error": {"code": "GEN-NOT-FOUND", "message": f"nothing for {UID}"}}, BadAnswer),
        ({"error": {"code": "AUTH-UNKNOWN", "message": f"no {KEY}"}}, Rejected),
    ],
)
def test_a_token_that_is_not_found(service: Scripted, connect: Connect, body: Any, kind: type[ProviderError]) -> None:
    service.token = Say(404, body)
    with pytest.raises(kind, match=r"GET /auth/token: .*; is base_url right\? It usually ends in /v2u$") as caught:
        connect(service.url).read({"site"})
    assert not [secret for secret in (KEY, UID) if secret in str(caught.value)]


def test_a_token_that_is_not_found_is_not_a_site_that_is_gone(service: Scripted, connect: Connect) -> None:
    service.token = Say(404, {"error": {"code": "GEN-NOT-FOUND", "message": "no such page"}})
    provider = connect(service.url)
    for work in (lambda: provider.delete(there(5)), lambda: provider.read_some(refs([5]))):
        with pytest.raises(BadAnswer, match="is base_url right"):
            work()


def test_any_request_is_sent_again_after_a_rejection(service: Scripted, connect: Connect) -> None:
    service.script = [REJECTION, Say(201, {"id": 5})]
    assert connect(service.url)._client.call(Request("POST", "/sites", repeat=Repeat.IF_UNDONE)) == {"id": 5}
    assert (len(service.seen), service.tokens) == (2, 2)


def test_a_rejection_of_a_fresh_token_goes_to_the_user(service: Scripted, connect: Connect) -> None:
    service.usual = REJECTION
    with pytest.raises(Rejected, match=r"refuses the credentials of account studio: .*check uid and api_key") as caught:
        connect(service.url).read({"site"})
    assert (len(service.seen), service.tokens) == (2, 2)
    assert not [secret for secret in (TOKEN, KEY, UID, "clock") if secret in str(caught.value)]


def test_a_wrong_key_is_said_at_once(service: Scripted, connect: Connect) -> None:
    service.token = REJECTION
    with pytest.raises(Rejected, match="refuses the credentials"):
        connect(service.url).read({"site"})
    assert (service.seen, service.tokens) == ([], 1)


def test_a_clock_that_is_off_is_mentioned(service: Scripted, connect: Connect) -> None:
    provider = connect(service.url, wall_clock=lambda: 10_000_000_000.0)  # the year 2286
    service.usual = REJECTION
    with pytest.raises(Rejected, match=r"the service's clock is \d+ h \d+ min behind this machine's"):
        provider.read({"site"})


def test_logs_hold_no_secrets(service: Scripted, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="reconcile")
    service.script = [HTML]
    provider = connect(service.url)
    provider.read({"site"})
    assert [
        re.sub(r"\d+ ms ", "", record.getMessage()) for record in caplog.records if record.name == "reconcile.http"
    ] == [
        "GET /auth/token 200 attempt 1",
        "GET /sites 502 attempt 1",
        "GET /sites 200 attempt 2",
    ]
    everything = caplog.text + repr(provider) + repr(provider._client) + repr(vars(provider._client.tokens))
    assert not [secret for secret in (KEY, TOKEN, "sign=") if secret in everything]


def test_a_closed_client_does_not_repeat(service: Scripted, connect: Connect) -> None:
    service.usual = HTML
    provider: Any = connect(service.url)
    provider._client.close()
    with pytest.raises(BadAnswer):
        provider._client.call(Request("GET", "/sites"))
    assert len(service.seen) == 1
