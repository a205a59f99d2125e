"""`move` over HTTP: the plan after it renames the live site in place, and deletes nothing."""

from __future__ import annotations

import json

import pytest


def plan_of(run):
    return json.loads(run("plan", "--format", "json").stdout)


def test_a_moved_site_is_renamed_in_place(studio, run, project):
    studio.declare("acme.ru: {report_period: 60}  # Окна", settings=", prune: true")
    assert run("apply", "--yes").returncode == 0
    (live,) = studio.emulator.sites("100")

    result = run("move", "acme.ru", "новая.рф")

    assert result.returncode == 0
    assert result.stdout.splitlines()[-2:] == [
        "-  acme.ru: {report_period: 60}  # Окна",
        "+  новая.рф: {previous_address: acme.ru, report_period: 60}  # Окна",
    ]
    assert result.stderr == "acme.ru is now новая.рф in 1 file. What that means: reconcile plan\n"
    plan = plan_of(run)
    assert plan["summary"] == {"create": 0, "update": 1, "delete": 0, "noop": 0, "manual": 0}
    (change,) = plan["changes"]
    assert (change["action"], change["id"]) == ("update", live["id"])
    assert [field["path"] for field in change["fields"]] == ["url"]
    assert run("apply", "--yes").returncode == 0
    assert [site["id"] for site in studio.emulator.sites("100")] == [live["id"]]
    assert run("plan", "--detailed-exitcode").returncode == 0
    file = project / "reconcile.yaml"
    file.write_text(file.read_text("utf-8").replace("previous_address: acme.ru, ", ""), encoding="utf-8")
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_a_dry_run_writes_nothing(studio, run, project):
    studio.declare("acme.ru:")
    before = (project / "reconcile.yaml").read_bytes()

    result = run("move", "acme.ru", "new.ru", "--dry-run")

    assert "+  new.ru: {previous_address: acme.ru}" in result.stdout
    assert result.stderr == "acme.ru would be new.ru in 1 file.\n"
    assert (project / "reconcile.yaml").read_bytes() == before


def test_what_would_not_be_valid_any_more_is_undone(studio, run, project):
    studio.declare("b.ru: {url: 'http://b.ru'}", top="# one\n")
    before = (project / "reconcile.yaml").read_bytes()

    result = run("move", "b.ru", "new.ru/?q=${x}")

    assert result.returncode == 1
    assert "${x} is not known" in result.stderr
    assert result.stderr.endswith("1 problem in the project; nothing was changed\n")
    assert result.stdout == ""
    assert (project / "reconcile.yaml").read_bytes() == before


def test_a_diff_of_a_file_with_secrets_shows_none(studio, run, project):
    studio.declare("acme.ru:", top="clients: {acme: {email: o@acme.ru, password: hunter2}}\n")

    result = run("move", "client/acme", "globex")

    assert result.returncode == 0
    assert "+clients: {globex: {email: o@acme.ru, password: (sensitive)}}" in result.stdout
    assert "hunter2" in (project / "reconcile.yaml").read_text("utf-8")


@pytest.mark.parametrize(("new", "previous"), [("third.ru", "second.ru"), ("first.ru", "second.ru")])
def test_a_site_that_moves_again_after_an_apply_is_renamed_from_where_it_is(studio, run, project, new, previous):
    studio.declare("first.ru:", settings=", prune: true")
    assert run("apply", "--yes").returncode == 0
    (live,) = studio.emulator.sites("100")
    assert run("move", "first.ru", "second.ru").returncode == 0
    assert run("apply", "--yes").returncode == 0

    again = run("move", "second.ru", new)

    assert f"+  {new}: {{previous_address: {previous}}}\n" in again.stdout
    assert "note: `previous_address` is second.ru now, as a run has renamed first.ru to that\n" in again.stderr
    (change,) = plan_of(run)["changes"]
    assert (change["action"], change["id"]) == ("update", live["id"])
    assert run("apply", "--yes").returncode == 0
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_a_site_that_moves_again_after_a_rollback_is_renamed_from_where_it_was(studio, run, project):
    studio.declare("first.ru:")
    assert run("apply", "--yes").returncode == 0
    run("move", "first.ru", "second.ru")
    assert run("apply", "--yes").returncode == 0
    assert run("rollback", "latest", "--yes").returncode == 0

    again = run("move", "second.ru", "third.ru")

    assert "+  third.ru: {previous_address: first.ru}\n" in again.stdout
    assert "if that was applied already, write second.ru there" in again.stderr
    assert [change["action"] for change in plan_of(run)["changes"]] == ["update"]
