"""A big plan by account, group and shared object, as a small table."""

from __future__ import annotations

from typing import Final

from reconcile.planning.plan import Plan
from reconcile.planning.summary import SHARED, Tally, tallies
from reconcile.reports.tables import Column, Table, table_text

#: Changes that are few enough to be seen without a table.
SEEN: Final = 20
#: Rows of the table.
_ROWS: Final = 15
_COLUMNS: Final = (
    Column("where", "Changes of"),
    *(Column(name, name.capitalize(), right=True) for name in ("create", "update", "delete")),
    Column("sites", "Of sites", right=True),
)


def tally_text(plan: Plan, *, colour: bool = False) -> str:
    """The table without a line end; empty for a plan of few changes. What most changes belong to is in it."""
    if len(plan.changes) <= SEEN:
        return ""
    every = tallies(plan)
    shown = set(sorted(every, key=lambda tally: -tally.changes)[:_ROWS])
    rows = [
        (_name(tally), tally.create, tally.update, tally.delete, tally.sites or None)
        for tally in every
        if tally in shown
    ]
    more = len(every) - len(rows)
    return table_text(Table(_COLUMNS, rows), colour=colour).rstrip("\n") + (f"\nand {more} more" if more else "")


def _name(tally: Tally) -> str:
    """As it is selected: `group=dealers`, `widget=standard`."""
    return "=".join(tally.name.split("/", 1)) if tally.by == SHARED else f"{tally.by}={tally.name}"
