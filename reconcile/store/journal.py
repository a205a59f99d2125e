"""A run's journal in the store: what is about to be sent is committed before, what became of it after.

Many threads note at the same time. Those that come while one is writing are written together by the next, in one
transaction, so that a disk's or a network's latency is paid once for all of them (group commit).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from reconcile.applying.journal import Creation, Intent
from reconcile.applying.report import Outcome, Report, Result, Verdict
from reconcile.errors import StoreError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kinds
from reconcile.planning.plan import Change, Plan
from reconcile.store.leases import Lease
from reconcile.store.rows import live_row, packed_verdicts, status_of, text
from reconcile.store.tables import runs, steps, waves

#: Outcomes of a create after which its resource may be there.
_MAY_BE_THERE: Final = (None, Outcome.DONE.value, Outcome.UNKNOWN.value)
#: Names in one query; databases bound the number of parameters.
_NAMES: Final = 500

_OF_STEP: Final = (steps.c.run == sa.bindparam("b_run"), steps.c.number == sa.bindparam("b_number"))
_ENDED: Final[dict[str, Any]] = {
    "outcome": sa.bindparam("b_outcome"),
    "error": sa.bindparam("b_error"),
    "live_id": sa.bindparam("b_id"),
}


class _Note(Struct, eq=False):
    """Steps to be changed together: the values of each. An intent needs the accounts to be held."""

    rows: list[dict[str, Any]]
    is_intent: bool
    done: bool = False
    error: StoreError | None = None


class RunJournal:
    """The `Journal` of one run that has begun. Safe to use from several threads."""

    def __init__(self, lease: Lease, plan: Plan, kinds: Kinds) -> None:
        self._lease = lease
        self._database = lease.database
        self._plan = plan  # keeps the changes alive, which are known here by their identity
        self._kinds = kinds
        self._numbers = {id(change): number for number, change in enumerate(plan.changes)}
        self._ended: set[int] = set()
        self._waiting: list[_Note] = []
        self._queue = Lock()
        self._writing = Lock()
        self._broken: StoreError | None = None

    def intend(self, intents: Sequence[Intent]) -> None:
        """Commits what one request is about to do. Raises `StoreError` also where the accounts are held no more."""
        rows = [self._row(intent.change) | {"b_live": self._live(intent)} for intent in intents]
        self._note(rows, is_intent=True)

    def ended(self, results: Sequence[tuple[Change, Result]]) -> None:
        """Commits what became of one request."""
        self._note([self._row(change) | _outcome(result) for change, result in results], is_intent=False)
        self._ended.update(self._numbers[id(change)] for change, _ in results)

    def created(self, addresses: Collection[Address]) -> Mapping[Address, Creation]:
        """Those resources that the last thing any earlier run noted of them was to create them; see `Journal`."""
        found: dict[Address, Creation] = {}
        with self._database.begin() as connection:
            for account, kind in sorted({(address.account, address.kind) for address in addresses}):
                names = {text(a.name): a for a in addresses if (a.account, a.kind) == (account, kind)}
                every = sorted(names)
                for start in range(0, len(every), _NAMES):
                    for row in self._latest(connection, account, kind, every[start : start + _NAMES]):
                        if row.action == Action.CREATE and row.outcome in _MAY_BE_THERE:
                            found[names[row.name]] = Creation(row.run, row.live_id, max(row.age, 0.0))
        return found

    def finish(self, report: Report) -> Report:
        """Notes how every step and the run ended; the report, with a warning where that could not be noted."""
        rows = [
            self._row(change) | _outcome(result)
            for number, (change, result) in enumerate(zip(self._plan.changes, report.results, strict=True))
            if number not in self._ended
        ]
        change = steps.update().where(*_OF_STEP).values(_ENDED)
        try:
            with self._database.begin() as connection:
                if rows:
                    connection.execute(change, rows)
                connection.execute(
                    runs.update()
                    .where(runs.c.name == self._lease.run)
                    .values(status=status_of(report).value, finished=self._database.now())
                )
        except StoreError as error:
            said = f"how this run ended is not in the history; the next run looks what became of it: {error}"
            return replace(report, warnings=(*report.warnings, said))
        return report

    # --- waves ------------------------------------------------------------------------------------------------------

    def wave_began(self, number: int) -> None:
        """Commits that a wave is about to be sent. Raises `StoreError` also where the accounts are held no more."""
        with self._database.begin() as connection:
            lost = self._lease.renew(connection)
            if lost:
                raise StoreError(lost)
            connection.execute(self._wave(number).values(started=self._database.now()))

    def wave_carried_out(self, number: int) -> None:
        """Commits that what there was to send of a wave has been sent."""
        with self._database.begin() as connection:
            connection.execute(self._wave(number).values(carried_out=self._database.now()))

    def wave_ended(self, number: int, verdicts: Sequence[Verdict], *, passed: bool) -> None:
        """Commits what the gates said."""
        told = {"verdicts": packed_verdicts(verdicts), "passed": passed}
        with self._database.begin() as connection:
            connection.execute(self._wave(number).values(**told, finished=self._database.now()))

    def _wave(self, number: int) -> sa.Update:
        return waves.update().where(waves.c.run == self._lease.run, waves.c.number == number)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _row(self, change: Change) -> dict[str, Any]:
        return {"b_run": self._lease.run, "b_number": self._numbers[id(change)]}

    def _live(self, intent: Intent) -> str | None:
        if intent.before is None:
            return None
        return live_row(self._kinds[intent.change.address.kind], intent.before)

    def _note(self, rows: list[dict[str, Any]], *, is_intent: bool) -> None:
        note = _Note(rows, is_intent)
        with self._queue:
            self._waiting.append(note)
        with self._writing:
            if not note.done:
                with self._queue:
                    notes, self._waiting = self._waiting, []
                self._write(notes)
        if note.error is not None:
            raise note.error

    def _write(self, notes: Sequence[_Note]) -> None:
        """Writes all of them, or none; a store that has failed once is not tried again."""
        if self._broken is None:
            try:
                # What is lost of outcomes in a power failure the next run looks up; of intents nothing may be lost.
                with self._database.begin(durable=any(note.is_intent for note in notes)) as connection:
                    self._write_in(connection, notes)
            except StoreError as failure:
                self._broken = failure
        for note in notes:
            note.error = note.error or self._broken
            note.done = True

    def _write_in(self, connection: Connection, notes: Sequence[_Note]) -> None:
        now = self._database.now()
        intents = [note for note in notes if note.is_intent]
        lost = self._lease.renew(connection) if intents else ""
        for note in intents if lost else ():
            note.error = StoreError(lost)
        intended = [row for note in intents if not lost for row in note.rows]
        if intended:
            values = {"live": sa.bindparam("b_live"), "intended": now}
            connection.execute(steps.update().where(*_OF_STEP).values(values), intended)
        ended = [row for note in notes if not note.is_intent for row in note.rows]
        if ended:
            connection.execute(steps.update().where(*_OF_STEP).values({**_ENDED, "ended": now}), ended)

    def _latest(self, connection: Connection, account: str, kind: str, names: list[str]) -> Sequence[Any]:
        """The last step that an earlier run has noted for each of these resources."""
        here = (
            steps.c.account_key == self._lease.keys[account],
            steps.c.kind == kind,
            steps.c.name.in_(names),
            steps.c.run != self._lease.run,
            steps.c.intended.is_not(None),
        )
        place = sa.func.row_number().over(partition_by=steps.c.name, order_by=steps.c.intended.desc()).label("place")
        age = (self._database.now() - sa.func.coalesce(steps.c.ended, steps.c.intended)).label("age")
        ranked = sa.select(steps, age, place).where(*here).subquery()
        return connection.execute(sa.select(ranked).where(ranked.c.place == 1)).all()


def _outcome(result: Result) -> dict[str, Any]:
    return {"b_outcome": result.outcome.value, "b_error": text(result.error), "b_id": result.id}
