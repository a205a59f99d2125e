"""A service that gives its callers' secrets away: passes requests on to a real one, and repeats what it was sent."""

from __future__ import annotations

import base64
import html
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit


@dataclass
class Echoing:
    """`fault` is what becomes of every request from now on, those for a token too where it ends in `!`.

    `secrets` are told in every answer; `seen` are the tokens that were given and the signatures that came.
    """

    url: str = ""
    fault: str = "none"
    secrets: tuple[str, ...] = ()
    seen: set[str] = field(default_factory=set)
    token: str = ""
    answered: int = 0

    def told(self, sent: str) -> list[str]:
        """What it was sent, its signature, the token that it gave last, and all secrets, in every spelling."""
        signature = next((value for key, value in parse_qsl(sent) if key in ("sign", "SecurityKey")), "")
        texts = [*self.secrets, signature, *([self.token] if "&sign=" in sent and self.token else [])]
        spelled = [f"{quote(t, safe='')} {quote_plus(t)} {html.escape(t)} {t.encode().hex()}" for t in texts]
        return [sent, *texts, *spelled, *(base64.b64encode(f"uid:{t}".encode()).decode() for t in texts)]


FAULTS = (
    "none",
    *("details", "401", "401!", "403", "403!", "500", "500!", "html", "html!", "html-200", "404", "429"),
    *("text", "shapes", "redirect", "redirect!", "reset", "reset!", "cut", "headers", "hang", "status-line"),
)


def _handler(service: Echoing, target: str) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a table of faults
    to = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            sent = query or body.decode()
            for key, value in parse_qsl(sent, keep_blank_values=True):
                if key in ("sign", "SecurityKey"):
                    service.seen.add(value)
            token = path.endswith("/auth/token")
            fault = service.fault.removesuffix("!")
            if fault == "none" or (token and not service.fault.endswith("!")):
                status, content = self.passed_on(body)
                if token and status == 200:
                    service.token = json.loads(content)["token"]
                    service.seen.add(service.token)
                self.give(status, content)
                return
            service.answered += 1
            self.do(fault, sent, body)

        def do(self, fault: str, sent: str, body: bytes) -> None:  # noqa: C901 - a table of faults
            told = service.told(sent)
            message = {"error": {"code": f"GEN {told[1]}", "http_code": 0, "message": " ".join(told)}}
            page = f"<html>{' '.join(html.escape(text) for text in told)}</html>"
            match fault:
                case "details":
                    status, content = self.passed_on(body)
                    self.give(status, json.dumps(_with(json.loads(content), told)).encode() if content else b"")
                case "401" | "403" | "500" | "429" | "404":
                    self.give(int(fault), json.dumps(message).encode(), ("Retry-After", "0"))
                case "html" | "html-200":
                    self.give(200 if fault == "html-200" else 502, page.encode(), ("Retry-After", "0"))
                case "text":
                    self.give(200, json.dumps(" ".join(told)).encode())
                case "shapes":
                    self.give(200, json.dumps([{"id": text, "url": text, text: text} for text in told]).encode())
                case "redirect":
                    self.give(302, b"", ("Location", f"https://a:{quote(told[1])}@host.ru/{quote(told[2])}?{sent}"))
                case "headers":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nno header at all\r\nContent-Length: 2\r\n\r\n[]")
                    self.close_connection = True
                case "status-line":
                    self.wfile.write(f"HTTP/1.1 {sent} {' '.join(told)}\r\n\r\n".encode())
                    self.close_connection = True
                case "cut":
                    self.send_response(200)
                    self.send_header("Content-Length", "100000")
                    self.end_headers()
                    self.wfile.write(page.encode())
                    self.close_connection = True
                case "hang" | "reset":
                    if fault == "hang":
                        threading.Event().wait(0.3)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()

        def give(self, status: int, content: bytes, header: tuple[str, str] | None = None) -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            if header:
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(content)

        def passed_on(self, body: bytes) -> tuple[int, bytes]:
            onward = HTTPConnection(to.hostname or "", to.port, timeout=20)
            try:
                kept = {"Content-Type": self.headers.get("Content-Type", "")} if body else {}
                onward.request(self.command, self.path, body or None, kept)
                answer = onward.getresponse()
                return answer.status, answer.read()
            finally:
                onward.close()

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    return Handler


def _with(raw: Any, told: list[str]) -> Any:
    """An answer with secrets in fields that nobody documents, and under the names of secrets."""
    if isinstance(raw, list):
        return [_with(item, told) for item in raw]
    if not isinstance(raw, dict):
        return raw
    more = {f"note_{number}": f"before {text} after" for number, text in enumerate(told)}
    named = {"password": told[1], "Token": told[1], "privateKey": told[1], "link": f"https://a.ru/?{told[0]}"}
    return {**raw, **more, **named} if "id" in raw or "call_time" in raw else raw


@contextmanager
def echoing(target: str) -> Iterator[Echoing]:
    """A running one in front of the services at `target`, until the end of the block."""
    service = Echoing()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no news."""

    with Server(("127.0.0.1", 0), _handler(service, target)) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


def cores(secret: str) -> list[bytes]:
    """What is in every spelling of a secret: its runs of letters and digits, in base64 and hexadecimal, too."""
    found = []
    for core in re.findall(r"[A-Za-z0-9]{8,}", secret):
        raw = core.encode()
        coded = (base64.b64encode(bytes(before) + raw).decode() for before in range(3))
        found += [core, raw.hex(), *(text[4 * (n > 0) : -4] for n, text in enumerate(coded))]
    return [text.encode() for text in found]
