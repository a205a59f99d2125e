"""What tests of the store write into it: made-up changes, live sites, and processes that use one store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from reconcile.applying.report import Outcome, Report, Result
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import kinds
from reconcile.model.resource import Live
from reconcile.planning.plan import Change, FieldChange, Plan
from reconcile.store.database import Database
from reconcile.store.leases import Lease
from reconcile.store.store import Store
from reconcile.store.tables import metadata
from reconcile.store.who import Holder, holder

KINDS = kinds()
KEY = "sha256:one"


def change(name: str, action: Action = Action.CREATE, number: int | None = None, **fields: tuple[Any, Any]) -> Change:
    """A change of a site; values before and after as a person writes them, by path, with `__` for dots."""
    kind = KINDS["site"]
    pairs = {"url": (None, name)} if action is Action.CREATE else {}
    pairs |= {path.replace("__", "."): pair for path, pair in fields.items()}
    known = ((kind.by_path[path], *pair) for path, pair in pairs.items())
    changes = tuple(FieldChange(field, field.lenient(before), field.lenient(after)) for field, before, after in known)
    if action is Action.CREATE:
        changes = tuple(replace(one, before=None) for one in changes)
    return Change(Address("studio", "site", name), action, "because", number, changes)


def plan(*changes: Change) -> Plan:
    return Plan(changes, 0, {"studio": 10})


def live(name: str, number: int, **fields: Any) -> Live:
    """A live site with nothing set but its address and these fields."""
    document = {"url": name} | {path.replace("__", "."): value for path, value in fields.items()}
    return Live(Address("studio", "site", name), number, KINDS["site"].values(document))


def result(of: Change, outcome: Outcome = Outcome.DONE, error: str = "", number: int | None = None) -> Result:
    return Result(of.address, of.action, outcome, error, number or of.id)


def report(*results: Result, **options: Any) -> Report:
    return Report("RUN", results, **options)


@dataclass
class Process:
    """A process that uses a store; `on` another machine nobody can tell whether it lives."""

    store: Store
    holder: Holder = field(default_factory=lambda: holder({}))

    def lease(self, run: str, keys: dict[str, str] | None = None, **options: Any) -> Any:
        return self.store.lease(keys or {"studio": KEY}, self.holder, run=run, command="apply", **options)

    def on(self, host: str) -> Process:
        return Process(self.store, Holder("boris", host, 17))


def abandoned(process: Process, run: str, keys: dict[str, str] | None = None) -> Lease:
    """A lease as kill -9 leaves it: nobody renews it, and nobody gives it back."""
    lease = Lease(process.store._database, run, "apply", process.holder, keys or {"studio": KEY})
    lease.take(0, lambda text: None)
    lease._over.set()
    return lease


def everything(database: Database) -> str:
    """All that is in all tables."""
    with database.begin() as connection:
        return "\n".join(str(row) for table in metadata.sorted_tables for row in connection.execute(table.select()))
