"""The SQLite file: its tables, and one connection that is safe to use from several threads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from reconcile.errors import ReconcileError
from reconcile.private import private_file

#: Written into the file; one more with every change of the tables.
VERSION: Final = 1

# Numbers begin at different places, so that nobody takes the id of one thing for that of another unnoticed. Money is
# in hundredths, times are unix times.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS accounts (
    n INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, api_key TEXT NOT NULL,
    timezone TEXT NOT NULL DEFAULT 'Europe/Moscow', enabled INTEGER NOT NULL DEFAULT 1,
    balance INTEGER NOT NULL DEFAULT 1000000, partner_balance INTEGER NOT NULL DEFAULT 100000
);
CREATE TABLE IF NOT EXISTS tokens (
    n INTEGER PRIMARY KEY, uid TEXT NOT NULL, token TEXT NOT NULL, client TEXT NOT NULL, expires REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_of_account ON tokens (uid, n);
CREATE TABLE IF NOT EXISTS clients (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT NOT NULL, balance INTEGER NOT NULL, created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS clients_of_account ON clients (uid, id);
CREATE TABLE IF NOT EXISTS sites (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, client INTEGER, url TEXT NOT NULL, body TEXT NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sites_of_account ON sites (uid, client, id);
CREATE TABLE IF NOT EXISTS payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, client INTEGER NOT NULL, purse TEXT NOT NULL,
    amount INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, uid TEXT NOT NULL, site INTEGER NOT NULL,
    owner INTEGER, start REAL NOT NULL, client TEXT NOT NULL, manager TEXT NOT NULL, delayed INTEGER NOT NULL,
    state TEXT, duration INTEGER, details TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_of_account ON calls (service, uid, start);
CREATE INDEX IF NOT EXISTS calls_of_site ON calls (service, site, start);
CREATE TABLE IF NOT EXISTS websites (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (
    n INTEGER PRIMARY KEY, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, uid TEXT NOT NULL,
    service TEXT NOT NULL
);
INSERT INTO sqlite_sequence (name, seq)
    SELECT first.name, first.seq
    FROM (SELECT 'clients' AS name, 5000 AS seq UNION VALUES ('calls', 1000000), ('websites', 12344)) AS first
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE sqlite_sequence.name = first.name);
"""


class Database:
    """One connection, guarded by a lock, opened at first use; `prepare` is called when it has been.

    A statement is a transaction of its own, unless it stands in a `transaction`.
    """

    def __init__(self, path: Path, prepare: Callable[[], None]) -> None:
        self._path = path
        self._prepare = prepare
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        """Runs a statement; gives its rows."""
        with self._lock:
            return self._open().execute(statement, tuple(values)).fetchall()

    def change(self, statement: str, values: Iterable[Any] = ()) -> int:
        """Runs a statement; gives the number of rows that it changed."""
        with self._lock:
            return self._open().execute(statement, tuple(values)).rowcount

    def add_all(self, statement: str, rows: Iterable[Iterable[Any]]) -> None:
        """Runs a statement for each row, in one transaction."""
        with self.transaction():
            self._open().executemany(statement, (tuple(row) for row in rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing; one inside another is part of it."""
        with self._lock:
            connection = self._open()
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path)
            self._prepare()
        return self._connection


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file with our tables. Raises `ReconcileError` for one whose tables are of another version."""
    if path.name != ":memory:":
        private_file(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # In this order: whoever makes the tables at this moment writes the version first.
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if tables and version != VERSION:
            raise ReconcileError(
                f"{path}: this database was made by another version of the emulator; delete it, or choose another file"
            )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection
