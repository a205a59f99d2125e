"""A service whose every answer is scripted, for faults that the emulator does not have; and what the tests share."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from clockwork import Clockwork

from reconcile.model.address import Address
from reconcile.model.fields import kinds, site_kind
from reconcile.model.resource import Draft, Live, Ref
from reconcile.model.state import Account
from reconcile.providers.http.edges import Timeouts
from reconcile.providers.pozvonim.provider import Pozvonim

UID, KEY, TOKEN = "studio-uid", "the-api-key", "the-token"
#: What `connect` takes of an account.
SETTINGS = ("encoding", "update_method", "next_key", "payment_route", "requests_per_second", "timeout", "list_lag")
MANAGERS = (("+74951234567", "Anna", ""),)


@dataclass(frozen=True)
class Say:
    """One answer. `cut`: announces more than it sends; `reset`: none at all; `raw`: these bytes, then no more."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    reset: bool = False
    raw: bytes = b""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Scripted:
    """Gives the answers of `script` in order, then `usual`; notes method and path (and `?` where there is a query)."""

    url: str = ""
    script: list[Say] = field(default_factory=list)
    usual: Say = field(default_factory=lambda: Say(body=[]))
    token: Say = field(default_factory=lambda: Say(body={"token": TOKEN, "expire": 14400}))
    seen: list[str] = field(default_factory=list)
    tokens: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str) -> Say:
        with self.lock:
            if path.endswith("/auth/token"):
                self.tokens += 1
                return self.token
            self.seen.append(f"{method} {path}")
            return self.script.pop(0) if self.script else self.usual


def _handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            say = scripted.answer(self.command, self.path.partition("?")[0])
            if say.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if say.raw:
                self.wfile.write(say.raw)
                self.close_connection = True
                return
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            if say.status != 204:
                self.send_header("Content-Length", str(len(say.content) + (100 if say.cut else 0)))
            self.end_headers()
            self.wfile.write(say.content)
            self.close_connection = say.cut

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    return Handler


@pytest.fixture
def service() -> Iterator[Scripted]:
    scripted = Scripted()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no news."""

    with Server(("127.0.0.1", 0), _handler(scripted)) as server:
        scripted.url = f"http://127.0.0.1:{server.server_port}/v2u"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield scripted
        server.shutdown()
        thread.join()


Connect = Callable[..., Pozvonim]


def draft(name: str, values: tuple[Any, ...]) -> Draft:
    """A site that is to be created."""
    return Draft(Address("studio", "site", name), values)


def there(number: int) -> Live:
    """A live site, of which only its id is known."""
    return Live(Address("studio", "site", "acme.ru"), number, ())


def refs(ids: Iterable[int]) -> list[Ref]:
    """Where the studio's own sites with these ids are found."""
    return [Ref(known) for known in ids]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes providers whose pauses take no time, and closes them; settings of the account and edges by name."""
    made: list[Pozvonim] = []

    def make(
        url: str,
        *,
        uid: str = UID,
        api_key: str = KEY,
        pauses: list[float] | None = None,
        parallelism: int = 8,
        **more: Any,
    ) -> Pozvonim:
        options = {k: more.pop(k) for k in SETTINGS if k in more}
        account = Account("studio", "pozvonim", uid, api_key, url, **options)
        edges = Clockwork(pauses).edges(**{"timeouts": Timeouts(connect=1, read=2, slow=2)} | more)
        made.append(Pozvonim(account, kinds(), parallelism=parallelism, edges=edges))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def desired() -> Callable[..., tuple[Any, ...]]:
    """Canonical values of a site by path, `__` for the dot; the rest unmanaged."""
    kind = site_kind()

    def values(**named: Any) -> tuple[Any, ...]:
        found = list(kind.blank())
        for path, value in ({"managers": MANAGERS} | named).items():
            found[kind.index(path.replace("__", "."))] = value
        return tuple(found)

    return values


@pytest.fixture
def full() -> Callable[..., dict[str, Any]]:
    """A complete site as the service gives it."""

    def site(number: int, url: str = "acme.ru") -> dict[str, Any]:
        managers = [{"phone": "+74951234567"}]
        return {"id": number, "site": {"url": url}, "managers": managers, "widget": {}, "blacklists": {}}

    return site
