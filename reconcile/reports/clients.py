"""A studio's clients as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.providers.activities import Client
from reconcile.reports.json import text
from reconcile.reports.tables import Column, Table, flat, pairs_text


class Owned(Struct, frozen=True):
    """A client of an account, and the name that it is declared by, where it is."""

    account: str
    name: str
    client: Client


def clients_table(clients: Sequence[Owned], *, accounts: bool) -> Table:
    """A row a client; `accounts`: with a column for the account."""
    columns = [
        *([Column("account", "Account")] if accounts else []),
        Column("id", "Id", right=True),
        Column("email", "E-mail"),
        Column("name", "Declared as"),
        Column("balance", "Balance", right=True),
    ]
    return Table(columns, [tuple(_data(owned)[column.name] for column in columns) for owned in clients])


def _data(owned: Owned) -> dict[str, Any]:
    balance = owned.client.balance
    return {
        "account": owned.account,
        "id": owned.client.id,
        "email": owned.client.email or None,
        "name": owned.name or None,
        "balance": None if balance is None else f"{balance:.2f}",
    }


def clients_json(clients: Sequence[Owned]) -> str:
    """A list of clients; balances are texts, so that no kopeck is lost."""
    return text({"format_version": FORMAT_VERSION, "clients": [_data(owned) for owned in clients]})


def client_json(owned: Owned) -> str:
    """One client, with everything that the service tells of it."""
    return text(
        {"format_version": FORMAT_VERSION, "client": {**_data(owned), "details": dict(owned.client.details)}},
    )


def client_text(owned: Owned) -> str:
    """One client, a line a field: first what we understand, then all that the service tells."""
    own = [(name, value) for name, value in _data(owned).items() if value is not None]
    told = [(f"  {name}", value) for name, value in flat(dict(owned.client.details))]
    return pairs_text(own) + "\nas the service tells it:\n" + pairs_text(told)
