"""The emulator as tests and the command line hold it: run it, look at what it keeps, and interfere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from reconcile.emulator.documents import Document
from reconcile.emulator.personalities import Manners
from reconcile.emulator.pozvonim import Pozvonim
from reconcile.emulator.pozvonim.assumed import roubles
from reconcile.emulator.server import Server
from reconcile.emulator.service import Context
from reconcile.emulator.storage import Purse, Recorded, Storage
from reconcile.model.fields import site_kind


@dataclass(frozen=True, slots=True)
class Options:
    """What an emulator is like. `accounts` are API keys by uid; times are in seconds; port 0 is any free one.

    The keys are those that accounts begin with: one that was changed through the service stays as it is.
    """

    accounts: Mapping[str, str] = field(repr=False)
    database: str | Path
    host: str = "127.0.0.1"
    port: int = 0
    personalities: tuple[str, ...] = ()
    latency: float = 0.0
    token_ttl: float = 4 * 3600
    clock_offset: float = 0.0
    update_method: str = "PUT"


class Emulator:
    """The services on a local port. Safe to use from several threads.

    What they store outlives it in `Options.database`, and can be looked at and changed whether it runs or not. Raises
    `ValueError` for an unknown personality.
    """

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._kind = site_kind()
        self._options = options
        self._clock = clock
        self._storage = Storage(Path(options.database), options.accounts)
        self._context = Context(
            self._storage,
            Document(self._kind),
            Manners(self._kind, options.personalities),
            lambda: self.time,
            options.token_ttl,
        )
        self._services = {Pozvonim.name: Pozvonim(self._context, options.update_method)}
        self._server = Server(
            self._services.values(), options.host, options.port, latency=options.latency, now=lambda: self.time
        )

    # --- running ---

    def start(self) -> None:
        """Listens, in a background thread.

        Raises `OSError` where the port is taken, and `ReconcileError` or `sqlite3.Error` where the database can't be
        used.
        """
        if not self._server.running:
            self._storage.log.clear()
            try:
                self._server.start()
            except BaseException:
                self._storage.close()
                raise

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
        return self.url_of(Pozvonim.name)

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

    # --- what was asked ---

    def requests(self) -> list[Recorded]:
        """Every request that was answered since the start, in order."""
        return self._storage.log.requests()

    def clear_requests(self) -> None:
        """Forgets the requests so far."""
        self._storage.log.clear()

    # --- sites ---

    def sites(self, uid: str, client: int | None = None) -> list[dict[str, Any]]:
        """An account's own sites, or those of one of its clients.

        They are `id` and the sections as they are stored, whatever the personalities.
        """
        return [{"id": stored.id, **orjson.loads(stored.body)} for stored in self._storage.sites.listed(uid, client)]

    def put_site(self, uid: str, sections: Mapping[str, Any], client: int | None = None) -> int:
        """Stores a site as somebody else would have made it: not checked, defaults under it. Gives its id."""
        return self._context.add_site(uid, self._context.site.filled(sections), client).id

    def change_site(self, site_id: int, changes: Mapping[str, Any]) -> None:
        """Changes a site behind everybody's back: values by dotted wire path, as `widget.call_time`.

        A number in a path is a place in a list. Raises `KeyError` for a site that is not there.
        """
        uid = self._account_of(site_id)
        stored = self._storage.sites.one(uid, site_id)
        sections = orjson.loads(stored.body) if stored else {}
        for path, value in changes.items():
            *above, last = path.split(".")
            level = sections
            for name in above:
                level = level[int(name)] if isinstance(level, list) else level.setdefault(name, {})
            level[int(last) if isinstance(level, list) else last] = value
        self._storage.sites.replace(uid, site_id, sections, self.time)

    def drop_site(self, site_id: int) -> None:
        """Deletes a site behind everybody's back. Raises `KeyError` for one that is not there."""
        self._context.drop_site(self._account_of(site_id), site_id)

    def _account_of(self, site_id: int) -> str:
        uid = self._storage.sites.account(site_id)
        if uid is None:
            raise KeyError(f"there is no site {site_id}")
        return uid

    # --- clients ---

    def clients(self, uid: str) -> list[dict[str, Any]]:
        """The clients of an account: `id`, `email` and `balance`, a `Decimal`."""
        return [
            {"id": stored.id, "email": stored.email, "balance": roubles(stored.balance)}
            for stored in self._storage.clients.listed(uid)
        ]

    def put_client(self, uid: str, email: str, balance: Decimal | int = 0) -> int:
        """Stores a client; gives its id. Raises `ValueError` where there is one with this e-mail."""
        return self._storage.clients.add(uid, email, "", self.time, _hundredths(balance)).id

    # --- profiles ---

    def profile(self, uid: str) -> dict[str, Any]:
        """An account: `timezone`, `api_enable`, `api_key`, and `balance` and `partner_balance`, `Decimal`s.

        Raises `KeyError` for one that is not there.
        """
        account = self._storage.accounts.one(uid)
        if account is None:
            raise KeyError(f"there is no account {uid}")
        return {
            "timezone": account.timezone,
            "api_enable": int(account.enabled),
            "api_key": account.api_key,
            "balance": roubles(account.balance),
            "partner_balance": roubles(account.partner_balance),
        }

    def set_profile(self, uid: str, **changes: Any) -> None:
        """Changes what `profile` names, as its owner would; another key makes all tokens invalid.

        Raises `KeyError` for an account that is not there, `TypeError` for an unknown name.
        """
        account = self._storage.accounts.one(uid)
        if account is None:
            raise KeyError(f"there is no account {uid}")
        if "api_enable" in changes:
            changes["enabled"] = bool(changes.pop("api_enable"))
        for purse in changes.keys() & {*Purse}:
            changes[purse] = _hundredths(changes[purse])
        self._storage.accounts.change(replace(account, **changes))

    def expire_tokens(self) -> None:
        """Makes every token that was given so far invalid."""
        self._storage.accounts.expire_tokens()


def _hundredths(amount: Decimal | int) -> int:
    return int(Decimal(amount).scaleb(2))
