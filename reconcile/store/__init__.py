"""The history of runs and the accounts' leases, in a database.

Only what applies, or asks for the history, opens it: SQLAlchemy takes its time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconcile.store.store import Store


def open_store(url: str, root: Path) -> Store:
    """The store at an SQLAlchemy URL, made or brought up to date where it has to be.

    Relative paths of SQLite start at the project's folder `root`. Raises `StoreError`; no message holds a password.
    """
    from reconcile.store.database import Database
    from reconcile.store.store import Store

    return Store(Database(url, root))
