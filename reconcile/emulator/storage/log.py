"""The log of what was asked."""

from __future__ import annotations

from msgspec import Struct

from reconcile.emulator.storage.database import Database


class Recorded(Struct, frozen=True):
    """A request that was answered; `uid` is what it claimed, `path` is without the service's prefix."""

    n: int
    method: str
    path: str
    status: int
    uid: str
    service: str


class Log:
    """The requests that were answered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, service: str, method: str, path: str, status: int, uid: str) -> None:
        """Notes a request that was answered."""
        insert = "INSERT INTO requests (service, method, path, status, uid) VALUES (?, ?, ?, ?, ?)"
        self._database.change(insert, [service, method, path, status, uid])

    def requests(self) -> list[Recorded]:
        """The noted requests, in order."""
        select = "SELECT n, method, path, status, uid, service FROM requests ORDER BY n"
        return [Recorded(*row) for row in self._database.rows(select)]

    def clear(self) -> None:
        """Forgets the noted requests."""
        self._database.change("DELETE FROM requests")
