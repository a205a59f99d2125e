"""The edge: HTTP by aiohttp, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate

from aiohttp import web

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.requests import Request
from reconcile.emulator.service import Service
from reconcile.escaping import where_it_broke

log = logging.getLogger("reconcile.emulator")
#: aiohttp quotes requests that it can't read, signatures and all; they are answered, and that is enough.
_SILENT = logging.getLogger("reconcile.emulator.silent")
_SILENT.disabled = True

#: How long a stop waits for answers that are under way, in seconds.
STOP_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class _Running:
    """The thread that serves, and what ends it."""

    thread: threading.Thread
    loop: asyncio.AbstractEventLoop
    ending: asyncio.Event


class Server:
    """Services on a local port: each answers the paths that begin with its prefix.

    `latency` is how many seconds every answer takes, `now` the clock of answers' dates; port 0 is any free one.
    """

    def __init__(
        self, services: Iterable[Service], host: str, port: int, *, latency: float, now: Callable[[], float]
    ) -> None:
        self._services = tuple(services)
        self._host = host
        self._wanted_port = port
        self._latency = latency
        self._now = now
        self._running: _Running | None = None
        #: Where it listens, or did last.
        self.port = port

    @property
    def running(self) -> bool:
        """Whether it has been started, and not stopped."""
        return self._running is not None

    def start(self) -> None:
        """Listens, in a background thread. Raises `OSError` where the port is taken."""
        listening: concurrent.futures.Future[int] = concurrent.futures.Future()
        loop, ending = asyncio.new_event_loop(), asyncio.Event()

        def serve() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._serve(listening, ending))

        thread = threading.Thread(target=serve, name="reconcile-emulator", daemon=True)
        self._running = _Running(thread, loop, ending)
        thread.start()
        try:
            self.port = listening.result()
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

    def wait(self) -> None:
        """Returns when the server has ended, or on Ctrl-C."""
        try:
            while self._running is not None and self._running.thread.is_alive():
                self._running.thread.join(timeout=1)
        except KeyboardInterrupt:
            log.info("interrupted")

    async def _serve(self, listening: concurrent.futures.Future[int], ending: asyncio.Event) -> None:
        runner = web.ServerRunner(
            web.Server(self._handle, access_log=None, logger=_SILENT), shutdown_timeout=STOP_TIMEOUT
        )
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, self._wanted_port).start()
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
        except Exception as error:  # noqa: BLE001 - a bug is an answer, too; its text is not logged
            log.error("%s %s failed\n%s", arrived.method, arrived.path, where_it_broke(error))
            answer = answers.error(500, "GEN-SERVER-ERROR", "Oops something wrong!")
        if self._latency > 0:
            await asyncio.sleep(self._latency)
        headers = {"Date": formatdate(self._now(), usegmt=True), **answer.headers}
        content_type = "application/json" if answer.body else None
        return web.Response(status=answer.status, body=answer.body or None, headers=headers, content_type=content_type)

    def _answer(self, arrived: web.BaseRequest, body: bytes) -> Answer:
        """Gives a request to the service whose prefix its path has."""
        service = next((one for one in self._services if arrived.path.startswith(one.prefix + "/")), None)
        if service is None:
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
