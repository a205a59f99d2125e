"""A plan is a value: same inputs, same bytes; and what it says when an account could not be read."""

from __future__ import annotations

import json
import random

import pytest
from live_accounts import live_accounts

from reconcile.errors import PlanError
from reconcile.planning.diff import build_plan
from reconcile.planning.plan import Diagnostic, Severity
from reconcile.planning.planfile import dump
from reconcile.planning.select import selection

MANAGERS = "managers:\n  anna: {phone: +7 495 123-45-67, name: Анна}\ndefaults: {managers: [anna]}\n"
NAMES = [f"site-{n}.ru" for n in range(20)] + ["пример.рф", "яблоко.рф"]


def shuffled(items, seed):
    return random.Random(seed).sample(items, len(items))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_what_goes_in_does_not_matter(declared, planned, raw_site, seed):
    def plan_of(names, numbers):
        sites = "".join(f"  {name}: {{report_period: 60}}\n" for name in names)
        desired = declared(f"{MANAGERS}sites:\n{sites}")
        return dump(planned(desired, {"studio": [raw_site(n, f"site-{n % 18}.ru") for n in numbers]}), "project")

    numbers = list(range(1, 31))
    assert plan_of(NAMES, numbers) == plan_of(shuffled(NAMES, seed), shuffled(numbers, seed))


def test_the_order_of_files_does_not_matter(tmp_path, declared, planned, raw_site):
    desired = declared(MANAGERS + "sites:\n  acme.ru:\n  globex.ru:\n")
    one = planned(desired, {"studio": [raw_site(1, "acme.ru")]})
    (tmp_path / "sites.yaml").unlink()
    (tmp_path / "a.yaml").write_text("sites:\n  globex.ru:\n", encoding="utf-8")
    (tmp_path / "z.yaml").write_text(MANAGERS, encoding="utf-8")
    two = planned(declared("sites:\n  acme.ru:\n"), {"studio": [raw_site(1, "acme.ru")]})

    assert [(c.address, c.action, c.fields) for c in one.changes] == [
        (c.address, c.action, c.fields) for c in two.changes
    ]


def test_accounts_are_in_order_and_apart(declared, planned, raw_site):
    accounts = "accounts:\n" + "".join(
        f"  {name}: {{provider: pozvonim, uid: {name}, api_key: k}}\n" for name in ("studio", "agency")
    )
    text = MANAGERS + "sites:\n  acme.ru: {account: studio}\n  globex.ru: {account: agency}\n"

    plan = planned(declared(text, accounts), {"studio": [], "agency": [raw_site(1, "acme.ru")]})

    assert [str(change.address) for change in plan.changes] == ["agency/site/globex.ru", "studio/site/acme.ru"]
    assert plan.sizes == {"studio": 0, "agency": 1}


def test_an_account_that_could_not_be_read_is_an_error_and_not_empty(declared):
    desired = declared(MANAGERS + "sites:\n  acme.ru:\n")
    unread = [Diagnostic(Severity.ERROR, "studio", "the account can't be read")]

    plan = build_plan(desired, {}, selection=selection(["acme.ru"]), unread=unread)

    assert (plan.changes, plan.errors) == ((), tuple(unread))


@pytest.mark.parametrize("destroy", [False, True])
def test_a_selection_that_matches_nothing_is_an_error(declared, planned, destroy):
    with pytest.raises(PlanError, match=r"--select acme\.ur matches nothing"):
        planned(declared(MANAGERS + "sites:\n  acme.ru:\n"), {"studio": []}, select=("acme.ur",), destroy=destroy)


def test_a_plan_says_the_same_when_it_is_made_again(declared, planned, raw_site):
    desired = declared(MANAGERS + "sites:\n  acme.ru: {report_period: 60}\n  globex.ru:\n")
    raw = {"studio": [raw_site(1, "acme.ru"), raw_site(2, "old.ru")]}

    assert dump(planned(desired, raw), "p") == dump(planned(desired, json.loads(json.dumps(raw))), "p")


def test_a_spelling_of_the_service_is_not_in_the_fingerprint(declared, planned, raw_site):
    desired = declared(MANAGERS + "sites:\n  acme.ru: {report_period: 60}\n")

    prints = {
        planned(desired, {"studio": [raw_site(1, url, report_analytic=flag, unknown=url)]}).changes[0].fingerprint
        for url in ("acme.ru", "http://ACME.ru/")
        for flag in (1, "1", True)
    }
    other = planned(desired, {"studio": [raw_site(1, "acme.ru", report_analytic=0)]}).changes[0].fingerprint

    assert len(prints) == 1
    assert other not in prints


def test_no_plan_shows_a_secret(declared, planned):
    account = "accounts: {studio: {provider: pozvonim, uid: u, api_key: s3cr3t, profile: {api_key: n3w-s3cr3t}}}\n"
    desired = declared("clients: {acme: {email: a@b.ru, password: s3cr3t}}\n", account)
    raw = {"studio": {"profile": {"id": 1, "timezone": "Europe/Moscow", "api_key": "s3cr3t"}}}

    plan = planned(desired, raw)

    assert [change.address.kind for change in plan.changes] == ["profile", "client"]
    assert "s3cr3t" not in f"{plan!r}{live_accounts(desired, raw)!r}{dump(plan, 'p')}"
