"""Which of a studio's clients is meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reconcile.activities.accounts import Accounts, of_each
from reconcile.errors import ReconcileError, UsageError
from reconcile.model.fields import client_kind
from reconcile.model.normalize import did_you_mean, quoted
from reconcile.providers.activities import Client

if TYPE_CHECKING:
    from reconcile.workflow import Project


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
    for declared in project.desired.clients:
        if wanted in (declared.address.name, str(declared.values[client_kind().index("email")])):
            raise ReconcileError(
                f"client {declared.address.name} is declared in {declared.file}, but not live; `reconcile plan` says "
                "what is missing"
            )
    known = {client.email for clients in everywhere.values() for client in clients}
    known |= {declared.address.name for declared in project.desired.clients}
    where = " and ".join(sorted(accounts))
    raise ReconcileError(f"there is no client {quoted(wanted)} in {where}{did_you_mean(wanted, known)}")
