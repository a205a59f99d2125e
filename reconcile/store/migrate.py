"""Brings a store's tables up to date, whoever else tries to at the same moment."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reconcile.errors import StoreError
from reconcile.store.tables import HEAD, VERSION_TABLE, metadata

#: Every revision that there was, oldest first; those of `migrations/versions/`.
REVISIONS: Final = ("0001", HEAD)
MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: A number of ours among PostgreSQL's advisory locks: "reconcil" in ASCII.
ADVISORY_LOCK: Final = 0x7265636F6E63696C

#: Alembic's own table, as it makes it.
_version: Final = sa.Table(
    VERSION_TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def bring_up_to_date(connection: Connection, place: str) -> None:
    """Makes the tables, or migrates them forward, in the transaction of `connection`.

    Raises `StoreError` for a store of a later version. Alembic is imported only where there is something to migrate.
    """
    if revision(connection) == HEAD:
        return
    alone(connection)
    found = revision(connection)  # somebody may have been faster
    if found is None:
        metadata.create_all(connection, checkfirst=False)
        _version.create(connection)
        connection.execute(_version.insert().values(version_num=HEAD))
    elif found not in REVISIONS:
        raise StoreError(
            f"the history in {place} was written by a later version of this program (its tables are of revision "
            f"{found}, and this version knows those up to {HEAD}); update the program, or name another `store:`"
        )
    elif found != HEAD:
        migrate(connection)


def alone(connection: Connection) -> None:
    """Keeps other processes waiting until the transaction ends; SQLite's do so from its beginning."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))


def revision(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(sa.select(_version.c.version_num)).scalar()
    return None if found is None else str(found)


def migrate(connection: Connection, target: str = "head") -> None:
    """Runs the migrations that the store has not had yet, in the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
