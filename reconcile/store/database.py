"""The way to the database: SQLite in a private file, or PostgreSQL; every error of theirs as a `StoreError`."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url

from reconcile.errors import ReconcileError, StoreError
from reconcile.private import FOLDER, private_file, private_folder
from reconcile.providers.http.words import one_line, without_secrets
from reconcile.store.migrate import bring_up_to_date

#: What may be written before the colon, and the driver that is used for it.
DRIVERS: Final = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
#: What the libraries take from a URL beside libpq's parameters: it would load code, or end what a transaction promises.
_OF_DRIVER: Final = frozenset(("autocommit", "context", "cursor_factory", "plugin", "prepare_threshold", "row_factory"))
#: Seconds until a server that does not answer is given up, and a file that another process writes to.
CONNECT_TIMEOUT: Final = 10
BUSY_TIMEOUT: Final = 30
#: How SQLite's files begin (sqlite.org/fileformat.html), and what it appends to their names for its own.
_MAGIC: Final = b"SQLite format 3\0"
_HELPERS: Final = ("-journal", "-wal", "-shm")

# Its pool logs the traceback of a Ctrl-C that comes while it closes a connection; where nobody handles a library's log,
# Python itself writes it to standard error.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


class Database:
    """A database whose tables are of this version. Safe to use from several threads.

    `clock` gives Unix time. Where it is left out, PostgreSQL's own counts: the clocks of a team's machines differ.
    """

    def __init__(self, url: str, root: Path, clock: Callable[[], float] | None = None) -> None:
        parsed = _parsed(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._secrets = [str(secret) for secret in (parsed.password, *_passwords(parsed)) if secret]
        self._clock = clock or (time.time if self.is_sqlite else None)
        self.place = str(root / str(parsed.database)) if self.is_sqlite else _place(parsed)
        try:
            if self.is_sqlite:
                path = root / str(parsed.database)
                self.place = str(path)
                _make_private(path)
                parsed = parsed.set(database=str(path.resolve()))
            self.engine = _engine(parsed)
            self._quick = _sqlite(parsed, "NORMAL") if self.is_sqlite else self.engine
        except ImportError:
            raise StoreError(
                f"{self.place}: the driver for PostgreSQL is not installed; install callback-reconcile[postgresql]"
            ) from None
        except ReconcileError as error:
            raise StoreError(str(error)) from None
        except (OSError, sa.exc.SQLAlchemyError, TypeError, ValueError) as error:
            raise self._said(error) from None
        try:
            with self.begin() as connection:
                bring_up_to_date(connection, self.place)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of all connections."""
        self.engine.dispose()
        self._quick.dispose()

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction that writes: all of the block or nothing. Raises `StoreError`.

        One that is not `durable` survives the end of the process like any other, and may be lost in a power failure:
        that spares SQLite the wait for its disk.
        """
        try:
            with (self.engine if durable else self._quick).begin() as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, OSError, OverflowError) as error:  # a number that is too large for a column
            raise self._said(error) from None

    def now(self) -> sa.ColumnElement[float]:
        """The time, as a part of a statement."""
        if self._clock is None:
            return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
        return sa.literal(self._clock(), sa.Double)

    def _said(self, error: Exception) -> StoreError:
        """An error in the database's own words, without its password."""
        if isinstance(error, sa.exc.DBAPIError):
            error = error.orig if isinstance(error.orig, Exception) else error
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        text = one_line(without_secrets(text, self._secrets), 300) or type(error).__name__
        return StoreError(f"the history in {self.place} can't be used: {text}")


def file_of(url: str, root: Path) -> Path | None:
    """The file that a URL means, None where that is a server. Raises `StoreError`."""
    parsed = _parsed(url)
    return root / str(parsed.database) if parsed.get_backend_name() == "sqlite" else None


def _parsed(url: str) -> URL:
    """The URL, with the driver that is used. Nothing of what was written is repeated: it may hold a password."""
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "`store:` is no URL of a database; write something like sqlite:///.reconcile/history.db "
            "or postgresql+psycopg://user@host/database"
        ) from None
    if url.count("@") > 1:  # what stands after the first would be taken for the host, and named
        raise StoreError("`store:` has more than one @; one in a password is written %40, and / # ? % there likewise")
    driver = DRIVERS.get(parsed.drivername)
    if driver is None:
        hint = "; write postgresql://" if parsed.drivername == "postgres" else f"; known are {', '.join(DRIVERS)}"
        raise StoreError(f"`store:` begins with {one_line(parsed.drivername, 40)}://, which is not known{hint}")
    no_file = parsed.host or parsed.query or parsed.database in (None, "", ":memory:")
    if driver.startswith("sqlite") and no_file:
        raise StoreError(
            "`store:` names no file, so nothing would be kept; write sqlite:///PATH, with three slashes for a path "
            "that starts at the project's folder, and four for an absolute one"
        )
    for name in sorted(_OF_DRIVER.intersection(parsed.query)):
        raise StoreError(f"`store:` has the parameter `{name}`, which is none of PostgreSQL's; take it away")
    return parsed.set(drivername=driver)


def _passwords(url: URL) -> list[Any]:
    return [value for name, value in url.query.items() if "password" in name.lower()]


def _place(url: URL) -> str:
    """Where a server's database is, as it may be said."""
    port = f":{url.port}" if url.port else ""
    host = url.host or url.query.get("host") or "this machine"
    return f"PostgreSQL at {host}{port}, database {url.database or url.username or '(the default)'}"


def _make_private(path: Path) -> None:
    """The file, readable by its owner alone, before anything is in it; SQLite gives its helpers the same rights.

    Neither the file nor its helpers may be links, which a pull request can bring, and nothing else is made private that
    happens to be there. Raises `ReconcileError`.
    """
    folder = path.parent
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700)
    if folder.name == FOLDER:
        private_folder(folder.parent)
    for helper in _HELPERS:
        if (helping := path.with_name(path.name + helper)).is_symlink():
            raise ReconcileError(f"{helping}: is a link, and may lead anywhere; delete it")
    if not path.is_symlink() and (path.is_file() or path.is_dir()) and not _may_be_ours(path):
        raise ReconcileError(f"{path}: is there, and is no database of SQLite; name another file in `store:`")
    private_file(path)


def _may_be_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) in (b"", _MAGIC)


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, "FULL")
    # Prepared statements would break behind a pooler such as PgBouncer.
    arguments: dict[str, Any] = {"prepare_threshold": None, "application_name": "reconcile"}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = CONNECT_TIMEOUT
    return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=arguments)


def _sqlite(url: URL, synchronous: str) -> sa.Engine:
    """Readers and the one writer don't wait for each other.

    Transactions are begun by us: Python's own way begins them late, and lets two processes meet in the middle.
    """

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        _use_wal(connection)
        for pragma in (f"synchronous = {synchronous}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT})
    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _use_wal(connection: Any) -> None:
    """Turns on the write-ahead log. SQLite does not wait for others who do the same, so this does."""
    for left in range(10 * BUSY_TIMEOUT, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not left or "locked" not in str(error):
                raise
            time.sleep(0.1)
        else:
            return
