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
from reconcile.planning.plan import HIDDEN, Change
from reconcile.planning.planfile import FORMAT_VERSION
from reconcile.reports.applied import APART, OUTCOMES, without_id
from reconcile.reports.behind import head_names, in_head
from reconcile.reports.fields import Line
from reconcile.reports.folding import Block, fold
from reconcile.reports.heads import SIGNS, VERBS, id_of, known_as
from reconcile.reports.json import text
from reconcile.reports.tables import Column, Table, table_text
from reconcile.reports.text import details, line_text, painted
from reconcile.reports.waves import verdict_text
from reconcile.reports.words import value
from reconcile.store.recorded import change_of, kinds_of
from reconcile.store.records import FieldRecord, RunRecord, Status, StepRecord, WaveRecord

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


def run_text(run: RunRecord, *, zone: tzinfo | None = None, colour: bool = False, full: bool = False) -> str:
    """One run: who, when and how, and each of its changes with what became of it; a rollout wave by wave.

    A run over thousands of sites stays short; with `full` every site and every value is shown.
    """
    known = kinds_of(run)
    parts = ["\n".join(_run(run, zone, colour=colour))]
    for wave in run.waves:
        parts.append("\n".join(_wave(run, wave, zone)))
        mine = [step for step in run.steps if step.wave == wave.number]
        parts += ["\n".join(block) for block in _blocks(mine, known, colour=colour, full=full)]
    if not run.waves:
        parts += ["\n".join(block) for block in _blocks(run.steps, known, colour=colour, full=full)]
    return "\n\n".join([*parts, f"Changes: {_summary(run.summary)}."]) + "\n"


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


def _run(run: RunRecord, zone: tzinfo | None, *, colour: bool) -> Iterator[str]:
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


def _blocks(steps: Sequence[StepRecord], known: Kinds, *, colour: bool, full: bool) -> Iterator[Iterator[str]]:
    """What is done, as a plan shows it, and what is not, by how that came; all in the order of the run."""
    done: list[StepRecord] = []
    others: dict[object, list[StepRecord]] = {}
    for step in steps:
        if step.outcome is Outcome.DONE and not (step.error or step.note or _strange(step, known)):
            done.append(step)
        else:
            others.setdefault(_how(step, known, full=full), []).append(step)
    changes = [change_of(step, known) for step in done]
    numbers = {id(change): step.number for change, step in zip(changes, done, strict=True)}
    blocks = [
        (numbers[id(block.changes[0])], _done(block, colour=colour, full=full)) for block in fold(changes, full=full)
    ]
    for alike in others.values():
        together = len(alike) > APART or (len(alike) > 1 and alike[0].error == ROLLOUT_OVER)
        told = [alike] if together else [[step] for step in alike]
        blocks += [(block[0].number, _not_done(block, known, colour=colour)) for block in told]
    return (lines for _, lines in sorted(blocks, key=lambda block: block[0]))


def _how(step: StepRecord, known: Kinds, *, full: bool) -> object:
    """What is the same of steps that are told at once."""
    if full:
        return step.number
    where = step.address.account, step.address.kind, step.client, step.action
    ours = known[step.address.kind].by_path
    same = tuple(
        (item.path, repr(item.after), item.path in ours or repr(item.before))
        for item in step.fields
        if item.path != "url"
    )
    return where, same, _outcome(step), without_id(step.error, step.id), without_id(step.note, step.id)


def _done(block: Block, *, colour: bool, full: bool) -> Iterator[str]:
    """What was done to one resource, or to several."""
    changes, first = block.changes, block.changes[0]
    sign, verb = SIGNS[first.action], VERBS[first.action]
    if len(changes) == 1:
        head = f"{clean(first.address.shown)}{id_of(first)} {verb}"
    else:
        same = "the same on " if block.same else ""
        head = f"{clean(first.address.account)}: {same}{_several(changes, verb, full=full)}"
    yield painted(sign, f"{sign} {head}", colour)
    if len(changes) == 1 and first.reason:
        yield f"      why: {clean(first.reason)}"
    yield from details(changes, {}, colour=colour, full=full)


def _not_done(steps: Sequence[StepRecord], known: Kinds, *, colour: bool) -> Iterator[str]:
    """What did not go as it should, or is of another version of the program."""
    first = steps[0]
    changes = [change_of(step, known) for step in steps]
    sign, one = SIGNS[first.action], len(steps) == 1
    error, note = (text if one else without_id(text, first.id) for text in (first.error, first.note))
    done = first.outcome is Outcome.DONE
    became = VERBS[first.action] if done else f"{first.action.value}, {_outcome(first)}"
    where = f"{clean(first.address.shown)}{id_of(changes[0])} " if one else f"{clean(first.address.account)}: "
    which = "" if one else f" ({_several(changes)})"
    yield painted(sign, f"{sign} {where}{became}{f': {clean(error)}' if error else ''}{which}", colour)
    if one and first.reason:
        yield f"      why: {clean(first.reason)}"
    if note:
        yield f"      found later: {clean(note)}"
    yield from details(changes, {}, colour=colour)
    for item in _strange(first, known):
        yield line_text(Line("~", f"{clean(item.path)}: {value(item.before)} -> {value(item.after)}"), colour)


def _several(changes: Sequence[Change], verb: str = "", *, full: bool = False) -> str:
    """`12 sites, updated: acme.ru, …`; those that are named below are not named here."""
    named = changes[0].action is not Action.DELETE and in_head(changes, full=full)
    names = f": {head_names(changes, known_as)}" if named else ""
    return f"{len(changes)} {changes[0].address.kind}s{verb and f', {verb}'}{names}"


def _strange(step: StepRecord, known: Kinds) -> list[FieldRecord]:
    """The fields that this version does not know."""
    return [item for item in step.fields if item.path not in known[step.address.kind].by_path]


def _outcome(step: StepRecord) -> str:
    if step.outcome is not None:
        return OUTCOMES[step.outcome][0]
    return "never sent" if step.intended is None else "was sent, and its answer was never seen"


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
