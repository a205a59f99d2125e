"""A rollout that was stopped, interrupted or killed, gone on with at the wave where it stopped.

What is left of it is planned anew, and is done only where that is what the first run was to do: the same fields, from
the same values to the same ones. Where the project or the live account say otherwise by now, nothing is done.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from reconcile.applying.report import Outcome
from reconcile.errors import PlanError, StalePlanError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.normalize import count
from reconcile.model.resource import Live
from reconcile.model.state import LiveAccount
from reconcile.planning.plan import Change, Diagnostic, FieldChange, Plan, Severity
from reconcile.planning.select import EVERYTHING
from reconcile.planning.waves import Wave
from reconcile.rollback import in_project, step_key, whole
from reconcile.store.closing import look
from reconcile.store.records import FieldRecord, RunRecord, Status, StepRecord, WaveRecord
from reconcile.store.rows import packed
from reconcile.workflow import Project, planned

if TYPE_CHECKING:
    from reconcile.providers.base import Provider
    from reconcile.runs import Run

#: Runs, of all accounts, that are looked at for the last one.
RECENT: Final = 10


class Earlier(Struct, frozen=True):
    """What earlier runs did of a wave: its sites, and when it began and was carried out, in Unix time."""

    sites: tuple[Live, ...] = ()
    began: float | None = None
    carried_out: float | None = None


class Left(Struct, frozen=True):
    """What is left of a rollout: its plan, its waves with the numbers that they had, of so many in all.

    A wave without changes was carried out, and its gates have not said yes; `earlier` is what was done of each.
    """

    plan: Plan
    waves: tuple[Wave, ...]
    of_waves: int
    earlier: Mapping[int, Earlier]


def require_rollout(project: Project, runs: Sequence[RunRecord]) -> None:
    """Raises `PlanError` for a run that can't be gone on with; `runs` are all of its rollout (`Store.rollout`)."""
    first = runs[0]
    if not first.waves:
        raise PlanError(
            f"run {first.name} was no rollout, so that there is no wave to go on with; `reconcile apply` plans anew "
            "what is left of it"
        )
    undone = [name for run in runs for name in run.undone_by]
    if undone:
        raise PlanError(
            f"run {first.name} was rolled back by run {undone[0]}, all of it or a part, so that its waves can't go on "
            f"from where they stopped; `reconcile rollback {first.name}` takes back what is left of it, and "
            "`reconcile apply` begins a new rollout"
        )
    if project.desired.rollout is None:
        raise PlanError(
            f"no file declares `rollout:` any more, which run {first.name} went by; declare it, or `reconcile apply` "
            "what is left at once"
        )


def unfinished(run: Run) -> str | None:
    """The name of the rollout that the last run on any of these accounts was, where that may be gone on with."""
    keys = set(run.lease.keys.values())
    for record in run.store.runs(RECENT):
        if keys.isdisjoint(record.keys.values()):
            continue
        if record.status is Status.DONE:
            return None
        family = run.store.rollout(record.name)
        return family[0].name if family[0].waves and not any(one.undone_by for one in family) else None
    return None


def left(project: Project, runs: Sequence[RunRecord], providers: Mapping[str, Provider]) -> Left:
    """What is left of a rollout, planned anew; `providers` are those of its accounts.

    Raises `StalePlanError` with all that is not as it was to be, and `PlanError`.
    """
    _, record = in_project(project, whole(runs))
    plan, live = planned(project, providers, EVERYTHING)
    if plan.errors:
        raise PlanError("what is left can't be told, so nothing is applied", plan.errors)
    here = {step_key(change): change for change in plan.changes}
    pending = {change.address for change in plan.changes}
    undone = [step for step in record.steps if step.outcome is not Outcome.DONE]
    moved = [(step, why) for step in undone if (why := _moved(project, step, here.get(step_key(step)), live, pending))]
    if moved:
        lines = [f"  - {step.address.shown}: {why}" for step, why in moved]
        raise StalePlanError(
            f"run {record.name} can't go on, as what is left of it is not what it was; nothing was changed. "
            "`reconcile apply` plans anew, `reconcile rollback` takes it back:\n" + "\n".join(lines)
        )
    waves = {wave.number: wave for run in runs for wave in run.waves}
    passed = {wave.number for run in runs for wave in run.waves if wave.passed}
    at = min(waves.keys() - passed, default=max(waves))
    numbers = {id(here[key]): max(step.wave or at, at) for step in undone if (key := step_key(step)) in here}
    changes = tuple(change for change in plan.changes if id(change) in numbers)
    said = (*plan.diagnostics, *_others(record, plan, numbers))
    rest = Plan(changes, plan.noop, plan.sizes, said, kinds=plan.kinds)
    asked = {wave.number for run in runs for wave in run.waves if wave.started is not None} - passed
    made = _waves(waves, asked, changes, numbers)
    return Left(rest, made, len(waves), {wave.number: _earlier(record, runs, wave.number, live) for wave in made})


def _waves(
    known: Mapping[int, WaveRecord], asked: Collection[int], changes: Sequence[Change], numbers: Mapping[int, int]
) -> tuple[Wave, ...]:
    """The waves that something is left of, and before them those whose gates have not said yes (`asked`)."""
    made = [
        Wave(number, known[number].name, tuple(change for change in changes if numbers[id(change)] == number))
        for number in sorted(known)
        if number <= max(numbers.values(), default=0)
    ]
    return tuple(wave for wave in made if wave.changes or wave.number in asked)


def _moved(
    project: Project,
    step: StepRecord,
    change: Change | None,
    live: Mapping[str, LiveAccount],
    pending: Collection[Address],
) -> str:
    """Why what is left of a step is not what it was; empty where it is, or where nothing is left of it.

    `pending` are the addresses of all changes that would be made now.
    """
    if change is not None:
        return _differing(step, [_record(item) for item in change.fields])
    account = live[step.address.account]
    if step.owner is not None and not account.clients:
        return "it belongs to a client, and no file declares one any more"
    found = look(project.desired.kinds, step, account, settled=True)
    if found.outcome is Outcome.DONE:
        foreign = step.action is Action.CREATE and step.intended is None and step.address in pending
        return "somebody created it since, otherwise than it was to be" if foreign else ""
    return f"it was to be {step.action.value}d, and the files don't say so any more; it {found.note}"


def _record(item: FieldChange) -> FieldRecord:
    """A field change as the history keeps it: JSON has no tuples."""
    return FieldRecord(item.field.path, *json.loads(packed(item.shown)))


def _differing(step: StepRecord, now: Sequence[FieldRecord]) -> str:
    """Where a change differs from what it was planned to be."""
    then = {one.path: one for one in step.fields}
    here = {one.path: one for one in now}
    live = [path for path in then if path in here and here[path].before != then[path].before]
    if live and all(here[path].before == then[path].after for path in live):
        return f"{', '.join(live)} is as the run was to make it, and the files want something else now"
    if live:
        return f"somebody changed {', '.join(live)} since"
    declared = [path for path in dict.fromkeys((*then, *here)) if then.get(path) != here.get(path)]
    return f"{', '.join(declared)} would be changed otherwise now" if declared else ""


def _others(record: RunRecord, plan: Plan, numbers: Mapping[int, int]) -> list[Diagnostic]:
    """What is pending besides, and is left."""
    others = [change for change in plan.changes if id(change) not in numbers]
    done = {step.address for step in record.steps if step.outcome is Outcome.DONE}
    again = [change for change in others if change.address in done]
    said = []
    if again:
        which = f"{count(len(again), 'resource')} that run {record.name} has done"
        said.append(f"{which}, such as {again[0].address.shown}, would be changed again by the next apply")
    if len(others) > len(again):
        more = count(len(others) - len(again), "change")
        said.append(f"{more} besides those of run {record.name} would be made by the next apply, and not by this one")
    return [Diagnostic(Severity.WARNING, "", text) for text in said]


def _earlier(record: RunRecord, runs: Sequence[RunRecord], at: int, live: Mapping[str, LiveAccount]) -> Earlier:
    """What was done of a wave by all runs so far."""
    done = {
        (step.address.account, step.id)
        for step in record.steps
        if step.wave == at and step.outcome is Outcome.DONE and step.action is not Action.DELETE
    }
    sites = tuple(site for name, account in live.items() for site in account.sites if (name, site.id) in done)
    times = [wave for run in runs for wave in run.waves if wave.number == at]
    began = [wave.started for wave in times if wave.started is not None]
    ended = [wave.carried_out for wave in times if wave.carried_out is not None]
    return Earlier(sites, min(began, default=None), max(ended, default=None))
