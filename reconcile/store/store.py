"""The store: what runs did, who holds which account, and what runs that died left behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from reconcile.applying.report import Outcome
from reconcile.errors import StoreError
from reconcile.model.address import Address
from reconcile.model.fields import Kinds
from reconcile.model.normalize import count, did_you_mean, quoted
from reconcile.planning.plan import Plan
from reconcile.planning.planfile import plan_data
from reconcile.planning.waves import Wave
from reconcile.store.closing import Finding
from reconcile.store.database import Database
from reconcile.store.journal import RunJournal
from reconcile.store.leases import Lease, LeaseRecord, held
from reconcile.store.records import RunRecord, Status, StepRecord
from reconcile.store.rows import (
    packed,
    run_record,
    step_record,
    step_rows,
    summary_of,
    text,
    wave_record,
    wave_rows,
)
from reconcile.store.tables import leases, runs, steps, waves
from reconcile.store.who import Holder

#: What stands for the run that began last.
LATEST: Final = "latest"


class Store:
    """A store that is open. Every method raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()

    # --- what was done ----------------------------------------------------------------------------------------------

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Runs without their steps, newest first."""
        with self._database.begin() as connection:
            rows = connection.execute(_newest_first().limit(limit)).all()
            counts = _counts(connection, [row.name for row in rows])
            living = self._living(connection)
            return [_seen(run_record(row, summary_of(counts[row.name])), living) for row in rows]

    def run(self, name: str) -> RunRecord:
        """One run with its steps: by its name, by what only its name begins with, or `latest`."""
        with self._database.begin() as connection:
            return self._whole(connection, self._find(connection, name))

    def rollout(self, name: str) -> list[RunRecord]:
        """A run and those that went on with its rollout, oldest first; `name` may be any of them. One that did not roll
        out anything is alone.
        """
        with self._database.begin() as connection:
            row = self._find(connection, name)
            first = row.resumes or row.name
            family = _newest_first().where(sa.or_(runs.c.name == first, runs.c.resumes == first))
            return [self._whole(connection, one) for one in reversed(connection.execute(family).all())]

    def last(self, key: str, address: Address) -> RunRecord | None:
        """The run that last did something to a resource, whose account has this key; None where none did."""
        done = (
            steps.c.account_key == key,
            steps.c.kind == address.kind,
            steps.c.name == text(address.name),
            steps.c.outcome == Outcome.DONE.value,
        )
        newest = sa.select(steps.c.run).where(*done).order_by(steps.c.ended.desc()).limit(1)
        with self._database.begin() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.name == newest.scalar_subquery())).first()
            return None if row is None else self._whole(connection, row)

    def _whole(self, connection: Connection, row: Any) -> RunRecord:
        """A run with its steps and waves, and the runs that had to do with it."""
        summary = summary_of(_counts(connection, [row.name])[row.name])
        record = run_record(row, summary, _steps(connection, row.name))
        mine = sa.select(waves).where(waves.c.run == row.name).order_by(waves.c.number)
        later = sa.select(runs.c.name).where(runs.c.resumes == row.name).order_by(runs.c.started)
        undoing = sa.select(runs.c.name).where(runs.c.command == f"rollback {row.name}").order_by(runs.c.started)
        undone = undoing.where(sa.exists().where(steps.c.run == runs.c.name, steps.c.outcome == Outcome.DONE.value))
        return replace(
            _seen(record, self._living(connection)),
            waves=tuple(map(wave_record, connection.execute(mine))),
            resumed_by=tuple(connection.execute(later).scalars()),
            undone_by=tuple(connection.execute(undone).scalars()),
        )

    def _living(self, connection: Connection) -> set[str]:
        """The names of the runs that may still be at work."""
        return {record.run for record in held(self._database, connection) if record.living}

    def _find(self, connection: Connection, name: str) -> Any:
        if name == LATEST:
            row = connection.execute(_newest_first().limit(1)).first()
            if row is None:
                raise StoreError("nothing has been applied yet")
            return row
        known: list[str] = [row.name for row in connection.execute(sa.select(runs.c.name))]
        fitting = [name] if name in known else [one for one in known if name and one.startswith(name)]
        if len(fitting) != 1:
            why = f"{len(fitting)} runs begin with it" if fitting else f"none of {count(len(known), 'run')} is"
            hint = did_you_mean(name, fitting or known) or "; `reconcile history` lists them"
            raise StoreError(f"no run is named {quoted(name)}: {why}{hint}")
        return connection.execute(sa.select(runs).where(runs.c.name == fitting[0])).one()

    # --- who does something -----------------------------------------------------------------------------------------

    @contextmanager
    def lease(
        self,
        accounts: Mapping[str, str],
        holder: Holder,
        *,
        run: str,
        command: str,
        timeout: float = 0.0,
        waiting: Callable[[str], None] = lambda text: None,
    ) -> Iterator[Lease]:
        """Holds accounts (keys by name) for a run, until the block is left in whatever way.

        Waits `timeout` seconds at most, and says for whom with `waiting`. Raises `Locked`.
        """
        lease = Lease(self._database, run, command, holder, accounts)
        try:
            lease.take(timeout, waiting)
            yield lease
        finally:
            lease.release()

    def leases(self) -> list[LeaseRecord]:
        """All accounts that are held, by name."""
        with self._database.begin() as connection:
            return held(self._database, connection)

    def unlock(self, lease: LeaseRecord) -> bool:
        """Breaks a hold; whether it was still there. Its run notices before it sends the next thing."""
        with self._database.begin() as connection:
            mine = leases.delete().where(leases.c.account_key == lease.key, leases.c.run == lease.run)
            return connection.execute(mine).rowcount > 0

    # --- a run ------------------------------------------------------------------------------------------------------

    def begin(
        self,
        lease: Lease,
        plan: Plan,
        kinds: Kinds,
        *,
        commit: str | None,
        rolling: Sequence[Wave] = (),
        resumes: str | None = None,
    ) -> RunJournal:
        """Notes a run that is about to carry out `plan` on the accounts that it holds; gives its journal.

        A rollout has its waves, and perhaps the first run of it, which this one goes on with.
        """
        with self._database.begin() as connection:
            lost = lease.renew(connection)
            if lost:
                raise StoreError(f"{lost}; nothing was changed")
            row = {
                "name": lease.run,
                "command": text(lease.command),
                "username": text(lease.holder.user),
                "host": text(lease.holder.host),
                "revision": None if commit is None else text(commit),
                "accounts": packed(dict(sorted(lease.keys.items()))),
                "plan": packed(plan_data(plan)),
                "status": Status.RUNNING.value,
                "resumes": resumes,
            }
            connection.execute(runs.insert().values(**row, started=self._database.now()))
            rows = list(step_rows(lease.run, plan, lease.keys, rolling))
            if rows:
                connection.execute(steps.insert(), rows)
            if rolling:
                connection.execute(waves.insert(), wave_rows(lease.run, rolling))
        return RunJournal(lease, plan, kinds)

    # --- runs that died ---------------------------------------------------------------------------------------------

    def died(self, lease: Lease) -> list[tuple[RunRecord, dict[int, float]]]:
        """The runs that stopped without a word and have unfinished steps on accounts that `lease` holds, oldest first.

        With those steps alone, and for each that was about to be sent how long ago that was, in seconds, by number.
        """
        keys = set(lease.keys.values())
        names = {key: name for name, key in lease.keys.items()}
        found = []
        with self._database.begin() as connection:
            living = self._living(connection)
            running = _newest_first().where(runs.c.status == Status.RUNNING.value)
            for row in reversed(connection.execute(running).all()):
                if row.name in living:
                    continue
                mine = steps.c.run == row.name, steps.c.account_key.in_(keys), steps.c.outcome.is_(None)
                age = (self._database.now() - steps.c.intended).label("age")
                left = connection.execute(sa.select(steps, age).where(*mine).order_by(steps.c.number)).all()
                # The account may have another name in this project than in that run's.
                records = [step_record(step, account=names[step.account_key]) for step in left]
                if left or not _open(connection, row.name):
                    ages = {step.number: step.age for step in left if step.age is not None}
                    found.append((run_record(row, {}, records), ages))
        return found

    def close_died(self, run: RunRecord, findings: Sequence[tuple[StepRecord, Finding]]) -> None:
        """Notes what was found of the open steps; the others of `run.steps` were never sent.

        The run is `died` once nothing of it is open, on whichever accounts.
        """
        looked = {step.number: finding for step, finding in findings}
        with self._database.begin() as connection:
            for step in run.steps:
                finding = looked.get(step.number)
                values: dict[str, Any]
                if finding is None:
                    values = {"outcome": Outcome.NOT_ATTEMPTED.value, "error": "the run died before"}
                else:
                    values = {"outcome": finding.outcome.value, "note": finding.note, "live_id": finding.id}
                mine = steps.c.run == run.name, steps.c.number == step.number, steps.c.outcome.is_(None)
                connection.execute(steps.update().where(*mine).values(**values))
            if not _open(connection, run.name):
                over = runs.c.name == run.name, runs.c.status == Status.RUNNING.value
                died = runs.update().where(*over).values(status=Status.DIED.value, finished=self._database.now())
                connection.execute(died)


def _seen(record: RunRecord, living: Collection[str]) -> RunRecord:
    """A run as it is to be told: one that is noted as running, and holds nothing any more, has died."""
    gone = record.status is Status.RUNNING and record.name not in living
    return replace(record, status=Status.DIED) if gone else record


def _newest_first() -> sa.Select[Any]:
    return sa.select(runs).order_by(runs.c.started.desc(), runs.c.name.desc())


def _steps(connection: Connection, run: str) -> list[StepRecord]:
    rows = connection.execute(sa.select(steps).where(steps.c.run == run).order_by(steps.c.number))
    return [step_record(row) for row in rows]


def _counts(connection: Connection, names: Collection[str]) -> dict[str, dict[str | None, int]]:
    """How many steps of these runs have which outcome."""
    found: dict[str, dict[str | None, int]] = defaultdict(dict)
    query = sa.select(steps.c.run, steps.c.outcome, sa.func.count()).group_by(steps.c.run, steps.c.outcome)
    for run, outcome, number in connection.execute(query.where(steps.c.run.in_(names)) if len(names) < 500 else query):
        found[run][outcome] = number
    return found


def _open(connection: Connection, run: str) -> bool:
    mine = steps.c.run == run, steps.c.outcome.is_(None)
    return connection.execute(sa.select(sa.literal(1)).where(*mine).limit(1)).first() is not None
