"""Policies on the command line: where they are said, and what they hold up."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

NOTHING_GOES = "policies:\n  kept:\n    deny: action == 'delete'\n    message: sites stay\n"
SLOW = "policies:\n  slow:\n    require: site.report_period > 60\n    message: reports are costly\n"


@pytest.fixture
def written(studio):
    """Writes the project: sites with a report period, policies above them."""

    def write(periods, top="", settings=""):
        sites = [f"{name}: {{report_period: {period}}}" for name, period in periods.items()]
        studio.declare(*sites, top=f"safety: {{max_delete_percent: 100}}\n{top}", settings=settings)

    return write


def test_a_breach_is_said_with_the_rule_the_place_and_the_address(studio, written, run):
    studio.add("acme.ru")
    written({"acme.ru": 60, "окна.рф": 50, "calm.ru": 90}, SLOW)
    rule = 'policy "slow" (reconcile.yaml:8:3): reports are costly'

    plan, drift, validate, apply = run("plan"), run("drift"), run("validate"), run("apply", "--yes")

    told = f"error: studio: 2 sites (acme.ru (reconcile.yaml:12:3), окна.рф (reconcile.yaml:13:3)): {rule}\n"
    assert told in plan.stdout
    assert told in drift.stdout
    assert plan.stderr == (
        'warning: apply will refuse this plan: policy "slow" (reconcile.yaml:8:3) is broken by 2 resources, see above\n'
    )
    assert validate.stdout == ""
    assert validate.stderr.startswith(told)
    assert apply.stderr == (
        "error: the plan is refused, and nothing was changed:\n"
        f"  - studio/site/acme.ru (reconcile.yaml:12:3): {rule}\n"
        f"  - studio/site/окна.рф (reconcile.yaml:13:3): {rule}\n"
    )
    assert studio.writes() == []


def test_json_has_the_rule_its_level_and_the_places(studio, written, run):
    studio.add("acme.ru")
    written({"acme.ru": 60}, SLOW + "  costly: {deny: site.report_period == 60, level: warning}\n")
    slow = {
        "severity": "error",
        "address": "studio/site/acme.ru",
        "message": 'policy "slow" (reconcile.yaml:8:3): reports are costly',
        "rule": "slow",
        "level": "error",
        "place": "reconcile.yaml:8:3",
        "declared": "reconcile.yaml:13:3",
    }
    said = 'policy "costly" (reconcile.yaml:11:3): `site.report_period == 60` must not be true, and is'
    costly = slow | {
        "severity": "warning",
        "message": said,
        "rule": "costly",
        "level": "warning",
        "place": "reconcile.yaml:11:3",
    }

    for command in ("plan", "drift", "validate"):
        made = json.loads(run(command, "--format", "json").stdout)
        assert made["diagnostics"] == [costly, slow], command
        assert made.get("complete", True) is True
    refused = json.loads(run("apply", "--yes", "--format", "json").stdout)["diagnostics"]
    assert refused[1:] == [slow]


def test_sites_of_a_group_stand_in_the_line_of_their_row(studio, run, project):
    (project / "dealers.csv").write_text("host\na.ru\nb.ru\n", encoding="utf-8")
    studio.declare(
        "calm.ru: {report_period: 90}",
        top=SLOW + "site_groups: {dealers: {from: dealers.csv, address: '${each.host}', template: {}}}\n",
    )

    done = run("validate")

    assert done.returncode == 3
    assert "2 sites (a.ru (dealers.csv:2:1), b.ru (dealers.csv:3:1))" in done.stderr


def test_a_saved_plan_is_asked_of_the_policies_that_there_are_now(studio, written, run):
    studio.add("acme.ru", report_period=90)
    studio.add("same.ru")
    written({"acme.ru": 60, "same.ru": 60})
    assert run("plan", "-o", "plan.json").returncode == 0

    written({"acme.ru": 60, "same.ru": 60}, SLOW)
    refused = run("apply", "plan.json")

    assert refused.returncode == 3
    assert "  - studio/site/acme.ru (reconcile.yaml:12:3): policy" in refused.stderr
    assert studio.writes() == []
    written({"acme.ru": 60, "same.ru": 60})
    assert run("apply", "plan.json").returncode == 0


def test_a_saved_plan_keeps_what_policies_said_of_what_it_does_not_change(studio, written, run):
    studio.add("acme.ru", report_period=90)
    studio.add("same.ru")
    written({"acme.ru": 70, "same.ru": 60}, SLOW)
    saved = run("plan", "-o", "plan.json")
    assert saved.returncode == 3
    assert "Saved, to be looked at: apply will refuse it." in saved.stderr

    shown, refused = run("show", "plan.json"), run("apply", "plan.json")

    rule = 'studio/site/same.ru (reconcile.yaml:13:3): policy "slow" (reconcile.yaml:8:3): reports are costly'
    assert f"error: {rule}" in shown.stdout
    said = 'apply will refuse this plan: policy "slow" (reconcile.yaml:8:3) is broken by 1 resource, see above'
    assert shown.stderr == f"warning: {said}\n"
    assert said in run("show", "plan.json", "--format", "markdown").stdout
    assert said.replace('"', '\\"') in run("show", "plan.json", "--format", "html").stdout
    assert refused.returncode == 3
    assert f"  - {rule}\n" in refused.stderr


def test_what_safety_refuses_is_said_beside_it(studio, written, run):
    studio.add("acme.ru")
    studio.add("old.ru")
    written({"acme.ru": 60}, NOTHING_GOES + SLOW.partition("\n")[2], settings=", prune: true")
    text = (studio.root / "reconcile.yaml").read_text(encoding="utf-8")
    (studio.root / "reconcile.yaml").write_text(text.replace("100}", "10}", 1), encoding="utf-8")

    done = run("apply", "--yes")

    assert done.returncode == 3
    assert "`safety.max_delete_percent` is 10" in done.stderr
    assert 'studio/site/old.ru: policy "kept" (reconcile.yaml:8:3): sites stay\n' in done.stderr
    assert 'studio/site/acme.ru (reconcile.yaml:15:3): policy "slow" (reconcile.yaml:11:3)' in done.stderr


def test_a_rollback_keeps_the_policies(studio, written, run):
    studio.add("acme.ru")
    written({"acme.ru": 60, "new.ru": 60}, NOTHING_GOES)
    assert run("apply", "--yes").returncode == 0

    refused = run("rollback", "latest", "--yes")

    assert refused.returncode == 3
    assert (
        '  - studio/site/new.ru (reconcile.yaml:13:3): policy "kept" (reconcile.yaml:8:3): sites stay\n'
        in refused.stderr
    )
    assert set(studio.live()) == {"acme.ru", "new.ru"}


ROLLOUT = "rollout: {waves: [1, 100%], gates: [{command: 'false'}], on_failure: rollback}\n"


def test_a_rollout_keeps_the_policies_and_its_way_back_is_open(studio, written, run):
    written({"a.ru": 60, "b.ru": 60}, ROLLOUT + SLOW)
    refused = run("apply", "--yes")
    assert refused.returncode == 3
    assert studio.writes() == []

    written({"a.ru": 60, "b.ru": 60}, ROLLOUT + NOTHING_GOES)
    taken_back = run("apply", "--yes")

    assert taken_back.returncode == 5
    assert studio.live() == {}
    assert 'policy "kept"' in taken_back.stdout  # said, and no more


def test_names_from_outside_move_no_terminal(studio, written, run):
    written(
        {"acme.ru": 60},
        'policies:\n  "\\e[2Jclear":\n    require: site.report_period > 60\n    message: "\\e[31mred"\n',
    )

    for command in ("validate", "plan"):
        done = run(command)
        assert done.returncode == 3
        assert "clear" in done.stdout + done.stderr
        assert "\x1b" not in done.stdout + done.stderr


def test_who_has_no_policies_does_not_load_their_language(studio, written, project, clean_environment):
    code = "import sys, reconcile.cli.main as m; m.run(['plan']); sys.exit('cel_expr_python' in sys.modules)"
    for top, loaded in (("", 0), (SLOW, 1)):
        written({"acme.ru": 60}, top)
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=project, env=clean_environment | {"KEY": "the-secret-key"}, check=False
        )
        assert done.returncode == loaded


LABELS = "policies: {gold: {when: labels.tier == 'gold', deny: site.report_period == 1, message: no gold here}}\n"


def test_a_policy_may_ask_for_what_only_other_projects_have(studio, run):
    studio.add("acme.ru")
    studio.declare("calm.ru: {labels: {year: 1}}", top=LABELS)

    for command in ("validate", "plan", "list", "doctor", "import"):
        done = run(command)
        assert (done.returncode, "label" in done.stderr) == (0, False), (command, done.stderr)


def test_labels_are_not_missed_where_a_table_can_not_be_read(studio, run, project):
    group = "  dealers: {from: dealers.csv, address: '${each.host}', template: {labels: {tier: '${each.tier}'}}}\n"
    rollout = "rollout: {waves: [teir=pilot, 100%]}\n"
    studio.declare(
        "calm.ru: {labels: {year: 1}}", top=f"{rollout}{LABELS.replace('tier', 'yaer')}site_groups:\n{group}"
    )

    broken = run("validate").stderr
    (project / "dealers.csv").write_text("host,tier\na.ru,pilot\n", encoding="utf-8")
    read = run("validate").stderr

    assert "dealers.csv" in broken
    assert "1 problem in the project" in broken
    assert 'no site has a label "teir"; did you mean "tier"?' in read
    assert 'no site has a label "yaer"; did you mean "year"?' in read
    assert "2 problems in the project" in read
