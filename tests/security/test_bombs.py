"""No answer takes time or memory without bounds, and whether the call that it answers was done stays unknown."""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from contextlib import contextmanager

import pytest

from reconcile.errors import BadAnswer, ConnectionFailed, ServiceError
from reconcile.model.state import Account
from reconcile.providers.http import protocol
from reconcile.providers.http.edges import Edges, Timeouts
from reconcile.providers.http.hiding import Hiding
from reconcile.providers.http.protocol import HttpAnswer, HttpRequest, Request, parse
from reconcile.providers.http.retries import Repeat, may_have_happened
from reconcile.providers.http.shapes import identifier, list_items
from reconcile.providers.http.transport import Transport
from reconcile.providers.http.words import without_known

ASK = Request("GET", "/sites", repeat=Repeat.NEVER)
CALL = Request("POST", "/sites/1/call", repeat=Repeat.NEVER)


@contextmanager
def answering(first, then=b"", pause=0.0):
    """A service that answers everything with `first`, and then with `then` again and again, until nobody listens."""
    over = threading.Event()

    def serve(connection):
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(first)
                while then and not over.wait(pause):
                    connection.sendall(then)
            except OSError:
                pass

    def accept(listening):
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()


def send(request, url, whole=1.0):
    """Sends once. An answer may take `whole` seconds, and each byte of it half of that."""
    account = Account("a", "pozvonim", "1", "the-key", url)
    transport = Transport(
        account, parse=parse, parallelism=1, edges=Edges(timeouts=Timeouts(whole / 2, whole / 2, whole / 2, whole))
    )
    try:
        return transport.send(request, HttpRequest(request.method, url + request.path, {}), ())
    finally:
        transport.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n"


@pytest.mark.parametrize("pause", [0.0, 0.1])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (CHUNKED, b"A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    ],
    ids=["continue", "a header", "trailers", "the body"],
)
def test_an_answer_that_never_ends_is_given_up(first, then, pause):
    began = time.monotonic()
    with answering(first, then, pause) as url, pytest.raises(ConnectionFailed) as caught:
        send(ASK, url)

    assert caught.value.sent or pause == 0.0  # what floods one may break it off before
    assert time.monotonic() - began < 10


def packed(text):
    body = zlib.compress(text, 1)
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.mark.parametrize("request_", [ASK, CALL], ids=["read", "call"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[" + b"[]," * protocol.MAX_VALUES + b"[]]", "has more than 8,000,000 values"),
        (b"[" + (b"[" * 900 + b"]" * 900 + b",") * 9_000 + b"[]]", "has more than 8,000,000 values"),
        (b" " * (257 << 20), "is larger than 256 MiB"),
    ],
    ids=["values", "nested", "bytes"],
)
def test_an_answer_that_unpacks_to_too_much_is_refused_and_what_it_answers_may_be_done(request_, text, said):
    with answering(packed(text)) as url, pytest.raises(BadAnswer, match=said) as caught:
        send(request_, url, whole=60.0)

    assert may_have_happened(caught.value)


DEEP: list = []
for _ in range(900):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "message",
    ["\\" * 1_000_000, "%25" * 1_000_000, "&amp;" * 1_000_000, "&#" + "0" * 1_000_000, "sign " * 1_000_000, DEEP],
)
def test_what_is_said_of_a_refusal_takes_no_longer_the_longer_it_is(message):
    answer = HttpAnswer(400, {}, json.dumps({"error": {"code": message, "message": message}}).encode())
    began = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        parse(ASK, answer, ["the/key-\\ of ю"])

    assert len(str(caught.value)) < 600
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "text",
    ["\\" * 300_000, "%25" * 300_000, "&amp;" * 300_000, "&#x" + "0" * 300_000],
    ids=["backslashes", "url", "html", "zeros"],
)
def test_details_are_searched_for_secrets_in_time_that_grows_with_their_length_alone(text):
    hiding = Hiding(Account("a", "pozvonim", "1", "the/key-\\ of ю", "https://a.ru"))
    began = time.monotonic()

    assert hiding.details({"note": text}) == {"note": text}
    assert time.monotonic() - began < 5


def test_a_secret_is_found_however_often_json_urls_and_html_were_written_again():
    secret = "the/key"
    by_json, by_url, by_html = "the\\/key", "the%2Fkey", "the&#47;key"
    for _ in range(3):
        by_json = by_json.replace("\\", "\\\\")
        by_url, by_html = by_url.replace("%", "%25"), by_html.replace("&", "&amp;")
        assert [without_known(text, [secret]) for text in (by_json, by_url, by_html)] == ["***"] * 3


@pytest.mark.parametrize("given", [2**63, 2**64 - 1, 1e300, 1e18, 2.0**53, float("inf"), "9" * 19, -1, "../1", "１"])
def test_what_no_database_can_keep_is_no_id(given):
    assert identifier(given) is None


def test_the_largest_id_is_one():
    assert [identifier(given) for given in (2**63 - 1, 2.0**52, "9" * 18)] == [2**63 - 1, 2**52, 10**18 - 1]


def test_no_name_of_an_answer_is_repeated():
    with pytest.raises(BadAnswer) as caught:
        list_items({"aK7qZw9LmT2x": 1}, "GET /sites", ("data",))

    assert "aK7qZw9LmT2x" not in str(caught.value)
