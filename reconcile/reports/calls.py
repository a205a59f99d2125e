"""Lists of calls, and single ones, as tables and data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.providers.activities import Call
from reconcile.reports.json import text
from reconcile.reports.tables import Column, Table, flat, pairs_text

_COLOURS: Final = {"talked": "green", "missed": "red", "no_answer": "red", "cancelled": "yellow"}


class Period(Struct, frozen=True):
    """From one aware time up to another, which is not part of it; None: without an end."""

    since: datetime
    until: datetime | None

    def __str__(self) -> str:
        ends = "" if self.until is None else f" until {self.until:%Y-%m-%d %H:%M}"
        return f"since {self.since:%Y-%m-%d %H:%M}{ends}"


class Listed(Struct, frozen=True):
    """A call of an account; `site` is the site's address as people read it, empty where it is not known any more."""

    account: str
    site: str
    call: Call

    @property
    def place(self) -> str:
        """The site, by its address or its id."""
        return self.site or (f"#{self.call.site}" if self.call.site else "")

    @property
    def order(self) -> tuple[float, str, str]:
        """Oldest first, calls of the same moment always in the same order."""
        return (self.call.at.timestamp() if self.call.at else 0.0, self.account, self.call.id.zfill(20))


def calls_table(calls: Sequence[Listed], *, accounts: bool) -> Table:
    """A row a call; `accounts`: with a column for the account."""
    columns = [
        Column("account", "Account"),
        Column("id", "Id", right=True),
        Column("at", "Time", show=_zoned if accounts else _local),
        Column("site", "Site"),
        Column("client", "Client"),
        Column("manager", "Manager"),
        Column("status", "Status", colour=_COLOURS.get),
        Column("duration", "Seconds", right=True),
    ]
    rows = [tuple(_data(listed)[column.name] for column in columns) for listed in calls]
    first = 0 if accounts else 1
    return Table(columns[first:], [row[first:] for row in rows])


def _local(at: str) -> str:
    """A time of the only account's zone."""
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S}"


def _zoned(at: str) -> str:
    """A time with its zone: several accounts may have several."""
    return datetime.fromisoformat(at).isoformat(sep=" ", timespec="seconds")


def _data(listed: Listed) -> dict[str, Any]:
    call = listed.call
    return {
        "account": listed.account,
        "id": call.id,
        "at": call.at.isoformat() if call.at else None,
        "site": listed.place,
        "site_id": call.site or None,
        "client": call.client or None,
        "manager": call.manager or None,
        "status": call.status or None,
        "succeeded": call.succeeded,
        "duration": call.duration,
    }


def calls_json(calls: Sequence[Listed], period: Period) -> str:
    """A list of calls, and the period that it is of."""
    return text(
        {
            "format_version": FORMAT_VERSION,
            "since": period.since.isoformat(),
            "until": period.until and period.until.isoformat(),
            "calls": [_data(listed) for listed in calls],
        }
    )


def call_json(listed: Listed) -> str:
    """One call, with everything that the service tells of it."""
    return text(
        {"format_version": FORMAT_VERSION, "call": {**_data(listed), "details": dict(listed.call.details)}},
    )


def call_text(listed: Listed) -> str:
    """One call, a line a field: first what we understand, then all that the service tells."""
    own = [(name, value) for name, value in _data(listed).items() if value is not None]
    told = [(f"  {name}", value) for name, value in flat(dict(listed.call.details))]
    return pairs_text(own) + "\nas the service tells it:\n" + pairs_text(told)
