"""A strict Chaser that shares no code with the product: it checks keys, parameters, their spelling and their order."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest
from clockwork import Clockwork

from reconcile.model.address import Address
from reconcile.model.fields import kinds, site_kind
from reconcile.model.resource import Live
from reconcile.model.state import Account
from reconcile.providers.chaser.provider import Chaser
from reconcile.providers.http.edges import Timeouts

CLIENT, KEY = "70412345", "private~ключ"

DOCUMENTED = {
    ("GET", "/v1/websites"): (),
    ("GET", "/v1/statistics"): ("site_id", "date_from", "date_to", "filter"),
    ("POST", "/v1/call"): (
        "site_id",
        "client_phone",
        "manager_phone",
        "planned_time",
        "active_page",
        "client_ip",
        "message_on_ring",
        "nwt_action",
        "call_stack_start_hour",
        "call_stack_interval",
        "referrer",
    ),
}
SPELLED = {
    "site_id": r"[1-9]\d*",
    "date_from": r"\d\d-\d\d-\d{4}",
    "date_to": r"\d\d-\d\d-\d{4}",
    "filter": "success_calls|failed_calls",
    "client_phone": r"[1-9]\d{10,14}",
    "manager_phone": r"[1-9]\d{10,14}",
    "planned_time": r"\d{10}",
    "nwt_action": "create_leed|always_call",
    "call_stack_start_hour": r"1?\d|2[0-4]",
    "call_stack_interval": r"[1-5]?\d|60",
}


@dataclass(frozen=True)
class Fault:
    """What happens instead of an answer; `after`: the work is done nevertheless. `cut`: more is announced than sent."""

    status: int = 200
    body: bytes = b""
    after: bool = False
    cut: bool = False
    reset: bool = False
    retry_after: int | None = None


@dataclass
class Service:
    """`shape` is what becomes of each answer on its way out: the service's strangeness.

    `filters` say which calls a `filter` lets through; one that is not there is ignored.
    """

    url: str = ""
    websites: list[dict[str, Any]] = field(default_factory=list)
    statistics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    filters: dict[str, Callable[[dict[str, Any]], bool]] = field(default_factory=dict)
    shape: Callable[[Any], Any] = lambda answer: answer
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    calls: list[list[tuple[str, str]]] = field(default_factory=list)
    made: Any = field(default_factory=lambda: {"id": "77"})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, query: str) -> tuple[int, Any]:
        documented = DOCUMENTED.get((method, path))
        if documented is None:
            return 404, {"error": "no such method"}
        params = parse_qsl(query, keep_blank_values=True)
        signed, _, key = query.rpartition("&SecurityKey=")
        names = [name for name, _ in params]
        if names[-2:] != ["client_id", "SecurityKey"] or params[-2][1] != CLIENT:
            return 401, {"error": f"client {dict(params).get('client_id')} is not known"}
        if key != md5(f"{signed}&PrivateSecurityKey={KEY}".encode()).hexdigest():
            return 403, {"error": {"message": f"SecurityKey={key} of {CLIENT} is wrong"}}
        if query != "&".join(f"{name}={quote_plus(value).replace('~', '%7E')}" for name, value in params):
            return 400, {"error": "not encoded as PHP does"}
        given = dict(params[:-2])
        wrong = [name for name, value in given.items() if not re.fullmatch(SPELLED.get(name, "(?s).+"), value)]
        if wrong or list(given) != [name for name in documented if name in given]:
            return 400, {"error": f"wrong {wrong}, or out of order: {names}"}
        if path != "/v1/websites" and given.get("site_id") not in {str(site["id"]) for site in self.websites}:
            return 404, {"error": "no such site"}
        if method == "GET":
            if path == "/v1/websites":
                return 200, self.websites
            lets_through = self.filters.get(given.get("filter", ""), lambda call: True)
            return 200, [call for call in self.statistics.get(given["site_id"], []) if lets_through(call)]
        if "call_stack_interval" in given and given.get("nwt_action") != "always_call":
            return 400, {"error": "call_stack_interval without always_call"}
        self.calls.append(params[:-2])
        return 200, self.made

    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if self.command == "POST":
                assert (query, self.headers["Content-Type"]) == ("", "application/x-www-form-urlencoded")
            with service.lock:
                service.seen.append((f"{self.command} {path}", parse_qsl(body or query)))
                fault = service.faults.pop(0) if service.faults else None
                if fault is None or fault.after:
                    status, content = service.answer(self.command, path, body or query)
                    sent = json.dumps(service.shape(content) if status == 200 else content).encode()
            if fault is not None:
                status, sent = fault.status, fault.body
                if fault.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()
                    return
            self.send_response(status)
            if fault is not None and fault.retry_after is not None:
                self.send_header("Retry-After", str(fault.retry_after))
            self.send_header("Content-Length", str(len(sent) + (100 if fault and fault.cut else 0)))
            self.end_headers()
            self.wfile.write(sent)
            self.close_connection = fault is not None and fault.cut

        do_GET = do_POST = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    return Handler


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service(
        websites=[
            {"id": "12345", "name": "chaser.ru", "title": ""},
            {"id": "12346", "name": "окна-акме.рф", "title": "Окна «Акме»"},
        ]
    )

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no news."""

    with Server(("127.0.0.1", 0), _handler(made)) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


Connect = Callable[..., Chaser]


@pytest.fixture
def connect(service: Service) -> Iterator[Connect]:
    """Makes providers whose pauses take no time, and closes them; `more` are edges by name."""
    made: list[Chaser] = []

    def make(
        *,
        uid: str = CLIENT,
        api_key: str = KEY,
        url: str = "",
        pauses: list[float] | None = None,
        **more: Any,
    ) -> Chaser:
        account = Account("moscow", "chaser", uid, api_key, url or service.url)
        edges = Clockwork(pauses).edges(**{"timeouts": Timeouts(connect=1, read=1, slow=1)} | more)
        made.append(Chaser(account, kinds(), edges=edges))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def site() -> Live:
    """The first of the service's websites."""
    return Live(Address("moscow", "site", "chaser.ru"), 12345, tuple(f.nothing for f in site_kind().fields))
