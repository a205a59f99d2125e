"""How many calls there were and how many succeeded, by site and day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.reports.calls import Listed, Period
from reconcile.reports.json import text
from reconcile.reports.tables import Column, Table


class Count(Struct, frozen=True):
    """Calls of a day and a site, either of which may be all: None. Finished ones have succeeded or failed."""

    day: date | None
    account: str | None
    site: str | None
    calls: int = 0
    finished: int = 0
    talked: int = 0

    @property
    def rate(self) -> float | None:
        """The share of finished calls in which people talked, 0 to 1."""
        return self.talked / self.finished if self.finished else None


class Statistics(Struct, frozen=True):
    """Counts in order of day, account and site, and all of them in one. `days` is every day of the period."""

    period: Period
    by: str | None
    counts: tuple[Count, ...]
    total: Count
    days: tuple[date, ...]


def statistics_of(calls: Sequence[Listed], period: Period, by: str | None) -> Statistics:
    """The statistics of calls: `by` is day, site, or None for both. Days are those of each account's own zone."""
    groups: dict[tuple[date | None, str | None, str | None], list[Listed]] = {}
    for listed in calls:
        day = listed.call.at.date() if listed.call.at and by != "site" else None
        site = (None, None) if by == "day" else (listed.account, listed.place)
        groups.setdefault((day, *site), []).append(listed)
    ordered = sorted(groups.items(), key=lambda item: tuple(str(part or "") for part in item[0]))
    # Accounts in other zones may have calls on a day before or after those of the period.
    called = [listed.call.at.date() for listed in calls if listed.call.at]
    ends = period.since if period.until is None else period.until - timedelta(microseconds=1)
    first = min([period.since.date(), *called])
    days = max([ends.date(), *called]) - first
    return Statistics(
        period,
        by,
        tuple(_count(*key, members) for key, members in ordered),
        _count(None, None, None, calls),
        tuple(first + timedelta(days=n) for n in range(days.days + 1)),
    )


def _count(day: date | None, account: str | None, site: str | None, calls: Iterable[Listed]) -> Count:
    outcomes = [listed.call.succeeded for listed in calls]
    return Count(day, account, site, len(outcomes), sum(o is not None for o in outcomes), outcomes.count(True))


def statistics_table(statistics: Statistics, *, accounts: bool) -> Table:
    """A row a day and site; `accounts`: with a column for the account."""
    columns = [
        *([Column("day", "Day")] if statistics.by != "site" else []),
        *([Column("account", "Account")] if accounts and statistics.by != "day" else []),
        *([Column("site", "Site")] if statistics.by != "day" else []),
        Column("calls", "Calls", right=True),
        Column("finished", "Finished", right=True),
        Column("talked", "Talked", right=True),
        Column("success_rate", "Success", right=True, show=lambda rate: f"{rate:.1%}"),
    ]

    def row(data: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(data[column.name] for column in columns)

    return Table(
        columns,
        [row(_data(count)) for count in statistics.counts],
        ("Total", *row(_data(statistics.total))[1:]),
    )


def _data(count: Count) -> dict[str, Any]:
    return {
        "day": count.day.isoformat() if count.day else None,
        "account": count.account,
        "site": count.site,
        "calls": count.calls,
        "finished": count.finished,
        "talked": count.talked,
        "success_rate": None if count.rate is None else round(count.rate, 4),
    }


def statistics_json(statistics: Statistics) -> str:
    """The statistics with their period and total."""
    return text(
        {
            "format_version": FORMAT_VERSION,
            "since": statistics.period.since.isoformat(),
            "until": statistics.period.until and statistics.period.until.isoformat(),
            "by": statistics.by,
            "rows": [_data(count) for count in statistics.counts],
            "total": {key: value for key, value in _data(statistics.total).items() if value is not None},
        }
    )
