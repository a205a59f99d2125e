"""A way to a service on which answers get lost: passes requests on, and does with single ones what a test says."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

#: What becomes of one request: it is passed on, or this is done in its place; in both cases nobody gets an answer.
Fate = Callable[[], Any] | None


@dataclass
class Lossy:
    """`fates` are those of the next requests by method and path, in order; `refused` are answered with a status.

    All others go through.
    """

    url: str = ""
    fates: dict[str, list[Fate]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def lose_answers(self, request: str, times: int = 1) -> None:
        """The service does what it is asked, and nobody hears of it."""
        self.fates[request] = [None] * times

    def instead(self, request: str, do: Callable[[], Any]) -> None:
        """Something else happens than what was asked for, and nobody hears of it."""
        self.fates[request] = [do]

    def next(self, request: str) -> tuple[bool, Fate]:
        with self.lock:
            waiting = self.fates.get(request)
            return (True, waiting.pop(0)) if waiting else (False, None)


def _handler(lossy: Lossy, target: str) -> type[BaseHTTPRequestHandler]:
    service = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0].removeprefix(service.path)
            lost, fate = lossy.next(f"{self.command} {path}")
            if f"{self.command} {path}" in lossy.refused:
                status, kind, content = lossy.refused[f"{self.command} {path}"], "text/html", b"<html>no</html>"
            elif fate is not None:
                fate()
            else:
                status, kind, content = self.passed_on(body)
            if lost:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def passed_on(self, body: bytes) -> tuple[int, str, bytes]:
            onward = HTTPConnection(service.hostname or "", service.port, timeout=20)
            try:
                kept = {"Content-Type": self.headers.get("Content-Type", "")} if body else {}
                onward.request(self.command, self.path, body or None, kept)
                answer = onward.getresponse()
                return answer.status, answer.headers.get("Content-Type", ""), answer.read()
            finally:
                onward.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    return Handler


@contextmanager
def lossy(target: str) -> Iterator[Lossy]:
    """The way to the service at `target`, until the end of the block."""
    way = Lossy()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no news."""

    with Server(("127.0.0.1", 0), _handler(way, target)) as server:
        way.url = f"http://127.0.0.1:{server.server_port}{urlsplit(target).path}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield way
        finally:
            server.shutdown()
            thread.join()
