"""`apply` in waves, over HTTP: gates, failures, the way back, and going on after whatever stopped it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from reconcile.emulator import Fault

pytestmark = pytest.mark.long  # rollouts of real processes

#: Three waves with one site each that is known beforehand, and the rest.
WAVES = "waves: [one.ru, two.ru, 100%]"
NAMES = ("one.ru", "two.ru", "three.ru", "four.ru")


def declare(studio, rollout, period=90, names=NAMES, top="", **options):
    """A project whose sites get a report period, in waves."""
    options = {"top": f"{top}safety: {{max_delete_percent: 100}}\nrollout: {{{rollout}}}\n"} | options
    studio.declare(*(f"{name}: {{report_period: {period}}}" for name in names), **options)


@pytest.fixture
def rolled(studio):
    """A studio with sites, of which the files say otherwise: `rolled("waves: …")`."""

    def begin(rollout=WAVES, **options):
        for name in NAMES:
            studio.add(name)
        declare(studio, rollout, **options)
        return studio

    return begin


@pytest.fixture
def runs(run):
    """The runs of the history, newest first."""
    return lambda: json.loads(run("history", "--format", "json").stdout)["runs"]


def updated(studio):
    """The sites that were updated, in order."""
    names = {site["id"]: site["site"]["url"] for site in studio.emulator.sites("100")}
    puts = [request.path for request in studio.emulator.requests() if request.method == "PUT"]
    return [names[int(path.rpartition("/")[2])] for path in puts]


def is_done(studio, run, period=90):
    assert studio.live() == dict.fromkeys(NAMES, period)
    assert run("plan", "--detailed-exitcode").returncode == 0


# --- gates ------------------------------------------------------------------------------------------------------------


def test_each_wave_is_carried_out_before_its_gate_gets_its_report(rolled, run, project, without_run_ids):
    studio = rolled(f"{WAVES}, gates: [{{command: [sh, -c, 'cat >> given; echo; echo seen']}}]")

    done = run("apply", "--yes")

    assert done.returncode == 0, done.stderr
    assert updated(studio)[:2] == ["one.ru", "two.ru"]
    assert without_run_ids(done.stdout).partition("0 unchanged.\n\n")[2] == (
        "Waves (between them gate command sh; a failure stops the rollout):\n"
        "  1 of 3 (one.ru): 1 site: one.ru\n"
        "  2 of 3 (two.ru): 1 site, 2 of 4: two.ru\n"
        "  3 of 3 (100%): 2 sites, 4 of 4: four.ru, three.ru\n"
        "Wave 1 of 3 (one.ru): 1 of 1 change done; gate command sh: yes.\n"
        "Wave 2 of 3 (two.ru): 1 of 1 change done; gate command sh: yes.\n"
        "Wave 3 of 3 (100%): 2 of 2 changes done.\n"
        "Apply: 4 of 4 changes done. Run RUN.\n"
    )
    first, second = [json.loads(text + "}") for text in (project / "given").read_text().split("\n}\n") if text]
    assert (first["wave"], first["of_waves"], first["name"]) == (1, 3, "one.ru")
    assert first["summary"] == {"done": 1, "failed": 0, "not_attempted": 0, "unknown": 0}
    assert [one["address"] for one in second["outcomes"]] == ["studio/site/two.ru"]
    assert "  | seen\n" in done.stderr
    is_done(studio, run)


def test_all_at_once_only_where_that_is_said(rolled, run):
    studio = rolled(f"{WAVES}, gates: [{{command: 'false'}}]")
    single = run("apply", "--yes", "--select", "three.ru")
    assert (single.returncode, "Wave 1 of 1 (100%): 1 of 1 change done." in single.stdout) == (0, True)

    done = run("apply", "--yes", "--no-waves")

    assert (done.returncode, "Wave" in done.stdout) == (0, False)
    is_done(studio, run)
    studio.declare("one.ru:")
    refused = run("apply", "--waves", "--yes")
    assert (refused.returncode, refused.stderr) == (
        64,
        "error: --waves needs `rollout:`, which no file of the project declares\n",
    )


def test_a_gate_that_says_no_stops_and_the_rollout_goes_on_from_there(rolled, run, runs, project, without_run_ids):
    studio = rolled(f"{WAVES}, gates: [{{command: [test, -e, ok-1]}}, {{command: test -e ok-2}}]")
    (project / "ok-1").touch()

    stopped = run("apply", "--yes", "--format", "json")

    assert stopped.returncode == 5
    report = json.loads(stopped.stdout)
    name = report["run"]
    assert report["summary"] == {"done": 1, "failed": 0, "not_attempted": 3, "unknown": 0}
    assert (report["of_waves"], [wave["wave"] for wave in report["waves"]]) == (3, [1])
    assert [(gate["gate"], gate["passed"]) for gate in report["waves"][0]["gates"]] == [
        ("command test (gate 1)", True),
        ("command test (gate 2)", False),
    ]
    assert report["diagnostics"][0]["message"] == "wave 1: gate command test (gate 2) said no: exit code 1"
    assert f"`reconcile apply --resume {name}`, or take it back with `reconcile rollback {name}`" in stopped.stderr
    again = run("apply", "--resume", name, "--yes")
    assert (again.returncode, updated(studio)) == (5, ["one.ru"])  # its gate is asked again, and nothing else done
    (project / "ok-2").touch()

    done = run("apply", "--resume", "latest", "--yes")

    assert done.returncode == 0, done.stderr
    assert "  1 of 3 (one.ru): carried out before; its gates are asked again\n" in done.stdout
    assert (
        "Wave 2 of 3 (two.ru): 1 of 1 change done; gate command test (gate 1): yes; gate command test (gate 2): yes.\n"
        in done.stdout
    )
    assert sorted(updated(studio)) == sorted(NAMES)
    is_done(studio, run)
    history = json.loads(run("history", name, "--format", "json").stdout)
    assert history["resumed_by"] == [one["run"] for one in reversed(runs()[:2])]
    assert [(wave["name"], wave["passed"]) for wave in history["waves"]] == [
        ("one.ru", False),
        ("two.ru", None),
        ("100%", None),
    ]
    assert {step["address"].rpartition("/")[2]: step["wave"] for step in history["steps"]} == {
        "one.ru": 1,
        "two.ru": 2,
        "three.ru": 3,
        "four.ru": 3,
    }
    shown = without_run_ids(run("history", name).stdout)
    assert "    gone on with by run RUN, RUN\n" in shown
    assert "    gate command test (gate 2): no (exit code 1)\n\n~ studio/site/one.ru (id 1) updated\n" in shown
    held = "update, not attempted: the rollout was over before its wave (2 sites: four.ru (id 4), three.ru (id 3))"
    assert f"Wave 3 (100%): never began\n\n~ studio: {held}\n" in shown
    nothing = run("apply", "--resume", name, "--yes")
    assert (nothing.returncode, nothing.stdout) == (0, "No changes. 4 resources as declared.\n")


def test_a_gate_that_hangs_is_ended_with_all_that_it_started(rolled, run, project):
    script = "trap '' TERM; sleep 1000 & echo $! $$ > pids; wait; sleep 1000"
    rolled(f"{WAVES}, gates: [{{command: [sh, -c, {json.dumps(script)}], timeout: 0.5}}]")

    began = time.monotonic()
    done = run("apply", "--yes")

    assert (done.returncode, time.monotonic() - began < 30) == (5, True)
    assert "gate command sh: no (no answer within 0.5 s, so it was ended)" in done.stdout
    for pid in (project / "pids").read_text().split():
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_gate_that_a_signal_ends_says_no(rolled, run):
    rolled(f"{WAVES}, gates: [{{command: [sh, -c, 'kill -9 $$']}}]")

    done = run("apply", "--yes")

    assert (done.returncode, "gate command sh: no (ended by SIGKILL)" in done.stdout) == (5, True)


def test_a_gate_whose_child_keeps_its_output_open_holds_nobody_up(rolled, run):
    rolled(f"{WAVES}, gates: [{{command: [sh, -c, 'sleep 1000 & echo started']}}]")

    began = time.monotonic()
    done = run("apply", "--yes")

    assert (done.returncode, time.monotonic() - began < 60) == (0, True)


@pytest.mark.parametrize(
    ("command", "file"), [("./nowhere.sh", None), ("./plain.txt", "true"), ("no-such-program-anywhere", None)]
)
def test_a_gate_that_can_not_be_run_is_known_before_anything_is_done(rolled, run, project, command, file):
    studio = rolled(f"{WAVES}, gates: [{{command: {command}}}]")
    if file is not None:
        (project / "plain.txt").write_text(file)

    refused = run("apply", "--yes")

    assert (refused.returncode, updated(studio)) == (1, [])
    assert refused.stderr == (
        f"error: the gate's program {command} is not there, or may not be run; its path starts at the project's "
        "folder\n"
    )


def test_only_an_apply_in_waves_runs_a_gate(rolled, run, project):
    rolled(f"{WAVES}, gates: [{{command: touch ran}}]")

    for arguments in (
        ["validate"],
        ["plan", "-o", "plan.json"],
        ["show", "plan.json"],
        ["drift"],
        ["apply"],
        ["apply", "--yes", "--no-waves"],
        ["history", "latest"],
        ["rollback", "latest", "--yes"],
        ["destroy", "--yes", "--allow-deletes", "4"],
    ):
        assert run(*arguments).returncode in (0, 2, 64), arguments
        assert not (project / "ran").exists(), arguments
    assert run("apply", "--yes").returncode == 0
    assert (project / "ran").exists()


def test_what_a_gate_writes_moves_no_terminal_and_tells_no_secret(rolled, run, project):
    script = project / "check.sh"
    # Longer than what is shown as one line, so that the key is in two of them.
    printed = "printf '\\033[2J%s\\n' \"$KEY\" >&2\nprintf '%04090d%s%05000d' 0 \"$KEY\" 0 | tr 0 x"
    script.write_text(f"#!/bin/sh\n{printed}\nexec no-such-thing-at-all 2>/dev/null\n")
    script.chmod(0o700)
    rolled(f"{WAVES}, gates: [{{command: ./check.sh}}]")

    done = run("apply", "--yes")

    assert done.returncode == 5
    assert "  | \\x1b[2J***\n" in done.stderr
    shown = done.stderr.partition("***\n")[2].partition("\ngate ")[0].replace("\n", "").replace("  | ", "")
    assert shown == "x" * 4090 + "***" + "x" * 5000
    assert "gate command ./check.sh: no (exit code 127)" in done.stdout


def test_a_person_confirms_at_a_terminal_and_nowhere_else(rolled, run, start, read_terminal):
    studio = rolled(f"{WAVES}, gates: [{{confirm: Пилот в порядке?}}]")
    refused = run("apply", "--yes")
    assert (refused.returncode, updated(studio)) == (64, [])
    assert "--yes does not answer it" in refused.stderr

    def answered(*answers, before=""):
        ours, theirs = pty.openpty()
        os.write(ours, before.encode())
        process = start("apply", "--yes", stdin=theirs, stdout=theirs, stderr=theirs, env={"TERM": "xterm"})
        os.close(theirs)
        for answer in answers:
            read_terminal(ours, "Пилот в порядке? Only `yes` goes on: ")
            if isinstance(answer, str):
                os.write(ours, answer.encode())
            else:
                process.send_signal(answer)
        shown = read_terminal(ours)
        os.close(ours)
        return process.wait(timeout=30), shown

    code, shown = answered("no\n")
    assert (code, updated(studio), "gate confirm: no (nobody said yes)" in shown) == (5, ["one.ru"], True)
    code, shown = answered(signal.SIGINT)
    assert (code, updated(studio)) == (130, ["one.ru", "two.ru"])
    studio.emulator.clear_requests()
    declare(studio, f"{WAVES}, gates: [{{confirm: Пилот в порядке?}}]", period=110)
    code, shown = answered("no\n", before="yes\nyes\n")
    assert (code, updated(studio)) == (5, ["one.ru"])  # what was typed before somebody could look is no answer
    studio.emulator.clear_requests()
    declare(studio, f"{WAVES}, gates: [{{confirm: Пилот в порядке?}}]", period=120)
    code, shown = answered("yes\n", "yes\n")
    assert (code, len(updated(studio))) == (0, 4)
    is_done(studio, run, 120)


# --- calls ------------------------------------------------------------------------------------------------------------

CALLS = "{calls: {window: 3, min_calls: 4, max_increase: 20%s}}"


@pytest.mark.parametrize(
    ("before", "after", "more", "code", "told"),
    [
        ((1, 4), (2, 4), "", 5, "1 of 4 missed (25.0 %) in the 3 s before the wave, 2 of 4 missed (50.0 %) after it"),
        ((1, 5), (2, 5), "", 0, "1 of 5 missed (20.0 %) in the 3 s before the wave, 2 of 5 missed (40.0 %) after it"),
        ((0, 3), (4, 4), "", 0, "too few calls to tell, as `min_calls` is 4: 0 of 3 missed"),
        ((0, 4), (3, 3), ", too_few: stop", 5, "too few calls to tell, as `min_calls` is 4: 0 of 4 missed"),
    ],
)
def test_the_calls_of_the_waves_sites_decide(rolled, start, before, after, more, code, told):
    studio = rolled(f"waves: [one.ru, 100%], gates: [{CALLS % more}]", names=("one.ru", "two.ru"))
    one, other, *_ = [site["id"] for site in studio.emulator.sites("100")]

    def call(site, missed, finished, when):
        for number in range(finished):
            state = "missed" if number < missed else "talked"
            studio.emulator.put_call("100", site, start=when, state=state, duration=5)

    process = start("apply", "--yes")
    studio.wait_for("GET")
    call(one, *before, time.time() - 1)
    call(other, 9, 9, time.time() - 1)  # another wave's
    studio.wait_for("PUT")
    deadline = time.monotonic() + 10
    while studio.live()["one.ru"] != 90 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    call(one, *after, time.time() + 0.5)
    call(other, 9, 9, time.time())
    output, errors = process.communicate(timeout=60)

    assert process.returncode == code, errors
    assert f"gate calls within 3 s: {'yes' if code == 0 else 'no'} ({told}" in output.decode()


def test_a_service_that_does_not_tell_of_calls_is_a_no(rolled, run, studio):
    rolled(f"{WAVES}, gates: [{{calls: {{window: 0.1s}}}}]")
    studio.emulator.set_faults((Fault("html", 1.0, only="GET /calls"),), 1)

    done = run("apply", "--yes")

    assert (done.returncode, updated(studio)) == (5, ["one.ru"])
    assert "gate calls within 0.1 s: no (the calls can't be read: " in done.stdout


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(studio):
    """A studio one of whose sites refuses every change."""

    def begin(rollout, bad="two.ru"):
        for name in NAMES:
            studio.add(name, **({"notification_type": "by pigeon"} if name == bad else {}))
        declare(studio, rollout)
        return studio

    return begin


def mend(studio, name="two.ru"):
    known = next(site["id"] for site in studio.emulator.sites("100") if site["site"]["url"] == name)
    studio.emulator.change_site(known, {"site.notification_type": 2})


def test_more_failures_than_are_borne_stop_the_rollout(failing, run):
    studio = failing(WAVES)

    stopped = run("apply", "--yes")

    assert (stopped.returncode, studio.live()["three.ru"]) == (5, 60)
    assert (
        "error: the rollout ended with wave 2 of 3: 1 of 1 change not done, and `rollout.max_failures` is 0; "
        "2 changes of later waves not attempted\n"
    ) in stopped.stdout
    assert run("apply", "--resume", "latest", "--yes").returncode == 5  # it fails again, and nothing else is tried
    assert studio.live()["three.ru"] == 60
    mend(studio)
    refused = run("apply", "--resume", "latest", "--yes")
    assert refused.returncode == 0, refused.stderr
    is_done(studio, run)


def test_failures_that_are_borne_are_tried_again_by_a_resumed_run(failing, run):
    studio = failing(f"{WAVES}, max_failures: 1, gates: [{{command: test -e ok}}]", bad="one.ru")
    assert run("apply", "--yes").returncode == 1  # nothing is done yet
    (studio.root / "ok").touch()

    done = run("apply", "--resume", "latest", "--yes")

    assert (done.returncode, studio.live()) == (5, {"one.ru": 60, "two.ru": 90, "three.ru": 90, "four.ru": 90})
    mend(studio, "one.ru")
    assert run("apply", "--resume", "latest", "--yes").returncode == 0
    is_done(studio, run)


def test_a_failure_takes_all_waves_back(failing, run, runs, without_run_ids):
    studio = failing(f"{WAVES}, on_failure: rollback", bad="three.ru")

    back = run("apply", "--yes")

    assert back.returncode == 5, back.stderr
    assert studio.live() == dict.fromkeys(NAMES, 60)
    assert "`rollout.on_failure` is rollback: taking back run RUN, all of its waves.\n" in without_run_ids(back.stderr)
    assert re.findall(r"^[A-Z][a-z ]+: 3 of .+", without_run_ids(back.stdout), re.MULTILINE) == [
        "Apply: 3 of 4 changes done, 1 failed. Run RUN.",
        "Taken back: 3 of 3 changes done. Run RUN.",
    ]
    ended = "The rollout was taken back, all of it. Why it ended: `reconcile history RUN`.\n"
    assert without_run_ids(back.stderr).endswith(ended)
    undoing, undone = runs()
    assert (undoing["command"], undoing["status"]) == (f"rollback {undone['run']}", "done")
    assert (undone["command"], undone["status"], undone["summary"]["done"]) == ("apply", "partial", 3)
    assert f"    rolled back by run {undoing['run']}\n" in run("history", undone["run"]).stdout
    again = run("rollback", undone["run"], "--yes")
    assert (again.returncode, again.stdout) == (0, "No changes. Nothing to do.\n")
    refused = run("apply", "--resume", undone["run"], "--yes")
    assert refused.returncode == 1
    assert f"run {undone['run']} was rolled back by run {undoing['run']}" in refused.stderr


def test_what_a_rollout_created_is_deleted_again_whatever_the_limits(studio, run):
    studio.add("two.ru", notification_type="by pigeon")
    top = "safety: {max_deletes: 0, max_delete_percent: 0}\nclients: {acme: {email: owner@acme.ru, password: s3cr3t}}\n"
    sites = ("one.ru: {client: acme}", "two.ru: {report_period: 90}")
    studio.declare(*sites, top=f"{top}rollout: {{{WAVES}, on_failure: rollback}}\n")

    back = run("apply", "--yes", "--format", "json")

    report = json.loads(back.stdout)
    assert (back.returncode, report["rollback"]["summary"]["done"]) == (5, 1)
    assert report["rollback"]["run"] != report["run"]
    assert "by hand: studio/client/acme: " in back.stderr
    assert studio.live() == {"two.ru": 60}
    assert studio.emulator.sites("100", studio.emulator.clients("100")[0]["id"]) == []


def test_a_rollback_that_is_refused_is_told(studio, run):
    studio.add("two.ru", notification_type="by pigeon")
    studio.declare(
        "one.ru: {prevent_destroy: true}",
        "two.ru: {report_period: 90}",
        top=f"rollout: {{{WAVES}, on_failure: rollback}}\n",
    )

    back = run("apply", "--yes")
    asked = run("apply", "--yes", "--format", "json")

    assert (back.returncode, studio.live()) == (5, {"one.ru": 60, "two.ru": 60})
    assert "The rollout was not taken back: the plan is refused, and nothing was changed:" in back.stderr
    assert "one.ru would be deleted, but has `prevent_destroy: true`" in back.stderr
    assert (asked.returncode, json.loads(asked.stdout).get("rollback")) == (5, None)
    assert "Nothing had been changed, so there is nothing to take back." in asked.stderr


@pytest.mark.parametrize("until_put", [False, True], ids=["planning", "sending"])
def test_a_rollback_that_is_interrupted_is_told_with_its_rollout(begin, start, run, until_put):
    studio = begin(latency=0.3)
    for name in NAMES:
        studio.add(name)
    declare(studio, "waves: [3, 100%], on_failure: rollback, gates: [{command: 'false'}]")
    process = start("apply", "--yes", "--format", "json", "--parallelism", "1")
    until(process, b"taking back")
    studio.emulator.clear_requests()
    if until_put:
        studio.wait_for("PUT")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    name = json.loads(output)["run"]
    assert (process.returncode, json.loads(output)["summary"]["done"]) == (130, 3)
    assert f"`reconcile rollback {name}`" in errors.decode()
    if until_put:
        assert 0 < json.loads(output)["rollback"]["summary"]["done"] < 3
    assert run("rollback", name, "--yes").returncode == 0
    assert studio.live() == dict.fromkeys(NAMES, 60)


# --- going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rollout", ["pause: 10m", "gates: [{command: sleep 1000}]", "gates: [{calls: {}}]"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_rollout_that_ends_between_waves_goes_on(rolled, run, start, rollout, number):
    studio = rolled(f"{WAVES}, {rollout}")
    process = start("apply", "--yes", start_new_session=True)
    until(process, b"waiting" if "sleep" not in rollout else b"asking")
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    if number is signal.SIGINT:
        assert process.returncode == 130
        assert b"Interrupted. Apply: 1 of 4 changes done, 3 not attempted." in output
        assert b"`reconcile apply --resume " in errors
    declare(studio, WAVES)

    done = run("apply", "--resume", "latest", "--yes")

    assert done.returncode == 0, done.stderr
    assert ("died" in done.stderr) is (number is signal.SIGKILL)
    assert sorted(updated(studio)) == sorted(NAMES)
    is_done(studio, run)


def until(process, text):
    """Reads the standard error of a process until a text."""
    seen = b""
    while text not in seen:
        part = os.read(process.stderr.fileno(), 4096)
        assert part, seen
        seen += part


@pytest.mark.parametrize("wave", [1, *(pytest.param(wave, marks=pytest.mark.long) for wave in (2, 3))])
def test_a_rollout_that_is_killed_in_a_wave_goes_on_there_and_is_undone_whole(begin, start, run, wave):
    studio = begin(latency=0.2)
    made = [f"site-{n}.ru" for n in range(6)]
    declare(studio, "waves: [2, 4, 100%]", names=made, period=60)
    process = start("apply", "--yes", "--parallelism", "1")
    deadline = time.monotonic() + 30
    while len(studio.live()) < 2 * wave - 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    stopped = json.loads(run("history", "latest", "--format", "json").stdout)

    done = run("apply", "--resume", stopped["run"], "--yes")

    assert done.returncode == 0, done.stderr
    assert f"Waves (a failure stops the rollout):\n  {wave} of 3 " in done.stdout
    assert studio.live() == dict.fromkeys(made, 60)
    assert studio.writes().count("POST") == len(made)
    back = run("rollback", "latest", "--yes", "--allow-deletes", "6", "--format", "json")
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["summary"]["done"] == len(made)
    assert studio.live() == {}
    assert "is a rollout that" in back.stderr


def test_a_rollout_whose_hold_was_broken_goes_on(rolled, run, start):
    studio = rolled(f"{WAVES}, gates: [{{command: [sh, -c, 'until test -e go; do sleep 0.1; done']}}]")
    process = start("apply", "--yes")
    until(process, b"asking")
    assert run("unlock", "studio", "--yes").returncode == 0
    (studio.root / "go").touch()
    output, _ = process.communicate(timeout=30)

    assert (process.returncode, updated(studio)) == (5, ["one.ru"])
    assert "the rollout ended with wave 2 of 3: how far it is can't be noted: " in output.decode()
    declare(studio, WAVES)
    done = run("apply", "--resume", "latest", "--yes")
    assert done.returncode == 0, done.stderr
    is_done(studio, run)


@pytest.fixture
def stopped(rolled, run):
    """A rollout that stopped after its first wave."""
    studio = rolled(f"{WAVES}, gates: [{{command: 'false'}}]")
    assert run("apply", "--yes").returncode == 5
    studio.emulator.clear_requests()
    return studio


def change_live(studio, name="three.ru", **values):
    known = next(site["id"] for site in studio.emulator.sites("100") if site["site"]["url"] == name)
    studio.emulator.change_site(known, {f"site.{key}": value for key, value in values.items()})


@pytest.mark.parametrize(
    ("do", "told"),
    [
        (lambda studio: change_live(studio, report_period=30), "three.ru: somebody changed report_period since"),
        (lambda studio: declare(studio, WAVES, 120), "three.ru: report_period would be changed otherwise now"),
        (
            lambda studio: declare(studio, WAVES, 60),
            "three.ru: it was to be updated, and the files don't say so any",
        ),
        (lambda studio: declare(studio, WAVES, names=NAMES[:2]), "three.ru: it was to be updated, and the files don't"),
        (lambda studio: studio.emulator.drop_site(3), "three.ru: it was to be updated, and the files don't"),
    ],
)
def test_what_is_not_as_it_was_is_refused(stopped, run, do, told):
    do(stopped)

    refused = run("apply", "--resume", "latest", "--yes")

    assert (refused.returncode, stopped.writes()) == (4, [])
    assert f"  - studio/site/{told}" in refused.stderr


@pytest.mark.parametrize(("period", "code"), [(90, 0), (30, 4)])
def test_a_site_that_somebody_else_created_since_is_right_or_refused(studio, run, project, period, code):
    declare(studio, f"{WAVES}, gates: [{{command: test -e ok}}]")
    assert run("apply", "--yes").returncode == 5
    studio.add("three.ru", report_period=period)
    (project / "ok").touch()

    done = run("apply", "--resume", "latest", "--yes")

    assert done.returncode == code, done.stderr
    assert studio.live().get("two.ru") == (90 if code == 0 else None)
    said = "  - studio/site/three.ru: somebody created it since, otherwise than it was to be\n"
    assert (said in done.stderr) is (code == 4)


def test_what_is_left_of_a_pause_is_waited_for(rolled, run, start):
    studio = rolled(f"{WAVES}, pause: 10m")
    process = start("apply", "--yes")
    until(process, b"waiting 10 min")
    process.kill()
    process.wait()
    going_on = start("apply", "--resume", "latest", "--yes")

    until(going_on, b"waiting 59")

    going_on.send_signal(signal.SIGINT)
    assert going_on.wait(timeout=30) == 130
    assert updated(studio) == ["one.ru"]
    declare(studio, f"{WAVES}, pause: 0.1s")
    done = run("apply", "--resume", "latest", "--yes")
    assert (done.returncode, done.stderr.count("waiting 0.1 s")) == (0, 1)  # the first one is over
    is_done(studio, run)


def test_what_has_nothing_to_do_with_the_rollout_is_left_and_told(stopped, run):
    change_live(stopped, "one.ru", report_period=30)
    change_live(stopped, "three.ru", report_period=90)  # somebody did it by hand
    declare(stopped, WAVES, names=(*NAMES, "five.ru"))

    done = run("apply", "--resume", "latest", "--yes")

    assert done.returncode == 0, done.stderr
    assert "1 resource that run" in done.stdout
    assert "such as studio/site/one.ru, would be changed again by the next apply" in done.stdout
    assert "1 change besides those of run" in done.stdout
    assert sorted(updated(stopped)) == ["four.ru", "two.ru"]
    assert (stopped.live()["one.ru"], "five.ru" in stopped.live()) == (30, False)


def test_no_gate_is_passed_by_because_an_earlier_wave_is_done_by_hand(rolled, run, project):
    studio = rolled("waves: [one.ru, two.ru, three.ru, 100%], gates: [{command: ./check.sh}]")
    script = project / "check.sh"
    script.write_text("#!/bin/sh\ntest -e passed-$(grep '\"wave\":' | tr -dc 0-9)\n")
    script.chmod(0o700)
    assert run("apply", "--yes").returncode == 5
    change_live(studio, "two.ru", report_period=90)
    (project / "passed-1").touch()
    assert run("apply", "--resume", "latest", "--yes").returncode == 5  # after wave 3

    again = run("apply", "--resume", "latest", "--yes")

    assert (again.returncode, updated(studio)) == (5, ["one.ru", "three.ru"])
    assert "  3 of 4 (three.ru): carried out before; its gates are asked again\n" in again.stdout
    change_live(studio, "two.ru", report_period=60)  # and undoes it again
    (project / "passed-2").touch()
    assert run("apply", "--resume", "latest", "--yes").returncode == 5
    assert updated(studio) == ["one.ru", "three.ru", "two.ru"]
    (project / "passed-3").touch()
    assert run("apply", "--resume", "latest", "--yes").returncode == 0
    is_done(studio, run)


def test_an_apply_beside_a_rollout_that_is_not_over_tells_of_it(stopped, run, runs):
    first = runs()[0]["run"]
    told = f"note: the rollout of run {first} is not over: `reconcile apply --resume {first}` goes on with it, "
    assert told in run("apply").stderr  # nobody is there to say yes
    assert "is not over" not in run("apply", "--resume", first).stderr

    beside = run("apply", "--no-waves", "--yes", "--select", "two.ru")

    assert (beside.returncode, told in beside.stderr) == (0, True)
    assert "is not over" not in run("apply", "--no-waves", "--yes").stderr


def test_a_rollout_of_which_a_part_was_taken_back_says_what_to_do(rolled, run, runs):
    rolled(f"{WAVES}, gates: [{{command: [test, -e, given]}}]".replace("one.ru,", "'one.ru or four.ru',"))
    assert run("apply", "--yes").returncode == 5
    first = runs()[0]["run"]
    assert run("rollback", first, "--yes", "--select", "one.ru").returncode == 0
    assert "is not over" not in run("apply").stderr

    refused = run("apply", "--resume", first, "--yes")

    assert refused.returncode == 1
    assert "all of it or a part, so that its waves can't go on from where they stopped; " in refused.stderr
    assert f"`reconcile rollback {first}` takes back what is left of it" in refused.stderr
    assert run("rollback", first, "--yes").returncode == 0


def test_what_can_not_go_on(stopped, run, without_run_ids):
    def refused(*arguments, code=1):
        done = run("apply", "--resume", "latest", "--yes", *arguments)
        assert (done.returncode, stopped.writes()) == (code, [])
        return without_run_ids(done.stderr)

    for arguments in (["plan.json"], ["--select", "one.ru"], ["--no-waves"]):
        assert "--resume goes on with a rollout as it was planned" in refused(*arguments, code=64)
    top = "safety: {max_delete_percent: 100}\n"
    declare(stopped, "", top=top)
    stopped.declare(*(f"{name}: {{report_period: 90}}" for name in NAMES))
    assert refused() == (
        "error: no file declares `rollout:` any more, which run RUN went by; declare it, or `reconcile apply` what is "
        "left at once\n"
    )
    run("apply", "--yes")
    stopped.emulator.clear_requests()
    assert "run RUN was no rollout, so that there is no wave to go on with" in refused()


# --- other ways in ----------------------------------------------------------------------------------------------------


def test_a_saved_plan_goes_in_waves(rolled, run):
    studio = rolled()
    assert run("plan", "-o", "plan.json").returncode == 0

    done = run("apply", "plan.json")

    assert (done.returncode, done.stdout.count("\nWave ")) == (0, 3)
    assert updated(studio)[:2] == ["one.ru", "two.ru"]
    is_done(studio, run)


@pytest.mark.parametrize(
    ("selection", "options", "said"),
    [
        ("tier=pilot", (), 'reconcile.yaml:7:19: no site has a label "tier"; there are none, at character 1 of tier'),
        ("not *.ru", (), "error: the wave not *.ru of `rollout.waves` matches no site; where that is fine, say"),
        ("one.ru and", (), "reconcile.yaml:7:19: expected a term, such as label=gold or an address, at character"),
        ("not *.ru", ("--allow-empty",), None),
    ],
)
def test_a_selection_that_means_no_site_is_an_error(rolled, run, selection, options, said):
    studio = rolled(f'waves: ["{selection}", 100%]')

    done = run("apply", "--yes", *options)

    if said is None:
        assert done.returncode == 0
        is_done(studio, run)
    else:
        assert (done.returncode, updated(studio)) == (1, [])
        assert done.stderr.startswith(said)


def test_a_plan_shows_its_waves_and_says_where_they_can_not_be(rolled, run, studio):
    rolled("waves: [1, 100%]")

    shown = run("plan")

    last = shown.stdout.splitlines()[-1]
    assert last.startswith(f"  2 of 2 (100%): {len(NAMES) - 1} sites, {len(NAMES)} of {len(NAMES)}: ")
    declare(studio, 'waves: ["not *.ru", 100%]')
    refused = run("plan")
    assert "Waves" not in refused.stdout
    assert "warning: apply will refuse this plan: the wave not *.ru of `rollout.waves` matches no" in refused.stderr


def test_every_format_of_a_plan_shows_its_waves_also_a_saved_one(rolled, run, project):
    rolled(f"{WAVES}, pause: 90m, gates: [{{command: [./check.sh, s3cr3t]}}], on_failure: rollback, max_failures: 1")
    terms = "between them a pause of 1 h 30 min, gate command ./check.sh; 1 failure of a wave borne; a failure takes"
    formats = ["text", "json", "markdown", "html"]
    writes = [part for name in formats for part in ("--write", f"{name}=plan.{name}")]

    shown = run("plan", "-o", "saved", *writes)

    assert shown.returncode == 0, shown.stderr
    made = {name: (project / f"plan.{name}").read_text(encoding="utf-8") for name in formats}
    assert made["text"] == shown.stdout
    assert "  2 of 3 (two.ru): 1 site, 2 of 4: two.ru\n" in made["text"]
    assert "<summary><code>apply</code> goes in 3 waves</summary>" in made["markdown"]
    assert all(terms in made[name] for name in ("text", "markdown", "html"))
    data = json.loads(made["json"])
    assert data["rollout"] == {
        "of_waves": 3,
        "waves": [
            {"wave": 1, "name": "one.ru", "sites": 1, "changes": 1},
            {"wave": 2, "name": "two.ru", "sites": 1, "changes": 1},
            {"wave": 3, "name": "100%", "sites": 2, "changes": 2},
        ],
        "pause": 5400.0,
        "gates": ["command ./check.sh"],
        "max_failures": 1,
        "on_failure": "rollback",
        "left_out": [],
    }
    waves = {change["address"].rpartition("/")[2]: change["wave"] for change in data["changes"]}
    assert waves == {"one.ru": 1, "two.ru": 2, "three.ru": 3, "four.ru": 3}
    assert (
        '"rollout":{"of":3,"waves":[{"number":1,"name":"one.ru","sites":1,"changes":1,"first":["one.ru"]}'
        in (made["html"])
    )
    assert not any("s3cr3t" in text for text in (*made.values(), (project / "saved").read_text(encoding="utf-8")))
    again = run("show", "saved", "--format", "json", "--write", "html=again.html", "--write", "markdown=again.md")
    assert again.stdout == made["json"]
    assert (project / "again.html").read_text(encoding="utf-8") == made["html"]
    assert (project / "again.md").read_text(encoding="utf-8") == made["markdown"]


def test_a_saved_plan_goes_in_the_waves_of_today(rolled, run, studio):
    rolled("waves: [1, 100%]")
    assert run("plan", "-o", "plan.json").returncode == 0
    declare(studio, "waves: [2, 3, 100%]")

    done = run("apply", "plan.json")

    assert (done.returncode, done.stdout.count(" of 2 ("), done.stdout.count("  3 of 3 (100%): ")) == (0, 0, 1)
    assert "Waves" not in run("apply", "plan.json", "--no-waves").stdout


def test_a_client_of_an_early_wave_has_sites_in_later_ones(studio, run):
    top = "clients: {acme: {email: owner@acme.ru, password: s3cr3t}}\n"
    sites = [f"{name}: {{client: acme}}" for name in NAMES]
    studio.declare(*sites, top=f"{top}rollout: {{waves: [1, 2, 100%]}}\n")

    done = run("apply", "--yes")

    assert done.returncode == 0, done.stdout
    (client,) = studio.emulator.clients("100")
    assert len(studio.emulator.sites("100", client["id"])) == len(NAMES)
    assert run("plan", "--detailed-exitcode").returncode == 0


@pytest.mark.long
def test_history_is_kept_by_a_version_that_knew_no_waves(rolled, run, project, repository):
    dump = (repository / "tests/data/store/0001.sqlite.sql").read_text(encoding="utf-8")
    (project / ".reconcile").mkdir(mode=0o700)
    with closing(sqlite3.connect(project / ".reconcile/history.db")) as database:
        database.executescript(dump)
    studio = rolled()

    assert run("apply", "--yes").returncode == 0
    is_done(studio, run)
