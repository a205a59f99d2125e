"""A studio's clients, and the money that was moved to them."""

from __future__ import annotations

import sqlite3
from typing import Final

from msgspec import Struct

from reconcile.emulator.storage.accounts import Purse
from reconcile.emulator.storage.database import Database


class StoredClient(Struct, frozen=True):
    """A client: `balance` in hundredths, `created` in unix time."""

    id: int
    email: str
    balance: int
    created: float


class StoredPayment(Struct, frozen=True):
    """Money that was moved to a client: `amount` in hundredths, `created` in unix time."""

    id: int
    client: int
    purse: Purse
    amount: int
    created: float


#: Takes money where there is enough.
_TAKE: Final = {
    Purse.MAIN: "UPDATE accounts SET balance = balance - ?1 WHERE uid = ?2 AND balance >= ?1 RETURNING balance",
    Purse.PARTNER: "UPDATE accounts SET partner_balance = partner_balance - ?1 "
    "WHERE uid = ?2 AND partner_balance >= ?1 RETURNING partner_balance",
}


class Clients:
    """The clients of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, uid: str) -> list[StoredClient]:
        """The clients of an account, by id."""
        select = "SELECT id, email, balance, created FROM clients WHERE uid = ? ORDER BY id"
        return [StoredClient(*row) for row in self._database.rows(select, [uid])]

    def one(self, uid: str, client_id: int) -> StoredClient | None:
        """One client of an account."""
        select = "SELECT id, email, balance, created FROM clients WHERE uid = ? AND id = ?"
        rows = self._database.rows(select, [uid, client_id])
        return StoredClient(*rows[0]) if rows else None

    def add(self, uid: str, email: str, password: str, now: float, balance: int = 0) -> StoredClient:
        """Stores a new client; `password` is a hash. Raises `ValueError` where any account has one of this e-mail."""
        insert = "INSERT INTO clients (uid, email, password, balance, created) VALUES (?, ?, ?, ?, ?) RETURNING id"
        try:
            rows = self._database.rows(insert, [uid, email, password, balance, now])
        except sqlite3.IntegrityError:
            raise ValueError(f"there is a client {email} already") from None
        return StoredClient(rows[0][0], email, balance, now)

    def pay(self, uid: str, client_id: int, purse: Purse, amount: int, now: float) -> tuple[int, int] | None:
        """Moves money to a client of the account; the payment's id and what is left, None where there is too little."""
        insert = "INSERT INTO payments (uid, client, purse, amount, created) VALUES (?, ?, ?, ?, ?) RETURNING id"
        with self._database.transaction():
            left = self._database.rows(_TAKE[purse], [amount, uid])
            if not left:
                return None
            self._database.change("UPDATE clients SET balance = balance + ? WHERE id = ?", [amount, client_id])
            paid = self._database.rows(insert, [uid, client_id, purse, amount, now])
        return paid[0][0], left[0][0]

    def payments(self, uid: str) -> list[StoredPayment]:
        """What an account paid, in order."""
        select = "SELECT id, client, purse, amount, created FROM payments WHERE uid = ? ORDER BY id"
        return [
            StoredPayment(number, client, Purse(purse), amount, created)
            for number, client, purse, amount, created in self._database.rows(select, [uid])
        ]
