"""Ctrl-C, SIGTERM and a terminal that is closed, wherever a command may be: 130, one line, a next run that is right."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time

import pytest
from answering import Fault, answering

from reconcile.activities.once import sent_once
from reconcile.emulator import Fault as EmulatorFault
from reconcile.errors import UnknownOutcome, interruptions

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
INTERRUPTED = "interrupted; nothing more is done"
PHONE = "+74951234567"


def ended(process, timeout=10.0):
    """What a process said before it ended, on both streams, and how."""
    output, errors = process.communicate(timeout=timeout)
    return output.decode(), errors.decode(), process.returncode


def until(condition, timeout=20.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- where nothing is under way that had better end well --------------------------------------------------------------


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "args",
    [("plan",), ("apply", "--yes"), ("destroy", "--yes"), ("call", "acme.ru", PHONE, "--yes"), ("calls",)],
    ids=lambda args: args[0],
)
def test_reading_ends_at_once_with_nothing_changed(begin, start, args, number):
    studio = begin(latency=30.0)
    studio.declare("acme.ru:")
    process = start(*args)
    studio.wait_for("GET")
    process.send_signal(number)

    assert ended(process) == ("", f"\n{INTERRUPTED}\n", 130)
    assert studio.writes() == []


def test_signals_that_are_to_be_ignored_are_ignored(begin, start):
    """As `nohup` and a shell's `&` want it."""
    ignore = {"preexec_fn": lambda: [signal.signal(number, signal.SIG_IGN) for number in SIGNALS]}
    studio = begin(latency=0.1)
    studio.declare(*(f"site-{n}.ru:" for n in range(8)))
    process = start("apply", "--yes", "--parallelism", "1", **ignore)
    studio.wait_for("GET")
    process.send_signal(signal.SIGHUP)
    studio.wait_for("POST")
    for number in SIGNALS:
        process.send_signal(number)

    assert ended(process, 30)[1:] == ("", 0)
    assert len(studio.live()) == 8


# --- apply and destroy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", SIGNALS)
def test_a_destroy_that_is_stopped_says_what_it_has_deleted(begin, start, run, number):
    studio = begin(latency=0.2)
    for n in range(12):
        studio.add(f"site-{n}.ru")
    studio.declare(*(f"site-{n}.ru:" for n in range(12)), top="safety: {max_delete_percent: 100, max_deletes: 99}\n")
    process = start("destroy", "--yes", "--parallelism", "2", "--format", "json")
    studio.wait_for("DELETE")
    process.send_signal(number)
    output, errors, code = ended(process)

    assert (code, errors.count("\n"), "stopping: what is in flight finishes" in errors) == (130, 2, True)
    summary = json.loads(output)["summary"]
    assert 0 < summary["done"] < 12
    assert summary == {
        "done": 12 - len(studio.live()),
        "failed": 0,
        "not_attempted": len(studio.live()),
        "unknown": 0,
    }
    assert run("destroy", "--yes").returncode == 0
    assert studio.live() == {}


def test_the_first_signal_waits_for_no_pause(begin, start, run):
    """A service that wants a minute's rest: nobody has to wait for it who wants to go."""
    studio = begin(faults=(EmulatorFault("429-retry-after", 1.0, only="POST /sites", seconds=60),))
    studio.declare("acme.ru:", "beta.ru:")
    process = start("apply", "--yes", "--format", "json")
    until(lambda: studio.emulator.strikes.counts)
    process.send_signal(signal.SIGTERM)
    output, _, code = ended(process)

    assert code == 130
    summary = json.loads(output)["summary"]
    assert (summary["done"], summary["unknown"], sum(summary.values())) == (0, 0, 2)
    studio.emulator.set_faults(())
    assert run("apply", "--yes").returncode == 0
    assert len(studio.live()) == 2


@pytest.mark.parametrize("times", [1, 2])
def test_the_read_after_creates_waits_no_longer_than_somebody_wants(begin, start, run, times):
    studio = begin(faults=(EmulatorFault("lagging-list", 1.0, seconds=4),))
    studio.declare("acme.ru:", settings=", list_lag: 30")
    process = start("apply", "--yes", "--format", "json")
    studio.wait_for("POST")
    until(lambda: [request.method for request in studio.emulator.requests()][-2:] == ["POST", "GET"])
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    output, _, code = ended(process)

    assert (code, json.loads(output)["summary"]["done"]) == (130, 1)
    again = run("apply", "--yes", "--format", "json")
    if again.returncode != 0:  # the lists still miss it
        assert "created it (id 1), and the lists don't show it yet" in json.loads(again.stdout)["outcomes"][0]["error"]
    until(lambda: run("plan", "--detailed-exitcode").returncode == 0)
    assert [site["site"]["url"] for site in studio.emulator.sites("100")] == ["acme.ru"]


@pytest.fixture
def on_own_terminal(start):
    """Starts a command as the only one of a terminal; gives our end of that and the process."""

    def begin(*args):
        ours, theirs = pty.openpty()
        process = start(
            *args,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={"TERM": "xterm"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        return ours, process

    return begin


def test_a_terminal_that_is_closed_stops_an_apply_as_ctrl_c_does(begin, on_own_terminal, run, read_terminal):
    studio = begin(latency=0.2)
    studio.declare(*(f"site-{n}.ru:" for n in range(20)))
    ours, process = on_own_terminal("apply", "--yes", "--parallelism", "2")
    read_terminal(ours, "applying")
    studio.wait_for("POST")
    os.close(ours)

    assert process.wait(timeout=10) == 130
    sent = studio.writes()
    assert 0 < len(studio.live()) == len(sent) < 20
    assert run("apply", "--yes").returncode == 0
    assert len(studio.live()) == len(studio.writes()) == 20
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_a_terminal_that_is_closed_at_the_question_answers_no(begin, on_own_terminal, read_terminal):
    studio = begin()
    studio.declare("acme.ru:")
    ours, process = on_own_terminal("apply")
    read_terminal(ours, "Only `yes` goes on")
    time.sleep(0.3)
    os.close(ours)

    assert process.wait(timeout=10) == 130
    assert studio.writes() == []


# --- what is sent once ------------------------------------------------------------------------------------------------

CALL = {"POST /sites/5/call": ("call", "acme.ru", PHONE, "--yes")}
PAYMENT = {"POST /payments/contributors/7": ("transfer", "7", "10", "--type", "main", "--yes")}


@pytest.fixture
def world(project):
    """A service that answers as a test says, and a project that uses it."""
    with answering() as service:
        service.answers |= {
            "GET /sites": [{"id": 5, "site": {"url": "acme.ru"}, "managers": [], "widget": {}, "blacklists": {}}],
            "GET /profile": {"id": 1, "timezone": "Europe/Moscow", "balance": 10000},
            "GET /contributors": [{"id": 7, "email": "owner@acme.ru"}],
            "GET /contributors/7": {"id": 7, "email": "owner@acme.ru"},
            "GET /server/time/now": {"time": 1},
        }
        account = f"{{provider: pozvonim, uid: u, api_key: '${{env.KEY}}', base_url: '{service.url}'}}"
        text = f"accounts:\n  studio: {account}\nsites: {{acme.ru: {{managers: [{{phone: '{PHONE}'}}]}}}}\n"
        (project / "reconcile.yaml").write_text(text, encoding="utf-8")
        yield service


@pytest.mark.parametrize(("request_", "args"), [*CALL.items(), *PAYMENT.items()], ids=["call", "transfer"])
def test_the_second_signal_leaves_what_was_sent_unknown(world, start, request_, args):
    world.answers[request_] = Fault(how="hang")
    process = start(*args)
    until(lambda: world.posts)
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == b"\n"
    assert b"stopping: what has been sent is waited for, nothing more is sent; once more" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, errors, code = ended(process)

    assert (code, [str(asked) for asked in world.posts]) == (130, [request_])
    assert "is unknown, and it is not sent again: interrupted before the answer came" in errors


@pytest.mark.parametrize("args", [*CALL.values(), *PAYMENT.values()], ids=["call", "transfer"])
def test_what_has_not_been_sent_by_the_first_signal_never_is(begin, start, args):
    """Whether the token still works is tried before; the service takes its time to say so."""
    studio = begin(latency=0.8)
    studio.add("acme.ru")
    studio.declare("acme.ru:")
    client = studio.emulator.put_client("100", "owner@acme.ru")
    studio.emulator.set_profile("100", balance=1000)
    process = start(*(str(client) if arg == "7" else arg for arg in args))
    until(lambda: "/server/time/now" in [request.path for request in studio.emulator.requests()])
    process.send_signal(signal.SIGINT)
    _, errors, code = ended(process)

    assert (code, studio.writes()) == (130, [])
    assert "was not sent, because the run is being stopped" in errors


def test_the_first_signal_waits_for_the_answer_of_a_call(begin, start):
    studio = begin(latency=0.8)
    site = studio.add("acme.ru")
    studio.declare("acme.ru:")
    process = start("call", "acme.ru", PHONE, "--yes")
    studio.wait_for("POST")
    process.send_signal(signal.SIGTERM)
    output, _, code = ended(process)

    assert (code, output) == (130, f"Call 1000001: {PHONE} is called for acme.ru now.\n")
    assert [call["site_id"] for call in studio.emulator.calls("100")] == [site]


LOST = """
import os, signal, time
from contextlib import suppress
from reconcile.cli import signals

signals.interrupt_by_all()
for seconds in (0, 0, 1.1):
    time.sleep(seconds)
    with suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGHUP)
    print("on", flush=True)
"""


def test_a_later_hang_up_ends_what_an_interruption_that_got_lost_did_not():
    """The second comes at once, from the shell, and is the same one; the third is not."""
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (130, "on\non\n")


MISSED = """
import signal, threading, time
from reconcile.cli import signals

signals.interrupt_by_all()

def elsewhere():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

lock = threading.Lock()
lock.acquire()
threading.Thread(target=elsewhere, daemon=True).start()
try:
    lock.acquire()
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_signal_that_misses_a_waiting_main_thread_reaches_it():
    """As one that comes between Python's last look and the wait: only another thread gets to know of it."""
    done = subprocess.run([sys.executable, "-c", MISSED], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def interrupted():
    """As Python's own locks answer to a signal that comes while they take themselves back."""
    lock = threading.Lock()
    with lock:
        lock.release()
        raise KeyboardInterrupt


def test_an_interruption_that_broke_a_lock_is_one():
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        interrupted()
    with pytest.raises(KeyboardInterrupt), interruptions():
        interrupted()


def test_an_error_that_no_interruption_caused_stays_what_it_is():
    with pytest.raises(RuntimeError, match="of its own"), interruptions():
        raise RuntimeError("of its own")


def test_a_call_whose_lock_was_broken_by_an_interruption_is_unknown():
    with pytest.raises(UnknownOutcome, match="interrupted before the answer came"), sent_once("it was made", "look"):
        interrupted()
