"""Taking runs back as data: each file of `undo/` is a project, what is live, what a run did, and the plan back.

`steps` are the history's, in short: `outcome` is `done` where left out, and a list of `fields` has path, before and
after. Expected are the changes, each field as `[before, after]`, what is said, and the steps by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from live_accounts import live_accounts

from reconcile.applying.report import Outcome
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.planning.plan import Diagnostic, Severity
from reconcile.planning.select import selection
from reconcile.planning.undo import build_undo_plan
from reconcile.rollback import in_project
from reconcile.runs import account_keys
from reconcile.store.recorded import deeds
from reconcile.store.records import FieldRecord, RunRecord, Status, StepRecord
from reconcile.workflow import Project

CASES = Path(__file__).parent / "undo"


def step(number, given):
    outcome = given.get("outcome", "done")
    return StepRecord(
        number,
        Address.parse(given["address"]),
        Action(given["action"]),
        "declared in reconcile.yaml",
        id=given.get("id"),
        owner=given.get("owner"),
        client=Address.parse(given["client"]) if "client" in given else None,
        fields=tuple(FieldRecord(*item) for item in given.get("fields", ())),
        before=given.get("before"),
        intended=1.0 if given.get("sent", outcome != "not_attempted") else None,
        outcome=None if outcome is None else Outcome(outcome),
    )


def run_of(steps, keys):
    return RunRecord(
        "R1", "apply", "anna", "desk", None, tuple(keys), 1.0, 2.0, Status.DONE, {}, tuple(steps), dict(keys)
    )


def told(plan):
    """A plan as the files tell it; what is empty is left out."""
    changes = [
        {
            "address": str(change.address),
            "action": change.action.value,
            "id": change.id,
            "owner": change.owner,
            "client": None if change.client is None else str(change.client),
            "reason": change.reason,
            "prevent_destroy": change.prevent_destroy or None,
            "fields": {item.field.path: list(item.shown) for item in change.fields},
        }
        for change in plan.changes
    ]
    return {
        key: value
        for key, value in {
            "changes": [{key: value for key, value in change.items() if value not in (None, {})} for change in changes],
            "said": [str(said) for said in plan.diagnostics],
            "manual": [str(step) for step in plan.manual],
        }.items()
        if value
    }


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda case: case.stem)
def test_the_plan_back_is_this(case, declared, tmp_path):
    given = yaml.safe_load(case.read_text(encoding="utf-8"))
    account = "accounts: {studio: {provider: pozvonim, uid: '100', api_key: s3cr3t}}\n"
    project = Project(tmp_path, declared(given.get("project", "sites: {}\n"), given.get("accounts", account)))
    steps = [step(number, one) for number, one in enumerate(given["steps"])]
    project, run = in_project(project, run_of(steps, account_keys(project.desired, tmp_path)))
    desired = project.desired
    unread = [Diagnostic(Severity.ERROR, name, "the account can't be read") for name in given.get("unread", ())]

    plan = build_undo_plan(
        f"run {run.name}",
        deeds(run, desired.kinds),
        desired,
        live_accounts(desired, given["live"]),
        selection=selection(given.get("select", ())),
        unread=unread,
    )

    assert told(plan) == given["expected"]
