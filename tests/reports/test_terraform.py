"""Plans in Terraform's form: what is in them, and that policies in Rego, as conftest runs them, can rely on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from big_plans import change, plan
from live_accounts import live_accounts
from regopy import Interpreter

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import ConfigError, PlanError, Problem, ReconcileError
from reconcile.model.capabilities import Action
from reconcile.planning.diff import build_plan
from reconcile.planning.plan import Diagnostic, Plan, Severity
from reconcile.planning.planfile import dump, load
from reconcile.providers import registry
from reconcile.reports.terraform import error_terraform, plan_terraform

HERE = Path(__file__).parent
MANAGERS = [{"phone": "+74951234567", "name": "Анна"}]
POLICY = (HERE / "policies" / "plan.rego").read_text(encoding="utf-8")


def site(number, url, own=None, **widget):
    return {
        "id": number,
        "site": {"url": url, **(own or {})},
        "managers": MANAGERS,
        "widget": {"call_time": 28, "button": 3, **widget},
    }


@pytest.fixture(scope="module")
def made() -> Plan:
    desired = load_state(HERE / "terraform" / "project", {}, Services(registry.service, registry.names))
    live = [site(1, "окна.рф"), site(2, "acme.ru", {"auto_payment": 0}), site(3, 'old"${x}.ru')]
    return build_plan(desired, live_accounts(desired, {"studio": live}))


def resources(text):
    return {entry["address"]: entry for entry in json.loads(text)["resource_changes"]}


def judged(text):
    """What the policy says, as `conftest test --policy policies plan.json` would."""
    rego = Interpreter()
    rego.add_module("plan.rego", POLICY)
    rego.set_input(json.loads(text))
    verdicts = {}
    for rule in ("deny", "warn"):
        output = rego.query(f"data.main.{rule}")
        assert output.ok(), output
        verdicts[rule] = sorted(output.results[0].expressions[0])
    return verdicts


# --- policies ---------------------------------------------------------------------------------------------------------


def test_a_policy_in_rego_judges_a_plan(made):
    assert judged(plan_terraform(made)) == {
        "deny": [
            "3 would be deleted",
            "acme.ru would pay by itself",
            "xn--80atjc.xn--p1ai is gold and closed on Saturday",
        ],
        "warn": ["bakery gets a password"],
    }


def test_a_policy_has_nothing_against_a_plan_without_changes_and_denies_an_error():
    assert judged(plan_terraform(plan([]))) == {"deny": [], "warn": []}
    assert judged(error_terraform(ReconcileError("no way"))) == {"deny": ["the plan is incomplete"], "warn": []}


# --- the form ---------------------------------------------------------------------------------------------------------


def test_the_document_has_terraforms_keys(made):
    data = json.loads(plan_terraform(made))

    assert list(data) == [
        *("format_version", "terraform_version", "planned_values", "resource_changes", "output_changes"),
        *("configuration", "applyable", "complete", "errored", "reconcile"),
    ]
    assert (data["format_version"], data["applyable"], data["complete"], data["errored"]) == ("1.2", True, True, False)
    assert data["reconcile"] == {"summary": made.summary, "undeclared": {}, "diagnostics": [], "manual": []}
    assert plan_terraform(made).count("\n") == 1


def test_resources_are_addressed_as_terraform_does(made):
    found = resources(plan_terraform(made))

    assert list(found) == [
        'reconcile_client.studio["bakery"]',
        'reconcile_site.studio["acme.ru"]',
        'reconcile_site.studio["kolobok.ru"]',
        'reconcile_site.studio["old\\"$${x}.ru"]',
        'reconcile_site.studio["xn--80atjc.xn--p1ai"]',
    ]
    one = found['reconcile_site.studio["acme.ru"]']
    assert {key: one[key] for key in ("mode", "type", "name", "index", "provider_name")} == {
        "mode": "managed",
        "type": "reconcile_site",
        "name": "studio",
        "index": "acme.ru",
        "provider_name": "reconcile",
    }


def test_an_update_has_the_whole_resource_before_and_after(made):
    one = resources(plan_terraform(made))['reconcile_site.studio["xn--80atjc.xn--p1ai"]']
    old, new = one["change"]["before"], one["change"]["after"]

    assert one["change"]["actions"] == ["update"]
    assert (old["id"], new["id"], one["change"]["after_unknown"]) == (1, 1, {})
    assert (old["widget"]["call_time"], new["widget"]["call_time"]) == (28, 35)
    assert (old["widget"]["button"], new["widget"]["button"]) == (3, 3)  # which nobody declares
    assert new["widget"]["schedule"]["saturday"]["enable"] is False
    assert new["widget"]["raw"] == {"new.colour": "red"}
    assert old["managers"] == new["managers"] == MANAGERS
    assert one["reconcile"] == {
        "address": "studio/site/xn--80atjc.xn--p1ai",
        "account": "studio",
        "reason": "differs from reconcile.yaml",
        "labels": {"tier": "gold"},
        "uses": ["widget/closed"],
        "changed": ["widget.schedule.saturday.enable", "widget.call_time", "widget.raw.new.colour"],
        "money": [],
    }


def test_a_create_has_nothing_before_and_a_delete_nothing_after(made):
    found = resources(plan_terraform(made))
    created = found['reconcile_site.studio["kolobok.ru"]']["change"]
    deleted = found['reconcile_site.studio["old\\"$${x}.ru"]']["change"]

    assert (created["actions"], created["before"], created["before_sensitive"]) == (["create"], None, False)
    assert created["after_unknown"] == {"id": True}
    assert (created["after"]["managers"], created["after"]["widget"]["call_time"]) == (MANAGERS, 28)
    assert (deleted["actions"], deleted["after"], deleted["after_sensitive"]) == (["delete"], None, False)
    assert (deleted["before"]["id"], deleted["after_unknown"]) == (3, False)


def test_what_is_sensitive_is_marked_and_hidden(made):
    text = plan_terraform(made)
    client = resources(text)['reconcile_client.studio["bakery"]']["change"]

    assert "hunter22" not in text
    assert client["after"] == {"email": "info@kolobok.ru", "password": "(sensitive)"}
    assert client["after_sensitive"] == {"password": True}


def test_money_is_said(made):
    assert resources(plan_terraform(made))['reconcile_site.studio["acme.ru"]']["reconcile"]["money"] == ["auto_payment"]


def test_planned_values_are_those_after(made):
    data = json.loads(plan_terraform(made))

    planned = {entry["address"]: entry["values"] for entry in data["planned_values"]["root_module"]["resources"]}
    after = {entry["address"]: entry["change"]["after"] for entry in data["resource_changes"]}
    assert planned == {address: values for address, values in after.items() if values is not None}


def test_a_saved_plan_comes_out_the_same(made):
    again, _ = load(dump(made, "project"), None, None)

    assert plan_terraform(again) == plan_terraform(made)


def test_what_is_known_of_fields_alone_is_there_too():
    one = plan([change("a.ru", Action.UPDATE, {"widget.call_time": (28, 35)})])

    found = resources(plan_terraform(one))['reconcile_site.studio["a.ru"]']["change"]

    assert found["before"] == {"id": 1, "widget": {"call_time": 28}}
    assert found["after"] == {"id": 1, "widget": {"call_time": 35}}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConfigError([Problem("a.yaml", 1, 2, "wrong")]),
            {"severity": "error", "file": "a.yaml", "line": 1, "column": 2, "message": "wrong"},
        ),
        (
            PlanError("can't", [Diagnostic(Severity.ERROR, "studio/site/a.ru", "twice")]),
            {"severity": "error", "address": "studio/site/a.ru", "message": "twice"},
        ),
    ],
)
def test_an_error_is_a_plan_that_failed(error, said):
    data = json.loads(error_terraform(error))

    assert (data["errored"], data["complete"], data["applyable"], data["resource_changes"]) == (True, False, False, [])
    assert data["reconcile"] == {"diagnostics": [said]}


def test_a_plan_with_errors_is_incomplete():
    data = json.loads(plan_terraform(plan([], diagnostics=(Diagnostic(Severity.ERROR, "studio", "no"),))))

    assert (data["errored"], data["complete"], data["applyable"]) == (True, False, False)
