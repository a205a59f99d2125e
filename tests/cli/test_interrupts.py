"""Ctrl-C at any moment: what is in flight finishes, the report adds up, and the next run does the rest."""

from __future__ import annotations

import json
import signal

import pytest

SITES = 40


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_apply_that_is_stopped_reports_exactly_and_the_next_one_converges(begin, start, run, number):
    studio = begin(latency=0.15)
    studio.declare(*(f"site-{n:02}.ru:" for n in range(SITES)))

    process = start("apply", "--yes", "--parallelism", "4", "--format", "json")
    studio.wait_for("POST")
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert errors.decode().strip() == (
        "stopping: what is in flight finishes, the rest is left; once more to stop at once"
    )
    report = json.loads(output)
    done = [o["address"].rpartition("/")[2] for o in report["outcomes"] if o["outcome"] == "done"]
    assert 0 < len(done) < SITES
    assert sorted(studio.live()) == done
    assert report["summary"] == {"done": len(done), "failed": 0, "not_attempted": SITES - len(done), "unknown": 0}
    assert {o["error"] for o in report["outcomes"] if o["outcome"] == "not_attempted"} == {"the run was interrupted"}
    again = json.loads(run("apply", "--yes", "--parallelism", "32", "--format", "json").stdout)
    assert again["summary"]["done"] == SITES - len(done)
    assert len(studio.live()) == SITES
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_the_same_in_text(begin, start):
    studio = begin(latency=0.15)
    studio.declare(*(f"site-{n:02}.ru:" for n in range(SITES)))

    process = start("apply", "--yes", "--parallelism", "4")
    studio.wait_for("POST")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    done, left = len(studio.live()), SITES - len(studio.live())
    last = output.decode().splitlines()[-1]
    assert last.startswith(f"Interrupted. Apply: {done} of {SITES} changes done, {left} not attempted. Run ")
    assert f"studio: create not attempted on {left} sites (" in output.decode()


def test_reading_can_be_interrupted_with_nothing_changed(begin, start):
    studio = begin(latency=1.0)
    studio.declare("acme.ru:")

    process = start("plan")
    studio.wait_for("GET")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    assert (process.returncode, output) == (130, b"")
    assert errors.decode().strip() == "interrupted; nothing more is done"


def test_a_second_ctrl_c_stops_at_once(begin, start):
    studio = begin(latency=1.0)
    studio.declare(*(f"site-{n:02}.ru:" for n in range(SITES)))

    process = start("apply", "--yes", "--parallelism", "2", "--format", "json")
    studio.wait_for("POST")
    process.send_signal(signal.SIGINT)
    assert b"\n" in process.stderr.readline()
    assert b"stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=15)

    assert process.returncode == 130
    report = json.loads(output)  # it did not wait for the answers: what is in flight is not known to be done
    unknown = [o for o in report["outcomes"] if o["outcome"] == "unknown"]
    assert len(unknown) in (1, 2)  # of the two connections, one may not have sent yet
    left = SITES - len(unknown)
    assert report["summary"] == {"done": 0, "failed": 0, "not_attempted": left, "unknown": len(unknown)}
    assert {o["error"] for o in unknown} == {"the run was stopped while it was in flight; run plan to see"}
    assert set(studio.live()) <= {o["address"].rpartition("/")[2] for o in unknown}
