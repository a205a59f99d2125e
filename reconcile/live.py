"""What is live: all accounts read at once, each as far as the project has something to say of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reconcile.errors import NotOffered, ProviderError
from reconcile.model.capabilities import Action, Capabilities
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.planning.plan import Diagnostic, Plan, Severity
from reconcile.pools import pool

if TYPE_CHECKING:
    from reconcile.providers.base import Provider

Read = tuple[dict[str, LiveAccount], list[Diagnostic]]


def read(providers: Mapping[str, Provider], kinds: Mapping[str, Collection[str]]) -> Read:
    """These kinds of resources of each of the accounts that are named.

    An account that can't be read completely is missing, and a diagnostic says why.
    """
    return _each(
        kinds, lambda name: providers[name].read(kinds[name]), "the account can't be read, so nothing is planned"
    )


def read_everything(providers: Mapping[str, Provider], desired: DesiredState, accounts: Collection[str]) -> Read:
    """All that is live in these accounts, as far as they have a right to it: sites, clients and settings."""
    return _each(
        accounts,
        lambda name: _everything(providers[name], desired.services[name]),
        "the account can't be read, so nothing is imported",
    )


def _everything(provider: Provider, service: Capabilities) -> LiveAccount:
    """An account; the settings first, because a right that is missing costs least there."""
    profile = None
    if service.has("profile"):
        with suppress(NotOffered):
            profile = provider.read({"profile"}).profile
    if not service.has("client"):
        return replace(provider.read({"site"}), profile=profile)
    try:
        return replace(provider.read({"site", "client"}), profile=profile)
    except NotOffered:
        return replace(provider.read({"site"}), profile=profile)


def owners_in_doubt(desired: DesiredState, plan: Plan, kinds: Mapping[str, Collection[str]]) -> list[str]:
    """The accounts of a plan whose sites may be those of clients, which were not read; `kinds` are what was.

    A site that is to be created may be live under a client, and one that is to be deleted may be a client's, where the
    service lists those among the studio's own.
    """
    risky = {
        change.address.account
        for change in plan.changes
        if change.address.kind == "site" and change.action in (Action.CREATE, Action.DELETE)
    }
    return sorted(name for name in risky if desired.services[name].has("client") and "client" not in kinds[name])


def with_owners(
    desired: DesiredState, providers: Mapping[str, Provider], live: Mapping[str, LiveAccount], accounts: Collection[str]
) -> Read:
    """The live accounts, those named with their clients and the clients' sites.

    An account that has no right to clients has none; one whose clients can't be read otherwise is missing. A site that
    the service lists among the studio's own, and the files declare so, stays the studio's.
    """
    url = desired.kinds["site"].index("url")
    declared = {name for site in desired.sites for name in (site.address.name, str(site.values[url]), site.previous)}
    known = {name: account for name, account in live.items() if name not in accounts}
    found, unread = _each(
        accounts,
        lambda name: _with_clients(providers[name], live[name], declared),
        "whether these are a client's sites can't be told, so nothing is planned",
    )
    return known | found, unread


def _with_clients(provider: Provider, live: LiveAccount, declared: Collection[str | None]) -> LiveAccount:
    try:
        more = provider.read({"client"})
    except NotOffered:
        return live
    own = {site.id: site for site in live.sites}
    theirs = {site.id: site for site in more.sites if site.id not in own or site.address.name not in declared}
    return replace(live, sites=tuple((own | theirs).values()), clients=more.clients)


def _each(names: Collection[str], ask: Callable[[str], LiveAccount], failed: str) -> Read:
    live: dict[str, LiveAccount] = {}
    unread: list[Diagnostic] = []
    with pool(max(len(names), 1), "read") as threads:
        for name, future in [(name, threads.submit(ask, name)) for name in names]:
            try:
                live[name] = future.result()
            except ProviderError as error:
                unread.append(Diagnostic(Severity.ERROR, name, f"{failed}: {error}"))
    return live, unread
