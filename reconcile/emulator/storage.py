"""Everything that the emulator keeps, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (uid TEXT PRIMARY KEY, api_key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    n INTEGER PRIMARY KEY, uid TEXT NOT NULL, token TEXT NOT NULL, client TEXT NOT NULL, expires REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_of_account ON tokens (uid, n);
CREATE TABLE IF NOT EXISTS sites (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sites_of_account ON sites (uid, id);
CREATE TABLE IF NOT EXISTS requests (
    n INTEGER PRIMARY KEY, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, uid TEXT NOT NULL
);
"""

#: So many tokens of an account are remembered. The oldest go first: who asks that often has newer ones.
TOKENS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token: it works from one IP address, until `expires` (unix time)."""

    token: str
    client: str
    expires: float


@dataclass(frozen=True, slots=True)
class StoredSite:
    """A site as it is stored: `body` is the JSON of its sections, in the canonical spelling of the wire."""

    id: int
    body: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that was answered; `uid` is what it claimed, `path` is without the service's prefix."""

    n: int
    method: str
    path: str
    status: int
    uid: str


class Storage:
    """One connection, guarded by a lock, opened at first use. Every statement is a transaction of its own.

    Answers need no more than that: each request writes at most one row besides the log.
    """

    def __init__(self, path: Path, accounts: Mapping[str, str]) -> None:
        self._path = path
        self._accounts = dict(accounts)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
        for account in self._accounts.items():
            connection.execute("INSERT OR REPLACE INTO accounts (uid, api_key) VALUES (?, ?)", account)
        return connection

    def _rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        with self._lock:
            self._connection = self._connection or self._open()
            return self._connection.execute(statement, tuple(values)).fetchall()

    def _change(self, statement: str, values: Iterable[Any] = ()) -> int:
        """Runs a statement that has one row to change; gives the number of changed rows."""
        with self._lock:
            self._connection = self._connection or self._open()
            return self._connection.execute(statement, tuple(values)).rowcount

    # --- accounts and tokens ---

    def api_key(self, uid: str) -> str | None:
        """The key of an account, None where there is no such account."""
        rows = self._rows("SELECT api_key FROM accounts WHERE uid = ?", [uid])
        return rows[0][0] if rows else None

    def add_token(self, uid: str, token: Token) -> None:
        """Remembers a token; older ones stay valid."""
        self._change(
            "INSERT INTO tokens (uid, token, client, expires) VALUES (?, ?, ?, ?)",
            [uid, token.token, token.client, token.expires],
        )
        self._change(
            "DELETE FROM tokens WHERE uid = ?1 AND n <= "
            "(SELECT n FROM tokens WHERE uid = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)",
            [uid, TOKENS_KEPT],
        )

    def tokens(self, uid: str) -> list[Token]:
        """The tokens of an account, newest first, expired ones too."""
        rows = self._rows("SELECT token, client, expires FROM tokens WHERE uid = ? ORDER BY n DESC", [uid])
        return [Token(*row) for row in rows]

    def expire_tokens(self) -> None:
        """Makes every token expired."""
        self._change("UPDATE tokens SET expires = 0")

    # --- sites ---

    def sites(self, uid: str, ids: Collection[int] | None = None) -> list[StoredSite]:
        """The sites of an account by id, all or those with these ids; unknown ids are left out."""
        if ids is None:
            rows = self._rows("SELECT id, body FROM sites WHERE uid = ? ORDER BY id", [uid])
        else:
            chosen = "SELECT id, body FROM sites WHERE uid = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id"
            rows = self._rows(chosen, [uid, orjson.dumps(list(ids)).decode()])
        return [StoredSite(*row) for row in rows]

    def site(self, uid: str, site_id: int) -> StoredSite | None:
        """One site of an account."""
        rows = self._rows("SELECT id, body FROM sites WHERE uid = ? AND id = ?", [uid, site_id])
        return StoredSite(*rows[0]) if rows else None

    def owner(self, site_id: int) -> str | None:
        """The account that a site belongs to."""
        rows = self._rows("SELECT uid FROM sites WHERE id = ?", [site_id])
        return rows[0][0] if rows else None

    def add_site(self, uid: str, sections: Mapping[str, Any], now: float) -> StoredSite:
        """Stores a new site under a number that was never used before."""
        body = orjson.dumps(sections).decode()
        insert = "INSERT INTO sites (uid, url, body, created, updated) VALUES (?, ?, ?, ?, ?) RETURNING id"
        rows = self._rows(insert, [uid, _url(sections), body, now, now])
        return StoredSite(rows[0][0], body)

    def replace_site(self, uid: str, site_id: int, sections: Mapping[str, Any], now: float) -> StoredSite | None:
        """Stores other sections; None where the account has no such site."""
        body = orjson.dumps(sections).decode()
        update = "UPDATE sites SET url = ?, body = ?, updated = ? WHERE uid = ? AND id = ?"
        changed = self._change(update, [_url(sections), body, now, uid, site_id])
        return StoredSite(site_id, body) if changed else None

    def drop_site(self, uid: str, site_id: int) -> bool:
        """Deletes a site; says whether the account had it."""
        return self._change("DELETE FROM sites WHERE uid = ? AND id = ?", [uid, site_id]) > 0

    # --- the log ---

    def record(self, method: str, path: str, status: int, uid: str) -> None:
        """Notes a request that was answered."""
        insert = "INSERT INTO requests (method, path, status, uid) VALUES (?, ?, ?, ?)"
        self._change(insert, [method, path, status, uid])

    def requests(self) -> list[Recorded]:
        """The noted requests, in order."""
        return [Recorded(*row) for row in self._rows("SELECT n, method, path, status, uid FROM requests ORDER BY n")]

    def clear_requests(self) -> None:
        """Forgets the noted requests."""
        self._change("DELETE FROM requests")


def _url(sections: Mapping[str, Any]) -> str:
    """The site's URL, for whoever looks into the file with other tools."""
    site = sections.get("site")
    return str(site.get("url", "")) if isinstance(site, dict) else ""
