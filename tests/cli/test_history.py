"""`history`: what was applied, newest first, and one run with all that it did."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest


@pytest.fixture
def three_runs(studio, run):
    """A run that creates, one that is done in part, and one that deletes."""
    site = studio.add("acme.ru")
    studio.add("two.ru")
    top = "safety: {max_delete_percent: 100}\n"
    studio.declare("acme.ru: {report_period: 90}", "окна.рф:", "two.ru: {report_period: 90}", top=top)
    assert run("apply", "--yes").returncode == 0
    studio.declare("acme.ru: {widget: {schedule: {monday: 9-20}}}", "new.ru: {labels: {tier: gold}}", top=top)
    studio.emulator.change_site(site, {"managers": []})
    assert run("apply", "--yes").returncode == 0
    assert run("destroy", "--yes", "--select", "new.ru").returncode == 0
    return studio


def shown(run, *args):
    result = run("history", *args, "--format", "json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_runs_are_listed_newest_first(three_runs, run):
    data = shown(run)

    assert data["format_version"] == "1.0"
    runs = data["runs"]
    assert [one["command"] for one in runs] == ["destroy", "apply", "apply"]
    assert [one["status"] for one in runs] == ["done", "done", "done"]
    assert [one["summary"]["done"] for one in runs] == [1, 2, 3]
    assert {tuple(one["accounts"]) for one in runs} == {("studio",)}
    for one in runs:
        began, ended = datetime.fromisoformat(one["started"]), datetime.fromisoformat(one["finished"])
        assert began.tzinfo is not None
        assert began <= ended
    text = run("history", env={"TZ": "Asia/Omsk"}).stdout.splitlines()
    assert text[0].split() == ["Run", "Started", "Who", "Command", "Status", "Changes"]
    assert [line.split()[0] for line in text[1:]] == [one["run"] for one in runs]
    local = datetime.fromisoformat(runs[0]["started"]).timestamp()
    said = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0600", text[1])
    assert said is not None
    assert datetime.strptime(said[0], "%Y-%m-%d %H:%M:%S %z").timestamp() == int(local)


def test_runs_are_found_by_what_they_were_about(three_runs, run):
    expected = [
        (("--limit", "1"), ["destroy"]),
        (("--select", "new.ru"), ["destroy", "apply"]),
        (("--select", "ОКНА.рф"), ["apply"]),
        (("--select", "studio/site/*.ru", "--limit", "2"), ["destroy", "apply"]),
        (("--select", "nosuch.ru"), []),
        (("--select", "tier=gold and not *.рф"), ["destroy", "apply"]),
        (("--select", "tier=gold", "--select", "two.ru"), ["destroy", "apply", "apply"]),
        (("--select", "kind=client or address=two.ru"), ["apply"]),
        (("--account", "studio"), ["destroy", "apply", "apply"]),
        (("--account", "nosuch"), []),
    ]
    assert [(args, [one["command"] for one in shown(run, *args)["runs"]]) for args, _ in expected] == expected


def test_a_name_of_the_past_is_known_and_one_that_never_was_is_not(studio, run):
    studio.declare(
        "acme.ru: {client: acme}", "own.ru:", top="clients: {acme: {email: owner@acme.ru, password: s3cr3t}}\n"
    )
    assert run("apply", "--yes").returncode == 0
    studio.declare("own.ru: {report_period: 90}")
    assert run("apply", "--yes").returncode == 0

    assert [one["summary"]["done"] for one in shown(run, "--select", "client=acme")["runs"]] == [3]
    wrong = [run("history", "--select", text) for text in ("client=acne", "widget=none", "tier==gold")]
    assert [(one.returncode, one.stderr.splitlines()[0]) for one in wrong] == [
        (1, 'error: --select: no client is named "acne"; did you mean "acme"?'),
        (1, 'error: --select: no site uses a widget named "none"; there are none'),
        (64, "error: --select: write tier= with one sign; a value that begins with this needs quotes"),
    ]


def test_a_site_is_found_by_the_address_that_it_had(studio, run):
    studio.add("old.ru")
    studio.declare("new.ru: {previous_address: old.ru}")
    assert run("apply", "--yes").returncode == 0

    assert [len(shown(run, "--select", name)["runs"]) for name in ("old.ru", "new.ru", "other.ru")] == [1, 1, 0]


def test_one_run_is_told_in_full(three_runs, run, without_run_ids):
    first = shown(run)["runs"][-1]["run"]

    text = run("history", first).stdout

    ids = {step["address"]: step["id"] for step in shown(run, first)["steps"]}
    head, *blocks = without_run_ids(text).split("\n\n")
    assert re.fullmatch(
        r"Run RUN: apply, done\n    by \S+@\S+, [-\d]+ [:\d]+ \+\d{4}, took \S+ s\n    accounts: studio", head
    )
    assert blocks == [
        (
            "~ studio: the same on 2 sites, updated: "
            f"acme.ru (id {ids['studio/site/acme.ru']}), two.ru (id {ids['studio/site/two.ru']})\n"
            "    ~ report_period: 60 -> 90"
        ),
        (
            f"+ studio/site/окна.рф (id {ids['studio/site/xn--80atjc.xn--p1ai']}) created\n"
            "      why: declared in reconcile.yaml, not live\n"
            "    + report_period: 60\n"
            "    + managers: Анна +74951234567"
        ),
        "Changes: 3 done.\n",
    ]


def test_what_is_not_done_is_told_with_its_reason(begin, run, without_run_ids):
    studio = begin()
    studio.declare("acme.ru:", "bad.ru: {raw: {nosuch: 1}}")  # this service refuses what it does not document
    assert run("apply", "--yes").returncode == 5

    text = without_run_ids(run("history", "latest").stdout)

    assert text.startswith("Run RUN: apply, partial\n")
    refused = next(block for block in text.split("\n\n") if "bad.ru" in block)
    assert refused.startswith("+ studio/site/bad.ru create, failed: ")
    assert "nosuch" in refused
    assert text.endswith("Changes: 1 done, 1 failed.\n")
    steps = {step["address"]: step for step in shown(run, "latest")["steps"]}
    assert steps["studio/site/acme.ru"]["outcome"] == "done"
    assert steps["studio/site/bad.ru"]["outcome"] == "failed"
    assert "nosuch" in steps["studio/site/bad.ru"]["error"]
    assert steps["studio/site/bad.ru"]["id"] is None


def test_a_store_that_is_not_there_yet_is_named(studio, run, project):
    studio.declare("acme.ru:", top="store: sqlite:///elsewhere/h.db\n")

    said = "Nothing has been applied yet: there is no file elsewhere/h.db, which `store:` names.\n"
    assert run("history").stdout == said
    assert not (project / "elsewhere").exists()


def test_nothing_was_applied_yet(studio, run, project):
    studio.declare("acme.ru:")

    assert run("history").stdout == "Nothing has been applied yet.\n"
    assert shown(run) == {"format_version": "1.0", "runs": []}
    assert [path.name for path in project.iterdir()] == ["reconcile.yaml"]  # a look makes nothing
    missing = run("history", "latest")
    assert (missing.returncode, missing.stderr) == (1, "error: no run is named latest: nothing has been applied yet\n")


def test_a_run_and_a_filter_make_no_sense_together(studio, run):
    studio.declare("acme.ru:")

    assert run("history", "latest", "--limit", "1").returncode == 64


def test_a_terminal_is_safe_from_what_was_live(studio, run):
    known = studio.add("acme.ru")
    studio.emulator.change_site(known, {"site.report_email": "\x1b[2J@evil.ru"})
    studio.declare("acme.ru: {report_email: a@b.ru}")
    run("apply", "--yes")

    text = run("history", "latest").stdout

    assert "\x1b" not in text
    assert "report_email: \\x1b[2J@evil.ru -> a@b.ru" in text
