"""Alembic's entry point: runs the migrations on the connection that `migrate.migrate` gives, in its transaction."""

from __future__ import annotations

from alembic import context

from reconcile.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
