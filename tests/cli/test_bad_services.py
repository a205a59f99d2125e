"""A service that is down, or not what it should be: one clear error, exit 1, and nothing changed."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any

import pytest

TOKEN = (200, b'{"token": "t", "expire": 14400}', "application/json")
REFUSED = json.dumps({"error": {"code": "AUTH-SIGN-INVALID", "http_code": 401, "message": "Wrong"}}).encode()


class Server(ThreadingHTTPServer):
    """Answers every request with what `answer` says about it, and remembers the verbs."""

    daemon_threads = True
    ahead = 0.0

    def __init__(self, answer: Callable[[str], tuple[int, bytes, str]]) -> None:
        self.verbs: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                server.verbs.append(self.command)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body, kind = answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - named by http.server

            def date_time_string(self, timestamp: Any = None) -> str:
                return formatdate(time() + server.ahead, usegmt=True)

            def log_message(self, *args: Any) -> None:
                """Tests print nothing."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v2u"


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers that are stopped after the test."""
    running = []

    def begin(answer: Callable[[str], tuple[int, bytes, str]]) -> Server:
        server = Server(answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        running.append((server, thread))
        return server

    yield begin
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def sites(answer):
    """A service that gives tokens, and answers like this to everything else."""
    return lambda path: TOKEN if path.endswith("/auth/token") else answer


UNREAD = "error: studio: the account can't be read, so nothing is planned: "


def failed(done, said):
    """An error that says this, and nothing in the way of a crash."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sites((200, b"<html><title>Maintenance</title></html>", "text/html")), "<html><title>Maintenance</title>"),
        (sites((200, b'[{"id": 1, "site": {"url": "acm', "application/json")), "GET /sites"),
        (sites((200, b'{"message": "no sites"}', "application/json")), "expected a list, got an object"),
        (sites((200, b'{"data": [], "total": 7}', "application/json")), "only 0 of 7 came; the list is not complete"),
        (sites((200, b'[{"site": {"url": "acme.ru"}}]', "application/json")), "has no usable id"),
        (
            sites((400, b'{"error": {"code": "GEN-BAD", "http_code": 400, "message": "Nope"}}', "application/json")),
            "Nope",
        ),
        (sites((401, REFUSED, "application/json")), "the service refuses the credentials of account studio"),
        (lambda path: (401, REFUSED, "application/json"), "check uid and api_key, and that the API is enabled"),
        (lambda path: (200, b'{"token": ""}', "application/json"), "token"),
    ],
    ids=[
        "html",
        "truncated",
        "no list",
        "incomplete",
        "no id",
        "error",
        "refused later",
        "refused",
        "no token",
    ],
)
def test_an_answer_that_can_not_be_trusted_fails_the_plan(studio, serve, run, answer, said):
    server = serve(answer)
    studio.declare("acme.ru:", settings=", prune: true", url=server.url)

    done = run("apply", "--yes")

    failed(done, said)
    assert UNREAD in done.stdout
    assert "the plan has errors, so nothing is applied" in done.stderr
    assert set(server.verbs) == {"GET"}


def test_a_server_that_is_down_is_said_to_be(studio, run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    studio.declare("acme.ru:", settings=", prune: true", url=f"http://127.0.0.1:{port}/v2u")

    done = run("plan", "--format", "json")

    failed(done, "connection refused")
    plan = json.loads(done.stdout)
    assert (plan["changes"], plan["summary"]["delete"]) == ([], 0)
    assert [(d["severity"], d["address"]) for d in plan["diagnostics"]] == [("error", "studio")]


def test_a_selection_does_not_hide_that_the_account_could_not_be_read(studio, serve, run):
    server = serve(lambda path: (401, REFUSED, "application/json"))
    studio.declare("acme.ru:", url=server.url)

    failed(run("plan", "--select", "acme.ru"), "the service refuses the credentials of account studio")


def test_a_clock_that_is_hours_away_is_named(studio, serve, run):
    server = serve(lambda path: (401, REFUSED, "application/json"))
    server.ahead = 3 * 3600 + 60
    studio.declare("acme.ru:", url=server.url)

    for command in ("plan", "doctor"):
        failed(run(command), "the service's clock is 3 h 1 min ahead of this machine's")


def test_doctor_warns_of_a_clock_that_is_hours_away(studio, serve, run):
    server = serve(sites((200, b"[]", "application/json")))
    server.ahead = -2 * 3600
    studio.declare("acme.ru:", url=server.url)

    assert "  warning clock: the service's clock is 2 h 0 min behind this machine's\n" in run("doctor").stdout


def test_one_account_that_can_not_be_read_keeps_the_other_from_being_changed(studio, serve, run, project):
    server = serve(lambda path: (401, REFUSED, "application/json"))
    studio.declare("acme.ru: {account: studio}", "other.ru: {account: broken}")
    path = project / "reconcile.yaml"
    broken = f"  broken: {{provider: pozvonim, uid: '7', api_key: k, base_url: '{server.url}'}}\n"
    path.write_text(
        path.read_text(encoding="utf-8").replace("managers:\n", broken + "managers:\n", 1), encoding="utf-8"
    )

    done = run("apply", "--yes")

    failed(done, "error: broken: the account can't be read, so nothing is planned")
    assert "studio/site/acme.ru will be created" in done.stdout
    assert studio.writes() == []
