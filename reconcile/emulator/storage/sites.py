"""Sites: a studio's own, and those of its clients. Their ids are unique over the whole service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, Final

import orjson
from msgspec import Struct

from reconcile.emulator.storage.database import Database


class Anybody(Enum):
    """Stands for the studio and all of its clients."""

    ANYBODY = "anybody"


ANYBODY: Final = Anybody.ANYBODY

#: Whose a site is: None is the studio itself, a number its client.
Owner = int | None | Anybody


class StoredSite(Struct, frozen=True):
    """A site as it is stored: `body` is the JSON of its sections, in the canonical spelling of the wire."""

    id: int
    body: str
    client: int | None = None

    def managers_phones(self, region: str | None = None) -> list[str]:
        """The phones of its managers, in order; of those of a region, where one is given."""
        managers = orjson.loads(self.body).get("managers")
        found = [m for m in managers if isinstance(m, dict)] if isinstance(managers, list) else []
        return [str(m["phone"]) for m in found if m.get("phone") and region in (None, m.get("region"))]


class Sites:
    """The sites of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, uid: str, owner: Owner = None, ids: Collection[int] | None = None) -> list[StoredSite]:
        """The sites of an owner by id, all or those with these ids; unknown ids are left out."""
        of_owner = "SELECT id, body, client FROM sites WHERE uid = ? AND client IS ? ORDER BY id"
        of_all = "SELECT id, body, client FROM sites WHERE uid = ? ORDER BY id"
        chosen = (
            "SELECT id, body, client FROM sites WHERE uid = ?1 AND (?2 OR client IS ?3) "
            "AND id IN (SELECT value FROM json_each(?4)) ORDER BY id"
        )
        if ids is not None:
            rows = self._database.rows(chosen, [uid, *_scope(owner), orjson.dumps(list(ids)).decode()])
        elif owner is ANYBODY:
            rows = self._database.rows(of_all, [uid])
        else:
            rows = self._database.rows(of_owner, [uid, owner])
        return [StoredSite(*row) for row in rows]

    def one(self, uid: str, site_id: int, owner: Owner = ANYBODY) -> StoredSite | None:
        """One site of an owner."""
        select = "SELECT id, body, client FROM sites WHERE uid = ? AND id = ? AND (? OR client IS ?)"
        rows = self._database.rows(select, [uid, site_id, *_scope(owner)])
        return StoredSite(*rows[0]) if rows else None

    def account(self, site_id: int) -> str | None:
        """The account that a site belongs to."""
        rows = self._database.rows("SELECT uid FROM sites WHERE id = ?", [site_id])
        return rows[0][0] if rows else None

    def add(self, uid: str, sections: Mapping[str, Any], now: float, client: int | None = None) -> StoredSite:
        """Stores a new site under a number that was never used before."""
        body = orjson.dumps(sections).decode()
        insert = "INSERT INTO sites (uid, client, url, body, created, updated) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
        rows = self._database.rows(insert, [uid, client, _url(sections), body, now, now])
        return StoredSite(rows[0][0], body, client)

    def replace(self, uid: str, site_id: int, sections: Mapping[str, Any], now: float) -> str | None:
        """Stores other sections; gives their text, None where the account has no such site."""
        body = orjson.dumps(sections).decode()
        update = "UPDATE sites SET url = ?, body = ?, updated = ? WHERE uid = ? AND id = ?"
        changed = self._database.change(update, [_url(sections), body, now, uid, site_id])
        return body if changed else None

    def drop(self, uid: str, site_id: int) -> bool:
        """Deletes a site; says whether the account had it."""
        return self._database.change("DELETE FROM sites WHERE uid = ? AND id = ?", [uid, site_id]) > 0


def _scope(owner: Owner) -> tuple[bool, int | None]:
    """Whether anybody's will do, and whose otherwise."""
    return (True, None) if isinstance(owner, Anybody) else (False, owner)


def _url(sections: Mapping[str, Any]) -> str:
    """The site's URL, for whoever looks into the file with other tools."""
    site = sections.get("site")
    return str(site.get("url", "")) if isinstance(site, dict) else ""
