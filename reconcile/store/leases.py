"""Leases: one run at a time on each live account, and one that is dead frees itself.

A lease is a row that its holder renews; who finds it unrenewed for `TTL`, or its holder surely dead, takes it over. The
holder renews it also with everything that it notes, in the same transaction, so that one who has lost it notes
nothing more, and sends nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from reconcile.errors import Locked, StoreError
from reconcile.store.database import Database
from reconcile.store.migrate import alone
from reconcile.store.tables import leases
from reconcile.store.who import Holder, is_dead

#: Seconds without a sign of life after which a lease is free, and between two signs.
TTL: Final = 60.0
HEARTBEAT: Final = 10.0
#: Seconds between two looks of one that waits.
LOOK: Final = 0.5

log = logging.getLogger("reconcile")


class LeaseRecord(Struct, frozen=True):
    """Who holds an account, for which run. Times are Unix time in seconds; `age` is that of the last sign of life."""

    key: str
    account: str
    run: str
    command: str
    holder: Holder
    since: float
    heartbeat: float
    age: float

    @property
    def living(self) -> bool:
        """Whether its holder may still be at work."""
        return self.age < TTL and not is_dead(self.holder)

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
        return (
            f"{self.holder} since {since}, for run {self.run} (`{self.command}`); "
            f"its last sign of life was {max(self.age, 0):.0f} s ago"
        )


class Lease:
    """A run's hold of accounts, by their names; their keys are `keys`. Renewed by a thread until it is let go."""

    def __init__(self, database: Database, run: str, command: str, holder: Holder, keys: Mapping[str, str]) -> None:
        self.database = database
        self.run = run
        self.command = command
        self.holder = holder
        self.keys = keys
        self._lost = ""
        self._taken = False
        self._over = Event()
        self._thread = Thread(target=self._beat, name="lease", daemon=True)
        self._named = Lock()  # while it gets another name, no sign of life is given under the old one

    def take(self, timeout: float, waiting: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
        """Takes all accounts or none, waiting `timeout` seconds at most; `waiting` is told once for whom.

        Raises `Locked`, which says who holds which, and `StoreError`.
        """
        left, told = timeout, False
        while (others := self._take()) and left > 0:
            if not told:
                waiting(f"waiting: {_held(others)}")
                told = True
            pause = min(LOOK, left)
            sleep(pause)
            left -= pause
        if others:
            accounts = " ".join(name for name, _ in others)
            raise Locked(
                f"{_held(others)}; nothing was changed. Wait for it (--lock-timeout SECONDS does), or, if it is surely "
                f"over, break its hold with `reconcile unlock {accounts}`"
            )
        self._taken = True
        self._thread.start()

    def renew(self, connection: Connection) -> str:
        """Says that the holder is alive, in the transaction of `connection`; gives why it holds its accounts no more.

        What is lost once stays lost.
        """
        mine = leases.update().where(leases.c.run == self.run, leases.c.account_key.in_(self.keys.values()))
        held = connection.execute(mine.values(heartbeat=self.database.now())).rowcount
        if not self._lost and held < len(set(self.keys.values())):
            self._lost = self._why(connection)
        return self._lost

    def become(self, run: str, command: str) -> None:
        """Makes it the hold of another run of the same holder. Nothing of the former run may be under way any more.

        Raises `StoreError` where the accounts are held no more.
        """
        with self._named, self.database.begin() as connection:
            lost = self.renew(connection)
            if lost:
                raise StoreError(lost)
            connection.execute(leases.update().where(leases.c.run == self.run).values(run=run, command=command))
            self.run, self.command = run, command

    def release(self) -> None:
        """Lets go of what is still held. A store that can't be reached any more gives it up by itself, later."""
        self._over.set()
        if not self._taken:
            return
        self._thread.join(timeout=LOOK)  # it may be in the middle of a sign of life
        try:
            with self.database.begin() as connection:
                connection.execute(leases.delete().where(leases.c.run == self.run))
        except StoreError as error:
            log.warning("the lease is not given back, and ends by itself after %.0f s: %s", TTL, error)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _take(self) -> list[tuple[str, LeaseRecord]]:
        """Takes all accounts, unless others hold some of them: then those, by name."""
        with self.database.begin() as connection:
            alone(connection)
            found = {record.key: record for record in held(self.database, connection, set(self.keys.values()))}
            others = [(name, found[key]) for name, key in sorted(self.keys.items()) if key in found]
            living = [(name, record) for name, record in others if record.living]
            if living:
                return living
            for _, record in others:
                log.info("taking over from %s", record)
                connection.execute(leases.delete().where(leases.c.account_key == record.key))
            names = {key: name for name, key in self.keys.items()}
            now = self.database.now()
            for key, name in sorted(names.items()):
                connection.execute(leases.insert().values(**self._row(key, name), since=now, heartbeat=now))
        return []

    def _row(self, key: str, account: str) -> dict[str, Any]:
        return {
            "account_key": key,
            "account": account,
            "run": self.run,
            "command": self.command,
            "username": self.holder.user,
            "host": self.holder.host,
            "pid": self.holder.pid,
            "process": self.holder.process,
        }

    def _why(self, connection: Connection) -> str:
        """What became of a lease that is not ours any more."""
        now = {record.key: record for record in held(self.database, connection, set(self.keys.values()))}
        for name, key in sorted(self.keys.items()):
            record = now.get(key)
            if record is None:
                return (
                    f"this run's hold of account {name} is gone: somebody broke it with `reconcile unlock`, or took it "
                    f"over after {TTL:.0f} s without a sign of life"
                )
            if record.run != self.run:
                return f"this run has lost account {name}, after {TTL:.0f} s without a sign of life, to {record}"
        return "this run's hold of its accounts was broken"

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT):
            try:
                with self._named, self.database.begin(durable=False) as connection:
                    lost = self.renew(connection)
            except StoreError as error:
                lost = str(error)
            if lost:
                log.info("the lease can't be renewed: %s", lost)  # what is to be noted next says so, too


def held(database: Database, connection: Connection, keys: set[str] | None = None) -> list[LeaseRecord]:
    """The leases of these accounts, of all where `keys` is None; other processes can't change them meanwhile."""
    age = (database.now() - leases.c.heartbeat).label("age")
    query = sa.select(leases, age).order_by(leases.c.account, leases.c.account_key).with_for_update()
    if keys is not None:
        query = query.where(leases.c.account_key.in_(keys))
    return [
        LeaseRecord(
            row.account_key,
            row.account,
            row.run,
            row.command,
            Holder(row.username, row.host, row.pid, row.process),
            row.since,
            row.heartbeat,
            row.age,
        )
        for row in connection.execute(query)
    ]


def _held(others: list[tuple[str, LeaseRecord]]) -> str:
    return "; ".join(f"account {name} is held by {record}" for name, record in others)
