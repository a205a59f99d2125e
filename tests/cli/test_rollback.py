"""`rollback` over HTTP: what a run did is undone by an ordinary plan, with its preview, its safety and its report."""

from __future__ import annotations

import json
import signal

import pytest

pytestmark = pytest.mark.long  # several applies for each rollback

NO_CALL = "the service has no call to delete a client, so nothing is sent: delete the client in the dashboard"
KEPT_NOWHERE = "whose former value is kept nowhere: set it by hand, if it is to go back"


@pytest.fixture
def last(run):
    """The name of the newest run."""
    return lambda: json.loads(run("history", "--format", "json").stdout)["runs"][0]["run"]


def summary(result):
    return json.loads(result.stdout)["summary"]


def test_a_run_is_undone_by_an_ordinary_plan(studio, run, last, without_run_ids):
    settings = ", prune: true"
    studio.declare("acme.ru:", "gone.ru:", settings=settings, top="safety: {max_delete_percent: 100}\n")
    assert run("apply", "--yes").returncode == 0
    before = studio.live()
    ids = {site["site"]["url"]: site["id"] for site in studio.emulator.sites("100")}
    studio.declare(
        "acme.ru: {report_period: 90}", "new.ru:", settings=settings, top="safety: {max_delete_percent: 100}\n"
    )
    assert run("apply", "--yes").returncode == 0
    undone = last()

    back = run("rollback", "latest", "--yes")

    assert back.returncode == 0, back.stderr
    assert studio.live() == before
    assert without_run_ids(back.stdout) == (
        f"- studio/site/new.ru (id {ids['gone.ru'] + 1}) will be deleted: run RUN created it\n\n"
        f"~ studio/site/acme.ru (id {ids['acme.ru']}) will be updated: run RUN changed it\n"
        "    ~ report_period: 90 -> 60\n\n"
        f"+ studio/site/gone.ru will be created: run RUN deleted it (id {ids['gone.ru']})\n"
        "    + report_period: 60\n"
        "    + managers: Анна +74951234567\n\n"
        "warning: studio: 1 deleted site can't come back as before: it is created anew, with a new id, so that the "
        "call history stays behind, and the widget's code on the pages has to be changed (gone.ru)\n"
        "warning: studio: account studio has `prune: true`, and no file declares what is created anew here (gone.ru): "
        "declare it, or the next apply deletes it again\n"
        "warning: studio: the files still declare what is undone here (acme.ru, new.ru): change them, or the next "
        "apply does it again\n"
        "Plan: 1 to create, 1 to update, 1 to delete; 0 unchanged.\n"
        "Apply: 3 of 3 changes done. Run RUN.\n"
    )
    again = run("rollback", undone)
    assert (again.returncode, again.stdout) == (0, "No changes. Nothing to do.\n")
    newest = json.loads(run("history", "--format", "json").stdout)["runs"][0]
    assert (newest["command"], newest["status"]) == (f"rollback {undone}", "done")
    assert run("plan", "--detailed-exitcode").returncode == 2  # the files are as they were


def test_a_rollback_is_a_run_that_can_be_taken_back(studio, run, last):
    studio.declare("acme.ru: {report_period: 90}")
    run("apply", "--yes")
    studio.declare("acme.ru: {report_period: 120}")
    run("apply", "--yes")

    again = "is itself a rollback: to undo it does again what run"
    for period, is_one in ((90, False), (120, True), (90, True)):
        back = run("rollback", "latest", "--yes")
        assert (back.returncode, again in back.stdout) == (0, is_one)
        assert studio.live() == {"acme.ru": period}
    assert run("rollback", last()[:20], "--yes").returncode == 0  # the beginning of a name will do
    assert studio.live() == {"acme.ru": 120}


def test_what_was_changed_again_since_is_shown_from_what_it_is_now(studio, run):
    known = studio.add("acme.ru")
    studio.declare("acme.ru: {report_period: 90}")
    run("apply", "--yes")
    studio.emulator.change_site(known, {"site.report_period": 30, "widget.call_time": 40})

    back = run("rollback", "latest", "--yes")

    assert "~ report_period: 30 -> 60" in back.stdout
    assert studio.live() == {"acme.ru": 60}
    assert studio.emulator.sites("100")[0]["widget"]["call_time"] == 40


def test_safety_is_that_of_every_plan(studio, run):
    top = "safety: {protect: [two.ru]}\n"
    studio.declare("one.ru: {prevent_destroy: true}", "two.ru:", "three.ru:", top=top)
    run("apply", "--yes")
    made = studio.live()

    refused = run("rollback", "latest", "--yes", "--allow-deletes", "3")
    limited = run("rollback", "latest", "--yes", "--select", "three.ru")
    some = run("rollback", "latest", "--yes", "--select", "three.ru", "--allow-deletes", "1", "--format", "json")

    assert (refused.returncode, limited.returncode, some.returncode) == (3, 3, 0)
    assert "one.ru would be deleted, but has `prevent_destroy: true`" in refused.stderr
    assert 'two.ru would be deleted, but `safety.protect` has "two.ru"' in refused.stderr
    assert "allow it once with --allow-deletes 1" in limited.stderr
    assert summary(some)["done"] == 1
    assert some.stderr == (
        "warning: studio: the files still declare what is undone here (three.ru): change them, or the next apply does "
        "it again\n"  # which the report on standard output does not tell
    )
    assert studio.live() == {name: period for name, period in made.items() if name != "three.ru"}


def test_it_asks_first(studio, run):
    studio.declare("acme.ru:")
    run("apply", "--yes")
    studio.emulator.clear_requests()

    nobody = run("rollback", "latest", "--allow-deletes", "1")

    assert nobody.returncode == 64
    assert "say --yes" in nobody.stderr
    assert studio.writes() == []


def test_a_site_with_another_id_by_now_is_somebody_elses(studio, run, without_run_ids):
    studio.declare("acme.ru:")
    run("apply", "--yes")
    made = studio.emulator.sites("100")[0]["id"]
    studio.emulator.drop_site(made)
    theirs = studio.add("acme.ru")

    back = run("rollback", "latest", "--yes")

    assert back.returncode == 0
    assert without_run_ids(back.stdout) == (
        f"warning: studio/site/acme.ru: run RUN created it with id {made}, and the site that is live at this address "
        f"has id {theirs}: that is somebody else's, so it is not deleted\nNo changes. Nothing to do.\n"
    )
    assert [site["id"] for site in studio.emulator.sites("100")] == [theirs]


def test_a_run_that_was_killed_is_closed_and_undone(begin, start, run):
    studio = begin(latency=0.15)
    kept = studio.add("kept.ru")
    names = [f"site-{n:02}.ru:" for n in range(30)]
    studio.declare("kept.ru: {report_period: 90}", *names)
    process = start("apply", "--yes", "--parallelism", "3")
    studio.wait_for("POST")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)

    back = run("rollback", "latest", "--yes", "--allow-deletes", "30", "--parallelism", "16")

    assert back.returncode == 0, back.stderr
    assert "died. What it left open:" in back.stderr
    assert studio.live() == {"kept.ru": 60}
    assert studio.emulator.sites("100")[0]["id"] == kept


def test_clients_and_keys_are_steps_for_a_person(studio, run, without_run_ids):
    studio.declare(
        "acme.ru: {client: acme}",
        settings=", profile: {timezone: Asia/Omsk, api_key: another-key}",
        top="clients: {acme: {email: owner@acme.ru, password: s3cr3t}}\n",
    )
    assert run("apply", "--yes").returncode == 0

    back = run("rollback", "latest", "--yes", "--allow-deletes", "1")

    assert back.returncode == 0, back.stderr
    client = studio.emulator.clients("100")[0]["id"]
    steps = [line for line in without_run_ids(back.stdout).splitlines() if line.startswith("by hand")]
    assert [line.partition(": run RUN ") for line in steps] == [
        ("by hand: studio/client/acme", ": run RUN ", f"created it (id {client}); {NO_CALL}"),
        ("by hand: studio/profile", ": run RUN ", f"changed `api_key`, {KEPT_NOWHERE}"),
    ]
    assert studio.emulator.profile("100")["timezone"] == "Europe/Moscow"
    assert studio.emulator.profile("100")["api_key"] == "another-key"
    assert studio.emulator.sites("100", client) == []
    assert "s3cr3t" not in back.stdout + back.stderr
    assert "another-key" not in back.stdout + back.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2", "2 runs begin with it"),
        ("nosuch", "none of 2 runs is; `reconcile history` lists them"),
    ],
)
def test_a_run_that_is_not_known(studio, run, name, said):
    for period in (60, 90):
        studio.declare(f"acme.ru: {{report_period: {period}}}")
        run("apply", "--yes")

    back = run("rollback", name)

    assert back.returncode == 1
    assert f'no run is named "{name}": {said}' in back.stderr


def test_a_run_that_changed_nothing_is_no_success_to_undo(studio, run, without_run_ids):
    studio.add("bad.ru", report_period=90, notification_type="by pigeon")
    studio.declare("bad.ru: {report_period: 60}")
    assert run("apply", "--yes").returncode == 1

    back = run("rollback", "latest", "--yes")

    assert back.returncode == 1
    assert without_run_ids(back.stderr) == (
        "error: run RUN changed nothing, so there is nothing to undo; `reconcile history` lists others\n"
    )


def test_before_anything_was_applied(studio, run):
    studio.declare("acme.ru:")

    back = run("rollback", "latest")

    assert (back.returncode, back.stderr) == (1, "error: no run is named latest: nothing has been applied yet\n")


def test_the_accounts_are_those_of_the_run(studio, run, without_run_ids, project):
    studio.declare("acme.ru: {report_period: 90}")
    run("apply", "--yes")
    text = (project / "reconcile.yaml").read_text(encoding="utf-8")

    def rolled_back(old, new):
        (project / "reconcile.yaml").write_text(text.replace(old, new), encoding="utf-8")
        return run("rollback", "latest", "--yes", "--allow-deletes", "1")

    other = rolled_back("uid: '100'", "uid: '200'")
    gone = rolled_back(
        f"studio: {{provider: pozvonim, uid: '100', api_key: '${{env.KEY}}', base_url: '{studio.emulator.url}'",
        f"stadio: {{provider: pozvonim, uid: '300', api_key: '${{env.KEY}}', base_url: '{studio.emulator.url}'",
    )
    renamed = rolled_back("studio:", "bureau:")

    assert [other.returncode, gone.returncode, renamed.returncode] == [1, 1, 0]
    assert without_run_ids(other.stderr) == (
        "error: run RUN changed account studio, which is declared otherwise now: with another `provider`, `uid` or "
        "`base_url`; declare it as it was, and roll back again\n"
    )
    assert without_run_ids(gone.stderr) == (
        'error: run RUN changed account studio, which no file declares; did you mean "stadio"?; declare it as it was, '
        "and roll back again\n"
    )
    assert "- bureau/site/acme.ru" in renamed.stdout
    assert studio.live() == {}
