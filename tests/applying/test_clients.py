"""Clients and their sites over HTTP: what is done first, what happens once, and what others do meanwhile."""

from __future__ import annotations

import json
from threading import Barrier

import pytest
from answering import Fault, answering

from reconcile import workflow
from reconcile.planning.select import EVERYTHING

ACME = "clients:\n  acme: {email: owner@acme.ru, password: s3cr3t-1}\n"
TWO = ACME + "  globex: {email: owner@globex.ru, password: s3cr3t-2}\n"


def noop(account):
    """How many resources are as declared; nothing else may be left to do."""
    with account.connected() as (plan, _):
        assert (plan.changes, plan.manual, plan.diagnostics) == ((), (), ())
        return plan.noop


def test_a_client_goes_before_its_sites_and_with_its_only_one(account, outcomes):
    account.declare(
        "  acme.ru: {client: acme}\n  own.ru:\n  globex.ru: {client: globex}\n  shop.globex.ru: {client: globex}\n",
        top=TWO,
    )

    report = account.apply()

    assert {outcome for outcome, _ in outcomes(report).values()} == {"done"}
    acme, globex = account.clients()["owner@acme.ru"], account.clients()["owner@globex.ru"]
    assert (list(account.live(acme)), sorted(account.live(globex))) == (["acme.ru"], ["globex.ru", "shop.globex.ru"])
    writes = account.writes()
    assert sorted(writes[:2]) == ["POST /contributors", "POST /contributors/sites"]
    under = f"POST /contributors/{globex}/sites"
    assert sorted(writes[2:]) == [under, under, "POST /sites"]
    assert noop(account) == 6


def test_sites_of_clients_are_updated_and_pruned_where_they_are(account, outcomes):
    client = account.emulator.put_client("100", "owner@acme.ru")
    acme, old = account.add("acme.ru", client, report_period=90), account.add("old.ru", client)
    account.declare("  acme.ru: {client: acme}\n", top=ACME, settings=", prune: true")

    assert outcomes(account.apply()) == {"acme.ru": ("done", ""), "old.ru": ("done", "")}

    under = f"/contributors/{client}/sites"
    assert account.writes() == [f"PUT {under}/{acme}", f"DELETE {under}/{old}"]
    assert noop(account) == 2


def test_a_client_that_is_refused_leaves_its_sites_alone_and_nobody_elses(account, outcomes):
    account.emulator.put_client("200", "owner@acme.ru")  # another studio's
    account.emulator.put_client("200", "owner@globex.ru")
    account.declare(
        "  a.ru: {client: acme}\n  b.ru: {client: acme}\n  globex.ru: {client: globex}\n  own.ru:\n", top=TWO
    )

    report = account.apply()

    def taken(path, email):
        said = f"There is somebody with the e-mail {email} already (CONTRIBUTOR-EMAIL-TAKEN, HTTP 409)"
        return ("failed", f"POST {path}: {said}")

    waits = ("not_attempted", "client acme, which it goes under, was not created")
    both = taken("/contributors/sites", "owner@globex.ru")
    assert outcomes(report) == {
        "acme": taken("/contributors", "owner@acme.ru"),
        "a.ru": waits,
        "b.ru": waits,
        "globex": both,
        "globex.ru": both,
        "own.ru": ("done", ""),
    }
    assert (account.clients(), list(account.live())) == ({}, ["own.ru"])


# --- lost answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sites", "path"),
    [("", "/contributors"), ("  acme.ru: {client: acme}\n", "/contributors/sites")],
    ids=["alone", "with its site"],
)
@pytest.mark.parametrize("happened", [True, False])
def test_a_client_whose_answer_is_lost_is_made_once(account, outcomes, sites, path, happened):
    account.declare(sites, top=ACME)
    if happened:
        account.way.lose_answers(f"POST {path}")
    else:
        account.way.instead(f"POST {path}", lambda: None)

    assert {outcome for outcome, _ in outcomes(account.apply()).values()} == {"done"}

    assert account.writes() == [f"POST {path}"]
    (client,) = account.clients().values()
    assert list(account.live(client)) == (["acme.ru"] if sites else [])
    assert noop(account) == len(sites.splitlines()) + 1


def test_a_client_that_came_without_its_site_gets_it(account, outcomes):
    account.declare("  acme.ru: {client: acme}\n", top=ACME)
    account.way.instead("POST /contributors/sites", lambda: account.emulator.put_client("100", "owner@acme.ru"))

    assert outcomes(account.apply()) == {"acme": ("done", ""), "acme.ru": ("done", "")}

    (client,) = account.clients().values()
    assert account.writes() == [f"POST /contributors/{client}/sites"]
    assert noop(account) == 2


def test_a_client_that_came_without_its_site_and_whose_site_is_lost_too(account, outcomes):
    account.declare("  acme.ru: {client: acme}\n", top=ACME)
    account.way.instead("POST /contributors/sites", lambda: account.emulator.put_client("100", "owner@acme.ru"))
    account.way.lose_answers("POST /contributors/5001/sites")

    assert outcomes(account.apply()) == {"acme": ("done", ""), "acme.ru": ("done", "")}

    assert (account.writes(), list(account.live(5001))) == (["POST /contributors/5001/sites"], ["acme.ru"])


def test_a_site_under_a_client_whose_answer_is_lost_is_made_once(account, outcomes):
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.add("acme.ru")  # the studio's own, of the same address, is another one
    account.emulator.drop_site(1)
    account.declare("  acme.ru: {client: acme}\n", top=ACME)
    account.way.lose_answers(f"POST /contributors/{client}/sites")

    assert outcomes(account.apply()) == {"acme.ru": ("done", "")}

    assert (account.writes(), list(account.live(client))) == ([f"POST /contributors/{client}/sites"], ["acme.ru"])


# --- somebody else meanwhile ------------------------------------------------------------------------------------------


def test_a_client_that_appeared_meanwhile_is_not_made_twice(account, outcomes):
    account.declare("  a.ru: {client: acme}\n  b.ru: {client: acme}\n  globex.ru: {client: globex}\n", top=TWO)

    with account.connected() as (_, apply):
        acme = account.emulator.put_client("100", "Owner@acme.ru")
        globex = account.emulator.put_client("100", "owner@globex.ru")
        report = apply()

    waits = ("not_attempted", "client acme, which it goes under, was not created")
    there = f"somebody created it since the plan was made (id {globex})"
    assert outcomes(report) == {
        "acme": ("not_attempted", f"somebody created it since the plan was made (id {acme})"),
        "a.ru": waits,
        "b.ru": waits,
        "globex": ("not_attempted", there),
        "globex.ru": ("not_attempted", f"client globex, which the same call creates: {there}"),
    }
    assert account.writes() == []
    assert account.apply().summary["done"] == 3
    assert noop(account) == 5


@pytest.mark.parametrize("names", [(), ("brief-lists",), ("brief-lists", "ids-refused"), ("ids-ignored",)])
def test_a_client_that_is_gone_takes_only_its_own_sites_out(account, outcomes, names, caplog):
    clients = {name: account.emulator.put_client("100", f"owner@{name}.ru") for name in ("acme", "globex")}
    for name, client in clients.items():
        account.add(f"a.{name}.ru", client, report_period=90)
        account.add(f"b.{name}.ru", client, report_period=90)
    account.add("own-a.ru", report_period=90)
    account.add("own-b.ru", report_period=90)
    account.emulator.set_personalities(names)
    account.declare(
        "  a.acme.ru: {client: acme}\n  b.acme.ru: {client: acme}\n  c.acme.ru: {client: acme}\n"
        "  a.globex.ru: {client: globex}\n  b.globex.ru: {client: globex}\n  own-a.ru:\n  own-b.ru:\n",
        top=TWO,
    )

    with account.connected() as (_, apply):
        account.drop_client(clients["acme"])
        report = apply()

    gone = f"client acme (id {clients['acme']}), which it goes under, was deleted since the plan was made"
    assert outcomes(report) == {
        "a.acme.ru": ("not_attempted", "site 1 was deleted since the plan was made"),
        "b.acme.ru": ("not_attempted", "site 2 was deleted since the plan was made"),
        "c.acme.ru": ("not_attempted", gone),
        **dict.fromkeys(("a.globex.ru", "b.globex.ru", "own-a.ru", "own-b.ru"), ("done", "")),
    }
    assert "Connection pool is full" not in caplog.text  # which would say that there were more than `parallelism`


def test_a_site_that_was_moved_to_another_owner_is_left_alone(account, outcomes):
    acme, globex = (account.emulator.put_client("100", f"owner@{name}.ru") for name in ("acme", "globex"))
    account.add("acme.ru", acme, report_period=90)
    account.declare("  acme.ru: {client: acme}\n", top=TWO)

    with account.connected() as (_, apply):
        account.emulator.drop_site(1)
        account.add("acme.ru", globex, report_period=90)
        report = apply()

    assert outcomes(report) == {"acme.ru": ("not_attempted", "site 1 was deleted since the plan was made")}
    with account.connected() as (plan, _):
        assert plan.changes == ()
        assert "is live (id 2) under client globex, and declared under client acme" in plan.manual[0].message


def test_brief_lists_of_clients_are_read_whole_before_a_change(account, outcomes):
    client = account.emulator.put_client("100", "owner@acme.ru")
    for n in range(3):
        account.add(f"s{n}.ru", client, report_period=90)
        account.emulator.change_site(n + 1, {"widget.call_time": 40 + n, "blacklists.ip": "203.0.113.7"})
    account.emulator.set_personalities(["brief-lists", "sites-of-clients-too"])
    account.declare("".join(f"  s{n}.ru: {{client: acme}}\n" for n in range(3)), top=ACME)

    with account.connected() as (_, apply):
        account.emulator.change_site(2, {"widget.call_time": 5})
        report = apply()

    moved = ("not_attempted", "somebody changed the site since the plan was made")
    assert outcomes(report) == {"s0.ru": ("done", ""), "s1.ru": moved, "s2.ru": ("done", "")}
    live = account.live(client)
    assert [live[f"s{n}.ru"]["widget"]["call_time"] for n in range(3)] == [40, 5, 42]
    assert live["s0.ru"]["blacklists"]["ip"] == "203.0.113.7"


def test_an_account_that_prunes_leaves_the_sites_of_clients_alone(account):
    """Although no file declares a client, and the service lists their sites among the studio's own."""
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.add("acme.ru", client)
    account.add("old.ru")
    account.emulator.set_personalities(["sites-of-clients-too"])
    account.declare("  own.ru:\n", settings=", prune: true")

    assert account.apply().exit_code == 0

    assert (list(account.live(client)), list(account.live())) == (["acme.ru"], ["own.ru"])


def test_lists_of_clients_are_asked_for_at_once(account):
    """Four lists wait for each other: one after the other, none would ever come."""
    for n in range(4):
        account.add(f"s{n}.ru", account.emulator.put_client("100", f"owner@s{n}.ru"))
    account.declare(top=ACME)
    together = Barrier(4, timeout=20)
    for client in account.clients().values():
        account.way.instead(f"GET /contributors/{client}/sites", together.wait)

    with account.connected(parallelism=5) as (plan, _):
        assert plan.sizes == {"studio": 4}

    assert not together.broken
    assert [*account.way.fates.values()] == [[]] * 4


def test_a_service_that_repeats_a_password_gets_it_into_no_message(account, outcomes):
    with answering() as service:
        said = {"error": {"code": "GEN-WEAK", "http_code": 400, "message": "s3cr3t-1 is too weak"}}
        service.answers |= {"GET /sites": [], "GET /contributors": []}
        service.answers["POST /contributors"] = Fault(400, json.dumps(said).encode())
        account.way.url = service.url
        account.declare(top=ACME)

        assert outcomes(account.apply()) == {
            "acme": ("failed", "POST /contributors: *** is too weak (GEN-WEAK, HTTP 400)")
        }
        assert [asked.params["password"] for asked in service.posts] == ["s3cr3t-1"]


# --- owners that no file declares -------------------------------------------------------------------------------------


def test_a_site_that_a_client_has_is_not_made_again_where_no_file_declares_clients(account, outcomes):
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.add("acme.ru", client)
    account.declare("  acme.ru:\n  new.ru:\n")

    with account.connected() as (plan, apply):
        assert [step.address for step in plan.manual] == ["studio/site/acme.ru"]
        assert "is live (id 1) under client owner@acme.ru, and declared under the studio" in plan.manual[0].message
        assert outcomes(apply()) == {"new.ru": ("done", "")}

    assert (list(account.live()), list(account.live(client))) == (["new.ru"], ["acme.ru"])


@pytest.mark.parametrize("destroy", [False, True])
def test_a_clients_site_in_the_studios_own_list_is_not_deleted(account, destroy):
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.emulator.set_personalities(["sites-of-clients-too"])
    account.add("acme.ru", client)
    gone = account.add("gone.ru")
    account.add("keep.ru")
    account.declare("  gone.ru:\n" if destroy else "  keep.ru:\n", settings=", prune: true")

    project = workflow.validate(account.root, {})
    with workflow.connected(project, 2) as providers:
        plan = workflow.plan(project, providers, EVERYTHING, destroy=destroy)

    assert [(change.action, change.id) for change in plan.changes if change.address.kind == "site"] == [
        ("delete", gone)
    ]


def test_what_is_declared_as_the_studios_own_and_listed_so_is_its_own(account, outcomes):
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.emulator.set_personalities(["sites-of-clients-too"])
    account.add("acme.ru", client, report_period=90)
    account.declare("  acme.ru:\n  new.ru:\n")

    assert outcomes(account.apply()) == {"acme.ru": ("done", ""), "new.ru": ("done", "")}
    assert noop(account) == 2


def test_clients_whose_sites_can_not_be_read_are_not_without_any(account):
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.add("acme.ru", client)
    account.way.refused[f"GET /contributors/{client}/sites"] = 403
    account.declare("  acme.ru:\n")

    with account.connected() as (plan, _):
        assert (plan.changes, [d.severity for d in plan.diagnostics]) == ((), ["error"])


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_an_account_that_has_no_right_to_clients_has_none(account, outcomes, status):
    account.way.refused["GET /contributors"] = status
    account.declare("  acme.ru:\n")

    assert outcomes(account.apply()) == {"acme.ru": ("done", "")}
    assert noop(account) == 1


def test_nothing_is_created_where_its_owner_can_not_be_told(account):
    account.way.refused["GET /contributors"] = 429
    account.declare("  acme.ru:\n")

    with account.connected() as (plan, _):
        assert [(d.severity, d.address) for d in plan.diagnostics] == [("error", "studio")]
        assert "whether these are a client's sites can't be told" in plan.diagnostics[0].message
        assert plan.changes == ()


def test_a_site_that_can_not_be_read_again_stops_no_other(account, outcomes):
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.add("a.ru", report_period=90)
    account.add("b.ru", client, report_period=90)
    account.add("c.ru", report_period=90)
    account.declare("  a.ru:\n  b.ru: {client: acme}\n  c.ru:\n", top=ACME)

    with account.connected() as (plan, apply):
        assert len(plan.changes) == 3
        account.way.refused[f"GET /contributors/{client}/sites/2"] = 400
        found = outcomes(apply())

    assert (found["a.ru"], found["c.ru"]) == (("done", ""), ("done", ""))
    outcome, error = found["b.ru"]
    assert outcome == "not_attempted"
    assert error.startswith(f"the check before the change failed: GET /contributors/{client}/sites/2: HTTP 400")
