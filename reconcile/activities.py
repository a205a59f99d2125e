"""Calls, statistics, clients, widgets, money and time: which account is meant, which site, and what became of it.

No terminal here; `cli/` says what comes of it. Reads raise `ProviderError`; what is to happen once goes through
`sent_once`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from reconcile.errors import (
    BadAnswer,
    ConnectionFailed,
    ProviderError,
    ReconcileError,
    ServiceError,
    UnknownOutcome,
    UsageError,
)
from reconcile.model.capabilities import Activity, Status
from reconcile.model.fields import client_kind
from reconcile.model.moments import Moment
from reconcile.model.normalize import did_you_mean, human_address, quoted, read_address, read_written_phone
from reconcile.model.resource import Desired, Live
from reconcile.pools import pool
from reconcile.providers.activities import CallQuery, Client, Purse
from reconcile.reports.calls import Listed, Period

if TYPE_CHECKING:
    from reconcile.providers.base import Provider
    from reconcile.workflow import Project

R = TypeVar("R")
Accounts = Mapping[str, "Provider"]


# --- which account ----------------------------------------------------------------------------------------------------


def able(project: Project, providers: Accounts, activity: Activity, account: str | None) -> dict[str, Provider]:
    """The accounts whose service can do this; only the one that `--account` names. Raises `UsageError`."""
    can = {name: one for name, one in providers.items() if activity in one.capabilities.activities}
    if account is None:
        if not can:
            services = sorted({project.desired.accounts[name].provider for name in providers})
            raise UsageError(f"no account's service has {activity}: {', '.join(services) or 'no account is declared'}")
        return can
    if account not in providers:
        known = ", ".join(sorted(providers))
        raise UsageError(
            f"there is no account {quoted(account)}; expected one of {known}{did_you_mean(account, providers)}"
        )
    if account not in can:
        service = project.desired.accounts[account].provider
        others = f"; accounts that do: {', '.join(sorted(can))}" if can else ""
        raise UsageError(f"account {account} is at {service}, whose API has no {activity}{others}")
    return {account: can[account]}


def only(accounts: Accounts, what: str) -> tuple[str, Provider]:
    """The one account there is; where there are several, `what` may be in any. Raises `UsageError`."""
    if len(accounts) > 1:
        raise UsageError(
            f"{what} may be in any of the accounts {', '.join(sorted(accounts))}; say which with --account NAME"
        )
    return next(iter(accounts.items()))


def of_each(accounts: Accounts, ask: Callable[[str, Provider], R]) -> dict[str, R]:
    """What `ask` finds in every account, all asked at once. Raises the first failure."""
    with pool(max(len(accounts), 1), "ask") as threads:
        asked = {name: threads.submit(ask, name, provider) for name, provider in accounts.items()}
        return {name: future.result() for name, future in asked.items()}


# --- which site -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """A live site, and its declaration, where it has one."""

    account: str
    live: Live
    declared: Desired | None = None

    @property
    def human(self) -> str:
        """Its address as people read it."""
        return self.live.address.human


class Directory:
    """The sites of some accounts, each of which is read once, and only when it is needed."""

    def __init__(self, project: Project, accounts: Accounts) -> None:
        self._project = project
        self._accounts = accounts
        self._read: dict[str, tuple[Live, ...]] = {}
        self._names: dict[str, dict[str, str]] = {}

    def sites(self, account: str) -> tuple[Live, ...]:
        """All live sites of an account."""
        if account not in self._read:
            self._read[account] = self._accounts[account].read()
        return self._read[account]

    def name(self, account: str, site: str) -> str:
        """A site's address as people read it, by its id; empty where no such site is live."""
        if account not in self._names:
            self._names[account] = {str(live.id): live.address.human for live in self.sites(account)}
        return self._names[account].get(site, "")

    def find(self, written: str) -> Site:
        """The site with this address: a declared one, or else a live one of any account.

        Raises `UsageError` where it is no address or there are several, and `ReconcileError` where there is none.
        """
        try:
            name = read_address(written)
        except ValueError as error:
            raise UsageError(str(error)) from None
        declared = [site for site in self._project.desired.sites if name in _names(self._project, site)]
        asked = [site for site in declared if site.address.account in self._accounts]
        if asked:
            return self._declared(self._one(written, {site.address.account: site for site in asked}))
        if declared and len(self._accounts) != 1:
            account = declared[0].address.account
            raise UsageError(f"{human_address(name)} is a site of account {account}, whose API does not have this")
        return self._live(written, name)

    def _one(self, written: str, found: Mapping[str, R]) -> R:
        if len(found) > 1:
            where = " and ".join(sorted(found))
            raise UsageError(f"{written} is a site of the accounts {where}; say which with --account NAME")
        return next(iter(found.values()))

    def _declared(self, site: Desired) -> Site:
        account = site.address.account
        if site.id is not None:
            matching = [live for live in self.sites(account) if live.id == site.id]
        else:
            matching = [live for live in self.sites(account) if live.address.name in _names(self._project, site)]
            matching = matching or [live for live in self.sites(account) if live.address.name == site.previous]
        if not matching:
            which = f"{site.address.shown} is declared in {site.file}, but not live"
            raise ReconcileError(f"{which}; `reconcile plan` shows what is missing, `reconcile apply` makes it")
        return Site(account, self._single(account, site.address.human, matching), site)

    def _live(self, written: str, name: str) -> Site:
        everywhere = of_each(self._accounts, lambda account, provider: self.sites(account))
        found = {
            account: matching
            for account, sites in everywhere.items()
            if (matching := [live for live in sites if live.address.name == name])
        }
        if not found:
            known = {live.address.human for sites in everywhere.values() for live in sites}
            known |= {site.address.human for site in self._project.desired.sites}
            where = " and ".join(sorted(self._accounts))
            hint = did_you_mean(human_address(name), known)
            raise ReconcileError(f"no site {human_address(name)} is declared, or live in {where}{hint}")
        matching = self._one(written, found)
        account = next(iter(found))
        return Site(account, self._single(account, human_address(name), matching))

    def _single(self, account: str, name: str, matching: Sequence[Live]) -> Live:
        if len(matching) > 1:
            ids = " and ".join(str(live.id) for live in matching)
            raise UsageError(
                f"{account} has several sites {name}, with the ids {ids}; declare the one that is meant by `id:`"
            )
        return matching[0]


def _names(project: Project, site: Desired) -> set[str]:
    """The addresses that a declared site goes by."""
    return {site.address.name, str(site.values[project.kind.index("url")])}


# --- which client -----------------------------------------------------------------------------------------------------


def declared_as(project: Project, account: str, client: Client) -> str:
    """The name that a live client is declared by; empty where no file declares it."""
    email = client_kind().index("email")
    return next(
        (
            declared.address.name
            for declared in project.desired.clients
            if declared.address.account == account
            and (client.id == declared.id if declared.id is not None else client.email == declared.values[email])
        ),
        "",
    )


def find_client(project: Project, accounts: Accounts, written: str) -> tuple[str, Client]:
    """The studio's client with this declared name, e-mail or id, and its account.

    Raises `UsageError` where several accounts have one, and `ReconcileError` where none has.
    """
    everywhere = of_each(accounts, lambda name, provider: provider.activities.clients())
    wanted = written.strip()
    rules: tuple[Callable[[str, Client], bool], ...] = (
        lambda account, client: declared_as(project, account, client) == wanted,
        lambda account, client: client.email == wanted.lower(),
        lambda account, client: str(client.id) == wanted,
    )
    for rule in rules:
        found = [(account, one) for account, clients in everywhere.items() for one in clients if rule(account, one)]
        if len({account for account, _ in found}) > 1:
            where = " and ".join(sorted(account for account, _ in found))
            raise UsageError(f"client {wanted} is in the accounts {where}; say which with --account NAME")
        if len(found) > 1:
            ids = " and ".join(str(client.id) for _, client in found)
            raise UsageError(f"{found[0][0]} has several clients {wanted}; say which by its id: {ids}")
        if found:
            return found[0]
    known = {client.email for clients in everywhere.values() for client in clients}
    known |= {declared.address.name for declared in project.desired.clients}
    where = " and ".join(sorted(accounts))
    raise ReconcileError(f"there is no client {quoted(wanted)} in {where}{did_you_mean(wanted, known)}")


# --- calls ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
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
    calls = provider.activities.calls(
        CallQuery(
            sites=tuple(site.live for site in sites if site.account == account),
            statuses=statuses,
            since=period.since,
            until=period.until,
            client="" if owner is not None else wanted.client,
            manager=wanted.manager,
            owner=owner,
        )
    )
    return period, [Listed(account, directory.name(account, call.site) if call.site else "", call) for call in calls]


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


# --- calling ----------------------------------------------------------------------------------------------------------


def defaults_for(project: Project, site: Site) -> Mapping[str, Any]:
    """What a call for a site carries where nobody says otherwise: a declared site's defaults, or its account's."""
    declared = site.declared
    return project.desired.accounts[site.account].call_defaults if declared is None else declared.call_defaults


def call_options(project: Project, site: Site, provider: Provider, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a call carries: the options of the command line over the site's defaults that its service takes.

    Raises `UsageError` for options that the service does not take, and those that need another one.
    """
    takes = provider.capabilities.call_options
    for name in given:
        if name not in takes:
            service = project.desired.accounts[site.account].provider
            known = ", ".join(option(one) for one in takes)
            raise UsageError(
                f"account {site.account} is at {service}, which does not take {option(name)}; it takes {known}"
            )
    options = {name: value for name, value in defaults_for(project, site).items() if name in takes} | dict(given)
    queued = [name for name in given if name.startswith("call_stack_")]
    if queued and options.get("nwt_action") != "always_call":
        raise UsageError(f"{option(queued[0])} is only taken together with --nwt-action always_call")
    return options


def option(name: str) -> str:
    """An option of the command line by its name in the schema."""
    return "--" + name.replace("_", "-")


def call_time(moment: Moment, provider: Provider, now: datetime) -> datetime:
    """When to call, to the second. Raises `UsageError` for a time that has passed."""
    at = moment.resolve(now, provider.activities.zone).replace(microsecond=0)
    at = at.astimezone(provider.activities.zone()) if moment.away is not None else at
    if at <= now:
        raise UsageError(f"{at:%Y-%m-%d %H:%M} ({at.tzinfo}) has passed; nothing was sent")
    return at


# --- money ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that is to go to a client. `available` is what the balance holds, None where the service does not tell."""

    account: str
    client: Client
    name: str
    amount: Decimal
    purse: Purse
    available: Decimal | None

    @property
    def remains(self) -> Decimal | None:
        """What the balance will hold."""
        return None if self.available is None else self.available - self.amount


def prepare_transfer(project: Project, accounts: Accounts, client: str, amount: Decimal, purse: Purse) -> Transfer:
    """What a transfer would do. Raises `ReconcileError` where there is not enough money, or no such client."""
    account, found = find_client(project, accounts, client)
    available = accounts[account].activities.balance(purse)
    transfer = Transfer(account, found, declared_as(project, account, found), amount, purse, available)
    if transfer.remains is not None and transfer.remains < 0:
        raise ReconcileError(
            f"the {purse} balance of account {account} holds {available:.2f} roubles, less than {amount:.2f}; "
            "nothing was sent"
        )
    return transfer


# --- what is sent once ------------------------------------------------------------------------------------------------


@contextmanager
def sent_once(what: str, find_out: str) -> Iterator[None]:
    """Around the one sending of a call or payment. Raises `UnknownOutcome` where nobody can tell what became of it."""
    try:
        yield
    except KeyboardInterrupt:
        why = "interrupted before the answer came"
    except ProviderError as error:
        if not outcome_unknown(error):
            raise
        why = str(error)
    else:
        return
    raise UnknownOutcome(f"whether {what} is unknown, and it is not sent again: {why}; {find_out}")


def outcome_unknown(error: ProviderError) -> bool:
    """Whether a request that failed so may have done its work: no answer, a failing server, an unreadable yes."""
    match error:
        case ConnectionFailed():
            return error.sent
        case BadAnswer():
            return error.status < 300 or error.status >= 500
        case ServiceError():
            return error.status >= 500
    return False
