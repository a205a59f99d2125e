"""Changing the account itself over HTTP: another key in mid-run, a run that dies after it, and the lock-out."""

from __future__ import annotations

import subprocess
import sys

import pytest

KEYS = ", profile: {api_key: n3w-s3cr3t}"
FALLS_BACK = "the service takes the API key of `profile:`, and the account's own no more; set studio's `api_key` to it"


def planned(account):
    with account.connected() as (plan, _):
        return plan


def test_what_is_not_declared_of_a_profile_stays_as_it_is(account, outcomes):
    account.emulator.set_profile("100", timezone="Asia/Omsk")
    account.declare(settings=", profile: {timezone: Asia/Vladivostok}")

    assert outcomes(account.apply()) == {"": ("done", "")}

    live = account.emulator.profile("100")
    assert (live["timezone"], live["api_enable"], live["api_key"]) == ("Asia/Vladivostok", 1, "key")
    assert account.writes() == ["POST /profile"]
    assert (planned(account).changes, planned(account).noop) == ((), 1)


@pytest.mark.parametrize("parallelism", [1, 8])
@pytest.mark.parametrize("names", [(), ("profile-with-key", "updates-without-body", "numbers-as-strings")])
def test_the_run_goes_on_with_the_new_key(account, outcomes, parallelism, names):
    account.add("acme.ru", report_period=90)
    account.emulator.set_personalities(names)
    sites = "".join(f"  s{n}.ru:\n" for n in range(10)) + "  acme.ru:\n"
    account.declare(sites, settings=KEYS)

    with account.connected(parallelism) as (_, apply):
        report = apply()

    assert {outcome for outcome, _ in outcomes(report).values()} == {"done"}
    assert (account.writes()[0], len(account.writes())) == ("POST /profile", 12)
    assert account.emulator.profile("100")["api_key"] == "n3w-s3cr3t"
    plan = planned(account)
    assert (plan.changes, plan.noop, [d.message for d in plan.diagnostics]) == ((), 12, [FALLS_BACK])
    account.declare(sites, settings=KEYS, key="n3w-s3cr3t")
    assert planned(account).diagnostics == ()


def test_an_answer_to_the_new_key_that_is_lost(account, outcomes):
    account.declare("  acme.ru:\n", settings=KEYS)
    account.way.lose_answers("POST /profile")

    assert outcomes(account.apply()) == {"": ("done", ""), "acme.ru": ("done", "")}

    assert account.emulator.profile("100")["api_key"] == "n3w-s3cr3t"
    assert planned(account).changes == ()


#: Applies, and is gone at the moment in which the key was changed.
DIES_AFTER_THE_KEY = """
import os, sys
from pathlib import Path
from threading import Event

from reconcile import workflow
from reconcile.planning.select import EVERYTHING

def advance(result):
    if result.address.kind == "profile":
        os._exit(9)

project = workflow.validate(Path(sys.argv[1]), {})
with workflow.connected(project, 4) as providers:
    plan = workflow.plan(project, providers, EVERYTHING)
    workflow.apply(project, plan, providers, run="RUN", parallelism=4, stopping=Event(), advance=advance)
"""


def test_a_run_that_dies_after_the_key_was_changed(account, outcomes, clean_environment):
    account.declare("  acme.ru:\n", settings=KEYS)
    process = subprocess.run(
        [sys.executable, "-c", DIES_AFTER_THE_KEY, str(account.root)], env=clean_environment, timeout=60, check=False
    )
    assert (process.returncode, account.writes()) == (9, ["POST /profile"])

    with account.connected() as (plan, apply):
        assert [change.address.name for change in plan.changes] == ["acme.ru"]
        assert [d.message for d in plan.diagnostics] == [FALLS_BACK]
        assert outcomes(apply()) == {"acme.ru": ("done", "")}


def test_a_key_that_nobody_declares_any_more(account):
    account.declare("  acme.ru:\n", settings=KEYS)
    account.apply()
    account.declare("  acme.ru:\n", settings=", profile: {api_key: third-s3cr3t}")

    (said,) = planned(account).errors

    assert "the key of `profile:` is refused, too: if a run changed the key to another one, use that" in said.message
    assert "s3cr3t" not in said.message


def test_a_profile_that_somebody_changed_meanwhile_is_left_alone(account, outcomes):
    account.declare("  acme.ru:\n", settings=", profile: {timezone: Asia/Omsk, api_key: n3w-s3cr3t}")

    with account.connected() as (_, apply):
        account.emulator.set_profile("100", timezone="Asia/Tomsk")
        report = apply()

    changed = ("not_attempted", "somebody changed timezone since the plan was made")
    assert outcomes(report) == {"": changed, "acme.ru": ("done", "")}
    assert account.emulator.profile("100")["api_key"] == "key"


def test_the_lock_out_comes_last(account, outcomes):
    account.add("old.ru")
    client = account.emulator.put_client("100", "owner@acme.ru")
    account.declare(
        "  acme.ru: {client: acme}\n",
        settings=", prune: true, profile: {api_enable: false, api_key: n3w-s3cr3t}",
        top="clients:\n  acme: {email: owner@acme.ru}\n",
    )

    assert {outcome for outcome, _ in outcomes(account.apply()).values()} == {"done"}

    assert account.writes() == [f"POST /contributors/{client}/sites", "DELETE /sites/1", "POST /profile"]
    live = account.emulator.profile("100")
    assert (live["api_enable"], live["api_key"]) == (0, "n3w-s3cr3t")
    (said,) = planned(account).errors
    assert "that the API is enabled in the account's profile" in said.message
