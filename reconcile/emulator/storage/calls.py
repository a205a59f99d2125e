"""Calls of both services."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from msgspec import Struct, field

from reconcile.emulator.storage.database import Database
from reconcile.emulator.storage.sites import ANYBODY, Owner


class StoredCall(Struct, frozen=True):
    """A call. `start` is when the phone rings, in unix time; `delayed` says that this was chosen.

    `site` is a site's id, `owner` the client whose it is, `client` and `manager` are phones in E.164, `details` what
    came with the call. `state` and `duration` (seconds) are what somebody decided; without them the clock does.
    """

    site: int
    start: float
    client: str
    manager: str
    owner: int | None = None
    delayed: bool = False
    state: str | None = None
    duration: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


class Filter(Struct, frozen=True):
    """Which calls are wanted; what is None does not filter. `ids` and `sites` are numbers, times unix times."""

    owner: Owner = ANYBODY
    ids: Collection[int] | None = None
    sites: Collection[int] | None = None
    since: float | None = None
    until: float | None = None
    client: str | None = None
    manager: str | None = None


_INSERT = (
    "INSERT INTO calls (service, uid, site, owner, start, client, manager, delayed, state, duration, details) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_SELECT = """
SELECT site, start, client, manager, owner, delayed, state, duration, details, id FROM calls
WHERE service = ?1 AND uid = ?2 AND (?3 OR owner IS ?4)
    AND (?5 IS NULL OR id IN (SELECT value FROM json_each(?5)))
    AND (?6 IS NULL OR site IN (SELECT value FROM json_each(?6)))
    AND (?7 IS NULL OR start >= ?7) AND (?8 IS NULL OR start < ?8)
    AND (?9 IS NULL OR client = ?9) AND (?10 IS NULL OR manager = ?10)
ORDER BY start, id
"""


class Calls:
    """The calls of accounts; `service` is the name of the service that made them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, service: str, uid: str, call: StoredCall) -> int:
        """Stores a new call; gives its id."""
        rows = self._database.rows(_INSERT, _values(service, uid, call))
        return int(rows[0][0])

    def add_all(self, service: str, uid: str, calls: Iterable[StoredCall]) -> None:
        """Stores new calls."""
        statement = _INSERT.removesuffix(" RETURNING id")
        self._database.add_all(statement, (_values(service, uid, call) for call in calls))

    def listed(self, service: str, uid: str, wanted: Filter) -> list[StoredCall]:
        """The calls that are wanted, oldest first."""
        anybody = wanted.owner is ANYBODY
        values = [
            service,
            uid,
            anybody,
            None if anybody else wanted.owner,
            None if wanted.ids is None else orjson.dumps(list(wanted.ids)).decode(),
            None if wanted.sites is None else orjson.dumps(list(wanted.sites)).decode(),
            wanted.since,
            wanted.until,
            wanted.client,
            wanted.manager,
        ]
        return [
            StoredCall(site, start, client, manager, owner, bool(delayed), state, duration, orjson.loads(details), id_)
            for site, start, client, manager, owner, delayed, state, duration, details, id_ in self._database.rows(
                _SELECT, values
            )
        ]

    def end(self, service: str, site: int, state: str, now: float) -> None:
        """Gives the calls of a site that are still to come a state."""
        update = "UPDATE calls SET state = ?, duration = 0 WHERE service = ? AND site = ? AND start > ?"
        self._database.change(update, [state, service, site, now])


def _values(service: str, uid: str, call: StoredCall) -> list[Any]:
    details = orjson.dumps(dict(call.details)).decode()
    who = [service, uid, call.site, call.owner, call.start, call.client, call.manager]
    return [*who, call.delayed, call.state, call.duration, details]
