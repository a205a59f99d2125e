"""The tables. What they were in earlier versions is in `migrations/`; the tests compare the two.

Their names begin with the program's, so that a team's database can hold other things, too. Times are Unix time in
seconds. Structured values are JSON in ASCII, in columns of text: every database keeps those as they are.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, MetaData, Table, Text

#: The revision of `migrations/` that these tables are.
HEAD: Final = "0002"
#: Where the revision of a store is kept.
VERSION_TABLE: Final = "reconcile_version"

metadata: Final = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_name)s",
    }
)

#: One row for each apply, destroy or rollback. `accounts` are the accounts' keys by their names (`planfile`); `resumes`
#: is the run whose rollout this one goes on with: the first of them, where there were several.
runs: Final = Table(
    "reconcile_runs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("revision", Text),
    Column("accounts", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("started", Double, nullable=False, index=True),
    Column("finished", Double),
    Column("status", Text, nullable=False, index=True),
    Column("resumes", Text),
)

#: One row for each change of a run's plan. `live_id` and `owner` are the service's ids; `live` is what was live before.
steps: Final = Table(
    "reconcile_steps",
    metadata,
    Column("run", Text, ForeignKey(runs.c.name, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account_key", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("live_id", BigInteger),
    Column("owner", BigInteger),
    Column("client", Text),
    Column("fields", Text, nullable=False),
    Column("live", Text),
    Column("intended", Double),
    Column("ended", Double),
    Column("outcome", Text),
    Column("error", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("wave", Integer),
    Index("reconcile_steps_resource", "account_key", "kind", "name", "intended"),
)

#: One row for each wave of a run that is a rollout, numbered as in the run that it began with. It is carried out, and
#: then its gates are asked; `passed` is None until they have been, and false where they ended the rollout.
waves: Final = Table(
    "reconcile_waves",
    metadata,
    Column("run", Text, ForeignKey(runs.c.name, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("started", Double),
    Column("carried_out", Double),
    Column("finished", Double),
    Column("passed", Boolean),
    Column("verdicts", Text, nullable=False),
)

#: One row for each account that a run holds. `process` tells the holder from others on its machine (`who`).
leases: Final = Table(
    "reconcile_leases",
    metadata,
    Column("account_key", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("heartbeat", Double, nullable=False),
)
