"""One run at a time on each live account, and none waits for the dead; on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace
from stored import KEY, KINDS, Process, abandoned, change, plan, result

from reconcile.applying.journal import Intent
from reconcile.errors import Locked, StoreError
from reconcile.store import leases as leases_module
from reconcile.store.leases import HEARTBEAT, TTL
from reconcile.store.who import Holder, holder, is_dead

BOTH = {"studio": KEY, "second": "sha256:two"}


def test_two_runs_exclude_each_other_and_the_refusal_says_all(process, clock):
    other = process.on("laptop")
    with other.lease("20261122T101112Z-0a1b2c"):
        clock.now += 5
        with pytest.raises(Locked) as refused, process.lease("r2"):
            pass

    since = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(1_000_000))
    assert str(refused.value) == (
        f"account studio is held by boris@laptop (process 17) since {since}, for run 20261122T101112Z-0a1b2c "
        "(`apply`); its last sign of life was 5 s ago; nothing was changed. Wait for it (--lock-timeout SECONDS does), "
        "or, if it is surely over, break its hold with `reconcile unlock studio`"
    )
    assert refused.value.exit_code == 1
    with process.lease("r3"):
        assert [(one.account, one.run) for one in process.store.leases()] == [("studio", "r3")]
    assert process.store.leases() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_hold_is_given_back_on_every_way_out(process, error):
    with pytest.raises(error), process.lease("r1"):
        raise error

    assert process.store.leases() == []


def test_all_accounts_or_none(process):
    with process.on("laptop").lease("r1", {"second": "sha256:two"}):
        with pytest.raises(Locked, match="account second is held"), process.lease("r2", BOTH):
            pass
        assert [one.run for one in process.store.leases()] == ["r1"]


def test_runs_that_name_the_same_accounts_in_another_order_never_wait_for_each_other(open_again):
    orders = [{"a": "1", "b": "2", "c": "3"}, {"c": "3", "b": "2", "a": "1"}] * 4
    processes = [Process(open_again(clock=None)) for _ in orders]
    inside = []

    def go(number):
        with processes[number].lease(f"r{number}", orders[number], timeout=60):
            inside.append(number)
            assert inside == [number]  # nobody else is here
            time.sleep(0.01)
            inside.remove(number)
        return number

    with ThreadPoolExecutor(len(orders)) as threads:
        assert list(threads.map(go, range(len(orders)))) == list(range(len(orders)))


def test_a_holder_without_a_sign_of_life_is_taken_over_from(process, clock):
    abandoned(process.on("laptop"), "r1")
    clock.now += TTL - 1
    with pytest.raises(Locked), process.lease("r2"):
        pass
    clock.now += 1
    with process.lease("r3"):
        assert [one.run for one in process.store.leases()] == ["r3"]


def test_what_a_run_notes_and_its_thread_are_signs_of_life(process, clock, monkeypatch):
    made = change("acme.ru")
    with process.on("laptop").lease("r1") as lease:
        journal = process.store.begin(lease, plan(made), KINDS, commit=None)
        clock.now += TTL - 1
        journal.intend([Intent(made)])
        assert [one.age for one in process.store.leases()] == [0.0]

    assert HEARTBEAT * 3 < TTL  # it may fail twice before anybody else comes
    monkeypatch.setattr(leases_module, "HEARTBEAT", 0.02)
    with process.on("laptop").lease("r2"):
        clock.now += TTL - 1
        deadline = time.monotonic() + 20
        while process.store.leases()[0].age > 0:
            assert time.monotonic() < deadline, "nobody has renewed it"
            time.sleep(0.02)


def _taken_over(process, clock):
    clock.now += TTL
    return process.lease("r2")


def _broken(process, clock):
    [one] = process.store.leases()
    assert process.store.unlock(one)
    assert not process.store.unlock(one)
    return process.lease("r2")


@pytest.mark.parametrize(
    ("lose", "why"),
    [(_taken_over, "this run has lost account studio, after 60 s without a sign of life, to "), (_broken, "to ")],
)
def test_a_run_that_has_lost_its_hold_notes_no_intent_any_more(process, clock, lose, why):
    first, second, third = changes = [change(f"{name}.ru") for name in "abc"]
    with process.on("laptop").lease("r1") as lease:
        journal = process.store.begin(lease, plan(*changes), KINDS, commit=None)
        journal.intend([Intent(first)])
        with lose(process, clock):
            with pytest.raises(StoreError, match=why):
                journal.intend([Intent(second)])
            journal.ended([(first, result(first, number=12))])  # the answer to what was in flight is worth knowing
        with pytest.raises(StoreError, match=why):  # lost once is lost for good
            journal.intend([Intent(third)])

    assert [(step.intended is None, step.outcome) for step in process.store.run("r1").steps] == [
        (False, "done"),
        (True, None),
        (True, None),
    ]


def test_a_hold_that_is_broken_while_a_question_waits_begins_no_run(process):
    with process.lease("r1") as lease:
        _broken(process, None)
        with pytest.raises(
            StoreError,
            match=r"hold of account studio is gone: somebody broke it with `reconcile unlock`, .*; nothing was",
        ):
            process.store.begin(lease, plan(change("a.ru")), KINDS, commit=None)

    assert process.store.runs() == []


def test_the_clock_that_counts_is_the_servers(postgresql_server, tmp_path):
    """A machine whose clock is an hour off neither steals nor loses."""
    from reconcile.store import open_store

    with open_store(postgresql_server.database(), tmp_path) as store, Process(store).on("laptop").lease("r1"):
        [lease] = store.leases()

    assert abs(lease.since - time.time()) < 60
    assert 0 <= lease.age < 30
    assert not store._database.is_sqlite
    assert "clock_timestamp" in str(store._database.now())


# --- who lives ------------------------------------------------------------------------------------------------------


def _sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"], stdout=-1)
    process.stdout.readline()
    return process


def _held_by(pid):
    from reconcile.store.who import _process

    return Holder("anna", "laptop", pid, _process(pid))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_a_process_that_was_killed_is_known_to_be_dead_at_once():
    process = _sleeper()
    try:
        living = _held_by(process.pid)
        assert not is_dead(living)
    finally:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and its parent has not asked yet
    assert is_dead(living)
    process.communicate()
    assert is_dead(living)


def test_what_can_t_be_told_is_not_dead():
    me = holder({})
    assert not is_dead(me)
    assert is_dead(replace(me, process=me.process + "0"))  # the number was given to another process since
    assert not is_dead(replace(me, process="", pid=2**22))
    assert not is_dead(replace(me, process="other-boot/pid:[1]/1", pid=2**22))


def test_one_does_not_wait_for_a_process_that_died_here(process):
    sleeper = _sleeper()
    dead = Process(process.store, _held_by(sleeper.pid))
    abandoned(dead, "r1")
    with pytest.raises(Locked), process.lease("r2"):
        pass
    sleeper.kill()
    sleeper.communicate()

    with process.lease("r3"):
        assert [one.run for one in process.store.leases()] == ["r3"]


@pytest.mark.parametrize(
    ("environ", "user"),
    [({"GITHUB_ACTOR": "octocat"}, "octocat"), ({"GITLAB_USER_LOGIN": "root", "GITHUB_ACTOR": ""}, "root")],
)
def test_in_ci_it_is_who_started_it(environ, user):
    assert holder(environ).user == user
