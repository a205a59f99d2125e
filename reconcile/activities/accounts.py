"""Which accounts can do something, and asking several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from reconcile.errors import ProviderError, UsageError
from reconcile.model.capabilities import Activity
from reconcile.model.normalize import did_you_mean, quoted
from reconcile.pools import pool

if TYPE_CHECKING:
    from reconcile.providers.base import Provider
    from reconcile.workflow import Project

R = TypeVar("R")
Accounts = Mapping[str, "Provider"]


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
    """What `ask` finds in every account, all asked at once. Raises the first failure, which names its account."""
    with pool(max(len(accounts), 1), "ask") as threads:
        asked = {name: threads.submit(ask, name, provider) for name, provider in accounts.items()}
        return {name: _found(name, future) for name, future in asked.items()}


def _found(account: str, future: Future[R]) -> R:
    try:
        return future.result()
    except ProviderError as error:
        raise ProviderError(f"account {account}: {error}") from None
