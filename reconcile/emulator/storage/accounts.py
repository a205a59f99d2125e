"""Accounts: their profiles, their purses and their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from reconcile.emulator.storage.database import Database
from reconcile.values import Guarded

#: So many tokens of an account are remembered. The oldest go first: who asks that often has newer ones.
TOKENS_KEPT: Final = 100


class Purse(StrEnum):
    """A balance of an account; the name of its column."""

    MAIN = "balance"
    PARTNER = "partner_balance"


class Account(Guarded, frozen=True):
    """An account and its profile; the balances are in hundredths."""

    hidden = ("api_key",)

    n: int
    uid: str
    api_key: str
    timezone: str
    enabled: bool
    balance: int
    partner_balance: int

    @property
    def zone(self) -> ZoneInfo:
        """The zone of all dates that the account is given."""
        return ZoneInfo(self.timezone)


class Token(Guarded, frozen=True):
    """A token: it works from one IP address, until `expires` (unix time)."""

    hidden = ("token",)

    token: str
    client: str
    expires: float


class Accounts:
    """The accounts by their uid."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, keys: Mapping[str, str]) -> None:
        """Makes the accounts that are not there; those that are may have changed their key since."""
        with self._database.transaction():
            for uid, key in keys.items():
                self._database.change("INSERT OR IGNORE INTO accounts (uid, api_key) VALUES (?, ?)", [uid, key])

    def one(self, uid: str) -> Account | None:
        """An account, None where there is none."""
        select = "SELECT n, uid, api_key, timezone, enabled, balance, partner_balance FROM accounts WHERE uid = ?"
        rows = self._database.rows(select, [uid])
        if not rows:
            return None
        n, uid, api_key, timezone, enabled, balance, partner = rows[0]
        return Account(n, uid, api_key, timezone, bool(enabled), balance, partner)

    def change(self, account: Account) -> None:
        """Stores an account that differs. Another key makes all of its tokens invalid."""
        update = (
            "UPDATE accounts SET api_key = ?, timezone = ?, enabled = ?, balance = ?, partner_balance = ? WHERE uid = ?"
        )
        with self._database.transaction():
            before = self.one(account.uid)
            if before is not None and before.api_key != account.api_key:
                self._database.change("UPDATE tokens SET expires = 0 WHERE uid = ?", [account.uid])
            values = [account.api_key, account.timezone, account.enabled, account.balance, account.partner_balance]
            self._database.change(update, [*values, account.uid])

    # --- tokens ---

    def add_token(self, uid: str, token: Token) -> None:
        """Remembers a token; older ones stay valid."""
        with self._database.transaction():
            self._database.change(
                "INSERT INTO tokens (uid, token, client, expires) VALUES (?, ?, ?, ?)",
                [uid, token.token, token.client, token.expires],
            )
            self._database.change(
                "DELETE FROM tokens WHERE uid = ?1 AND n <= "
                "(SELECT n FROM tokens WHERE uid = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)",
                [uid, TOKENS_KEPT],
            )

    def tokens(self, uid: str) -> list[Token]:
        """The tokens of an account, newest first, expired ones too."""
        rows = self._database.rows("SELECT token, client, expires FROM tokens WHERE uid = ? ORDER BY n DESC", [uid])
        return [Token(*row) for row in rows]

    def expire_tokens_of(self, uid: str, now: float) -> int:
        """Makes every token of an account expired; gives the number of those that were not."""
        return self._database.change("UPDATE tokens SET expires = 0 WHERE uid = ? AND expires > ?", [uid, now])

    def expire_tokens(self) -> None:
        """Makes every token expired."""
        self._database.change("UPDATE tokens SET expires = 0")
