"""The table of exit codes: every command in every situation, the same in text and in JSON."""

from __future__ import annotations

import json

import pytest


def unchanged(studio):
    studio.add("acme.ru")
    studio.declare("acme.ru:")


def changed(studio):
    studio.add("acme.ru", report_period=90)
    studio.declare("acme.ru:", "new.ru:")


def invalid(studio):
    studio.declare("acme.ru: {colour: red}")


def ambiguous(studio):
    studio.add("acme.ru")
    studio.add("http://acme.ru")
    studio.declare("acme.ru:", "new.ru:")


def too_many_deletes(studio):
    for n in range(3):
        studio.add(f"old-{n}.ru")
    studio.add("acme.ru")
    studio.declare("acme.ru:", settings=", prune: true")


def protected(studio):
    too_many_deletes(studio)
    studio.declare("acme.ru:", settings=", prune: true", top="safety: {protect: ['old-*.ru']}\n")


def partly_refused(studio):
    studio.add("bad.ru", report_period=90, notification_type="by pigeon")
    studio.declare("bad.ru:", "new.ru:")


def wholly_refused(studio):
    studio.add("bad.ru", report_period=90, notification_type="by pigeon")
    studio.declare("bad.ru:")


def wrong_key(studio):
    unchanged(studio)
    text = (studio.root / "reconcile.yaml").read_text(encoding="utf-8")
    (studio.root / "reconcile.yaml").write_text(text.replace("${env.KEY}", "another"), encoding="utf-8")


def no_sites(studio):
    studio.add("acme.ru")
    studio.declare(settings=", prune: true")


def against_a_policy(studio):
    """What is declared breaks it, whatever is live."""
    changed(studio)
    studio.declare("acme.ru:", "new.ru:", top="policies: {slow: {require: site.report_period > 60}}\n")


def against_a_policy_of_what_is_live(studio):
    changed(studio)
    studio.declare("acme.ru:", "new.ru:", top="policies: {calls: {deny: site.widget.call_time == 28}}\n")


def unchanged_against_a_policy(studio):
    studio.add("acme.ru")
    studio.declare("acme.ru:", top="policies: {calls: {deny: site.widget.call_time == 28}}\n")


def warned_by_a_policy(studio):
    changed(studio)
    rule = "{require: site.report_period > 60, level: warning}"
    studio.declare("acme.ru:", "new.ru:", top=f"policies: {{slow: {rule}}}\n")


def wrong_policy(studio):
    studio.declare("acme.ru:", top="policies: {slow: {require: site.report_perod > 60}}\n")


TABLE = [
    (unchanged, "validate", 0),
    (unchanged, "plan", 0),
    (unchanged, "plan --detailed-exitcode", 0),
    (unchanged, "drift", 0),
    (unchanged, "apply --yes", 0),
    (unchanged, "apply", 0),
    (unchanged, "doctor", 0),
    (unchanged, "destroy --yes", 3),
    (unchanged, "destroy --yes --allow-deletes 1", 0),
    (unchanged, "plan --select nowhere.ru", 1),
    (changed, "plan", 0),
    (changed, "plan --detailed-exitcode", 2),
    (changed, "plan --detailed-exitcode --select acme.ru", 2),
    (changed, "plan --detailed-exitcode --destroy", 2),
    (changed, "drift", 2),
    (changed, "apply --yes", 0),
    (changed, "apply", 64),
    (changed, "apply nowhere.json --yes", 1),
    (changed, "apply reconcile.yaml --yes", 1),
    (changed, "apply plan.json --select acme.ru", 64),
    (changed, "apply --parallelism 0", 64),
    (changed, "plan --write pdf=x", 64),
    (changed, "plan --colour", 64),
    (invalid, "validate", 1),
    (invalid, "plan", 1),
    (invalid, "drift", 1),
    (invalid, "apply --yes", 1),
    (invalid, "destroy --yes", 1),
    (invalid, "doctor", 1),
    (ambiguous, "plan", 1),
    (ambiguous, "plan --detailed-exitcode", 1),
    (ambiguous, "drift", 1),
    (ambiguous, "apply --yes", 1),
    (too_many_deletes, "plan", 0),
    (too_many_deletes, "apply --yes", 3),
    (too_many_deletes, "apply --yes --allow-deletes 2", 3),
    (too_many_deletes, "apply --yes --allow-deletes 3", 0),
    (protected, "apply --yes --allow-deletes 3", 3),
    (against_a_policy, "validate", 3),
    (against_a_policy, "plan", 3),
    (against_a_policy, "plan --detailed-exitcode", 3),
    (against_a_policy, "drift", 3),
    (against_a_policy, "apply --yes", 3),
    (against_a_policy, "plan --destroy", 0),
    (against_a_policy_of_what_is_live, "validate", 0),
    (against_a_policy_of_what_is_live, "plan", 3),
    (against_a_policy_of_what_is_live, "apply --yes", 3),
    (unchanged_against_a_policy, "plan", 3),
    (unchanged_against_a_policy, "apply --yes", 3),
    (unchanged_against_a_policy, "destroy --yes --allow-deletes 1", 0),
    (warned_by_a_policy, "validate", 0),
    (warned_by_a_policy, "plan", 0),
    (warned_by_a_policy, "plan --detailed-exitcode", 2),
    (warned_by_a_policy, "apply --yes", 0),
    (wrong_policy, "validate", 1),
    (wrong_policy, "plan", 1),
    (partly_refused, "apply --yes", 5),
    (wholly_refused, "apply --yes", 1),
    (wrong_key, "plan", 1),
    (wrong_key, "doctor", 1),
    (no_sites, "validate", 1),
    (no_sites, "apply --yes --allow-deletes 1", 1),
]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("situation", "command", "code"), TABLE, ids=[f"{situation.__name__}-{command}" for situation, command, _ in TABLE]
)
def test_the_exit_code_is_this(studio, run, situation, command, code, form):
    situation(studio)
    before = studio.live()

    done = run(*command.split(), "--format", form)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code in (1, 3, 64):
        assert studio.live() == before
    if form == "json" and code != 64:
        assert json.loads(done.stdout)["format_version"] == "1.0"


def test_a_plan_that_moved_is_stale_in_both_formats(studio, run):
    changed(studio)
    assert run("plan", "-o", "plan.json").returncode == 0
    studio.emulator.change_site(1, {"site.report_period": 120})
    studio.add("new.ru")

    for form in ("text", "json"):
        done = run("apply", "plan.json", "--yes", "--format", form)
        assert done.returncode == 4
        assert studio.writes() == []
