"""Runs, their steps, and the leases of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the first tables."""
    op.create_table(
        "reconcile_runs",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("revision", sa.Text),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("finished", sa.Double),
        sa.Column("status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="reconcile_runs_pkey"),
    )
    op.create_index("reconcile_runs_started", "reconcile_runs", ["started"])
    op.create_index("reconcile_runs_status", "reconcile_runs", ["status"])
    op.create_table(
        "reconcile_steps",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("live_id", sa.BigInteger),
        sa.Column("owner", sa.BigInteger),
        sa.Column("client", sa.Text),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("live", sa.Text),
        sa.Column("intended", sa.Double),
        sa.Column("ended", sa.Double),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "number", name="reconcile_steps_pkey"),
        sa.ForeignKeyConstraint(["run"], ["reconcile_runs.name"], name="reconcile_steps_run_fkey", ondelete="CASCADE"),
    )
    op.create_index("reconcile_steps_resource", "reconcile_steps", ["account_key", "kind", "name", "intended"])
    op.create_table(
        "reconcile_leases",
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("heartbeat", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("account_key", name="reconcile_leases_pkey"),
    )
