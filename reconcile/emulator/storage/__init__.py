"""Everything that the emulator keeps, in one SQLite file: a module for each subject, on one connection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconcile.emulator.storage.accounts import Account, Accounts, Purse, Token
from reconcile.emulator.storage.calls import Calls, Filter, StoredCall
from reconcile.emulator.storage.clients import Clients, StoredClient, StoredPayment
from reconcile.emulator.storage.database import Database
from reconcile.emulator.storage.log import Log, Recorded
from reconcile.emulator.storage.sites import ANYBODY, Owner, Sites, StoredSite
from reconcile.emulator.storage.websites import Website, Websites

__all__ = [
    "ANYBODY",
    "Account",
    "Filter",
    "Owner",
    "Purse",
    "Recorded",
    "Storage",
    "StoredCall",
    "StoredClient",
    "StoredPayment",
    "StoredSite",
    "Token",
    "Website",
]


class Storage:
    """What is kept, by subject. `accounts` are the API keys that accounts begin with, by uid."""

    def __init__(self, path: Path, accounts: Mapping[str, str]) -> None:
        self.database = Database(path, lambda: self.accounts.begin(accounts))
        self.accounts = Accounts(self.database)
        self.clients = Clients(self.database)
        self.sites = Sites(self.database)
        self.calls = Calls(self.database)
        self.websites = Websites(self.database)
        self.log = Log(self.database)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        self.database.close()
