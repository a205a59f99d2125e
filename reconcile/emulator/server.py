"""The edge: HTTP by aiohttp, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from reconcile.emulator import answers
from reconcile.emulator.deliveries import Delivery, Extent
from reconcile.emulator.injector import Injector
from reconcile.emulator.moments import Moment, Observer, Phase
from reconcile.emulator.requests import Request
from reconcile.emulator.sending import send
from reconcile.emulator.service import Service
from reconcile.escaping import where_it_broke

log = logging.getLogger("reconcile.emulator")
#: aiohttp quotes requests that it can't read, signatures and all; they are answered, and that is enough.
_SILENT = logging.getLogger("reconcile.emulator.silent")
_SILENT.disabled = True

#: How long a stop waits for answers that are under way, in seconds.
STOP_TIMEOUT = 1.0


class _Running(Struct, frozen=True):
    """The thread that serves, and what ends it."""

    thread: threading.Thread
    loop: asyncio.AbstractEventLoop
    ending: asyncio.Event


class Server:
    """Services on a local port: each answers the paths that begin with its prefix, as far as `faults` let it.

    `latency` is how many seconds every answer takes, `now` the clock of answers' dates; port 0 is any free one.
    """

    def __init__(
        self,
        services: Iterable[Service],
        faults: Injector,
        observer: Observer,
        host: str,
        port: int,
        *,
        latency: float,
        now: Callable[[], float],
    ) -> None:
        self._services = tuple(services)
        self._faults = faults
        self._observer = observer
        self._host = host
        self._wanted_port = port
        self._latency = latency
        self._now = now
        self._running: _Running | None = None
        self._numbers = itertools.count(1)
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
        self._numbers = itertools.count(1)

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

    async def _handle(self, arrived: web.BaseRequest) -> web.StreamResponse:
        """One request. Whatever goes wrong is an answer, unless a fault wants none: no client is left hanging."""
        service = next((one for one in self._services if arrived.path.startswith(one.prefix + "/")), None)
        name, path = (
            ("", arrived.path) if service is None else (service.name, arrived.path.removeprefix(service.prefix))
        )
        moment = Moment(next(self._numbers), name, arrived.method, path, Phase.ARRIVED)
        try:
            delivery = self._deliver(service, moment, arrived, await arrived.read())
        except web.HTTPRequestEntityTooLarge:
            delivery = Delivery(answers.error(413, "GEN-BODY-TOO-LARGE", "The body is too large"))
        except Exception as error:  # noqa: BLE001 - a bug is an answer, too; its text is not logged
            log.error("%s %s failed\n%s", arrived.method, arrived.path, where_it_broke(error))
            delivery = Delivery(answers.error(500, "GEN-SERVER-ERROR", "Oops something wrong!"))
        if self._latency > 0:
            await asyncio.sleep(self._latency)
        if delivery.delay and not await self._delay(delivery.delay):
            delivery = replace(delivery, extent=Extent.NOTHING)
        response, whole = await send(arrived, delivery, formatdate(self._now(), usegmt=True))
        if whole:
            self._observer(replace(moment, phase=Phase.ANSWERED))
        return response

    def _deliver(self, service: Service | None, moment: Moment, arrived: web.BaseRequest, body: bytes) -> Delivery:
        """Gives a request to its service, if the faults let it, and the answer to whatever delivers it."""
        self._observer(moment)
        if service is None:
            return Delivery(answers.error(404, "GEN-NOT-FOUND", f"There is nothing at {arrived.path}"))
        request = Request(
            method=arrived.method,
            path=moment.path,
            query=arrived.rel_url.raw_query_string,
            content_type=arrived.content_type,
            body=body,
            client=arrived.remote or "",
        )
        fate = self._faults.arrive(moment.number, service, request)
        if fate.instead is not None:
            return fate.instead
        delivery = self._faults.done(fate, service.answer(fate.request))
        self._observer(replace(moment, phase=Phase.DONE))
        return delivery

    async def _delay(self, seconds: float) -> bool:
        """Waits; says whether the server is still there after it."""
        ending = self._running.ending if self._running is not None else None
        if ending is None:
            return False
        try:
            await asyncio.wait_for(ending.wait(), seconds)
        except TimeoutError:
            return True
        return False
