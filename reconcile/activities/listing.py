"""The calls of all accounts that are asked for, in one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from reconcile.activities.accounts import Accounts, of_each
from reconcile.activities.clients import find_client
from reconcile.activities.sites import Directory, Site
from reconcile.errors import UsageError
from reconcile.model.capabilities import Activity, Status
from reconcile.model.moments import Moment
from reconcile.model.normalize import did_you_mean, quoted, read_written_phone
from reconcile.model.resource import Live
from reconcile.pools import pool
from reconcile.providers.activities import CallQuery
from reconcile.reports.calls import Listed, Period

if TYPE_CHECKING:
    from reconcile.providers.base import Provider
    from reconcile.workflow import Project

#: How many owners' lists are asked for at once.
PARALLEL: Final = 8


class Wanted(Struct, frozen=True):
    """Which calls are asked for, as the command line says it.

    `statistics`: for counting, so that the first day is whole, and calls that are yet to be made are left out.
    """

    sites: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: Moment | None = None
    until: Moment | None = None
    client: str = ""
    manager: str = ""
    statistics: bool = False


def check_statuses(accounts: Accounts, names: Iterable[str]) -> None:
    """Whether any account's service has these states of calls. Raises `UsageError` that names those there are."""
    known = {status.name: None for provider in accounts.values() for status in provider.capabilities.statuses}
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no status {quoted(name)}; expected one of {', '.join(known)}{did_you_mean(name, known)}"
            )


def list_calls(project: Project, accounts: Accounts, wanted: Wanted, now: datetime) -> tuple[Period, list[Listed]]:
    """The calls of all accounts that are asked for, oldest first, and the period that they are of."""
    check_statuses(accounts, wanted.statuses)
    owner: int | None = None
    if wanted.client and not wanted.client.startswith("+"):
        having = {name: one for name, one in accounts.items() if Activity.CLIENTS in one.capabilities.activities}
        if not having:
            raise UsageError(f"{quoted(wanted.client)} is no phone, and no account's service has clients")
        account, client = find_client(project, having, wanted.client)
        accounts, owner = {account: accounts[account]}, client.id
    directory = Directory(project, accounts)
    sites = [directory.find(text) for text in wanted.sites]
    if sites:
        accounts = {name: one for name, one in accounts.items() if name in {site.account for site in sites}}
    found = of_each(accounts, lambda name, one: _calls_of(name, one, directory, sites, wanted, owner, now))
    periods = [period for period, _ in found.values()]
    ends = [p.until for p in periods if p.until is not None]
    period = Period(min(p.since for p in periods), max(ends) if len(ends) == len(periods) else None)
    return period, sorted((call for _, calls in found.values() for call in calls), key=lambda listed: listed.order)


def _calls_of(
    account: str,
    provider: Provider,
    directory: Directory,
    sites: Sequence[Site],
    wanted: Wanted,
    owner: int | None,
    now: datetime,
) -> tuple[Period, list[Listed]]:
    period = _period(provider, wanted, now)
    statuses = _wire(provider.capabilities.statuses, wanted.statuses)
    if wanted.statuses and not statuses:
        return period, []  # this service never has calls in such a state
    queries = [
        CallQuery(
            sites=chosen,
            statuses=statuses,
            since=period.since,
            until=period.until,
            client="" if owner is not None else wanted.client,
            manager=wanted.manager,
            owner=whose,
        )
        for whose, chosen in _owners(directory, account, sites, owner).items()
    ]
    with pool(min(PARALLEL, len(queries)), "calls") as threads:
        found = [call for calls in threads.map(provider.activities.calls, queries) for call in calls]
    calls = {call.id or n: call for n, call in enumerate(found)}.values()
    return period, [Listed(account, directory.name(account, call.site) if call.site else "", call) for call in calls]


def _owners(
    directory: Directory, account: str, sites: Sequence[Site], owner: int | None
) -> Mapping[int | None, tuple[Live, ...]]:
    """Whose calls are asked for, the studio's own and its declared clients', each with the sites that are meant."""
    chosen = [site.live for site in sites if site.account == account]
    if owner is not None:
        return {owner: tuple(chosen)}
    if not sites:
        return dict.fromkeys([None, *directory.clients(account)], ())
    return {whose: tuple(s for s in chosen if s.owner == whose) for whose in dict.fromkeys(s.owner for s in chosen)}


def _wire(known: Iterable[Status], names: Iterable[str]) -> tuple[int | str, ...]:
    return tuple(status.wire for status in known if status.name in set(names))


def _period(provider: Provider, wanted: Wanted, now: datetime) -> Period:
    zone = provider.activities.zone
    now = now.astimezone(zone())
    assert wanted.since is not None
    since = wanted.since.resolve(now, zone).astimezone(zone())
    until = None if wanted.until is None else wanted.until.resolve(now, zone, end=True).astimezone(zone())
    if wanted.statistics:
        since = since.replace(hour=0, minute=0, second=0, microsecond=0)
        until = now if until is None else until
    if until is not None and until <= since:
        raise UsageError(f"the period is empty: it begins at {since:%Y-%m-%d %H:%M} and ends at {until:%Y-%m-%d %H:%M}")
    return Period(since, until)


def visitor(written: str) -> str:
    """A canonical phone, where this reads as one, else as it was written: the name of a client, perhaps."""
    try:
        return read_written_phone(written)
    except ValueError:
        return written
