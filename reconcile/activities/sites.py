"""Which site is meant: a declared one, or a live one of any account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from reconcile.activities.accounts import Accounts, of_each
from reconcile.errors import ReconcileError, UsageError
from reconcile.model.normalize import did_you_mean, human_address, read_address
from reconcile.model.resource import Desired, Live

if TYPE_CHECKING:
    from reconcile.workflow import Project

R = TypeVar("R")


class Site(Struct, frozen=True):
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
        """All live sites of an account; those of its clients where the project declares any."""
        if account not in self._read:
            clients = "client" in self._project.desired.kinds_of(account)
            self._read[account] = self._accounts[account].activities.sites(clients=clients)
        return self._read[account]

    def clients(self, account: str) -> tuple[int, ...]:
        """The ids of the account's clients; none where the project declares none."""
        if "client" not in self._project.desired.kinds_of(account):
            return ()
        return tuple(client.id for client in self._accounts[account].activities.clients())

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
        try:
            return self._live(written, name)
        except ReconcileError:
            if not declared:
                raise
            account = declared[0].address.account
            raise UsageError(
                f"{human_address(name)} is a site of account {account}, whose API does not have this"
            ) from None

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
            raise ReconcileError(f"{which}; `reconcile plan` says what is missing")
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
    return {site.address.name, str(site.values[project.desired.kinds["site"].index("url")])}
