"""What the files declare: which resources a selection holds, and why one of them has its values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconcile import workflow
from reconcile.config.accounts import Services
from reconcile.config.places import positions
from reconcile.config.project import Loaded, load
from reconcile.config.why import Explanation
from reconcile.config.why import explain as explain_one
from reconcile.errors import PlanError, UsageError
from reconcile.model.normalize import did_you_mean, quoted
from reconcile.model.resource import Desired
from reconcile.planning.diff import in_order, order
from reconcile.planning.plan import Change, Plan
from reconcile.planning.select import EVERYTHING, Selection, subject, subject_of
from reconcile.planning.select.terms import Term, holds
from reconcile.planning.waves import wrong_selection
from reconcile.reports.listing import Entry
from reconcile.workflow import Project


def read(root: Path, environ: Mapping[str, str]) -> Loaded:
    """The project in `root`, with where all of it stands. Raises `ConfigError`."""
    from reconcile.providers import registry

    return load(root, environ, Services(registry.service, registry.names, wrong_selection))


def survey(root: Path, environ: Mapping[str, str]) -> Loaded:
    """As much of the project in `root` as can be understood. Raises `ReconcileError` where there is none."""
    from reconcile.config import project
    from reconcile.providers import registry

    return project.survey(root, environ, Services(registry.service, registry.names, wrong_selection))[0]


def planned(root: Path, loaded: Loaded, selection: Selection, parallelism: int) -> Plan:
    """What would be done, for a selection that asks for it.

    Raises `PlanError` where an account can't be read in which anything may be selected.
    """
    project = Project(root, loaded.state)
    with workflow.connected(project, parallelism) as providers:
        plan = workflow.plan(project, providers, EVERYTHING)
    accounts = loaded.state.accounts
    unread = [e for e in plan.errors if e.address in accounts and selection.concerns(e.address, loaded.state)]
    if unread:
        raise PlanError("what would be changed can't be told", unread)
    return plan


def held(root: Path, loaded: Loaded, selection: Selection, plan: Plan | None = None) -> list[Entry]:
    """What a selection holds of what is declared, in the order of plans.

    With a `plan` of everything, which has to be there where the selection asks for changes, also what would be deleted
    and is in no file. Raises `PlanError` where nothing matches.
    """
    state = loaded.state
    workflow.require_resources(Project(root, state))
    selection.require_known(state)
    changes = {} if plan is None else {(one.address, one.client): one for one in plan.changes}
    others = {} if plan is None else {one.address: "manual" for one in plan.manual}
    others |= {} if plan is None else {one.address: "error" for one in plan.errors}
    found: list[tuple[Desired, str | None]] = []
    for one in sorted((*state.profiles, *state.clients, *state.sites), key=lambda one: order(one.address)):
        change = changes.pop((one.address, one.client), None)
        action = others.get(str(one.address)) if change is None else change.action.value
        if not selection or selection.of(subject(one, changed=None if plan is None else action is not None)):
            found.append((one, action))
    pruned = [one for one in in_order(changes.values()) if not selection or selection.of(subject_of(one))]
    selection.require_match()
    places = loaded.places()
    lines = positions(root, [places[id(one)] for one, _ in found])
    entries = [_entry(one, action, places[id(one)].file, lines[places[id(one)]][0]) for one, action in found]
    return entries + [_pruned(one) for one in pruned]


def _entry(one: Desired, action: str | None, file: str, line: int) -> Entry:
    return Entry(one.address, subject(one).client, one.member, file, line, action)


def _pruned(change: Change) -> Entry:
    return Entry(change.address, subject_of(change).client, change.member, action=change.action.value)


def explain(root: Path, loaded: Loaded, address: str, path: str | None = None) -> list[Explanation]:
    """Why what is declared at an address has its values: all, those of one field, or of all fields below one.

    Several resources may have one address, in several accounts or under several owners. Raises `UsageError` for an
    address or a field that there is not.
    """
    state = loaded.state
    declared = (*state.profiles, *state.clients, *state.sites)
    term = Term("address", address, glob=False, at=0)
    found = [one for one in declared if holds(term, subject(one))]
    if not found:
        names = {name for one in declared for name in (one.address.human, one.address.name, str(one.address)) if name}
        hint = did_you_mean(address, names) or "; `reconcile list` shows what there is"
        raise UsageError(f"no file declares {quoted(address)}{hint}")
    return [explain_one(root, loaded, one, path) for one in found]
