"""Carrying plans out against the service over HTTP, with somebody else at work on the same account."""

from __future__ import annotations

from threading import Event

import pytest


def test_a_plan_is_carried_out_and_the_next_one_is_empty(account, outcomes):
    account.add("old.ru")
    account.add("acme.ru", report_period=90)
    account.declare("  acme.ru:\n  new.ru:\n", settings=", prune: true")

    report = account.apply()

    assert outcomes(report) == {"acme.ru": ("done", ""), "new.ru": ("done", ""), "old.ru": ("done", "")}
    assert report.summary == {"done": 3, "failed": 0, "not_attempted": 0, "unknown": 0}
    assert {url: site["site"]["report_period"] for url, site in account.live().items()} == {"acme.ru": 60, "new.ru": 60}
    account.emulator.clear_requests()
    with account.connected() as (plan, apply):
        assert plan.summary == {"create": 0, "update": 0, "delete": 0, "noop": 2, "manual": 0}
        assert apply().results == ()
    assert account.writes() == []


def test_the_report_is_in_the_order_of_the_plan_and_every_result_is_told_once(account):
    account.declare("".join(f"  s{n:02}.ru:\n" for n in range(30)))
    told = []

    with account.connected() as (plan, apply):
        report = apply(advance=told.append)

    assert [result.address for result in report.results] == [change.address for change in plan.changes]
    assert sorted(result.address for result in told) == [change.address for change in plan.changes]
    assert sum(report.summary.values()) == len(plan.changes) == 30


def test_a_site_that_the_service_refuses_stops_no_other(account, outcomes):
    bad = account.add("bad.ru", report_period=90, notification_type="by pigeon")
    account.add("good.ru", report_period=90)
    account.declare("  bad.ru:\n  good.ru:\n  new.ru:\n")

    report = account.apply()

    assert outcomes(report) == {
        "bad.ru": (
            "failed",
            f"PUT /sites/{bad}: site[notification_type]: expected a whole number (GEN-PARAM-INVALID, HTTP 400)",
        ),
        "good.ru": ("done", ""),
        "new.ru": ("done", ""),
    }
    assert account.live()["bad.ru"]["site"]["report_period"] == 90
    assert report.exit_code == 5


def test_a_site_that_moved_is_left_alone_and_named(account, outcomes):
    ids = {name: account.add(f"{name}.ru", report_period=90) for name in ("same", "field", "other", "gone", "renamed")}
    account.declare("".join(f"  {name}.ru:\n" for name in ids))

    with account.connected() as (_, apply):
        account.emulator.change_site(ids["field"], {"site.report_period": 120})
        account.emulator.change_site(ids["other"], {"widget.call_time": 55})
        account.emulator.change_site(ids["renamed"], {"site.url": "elsewhere.ru"})
        account.emulator.drop_site(ids["gone"])
        report = apply()

    assert outcomes(report) == {
        "same.ru": ("done", ""),
        "field.ru": ("not_attempted", "somebody changed report_period since the plan was made"),
        "other.ru": ("not_attempted", "somebody changed the site since the plan was made"),
        "gone.ru": ("not_attempted", f"site {ids['gone']} was deleted since the plan was made"),
        "renamed.ru": ("not_attempted", "somebody changed the site since the plan was made"),
    }
    assert account.writes() == [f"PUT /sites/{ids['same']}"]


def test_what_is_not_documented_may_change_meanwhile(account, outcomes):
    number = account.add("acme.ru", report_period=90)
    account.declare("  acme.ru:\n")

    with account.connected() as (_, apply):
        account.emulator.change_site(number, {"site.visits": 7})
        assert outcomes(apply()) == {"acme.ru": ("done", "")}


def test_a_site_that_appeared_meanwhile_is_not_made_twice(account, outcomes):
    account.declare("  appeared.ru:\n  new.ru:\n")

    with account.connected() as (_, apply):
        number = account.add("https://Appeared.ru/", report_period=5)
        report = apply()

    assert outcomes(report) == {
        "appeared.ru": ("not_attempted", f"somebody created it since the plan was made (id {number})"),
        "new.ru": ("done", ""),
    }
    assert sorted(account.live()) == ["https://Appeared.ru/", "new.ru"]


def test_a_delete_of_what_moved_is_not_done_and_of_what_is_gone_is_fine(account, outcomes):
    kept, gone, plain = (account.add(f"{name}.ru") for name in ("kept", "gone", "plain"))
    account.add("stays.ru")
    account.declare("  stays.ru:\n", settings=", prune: true")

    with account.connected() as (_, apply):
        account.emulator.change_site(kept, {"site.auto_payment": 1})
        account.emulator.drop_site(gone)
        report = apply()

    assert outcomes(report) == {
        "kept.ru": ("not_attempted", "somebody changed the site since the plan was made"),
        "gone.ru": ("done", ""),
        "plain.ru": ("done", ""),
    }
    assert account.writes() == [f"DELETE /sites/{plain}"]


def test_a_rename_frees_the_address_that_a_create_takes(account, outcomes):
    number = account.add("acme.ru")
    account.declare(f"  archive.acme.ru: {{id: {number}}}\n  acme.ru:\n")

    report = account.apply()

    assert outcomes(report) == {"acme.ru": ("done", ""), "archive.acme.ru": ("done", "")}
    assert account.live()["archive.acme.ru"]["id"] == number
    assert account.live()["acme.ru"]["id"] != number
    assert account.writes() == [f"PUT /sites/{number}", "POST /sites"]


def test_deletes_come_last(account):
    old, acme = account.add("old.ru"), account.add("acme.ru", report_period=90)
    account.declare("  acme.ru:\n  new.ru:\n", settings=", prune: true")

    account.apply()

    assert account.writes() == [f"PUT /sites/{acme}", "POST /sites", f"DELETE /sites/{old}"]


def test_nothing_is_attempted_once_the_run_is_stopped(account, outcomes):
    account.add("acme.ru", report_period=90)
    account.declare("  acme.ru:\n  new.ru:\n")
    stopping = Event()
    stopping.set()

    with account.connected() as (_, apply):
        report = apply(stopping)

    assert set(outcomes(report).values()) == {("not_attempted", "the run was interrupted")}
    assert (report.interrupted, report.exit_code, account.writes()) == (True, 130, [])


@pytest.mark.parametrize("parallelism", [1, 4])
def test_a_stop_in_the_middle_finishes_what_is_in_flight(account, parallelism):
    account.declare("".join(f"  s{n:02}.ru:\n" for n in range(40)))
    stopping = Event()

    with account.connected(parallelism) as (_, apply):
        report = apply(stopping, lambda result: stopping.set())

    done = [r.address.name for r in report.results if r.outcome == "done"]
    assert 1 <= len(done) < 40
    assert sorted(done) == sorted(account.live())
    assert report.summary == {"done": len(done), "failed": 0, "not_attempted": 40 - len(done), "unknown": 0}
    assert account.apply().summary["done"] == 40 - len(done)


def test_a_check_that_fails_leaves_everything_not_attempted(account, outcomes):
    account.add("acme.ru", report_period=90)
    account.declare("  acme.ru:\n")

    with account.connected() as (_, apply):
        account.emulator.change_site(1, {"site.url": ""})
        report = apply()

    assert outcomes(report) == {"acme.ru": ("not_attempted", "the check before the change failed: site 1 has no url")}


def test_an_update_sends_what_nobody_manages_as_it_is(account):
    account.add("acme.ru", report_period=90, report_email="kept@acme.ru", manager_rule=3)
    account.declare("  acme.ru: {widget: {call_time: 31}}\n")

    account.apply()

    live = account.live()["acme.ru"]
    assert (live["site"]["report_email"], live["site"]["manager_rule"]) == ("kept@acme.ru", 3)
    assert (live["site"]["report_period"], live["widget"]["call_time"]) == (60, 31)


def test_a_failure_of_one_account_stops_no_other(account):
    url = account.emulator.url
    (account.root / "reconcile.yaml").write_text(
        f"accounts:\n  one: {{provider: pozvonim, uid: '100', api_key: key, base_url: '{url}'}}\n"
        f"  two: {{provider: pozvonim, uid: '200', api_key: key, base_url: '{url}'}}\n"
        "managers:\n  anna: {phone: +7 495 123-45-67}\ndefaults: {managers: [anna], report_period: 60}\n"
        "sites:\n  a.ru: {account: one}\n  b.ru: {account: two}\n",
        encoding="utf-8",
    )
    number = account.add("a.ru", report_period=90)

    with account.connected() as (_, apply):
        account.emulator.change_site(number, {"site.url": ""})
        report = apply()

    assert [(str(result.address), result.outcome) for result in report.results] == [
        ("one/site/a.ru", "not_attempted"),
        ("two/site/b.ru", "done"),
    ]
    assert [site["site"]["url"] for site in account.emulator.sites("200")] == ["b.ru"]


def test_an_address_that_a_failed_rename_still_holds_is_not_created_again(account, outcomes):
    number = account.add("acme.ru", notification_type="by pigeon")
    account.declare(f"  archive.acme.ru: {{id: {number}}}\n  acme.ru:\n")

    report = account.apply()

    assert {name: outcome for name, (outcome, _) in outcomes(report).items()} == {
        "acme.ru": "not_attempted",
        "archive.acme.ru": "failed",
    }
    assert outcomes(report)["acme.ru"][1] == f"site {number} still has this address: its own change was not done"
    assert list(account.live()) == ["acme.ru"]


def test_a_site_takes_an_address_only_after_it_is_free(account, outcomes):
    first, second, third = (account.add(url) for url in ("a.ru", "b.ru", "c.ru"))
    account.declare(f"  b.ru: {{id: {first}}}\n  c.ru: {{id: {second}}}\n  d.ru: {{id: {third}}}\n")

    report = account.apply()

    assert outcomes(report) == {"b.ru": ("done", ""), "c.ru": ("done", ""), "d.ru": ("done", "")}
    assert account.writes() == [f"PUT /sites/{n}" for n in (third, second, first)]
    assert {url: site["id"] for url, site in account.live().items()} == {"b.ru": first, "c.ru": second, "d.ru": third}


def test_a_site_whose_new_address_is_not_free_stays_where_it_is(account, outcomes):
    first = account.add("a.ru")
    second = account.add("b.ru", notification_type="by pigeon")  # which the service refuses
    account.declare(f"  b.ru: {{id: {first}}}\n  c.ru: {{id: {second}}}\n")

    report = account.apply()

    assert outcomes(report)["c.ru"][0] == "failed"
    why = f"site {second} still has its new address: that site's own change was not done"
    assert outcomes(report)["b.ru"] == ("not_attempted", why)
    assert sorted(account.live()) == ["a.ru", "b.ru"]


def test_sites_that_swap_their_addresses(account, outcomes):
    first, second = account.add("a.ru"), account.add("b.ru")
    account.declare(f"  b.ru: {{id: {first}}}\n  a.ru: {{id: {second}}}\n")

    assert outcomes(account.apply()) == {"a.ru": ("done", ""), "b.ru": ("done", "")}
    assert {url: site["id"] for url, site in account.live().items()} == {"b.ru": first, "a.ru": second}
    assert account.apply().results == ()


def test_an_update_leaves_alone_what_was_never_set(account):
    number = account.add("acme.ru", report_period=90)
    account.emulator.change_site(number, {"widget.timezone": "", "widget.tracking_yandex_target": ""})
    account.emulator.set_personalities(["empty-absent"])
    account.declare("  acme.ru:\n")

    assert account.apply().exit_code == 0

    widget = account.live()["acme.ru"]["widget"]
    assert (widget["timezone"], widget["tracking_yandex_target"]) == ("Europe/Moscow", "pozvonimcall")


def test_an_update_sends_the_url_as_it_is_declared(account):
    account.add("http://acme.ru", report_period=90)
    account.add("http://other.ru", report_period=90)
    account.declare("  acme.ru: {url: 'https://acme.ru/'}\n  other.ru:\n")

    assert account.apply().exit_code == 0

    assert sorted(account.live()) == ["http://other.ru", "https://acme.ru/"]
