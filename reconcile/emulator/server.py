"""The edge: HTTP by aiohttp, in a thread of its own, and the emulator as tests and the command line hold it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.documents import SiteDocument
from reconcile.emulator.personalities import Manners
from reconcile.emulator.requests import Request
from reconcile.emulator.service import Pozvonim
from reconcile.emulator.storage import Recorded, Storage
from reconcile.model.fields import site_kind

log = logging.getLogger("reconcile.emulator")

#: How long a stop waits for answers that are under way, in seconds.
STOP_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """What an emulator is like. `accounts` are API keys by uid; times are in seconds; port 0 is any free one."""

    accounts: Mapping[str, str]
    database: str | Path
    host: str = "127.0.0.1"
    port: int = 0
    personalities: tuple[str, ...] = ()
    latency: float = 0.0
    token_ttl: float = 4 * 3600
    clock_offset: float = 0.0
    update_method: str = "PUT"


@dataclass(frozen=True, slots=True)
class _Running:
    """The thread that serves, and what ends it."""

    thread: threading.Thread
    loop: asyncio.AbstractEventLoop
    ending: asyncio.Event


class Emulator:
    """The service on a local port. Safe to use from several threads.

    What it stores outlives it in `Options.database`, and can be looked at and changed whether it runs or not. Raises
    `ValueError` for an unknown personality.
    """

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        kind = site_kind()
        self._options = options
        self._clock = clock
        self._kind = kind
        self._document = SiteDocument(kind)
        self._storage = Storage(Path(options.database), options.accounts)
        self._service = Pozvonim(
            self._storage,
            kind,
            lambda: self.time,
            token_ttl=options.token_ttl,
            update_method=options.update_method,
        )
        self._running: _Running | None = None
        self._port = options.port
        self.set_personalities(options.personalities)

    # --- running ---

    def start(self) -> None:
        """Listens, in a background thread. Raises `OSError` where the port is taken."""
        if self._running is not None:
            return
        self._storage.clear_requests()
        listening: concurrent.futures.Future[int] = concurrent.futures.Future()
        loop, ending = asyncio.new_event_loop(), asyncio.Event()

        def serve() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._serve(listening, ending))

        thread = threading.Thread(target=serve, name="reconcile-emulator", daemon=True)
        self._running = _Running(thread, loop, ending)
        thread.start()
        try:
            self._port = listening.result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server, after the answers that are under way."""
        running, self._running = self._running, None
        if running is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                running.loop.call_soon_threadsafe(running.ending.set)
            running.thread.join()
        self._storage.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve_forever(self) -> None:
        """Serves until Ctrl-C, which ends it cleanly."""
        self.start()
        try:
            while self._running is not None and self._running.thread.is_alive():
                self._running.thread.join(timeout=1)
        except KeyboardInterrupt:
            log.info("interrupted")
        finally:
            self.stop()

    @property
    def url(self) -> str:
        """The base URL of Pozvonim."""
        return f"http://{self._options.host}:{self._port}{Pozvonim.prefix}"

    @property
    def time(self) -> float:
        """What the service's clock says, in unix time."""
        return self._clock() + self._options.clock_offset

    async def _serve(self, listening: concurrent.futures.Future[int], ending: asyncio.Event) -> None:
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=STOP_TIMEOUT)
        try:
            await runner.setup()
            await web.TCPSite(runner, self._options.host, self._options.port).start()
            listening.set_result(runner.addresses[0][1])
            await ending.wait()
        except BaseException as error:
            if listening.done():
                raise
            listening.set_exception(error)
        finally:
            await runner.cleanup()

    async def _handle(self, arrived: web.BaseRequest) -> web.Response:
        """One request. Whatever goes wrong is an answer: a client must never be left hanging."""
        try:
            answer = self._answer(arrived, await arrived.read())
        except web.HTTPRequestEntityTooLarge:
            answer = answers.error(413, "GEN-BODY-TOO-LARGE", "The body is too large")
        except Exception:
            log.exception("%s %s failed", arrived.method, arrived.path)
            answer = answers.error(500, "GEN-SERVER-ERROR", "Oops something wrong!")
        if self._options.latency > 0:
            await asyncio.sleep(self._options.latency)
        headers = {"Date": formatdate(self.time, usegmt=True), **answer.headers}
        content_type = "application/json" if answer.body else None
        return web.Response(status=answer.status, body=answer.body or None, headers=headers, content_type=content_type)

    def _answer(self, arrived: web.BaseRequest, body: bytes) -> Answer:
        """Gives a request to the service whose prefix its path has."""
        service = self._service
        if not arrived.path.startswith(service.prefix + "/"):
            return answers.error(404, "GEN-NOT-FOUND", f"There is nothing at {arrived.path}")
        request = Request(
            method=arrived.method,
            path=arrived.path.removeprefix(service.prefix),
            query=arrived.rel_url.raw_query_string,
            content_type=arrived.content_type,
            body=body,
            client=arrived.remote or "",
        )
        return service.answer(request)

    # --- looking and interfering, for tests ---

    def requests(self) -> list[Recorded]:
        """Every request that was answered since the start, in order."""
        return self._storage.requests()

    def clear_requests(self) -> None:
        """Forgets the requests so far."""
        self._storage.clear_requests()

    def sites(self, uid: str) -> list[dict[str, Any]]:
        """The sites of an account: `id` and the sections as they are stored, whatever the personalities."""
        return [{"id": stored.id, **orjson.loads(stored.body)} for stored in self._storage.sites(uid)]

    def put_site(self, uid: str, sections: Mapping[str, Any]) -> int:
        """Stores a site as somebody else would have made it: not checked, defaults under it. Gives its id."""
        return self._storage.add_site(uid, self._document.filled(sections), self.time).id

    def change_site(self, site_id: int, changes: Mapping[str, Any]) -> None:
        """Changes a site behind everybody's back: values by dotted wire path, as `widget.call_time`.

        A number in a path is a place in a list. Raises `KeyError` for a site that is not there.
        """
        uid = self._owner(site_id)
        stored = self._storage.site(uid, site_id)
        sections = orjson.loads(stored.body) if stored else {}
        for path, value in changes.items():
            *above, last = path.split(".")
            level = sections
            for name in above:
                level = level[int(name)] if isinstance(level, list) else level.setdefault(name, {})
            level[int(last) if isinstance(level, list) else last] = value
        self._storage.replace_site(uid, site_id, sections, self.time)

    def drop_site(self, site_id: int) -> None:
        """Deletes a site behind everybody's back. Raises `KeyError` for one that is not there."""
        self._storage.drop_site(self._owner(site_id), site_id)

    def set_personalities(self, names: tuple[str, ...] | list[str]) -> None:
        """Speaks as these from now on. Raises `ValueError` for an unknown one."""
        self._service.manners = Manners(self._kind, names)

    def expire_tokens(self) -> None:
        """Makes every token that was given so far invalid."""
        self._storage.expire_tokens()

    def _owner(self, site_id: int) -> str:
        uid = self._storage.owner(site_id)
        if uid is None:
            raise KeyError(f"there is no site {site_id}")
        return uid
