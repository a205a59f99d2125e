"""From plans to rows, and from rows to records. What is sensitive never becomes a row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconcile.applying.report import Outcome, Report, Verdict
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kind
from reconcile.model.resource import Live
from reconcile.planning.plan import HIDDEN, Plan
from reconcile.planning.waves import Wave
from reconcile.store.records import FieldRecord, RunRecord, Status, StepRecord, WaveRecord


def text(value: str) -> str:
    """Text that every database takes: PostgreSQL knows neither NUL nor halves of characters."""
    return value.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")


def packed(data: Any) -> str:
    """Plain data as JSON, in ASCII."""
    return json.dumps(data, separators=(",", ":"), default=str)


def step_rows(run: str, plan: Plan, keys: Mapping[str, str], waves: Sequence[Wave] = ()) -> Iterator[dict[str, Any]]:
    """A row for each change of a plan, in its order, before anything is sent; `keys` are the accounts' keys."""
    of_wave = {id(change): wave.number for wave in waves for change in wave.changes}
    for number, change in enumerate(plan.changes):
        yield {
            "run": run,
            "number": number,
            "account_key": keys[change.address.account],
            "account": text(change.address.account),
            "kind": change.address.kind,
            "name": text(change.address.name),
            "action": change.action.value,
            "reason": text(change.reason),
            "live_id": change.id,
            "owner": change.owner,
            "client": None if change.client is None else text(str(change.client)),
            "fields": packed([[item.field.path, *item.shown] for item in change.fields]),
            "error": "",
            "note": "",
            "wave": of_wave.get(id(change)),
        }


def wave_rows(run: str, waves: Sequence[Wave]) -> list[dict[str, Any]]:
    """A row for each wave, before it begins."""
    return [{"run": run, "number": wave.number, "name": text(wave.name), "verdicts": "[]"} for wave in waves]


def packed_verdicts(verdicts: Sequence[Verdict]) -> str:
    """What the gates said, in a column of text."""
    return packed([[text(one.gate), one.passed, text(one.note)] for one in verdicts])


def wave_record(row: Any) -> WaveRecord:
    """A wave, of its row."""
    return WaveRecord(
        number=row.number,
        name=row.name,
        started=row.started,
        carried_out=row.carried_out,
        finished=row.finished,
        passed=row.passed,
        verdicts=tuple(Verdict(*one) for one in json.loads(row.verdicts)),
    )


def live_row(kind: Kind, live: Live) -> str:
    """All that is live of a resource, by the paths of its fields and as a person writes it; secrets hidden."""
    pairs = zip(kind.fields, live.values, strict=True)
    return packed({f.path: HIDDEN if f.sensitive else _shown(f.type.show, value) for f, value in pairs})


def _shown(show: Any, value: Any) -> Any:
    return None if value is None else show(value)


def status_of(report: Report) -> Status:
    """How a run ended whose report is there."""
    summary = report.summary
    if report.interrupted:
        return Status.INTERRUPTED
    if summary[Outcome.DONE] == len(report.results):
        return Status.DONE
    return Status.PARTIAL if summary[Outcome.DONE] or summary[Outcome.UNKNOWN] else Status.FAILED


def run_record(row: Any, summary: Mapping[str, int], steps: Sequence[StepRecord] = ()) -> RunRecord:
    """A run, of its row."""
    keys = json.loads(row.accounts)
    return RunRecord(
        name=row.name,
        command=row.command,
        user=row.username,
        host=row.host,
        commit=row.revision,
        accounts=tuple(keys),
        started=row.started,
        finished=row.finished,
        status=Status(row.status),
        summary=summary,
        steps=tuple(steps),
        keys=keys,
        resumes=row.resumes,
    )


def step_record(row: Any, account: str | None = None) -> StepRecord:
    """A step, of its row; `account` is another name for the account that it is about."""
    return StepRecord(
        number=row.number,
        address=Address(account or row.account, row.kind, row.name),
        action=Action(row.action),
        reason=row.reason,
        id=row.live_id,
        owner=row.owner,
        client=None if row.client is None else Address.parse(row.client),
        fields=tuple(FieldRecord(*item) for item in json.loads(row.fields)),
        before=None if row.live is None else json.loads(row.live),
        intended=row.intended,
        ended=row.ended,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        error=row.error,
        note=row.note,
        wave=row.wave,
    )


def summary_of(counts: Mapping[str | None, int]) -> dict[str, int]:
    """Steps by outcome, as reports have them; those of a run that goes on, or died, are `open` until it is known."""
    found = Counter(counts)
    made = {outcome.value: found[outcome.value] for outcome in Outcome}
    return made | {"open": found[None]} if found[None] else made
