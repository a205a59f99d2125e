"""The waves of rollouts, which step belongs to which, and which run goes on with which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds what earlier runs have none of: they were no rollouts."""
    op.add_column("reconcile_runs", sa.Column("resumes", sa.Text))
    op.add_column("reconcile_steps", sa.Column("wave", sa.Integer))
    op.create_table(
        "reconcile_waves",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("started", sa.Double),
        sa.Column("carried_out", sa.Double),
        sa.Column("finished", sa.Double),
        sa.Column("passed", sa.Boolean),
        sa.Column("verdicts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "number", name="reconcile_waves_pkey"),
        sa.ForeignKeyConstraint(["run"], ["reconcile_runs.name"], name="reconcile_waves_run_fkey", ondelete="CASCADE"),
    )
