"""Takes a run back: what the history tells of it, what is live now, and the plan from the one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reconcile.errors import PlanError
from reconcile.live import owners_in_doubt, read, with_owners
from reconcile.model.fields import UNMANAGED, Kinds
from reconcile.model.normalize import did_you_mean
from reconcile.model.resource import Desired
from reconcile.planning.plan import Plan
from reconcile.planning.select import Selection
from reconcile.planning.undo import build_undo_plan
from reconcile.store.recorded import deeds, kinds_of
from reconcile.store.records import RunRecord
from reconcile.workflow import Project

if TYPE_CHECKING:
    from reconcile.planning.former import Deed
    from reconcile.providers.base import Provider


def project_of(project: Project, run: RunRecord) -> Project:
    """The project with the accounts of a run, and with all the undocumented fields that the run tells of.

    Raises `PlanError` where an account of the run is not declared any more.
    """
    desired = project.desired
    for step in run.steps:
        name = step.address.account
        if name not in desired.accounts:
            raise PlanError(
                f"run {run.name} changed account {name}, which no file declares{did_you_mean(name, desired.accounts)}; "
                "declare it as it was then, and roll back again"
            )
    known = kinds_of(run, desired.kinds["site"].raw)
    sites = tuple(_with_kinds(site, desired.kinds, known) for site in desired.sites)
    return replace(project, desired=replace(desired, kinds=known, sites=sites))


def _with_kinds(site: Desired, own: Kinds, known: Kinds) -> Desired:
    """A declared site with its values in the places that its fields have among more of them."""
    values = {field.path: value for field, value in zip(own["site"].fields, site.values, strict=True)}
    return replace(site, values=tuple(values.get(field.path, UNMANAGED) for field in known["site"].fields))


def plan(project: Project, run: RunRecord, providers: Mapping[str, Provider], selection: Selection) -> Plan:
    """What takes a run back; `project` is that of `project_of`. Raises `PlanError`."""
    desired = project.desired
    done = deeds(run, desired.kinds)
    kinds = {name: _kinds_read(name, done) for name in sorted({deed.change.address.account for deed in done})}
    live, unread = read(providers, kinds)
    made = build_undo_plan(run.name, done, desired, live, selection=selection, unread=unread)
    doubtful = owners_in_doubt(desired, made, kinds)
    if not doubtful:
        return made
    live, more = with_owners(desired, providers, live, doubtful)
    return build_undo_plan(run.name, done, desired, live, selection=selection, unread=[*unread, *more])


def _kinds_read(account: str, done: tuple[Deed, ...]) -> frozenset[str]:
    """The kinds of resources of an account that have to be read to take all this back."""
    changes = [deed.change for deed in done if deed.change.address.account == account]
    clients = {"client" for change in changes if change.client is not None or change.owner is not None}
    return frozenset({"site", *clients, *(change.address.kind for change in changes)})
