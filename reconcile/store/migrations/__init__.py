"""The tables of every version, as Alembic's migrations from one to the next."""
