"""The history as people and programs read it: a table of runs, and one run with all that it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import click

from reconcile.applying.report import ROLLOUT_OVER, Outcome
from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.model.fields import Kinds
from reconcile.planning.plan import HIDDEN
from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.reports.fields import Line, lines
from reconcile.reports.json import text
from reconcile.reports.tables import Column, Table, table_text
from reconcile.reports.text import OUTCOMES, SIGNS, VERBS, line_text, painted
from reconcile.reports.waves import verdict_text
from reconcile.reports.words import some, value
from reconcile.store.recorded import field_changes, kinds_of
from reconcile.store.records import RunRecord, Status, StepRecord, WaveRecord

#: Characters of a commit that people are shown.
_COMMIT: Final = 10

_STATUS_COLOURS: Final = {
    Status.DONE: "green",
    Status.RUNNING: "cyan",
    Status.PARTIAL: "yellow",
    Status.INTERRUPTED: "yellow",
    Status.FAILED: "red",
    Status.DIED: "red",
}
_COLUMNS: Final = (
    Column("run", "Run"),
    Column("started", "Started"),
    Column("user", "Who"),
    Column("command", "Command"),
    Column("commit", "Commit"),
    Column("status", "Status", colour=lambda status: _STATUS_COLOURS[Status(status)]),
    Column("summary", "Changes"),
)


def runs_text(runs: Sequence[RunRecord], *, zone: tzinfo | None = None, colour: bool = False) -> str:
    """Runs in a table; times are in `zone`, None: where the program runs."""
    rows = [
        (
            run.name,
            _time(run.started, zone),
            f"{run.user}@{run.host}",
            run.command,
            _short(run.commit),
            run.status.value,
            _summary(run.summary),
        )
        for run in runs
    ]
    kept = [n for n, column in enumerate(_COLUMNS) if column.name != "commit" or any(run.commit for run in runs)]
    table = Table([_COLUMNS[n] for n in kept], [[row[n] for n in kept] for row in rows])
    return table_text(table, colour=colour)


def run_text(run: RunRecord, *, zone: tzinfo | None = None, colour: bool = False) -> str:
    """One run: who, when and how, and each of its changes with what became of it."""
    known = kinds_of(run)
    parts = ["\n".join(_head(run, zone, colour=colour))]
    for wave in run.waves:
        parts.append("\n".join(_wave(run, wave, zone)))
        parts += _blocks(known, [step for step in run.steps if step.wave == wave.number], colour=colour)
    if not run.waves:
        parts += _blocks(known, run.steps, colour=colour)
    return "\n\n".join([*parts, f"Changes: {_summary(run.summary)}."]) + "\n"


def _blocks(known: Kinds, steps: Sequence[StepRecord], *, colour: bool) -> list[str]:
    return ["\n".join(_block(known, group, colour=colour)) for group in _groups(steps)]


def _wave(run: RunRecord, wave: WaveRecord, zone: tzinfo | None) -> Iterator[str]:
    """A wave of a rollout: when it began, how it ended, and what its gates said."""
    if wave.started is None:
        yield f"Wave {wave.number} ({clean(wave.name)}): never began"
        return
    took = "" if wave.finished is None else f", took {_duration(wave.finished - wave.started)}"
    became = {True: "passed", False: "ended the rollout", None: "was cut short"}[wave.passed]
    counted = _summary(_counted(run, wave))
    yield f"Wave {wave.number} ({clean(wave.name)}): {became}; {_time(wave.started, zone)}{took}; {counted}"
    for verdict in wave.verdicts:
        yield f"    {verdict_text(verdict)}"


def _counted(run: RunRecord, wave: WaveRecord) -> dict[str, int]:
    """The steps of a wave by outcome, as a run's `summary`."""
    return dict(Counter("open" if s.outcome is None else s.outcome.value for s in run.steps if s.wave == wave.number))


def _head(run: RunRecord, zone: tzinfo | None, *, colour: bool) -> Iterator[str]:
    status = run.status.value
    yield f"Run {clean(run.name)}: {clean(run.command)}, " + (
        click.style(status, fg=_STATUS_COLOURS[run.status]) if colour else status
    )
    took = "" if run.finished is None else f", took {_duration(run.finished - run.started)}"
    commit = "" if run.commit is None else f", on commit {clean(_short(run.commit))}"
    yield f"    by {clean(run.user)}@{clean(run.host)}, {_time(run.started, zone)}{took}{commit}"
    yield f"    accounts: {clean(', '.join(run.accounts))}"
    if run.resumes is not None:
        yield f"    goes on with the rollout of run {clean(run.resumes)}"
    if run.resumed_by:
        yield f"    gone on with by run {clean(', '.join(run.resumed_by))}"
    if run.undone_by:
        yield f"    rolled back by run {clean(', '.join(run.undone_by))}"


def _groups(steps: Sequence[StepRecord]) -> list[list[StepRecord]]:
    """Steps that did the same to several resources, or were held back with their wave, together; others one by one."""
    groups: dict[object, list[StepRecord]] = {}
    for step in steps:
        plain = (step.outcome is Outcome.DONE and not (step.error or step.note)) or step.error == ROLLOUT_OVER
        same = tuple(
            (item.path, repr(item.before), repr(item.after))
            for item in step.fields
            if step.action is not Action.CREATE or item.path != "url"
        )
        where = step.address.account, step.address.kind, step.client
        key = (where, step.action, step.outcome, same) if plain else step.number
        groups.setdefault(key, []).append(step)
    return list(groups.values())


def _block(known: Kinds, group: Sequence[StepRecord], *, colour: bool) -> Iterator[str]:
    first = group[0]
    sign, verb = SIGNS[first.action], VERBS[first.action]
    names = [clean(step.address.human) + _id(step) for step in group]
    became = verb if first.outcome is Outcome.DONE else f"{first.action.value}, {_outcome(first)}"
    if len(group) == 1:
        error = f": {clean(first.error)}" if first.error else ""
        head = f"{clean(first.address.shown)}{_id(first)} {became}{error}"
    else:
        which = "" if first.action is Action.DELETE else f": {some(names, 12)}"
        head = f"{clean(first.address.account)}: the same on {len(group)} {first.address.kind}s, {became}{which}"
    yield painted(sign, f"{sign} {head}", colour)
    if len(group) > 1 and first.action is Action.DELETE:
        yield from (line_text(Line(sign, name), colour) for name in names)
    if len(group) == 1:
        if first.reason:
            yield f"      why: {clean(first.reason)}"
        if first.note:
            yield f"      found later: {clean(first.note)}"
    shown = tuple(
        item
        for item in field_changes(first, known)
        if first.action is not Action.CREATE or item.field.path != "url" or item.shown[1] != first.address.name
    )
    yield from (line_text(line, colour) for line in lines(shown, created=first.action is Action.CREATE))
    for item in first.fields:  # those of another version
        if item.path not in known[first.address.kind].by_path:
            yield line_text(Line("~", f"{clean(item.path)}: {value(item.before)} -> {value(item.after)}"), colour)


def _outcome(step: StepRecord) -> str:
    if step.outcome is not None:
        return OUTCOMES[step.outcome][0]
    return "never sent" if step.intended is None else "was sent, and its answer was never seen"


def _id(step: StepRecord) -> str:
    parts = [f"id {step.id}"] if step.id else []
    if step.client is not None:
        parts.append(f"client {clean(step.client.name)}")
    return f" ({', '.join(parts)})" if parts else ""


def _summary(summary: Mapping[str, int]) -> str:
    """`3 done, 1 failed`."""
    words = {outcome.value: word for outcome, (word, _) in OUTCOMES.items()}
    return ", ".join(f"{number} {words.get(name, name)}" for name, number in summary.items() if number) or "none"


def _short(commit: str | None) -> str:
    """The beginning of a commit, with its `+` where files differed from it."""
    if commit is None:
        return ""
    return commit.rstrip("+")[:_COMMIT] + ("+" if commit.endswith("+") else "")


def _time(seconds: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")


def _duration(seconds: float) -> str:
    """`0.8 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


# --- for programs -----------------------------------------------------------------------------------------------------


def runs_json(runs: Sequence[RunRecord]) -> str:
    """Runs, newest first (design, section 4)."""
    return text({"format_version": FORMAT_VERSION, "runs": [_run_data(run) for run in runs]})


def run_json(run: RunRecord) -> str:
    """One run with its steps."""
    data = {
        **_run_data(run),
        "resumes": run.resumes,
        "resumed_by": list(run.resumed_by),
        "rolled_back_by": list(run.undone_by),
        "waves": [_wave_data(run, wave) for wave in run.waves],
        "steps": [_step_data(step) for step in run.steps],
    }
    return text({"format_version": FORMAT_VERSION, **data})


def _wave_data(run: RunRecord, wave: WaveRecord) -> dict[str, Any]:
    return {
        "wave": wave.number,
        "name": wave.name,
        "started": _iso(wave.started),
        "carried_out": _iso(wave.carried_out),
        "finished": _iso(wave.finished),
        "passed": wave.passed,
        "summary": _counted(run, wave),
        "gates": [{"gate": one.gate, "passed": one.passed, "note": one.note or None} for one in wave.verdicts],
    }


def _run_data(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.name,
        "command": run.command,
        "user": run.user,
        "host": run.host,
        "commit": run.commit,
        "accounts": list(run.accounts),
        "started": _iso(run.started),
        "finished": _iso(run.finished),
        "status": run.status.value,
        "summary": dict(run.summary),
    }


def _step_data(step: StepRecord) -> dict[str, Any]:
    return {
        "address": str(step.address),
        "kind": step.address.kind,
        "account": step.address.account,
        "action": step.action.value,
        "reason": step.reason,
        "id": step.id,
        **({} if step.client is None else {"client": str(step.client)}),
        "outcome": None if step.outcome is None else step.outcome.value,
        "error": step.error or None,
        "note": step.note or None,
        "sent": _iso(step.intended),
        "ended": _iso(step.ended),
        **({} if step.wave is None else {"wave": step.wave}),
        "fields": [
            {"path": item.path, "before": item.before, "after": item.after}
            | ({"sensitive": True} if HIDDEN in (item.before, item.after) else {})
            for item in step.fields
        ],
        "before": None if step.before is None else dict(step.before),
    }


def _iso(seconds: float | None) -> str | None:
    """A time in ISO 8601, in UTC, to the millisecond."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
