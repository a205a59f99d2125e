"""A service that answers every path in one scripted way, and notes what it was sent; for faults and odd answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True)
class Fault:
    """An answer that is none, or not a good one: a status with a body, or `cut`, `reset` or `hang`."""

    status: int = 200
    body: bytes = b"<html>Oops</html>"
    how: str = ""


@dataclass(frozen=True)
class Asked:
    """One request: `params` without uid and sign."""

    method: str
    path: str
    params: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answering:
    """`answers` by method and path: data for JSON, None for an empty 204, or a `Fault`. Anything else is a 404."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.answers["GET /auth/token"] = {"token": "the-token", "expire": 14400}

    @property
    def posts(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]


def _handler(service: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path, _, query = self.path.partition("?")
            path = unquote(path.removeprefix("/v2u"))
            params = dict(parse_qsl(query or body, keep_blank_values=True))
            kept = {key: value for key, value in params.items() if key not in ("uid", "sign")}
            service.asked.append(Asked(self.command, path, kept))
            missing = Fault(404, b'{"error": {"code": "GEN-NOT-FOUND", "http_code": 404, "message": "not there"}}')
            self.give(service.answers.get(f"{self.command} {path}", missing))

        def give(self, answer: Any) -> None:
            fault = answer if isinstance(answer, Fault) else Fault(body=json.dumps(answer).encode())
            if fault.how == "hang":
                service.over.wait(20)
            if fault.how in ("hang", "reset"):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            empty = answer is None
            self.send_response(204 if empty else fault.status)
            self.send_header("Retry-After", "0")
            if not empty:
                self.send_header("Content-Length", str(len(fault.body) + (100 if fault.how == "cut" else 0)))
            self.end_headers()
            self.wfile.write(b"" if empty else fault.body)
            self.close_connection = fault.how == "cut"

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    return Handler


@contextmanager
def answering() -> Iterator[Answering]:
    """A running service, until the end of the block."""
    service = Answering()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no news."""

    with Server(("127.0.0.1", 0), _handler(service)) as server:
        service.url = f"http://127.0.0.1:{server.server_port}/v2u"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            service.over.set()
            server.shutdown()
            thread.join()


#: What a service may answer to a request that must not be repeated, and whether the request may have done its work.
FAULTS = {
    "reset": (Fault(how="reset"), True),
    "cut": (Fault(how="cut"), True),
    "500": (Fault(500), True),
    "501": (Fault(501), True),
    "502": (Fault(502), True),
    "503": (Fault(503), True),
    "html": (Fault(200), True),
    "envelope": (Fault(500, b'{"error": {"code": "GEN-SERVER-ERROR", "http_code": 500, "message": "Oops"}}'), True),
    "refused": (Fault(400, b'{"error": {"code": "GEN-BAD", "http_code": 400, "message": "no"}}'), False),
    "401": (Fault(401), False),
    "403": (Fault(403), False),
    "429": (Fault(429), False),
    "moved": (Fault(302, b""), False),
}
