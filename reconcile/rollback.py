"""Takes a run back: what the history tells of it, what is live now, and the plan from the one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reconcile.applying.report import Outcome
from reconcile.errors import PlanError
from reconcile.live import owners_in_doubt, read, with_owners
from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED, Kinds
from reconcile.model.normalize import did_you_mean
from reconcile.model.resource import Desired
from reconcile.planning.plan import Change, Diagnostic, Plan, Severity
from reconcile.planning.select import Selection, subject_of
from reconcile.planning.undo import build_undo_plan
from reconcile.runs import account_keys
from reconcile.store.recorded import deeds, kinds_of
from reconcile.store.records import RunRecord, StepRecord
from reconcile.workflow import Project, judged

if TYPE_CHECKING:
    from reconcile.planning.former import Deed
    from reconcile.providers.base import Provider


def whole(runs: Sequence[RunRecord]) -> RunRecord:
    """A rollout as one run: the first of its runs, with the steps of those that went on with it (`Store.rollout`).

    They have its names of the accounts. Of several tries of the same change the last one counts.
    """
    first = runs[0]
    if len(runs) == 1:
        return first
    names = {key: name for name, key in first.keys.items()}
    steps: dict[object, StepRecord] = {}
    for run in runs:
        for step in run.steps:
            known = _with_account(step, names[run.keys[step.address.account]])
            if known.outcome is not Outcome.NOT_ATTEMPTED or step_key(known) not in steps:
                steps[step_key(known)] = known
    return replace(first, steps=tuple(steps.values()))


def step_key(step: StepRecord | Change) -> object:
    """What tells one change of a rollout from its others, whichever run tries it; what is created has no id before."""
    return step.address, step.action, step.client, None if step.action is Action.CREATE else step.id


def in_project(project: Project, run: RunRecord) -> tuple[Project, RunRecord]:
    """The project with all the undocumented fields that a run tells of, and the run by the project's account names.

    Raises `PlanError` where an account of the run is not in the project, or is another one by now.
    """
    desired = project.desired
    names = {key: name for name, key in account_keys(desired, project.root).items()}
    accounts = {}
    for name in sorted({step.address.account for step in run.steps}):
        if run.keys[name] not in names:
            why = (
                f"which no file declares{did_you_mean(name, desired.accounts)}"
                if name not in desired.accounts
                else "which is declared otherwise now: with another `provider`, `uid` or `base_url`"
            )
            raise PlanError(f"run {run.name} changed account {name}, {why}; declare it as it was, and roll back again")
        accounts[name] = names[run.keys[name]]
    steps = tuple(_with_account(step, accounts[step.address.account]) for step in run.steps)
    known = kinds_of(run, desired.kinds["site"].raw)
    sites = tuple(_with_kinds(site, desired.kinds, known) for site in desired.sites)
    return replace(project, desired=replace(desired, kinds=known, sites=sites)), replace(run, steps=steps)


def _with_account(step: StepRecord, name: str) -> StepRecord:
    """A step with the name that its account has in the project by now."""
    client = None if step.client is None else step.client._replace(account=name)
    return replace(step, address=step.address._replace(account=name), client=client)


def _with_kinds(site: Desired, own: Kinds, known: Kinds) -> Desired:
    """A declared site with its values in the places that its fields have among more of them."""
    values = {field.path: value for field, value in zip(own["site"].fields, site.values, strict=True)}
    return replace(site, values=tuple(values.get(field.path, UNMANAGED) for field in known["site"].fields))


def plan(project: Project, run: RunRecord, providers: Mapping[str, Provider], selection: Selection) -> Plan:
    """What takes a run back; `project` and `run` are those of `in_project`. Raises `PlanError`."""
    desired = project.desired
    done = deeds(run, desired.kinds)
    selection.require_known(desired, [subject_of(deed.change) for deed in done])
    kinds = {name: _kinds_read(name, done) for name in sorted({deed.change.address.account for deed in done})}
    live, unread = read(providers, kinds)
    what = f"{'rollout' if run.resumed_by else 'run'} {run.name}"
    made = build_undo_plan(what, done, desired, live, selection=selection, unread=unread)
    doubtful = owners_in_doubt(desired, made, kinds)
    if doubtful:
        live, more = with_owners(desired, providers, live, doubtful)
        made = build_undo_plan(what, done, desired, live, selection=selection, unread=[*unread, *more])
    return judged(project, replace(made, diagnostics=(*_again(run), *made.diagnostics)))


def require_deeds(project: Project, run: RunRecord) -> None:
    """Raises `PlanError` for a run that changed nothing: to undo it must not look like a success."""
    if not changed_anything(project, run):
        raise PlanError(
            f"run {run.name} changed nothing, so there is nothing to undo; `reconcile history` lists others"
        )


def changed_anything(project: Project, run: RunRecord) -> bool:
    """Whether a run did anything, or may have. Raises `PlanError`."""
    return bool(deeds(run, project.desired.kinds))


def _again(run: RunRecord) -> Iterator[Diagnostic]:
    """What a person should know who undoes a rollback, perhaps by `latest`."""
    if run.resumed_by:
        message = f"run {run.name} is a rollout that {', '.join(run.resumed_by)} went on with: all of it is undone"
        yield Diagnostic(Severity.WARNING, "", message)
    command, _, undone = run.command.partition(" ")
    if command == "rollback":
        message = f"run {run.name} is itself a rollback: to undo it does again what run {undone} did"
        yield Diagnostic(Severity.WARNING, "", message)


def _kinds_read(account: str, done: tuple[Deed, ...]) -> frozenset[str]:
    """The kinds of resources of an account that have to be read to take all this back."""
    changes = [deed.change for deed in done if deed.change.address.account == account]
    clients = {"client" for change in changes if change.client is not None or change.owner is not None}
    return frozenset({"site", *clients, *(change.address.kind for change in changes)})
