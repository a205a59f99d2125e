"""The emulator as tests and the command line hold it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from msgspec import field

from reconcile.emulator.backdoor import Backdoor
from reconcile.emulator.chaser import Chaser
from reconcile.emulator.context import Context
from reconcile.emulator.documents import Document
from reconcile.emulator.faults import Fault, Strikes
from reconcile.emulator.injector import Injector
from reconcile.emulator.manners import Manners
from reconcile.emulator.moments import Observer, nobody
from reconcile.emulator.pozvonim import Pozvonim
from reconcile.emulator.routes import CHASER, POZVONIM
from reconcile.emulator.server import Server
from reconcile.emulator.service import Service
from reconcile.emulator.storage import Storage
from reconcile.errors import ReconcileError
from reconcile.model.fields import site_kind
from reconcile.values import Guarded

#: The sections of a site that Pozvonim keeps (api.md 1.5); Chaser has fields of its own.
SECTIONS: Final = frozenset({"site", "managers", "widget", "blacklists"})


class Options(Guarded, frozen=True):
    """What an emulator is like. Times are in seconds; port 0 is any free one.

    `accounts` are the API keys by uid that Pozvonim's accounts begin with: one that was changed through the service
    stays as it is. `chaser_accounts` are the private keys of Chaser's users by `client_id`. With `history_days` a new
    site comes with the calls of so many days. `faults` strike as `seed` decides; `observer` is called at every boundary
    of a request, in the server's thread, which waits for it.
    """

    hidden = ("accounts", "chaser_accounts")

    accounts: Mapping[str, str]
    database: str | Path
    host: str = "127.0.0.1"
    port: int = 0
    personalities: tuple[str, ...] = ()
    latency: float = 0.0
    token_ttl: float = 4 * 3600
    clock_offset: float = 0.0
    update_method: str = "PUT"
    chaser_accounts: Mapping[str, str] = field(default_factory=dict)
    history_days: int = 0
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    observer: Observer | None = None


class Emulator(Backdoor):
    """The services on a local port. Safe to use from several threads.

    What they store outlives it in `Options.database`, and can be looked at and changed whether it runs or not. Raises
    `ValueError` for an unknown personality.
    """

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._kind = site_kind(sections=SECTIONS)
        self._options = options
        self._clock = clock
        context = Context(
            Storage(Path(options.database), options.accounts),
            Document(self._kind),
            Manners(self._kind, options.personalities),
            lambda: self.time,
            options.token_ttl,
            options.history_days,
        )
        super().__init__(context)
        self._services: dict[str, Service] = {
            POZVONIM: Pozvonim(context, options.update_method),
            CHASER: Chaser(context, options.chaser_accounts),
        }
        self._injector = Injector(context, options.faults, options.seed)
        self._server = Server(
            self._services.values(),
            self._injector,
            nobody if options.observer is None else options.observer,
            options.host,
            options.port,
            latency=options.latency,
            now=lambda: self.time,
        )

    # --- running ---

    def start(self) -> None:
        """Listens, in a background thread.

        Raises `OSError` where the port is taken, and `ReconcileError` where the database can't be used.
        """
        if not self._server.running:
            self._open()
            self._injector.clear()
            try:
                self._server.start()
            except BaseException:
                self._storage.close()
                raise

    def _open(self) -> None:
        try:
            self._storage.log.clear()
        except sqlite3.Error as error:
            self._storage.close()
            what = f"can't be used as the emulator's database: {error}; delete it, or choose another file"
            raise ReconcileError(f"{self._options.database}: {what}") from None

    def stop(self) -> None:
        """Ends the services, after the answers that are under way."""
        self._server.stop()
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
            self._server.wait()
        finally:
            self.stop()

    @property
    def url(self) -> str:
        """The base URL of Pozvonim."""
        return self.url_of(POZVONIM)

    def url_of(self, service: str) -> str:
        """The base URL of a service: `pozvonim` or `chaser`. Raises `KeyError` for another."""
        return f"http://{self._options.host}:{self._server.port}{self._services[service].prefix}"

    @property
    def time(self) -> float:
        """What the services' clock says, in unix time."""
        return self._clock() + self._options.clock_offset

    def set_personalities(self, names: tuple[str, ...] | list[str]) -> None:
        """Speaks as these from now on. Raises `ValueError` for an unknown one."""
        self._context.manners = Manners(self._kind, names)

    # --- faults ---

    def set_faults(self, faults: Iterable[Fault], seed: int | None = None) -> None:
        """These faults strike from now on, none for `()`; `seed` is that of the options, unless it is given.

        The same seed and the same requests after it have the same faults, whatever came before.
        """
        self._injector.set(faults, self._options.seed if seed is None else seed)

    @property
    def strikes(self) -> Strikes:
        """The faults that struck since the start."""
        return self._injector.strikes
