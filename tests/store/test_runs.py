"""What runs note, and what the history tells of them; on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from stored import KEY, KINDS, Process, abandoned, change, everything, live, plan, report, result

from reconcile.applying.journal import Intent
from reconcile.applying.report import Outcome
from reconcile.errors import StoreError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.resource import Live
from reconcile.planning.plan import HIDDEN, Change, FieldChange
from reconcile.store.closing import Finding
from reconcile.store.records import FieldRecord, RunRecord, Status, StepRecord

PERSON = {"phone": "+74951234567", "name": "Анна"}
CREATE = change("окна.рф")
UPDATE = change("acme.ru", Action.UPDATE, 12, widget__call_time=(28, 35), managers=([], [PERSON]))
DELETE = change("old.ru", Action.DELETE, 13)


def begin(process, run, *changes, commit="abc+"):
    lease = process.lease(run)
    with lease as held:
        return process.store.begin(held, plan(*changes), KINDS, commit=commit)


def test_a_run_is_told_as_it_went(process, clock):
    with process.lease("r1") as lease:
        journal = process.store.begin(lease, plan(CREATE, UPDATE, DELETE), KINDS, commit="abc+")
        before = process.store.run("r1")
        clock.now += 1
        journal.intend([Intent(UPDATE, live("acme.ru", 12, widget__call_time=28))])
        noted = process.store.run("r1").steps[1]
        clock.now += 2
        journal.ended([(UPDATE, result(UPDATE))])
        journal.intend([Intent(CREATE)])
        journal.ended([(CREATE, result(CREATE, number=77))])
        results = [result(CREATE, number=77), result(UPDATE), result(DELETE, Outcome.NOT_ATTEMPTED, "the run was …")]
        ended = journal.finish(report(*results, interrupted=True))

    assert ended.warnings == ()
    assert before.status is Status.RUNNING
    assert before.summary == {"done": 0, "failed": 0, "not_attempted": 0, "unknown": 0, "open": 3}
    assert (noted.intended, noted.ended, noted.outcome) == (1_000_001.0, None, None)
    assert process.store.run("latest") == RunRecord(
        name="r1",
        command="apply",
        user=process.holder.user,
        host=process.holder.host,
        commit="abc+",
        accounts=("studio",),
        keys={"studio": KEY},
        started=1_000_000.0,
        finished=1_000_003.0,
        status=Status.INTERRUPTED,
        summary={"done": 2, "failed": 0, "not_attempted": 1, "unknown": 0},
        steps=process.store.run("r1").steps,
    )
    created, updated, deleted = process.store.run("r1").steps
    assert created == StepRecord(
        number=0,
        address=Address("studio", "site", "окна.рф"),
        action=Action.CREATE,
        reason="because",
        id=77,
        fields=(FieldRecord("url", None, "окна.рф"),),
        intended=1_000_003.0,
        ended=1_000_003.0,
        outcome=Outcome.DONE,
    )
    assert updated.fields == (
        FieldRecord("widget.call_time", 28, 35),
        FieldRecord("managers", [], [PERSON]),
    )
    assert (updated.before["url"], updated.before["widget.call_time"]) == ("acme.ru", 28)
    assert set(updated.before) == set(KINDS["site"].by_path)
    assert (updated.intended, updated.ended, updated.outcome) == (1_000_001.0, 1_000_003.0, Outcome.DONE)
    assert (deleted.id, deleted.before, deleted.intended, deleted.error) == (13, None, None, "the run was …")


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([Outcome.DONE, Outcome.DONE], Status.DONE),
        ([Outcome.DONE, Outcome.FAILED], Status.PARTIAL),
        ([Outcome.UNKNOWN, Outcome.NOT_ATTEMPTED], Status.PARTIAL),
        ([Outcome.FAILED, Outcome.NOT_ATTEMPTED], Status.FAILED),
    ],
)
def test_how_a_run_ended(process, outcomes, status):
    journal = begin(process, "r1", CREATE, UPDATE)
    journal.finish(report(*map(result, (CREATE, UPDATE), outcomes)))

    assert process.store.run("r1").status is status


def test_runs_come_newest_first_and_are_found_by_a_part_of_their_name(process, clock):
    for number, name in enumerate(["20261122T101112Z-0a1b2c", "20261122T101112Z-0f0f0f", "20261123T000000Z-aaaaaa"]):
        clock.now += number
        begin(process, name, CREATE)

    assert [run.name[-6:] for run in process.store.runs()] == ["aaaaaa", "0f0f0f", "0a1b2c"]
    assert [run.name[-6:] for run in process.store.runs(limit=1)] == ["aaaaaa"]
    assert {run.steps for run in process.store.runs()} == {()}
    assert process.store.run("20261123").name.endswith("aaaaaa")
    assert process.store.run("latest").name.endswith("aaaaaa")
    with pytest.raises(StoreError, match='no run is named "20261122": 2 runs begin with it'):
        process.store.run("20261122")
    with pytest.raises(StoreError, match='none of 3 runs is; did you mean "20261122T101112Z-0a1b2c"'):
        process.store.run("20261122T101112Z-0a1b2d")


def test_where_nothing_was_applied_there_is_no_run(store):
    assert store.runs() == []
    with pytest.raises(StoreError, match="nothing has been applied yet"):
        store.run("latest")
    with pytest.raises(StoreError, match="none of 0 runs is; `reconcile history` lists them"):
        store.run("")


def test_secrets_are_never_stored(process):
    secret = "canary-of-a-key"
    kind = KINDS["profile"]
    fields = (FieldChange(kind.by_path["api_key"], secret, secret + "-new"),)
    profile = Change(Address("studio", "profile", ""), Action.UPDATE, "because", 1, fields)
    values = kind.values({"timezone": "Europe/Moscow", "api_key": secret})
    client = Change(
        Address("studio", "client", "acme"),
        Action.CREATE,
        "because",
        None,
        tuple(FieldChange(KINDS["client"].by_path[path], None, secret) for path in ("password",)),
    )
    with process.lease("r1") as lease:
        journal = process.store.begin(lease, plan(profile, client), KINDS, commit=None)
        journal.intend([Intent(profile, Live(profile.address, 1, values))])
        journal.ended([(profile, result(profile))])
        journal.finish(report(result(profile), result(client)))

    first, second = process.store.run("r1").steps
    assert (first.before["api_key"], first.before["timezone"]) == (HIDDEN, "Europe/Moscow")
    assert (first.fields, second.fields) == (
        (FieldRecord("api_key", HIDDEN, HIDDEN),),
        (FieldRecord("password", None, HIDDEN),),
    )
    assert "canary" not in everything(process.store._database)


def test_text_that_databases_refuse_is_kept_readable(process):
    odd = "a\0b \udc80 😀 окна"
    made = change("acme.ru", Action.UPDATE, 12, report_email=(odd, odd))
    with process.lease("r1") as lease:
        journal = process.store.begin(lease, plan(made), KINDS, commit=None)
        journal.intend([Intent(made, live("acme.ru", 12, report_email=odd))])
        journal.ended([(made, result(made, Outcome.FAILED, odd))])

    step = process.store.run("r1").steps[0]
    assert step.error == "a\\0b \\udc80 😀 окна"
    assert step.before["report_email"] == step.fields[0].before == odd


def test_many_threads_note_at_the_same_time(process):
    changes = [change(f"site-{n}.ru") for n in range(300)]
    with process.lease("r1") as lease:
        journal = process.store.begin(lease, plan(*changes), KINDS, commit=None)

        def one(number):
            journal.intend([Intent(changes[number])])
            noted = process.store.run("r1").steps[number] if number % 50 == 0 else None
            journal.ended([(changes[number], result(changes[number], number=number + 1))])
            return noted is None or noted.intended is not None

        with ThreadPoolExecutor(16) as threads:
            assert all(threads.map(one, range(300)))

    steps = process.store.run("r1").steps
    assert [(step.id, step.outcome) for step in steps] == [(n + 1, Outcome.DONE) for n in range(300)]


#: The steps of earlier runs on one address, oldest first: action, outcome, seconds ago; and whether it was created.
REMEMBERED = {
    "created": ([("create", "done", 30)], 30),
    "perhaps created": ([("create", "unknown", 30)], 30),
    "died in the middle": ([("create", None, 30)], 30),
    "created again": ([("create", "failed", 50), ("create", "done", 20)], 20),
    "refused": ([("create", "failed", 30)], None),
    "deleted since": ([("create", "done", 50), ("delete", "done", 20)], None),
    "changed since": ([("create", "done", 50), ("update", "failed", 20)], None),
    "never sent": ([("create", "not_attempted", None)], None),
    "created, and again never sent": ([("create", "done", 50), ("create", "not_attempted", None)], 50),
}


@pytest.mark.parametrize(("history", "age"), REMEMBERED.values(), ids=REMEMBERED)
def test_what_earlier_runs_created_is_remembered(process, clock, history, age):
    for number, (action, outcome, ago) in enumerate(history):
        made = change("acme.ru", Action(action), None if action == "create" else 12)
        journal = begin(process, f"r{number}", made)
        if ago is not None:
            clock.now -= ago
            with process.lease(f"r{number}"):
                journal.intend([Intent(made)])
                if outcome is not None:
                    journal.ended([(made, result(made, Outcome(outcome), number=12))])
            clock.now += ago
    address = Address("work", "site", "acme.ru")  # another project may call the account something else

    def created(keys):
        with process.lease("now", keys) as lease:
            made = process.store.begin(lease, plan(), KINDS, commit=None).created([address])
            return {a: (c.run, c.id, c.age) for a, c in made.items()}

    last = [number for number, (action, _, ago) in enumerate(history) if ago is not None and action == "create"]
    number = None if history[-1][1] is None else 12
    assert created({"work": KEY}) == ({} if age is None else {address: (f"r{last[-1]}", number, age)})


def test_what_was_created_in_another_account_is_not_remembered(process):
    journal = begin(process, "r1", CREATE)
    with process.lease("r1"):
        journal.intend([Intent(CREATE)])

    with process.lease("r2", {"studio": "sha256:two"}) as lease:
        other = process.store.begin(lease, plan(), KINDS, commit=None)
        assert other.created([CREATE.address]) == {}


def test_a_run_that_died_is_found_and_closed_by_the_next_on_its_account(process, clock):
    elsewhere = process.on("server")
    lease = abandoned(elsewhere, "dead")
    journal = process.store.begin(lease, plan(CREATE, UPDATE, DELETE), KINDS, commit=None)
    journal.intend([Intent(CREATE)])
    journal.ended([(CREATE, result(CREATE, number=77))])
    journal.intend([Intent(UPDATE, live("acme.ru", 12))])
    with process.lease("other", {"studio": "sha256:two"}) as other:
        assert process.store.died(other) == []  # it is not about that account, and may be alive
    clock.now += 61

    with process.lease("next", {"work": KEY}) as following:
        [(run, ages)] = process.store.died(following)
        assert [(step.number, str(step.address), step.intended) for step in run.steps] == [
            (1, "work/site/acme.ru", 1_000_000.0),
            (2, "work/site/old.ru", None),
        ]
        assert ages == {1: 61.0}
        process.store.close_died(run, [(run.steps[0], Finding(Outcome.DONE, "has the new values", 12))])
        assert process.store.died(following) == []

    closed = process.store.run("dead")
    assert (closed.status, closed.finished) == (Status.DIED, 1_000_061.0)
    assert closed.summary == {"done": 2, "failed": 0, "not_attempted": 1, "unknown": 0}
    assert [(step.outcome, step.note, step.ended is None) for step in closed.steps] == [
        (Outcome.DONE, "", False),
        (Outcome.DONE, "has the new values", True),
        (Outcome.NOT_ATTEMPTED, "", True),
    ]


def test_a_run_over_two_accounts_is_closed_when_both_are(process, clock):
    other = Change(Address("second", "site", "b.ru"), Action.CREATE, "because")
    keys = {"second": "sha256:two", "studio": KEY}
    journal = process.store.begin(abandoned(process.on("server"), "dead", keys), plan(CREATE, other), KINDS, commit="")
    journal.intend([Intent(CREATE)])
    journal.intend([Intent(other)])
    clock.now += 61

    for name, status, left in (("studio", Status.DIED, 1), ("second", Status.DIED, 0)):
        with process.lease(f"closes {name}", {name: keys[name]}) as lease:
            [(run, _)] = process.store.died(lease)
            process.store.close_died(run, [(step, Finding(Outcome.UNKNOWN, "who knows")) for step in run.steps])
        found = process.store.run("dead")
        assert (found.status, found.summary.get("open", 0)) == (status, left)


def test_a_run_that_a_living_process_holds_did_not_die(process):
    with process.lease("r1", {"studio": KEY, "second": "sha256:two"}) as lease:
        process.store.begin(lease, plan(CREATE), KINDS, commit=None)
        [held] = [one for one in process.store.leases() if one.account == "studio"]
        process.store.unlock(held)
        with process.lease("r2") as other:
            assert process.store.died(other) == []


# --- a store that fails ---------------------------------------------------------------------------------------------


def _fill(database):
    """No page more: what SQLite says on a full disk."""
    for engine in (database.engine, database._quick):
        sa.event.listen(engine, "checkout", lambda c, record, proxy: c.execute("PRAGMA max_page_count = 1").fetchone())
    return "database or disk is full"


def _cut_off(database):
    """No connection any more, and those that there were are gone."""
    name = database.engine.url.database
    control = sa.create_engine(database.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with control.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    control.dispose()
    return "is not currently accepting connections"


def test_a_store_that_fails_in_mid_run_is_not_tried_again_and_says_why(process):
    changes = [change(f"site-{n}.ru") for n in range(500)]
    database = process.store._database
    with process.lease("r1") as lease:
        journal = process.store.begin(lease, plan(*changes), KINDS, commit=None)
        journal.intend([Intent(changes[0])])
        said = _fill(database) if database.is_sqlite else _cut_off(database)
        big = live("x.ru", 1, report_email="x" * 100_000)
        errors = []
        for one in changes[1:]:
            with pytest.raises(StoreError) as error:
                journal.intend([Intent(one, big)])
            errors.append(error.value)

        assert said in str(errors[0])
        assert "canary" not in str(errors[0])
        assert set(map(str, errors)) == {str(errors[0])}
        if database.is_sqlite:
            return
        ended = journal.finish(report(*map(result, changes)))
        assert "how this run ended is not in the history" in ended.warnings[0]
        assert "canary" not in ended.warnings[0]


def test_connections_that_broke_are_made_anew(process):
    database = process.store._database
    if database.is_sqlite:
        return
    with process.lease("r1") as lease:
        journal = process.store.begin(lease, plan(CREATE), KINDS, commit=None)
        control = sa.create_engine(database.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        name = database.engine.url.database
        with control.connect() as connection:
            query = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            connection.exec_driver_sql(query)
        control.dispose()
        journal.intend([Intent(CREATE)])

    assert process.store.run("r1").steps[0].intended is not None


def test_one_who_waits_is_told_for_whom(open_again):
    """Two processes, as far as the database can tell."""
    first, second = Process(open_again(clock=None)), Process(open_again(clock=None))
    told = []
    let_go = threading.Event()

    def hold():
        with first.lease("r1"):
            holding.set()
            let_go.wait(20)

    holding = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(20)
    with second.lease("r2", timeout=30, waiting=lambda text: (told.append(text), let_go.set())):
        assert [lease.run for lease in second.store.leases()] == ["r2"]
    thread.join()

    assert len(told) == 1
    assert told[0].startswith(f"waiting: account studio is held by {first.holder} since ")
