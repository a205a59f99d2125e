"""Money for a studio's client: what a transfer would do."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from reconcile.activities.accounts import Accounts
from reconcile.activities.clients import declared_as, find_client
from reconcile.errors import ReconcileError
from reconcile.providers.activities import Client, Purse

if TYPE_CHECKING:
    from reconcile.workflow import Project


class Transfer(Struct, frozen=True):
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
