"""Lists that miss what was just created: nothing is made twice, and the next plan is right."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reconcile.applying.journal import Creation, Unnoted
from reconcile.applying.lag import pauses
from reconcile.emulator import Fault
from reconcile.model.address import Address

UID = "100"
SITES = "  acme.ru:\n  new.ru:\n"


@dataclass(frozen=True)
class Remembering(Unnoted):
    """A journal that knows what earlier runs created."""

    creations: dict[Address, Creation]

    def created(self, addresses):
        return {address: self.creations[address] for address in addresses if address in self.creations}


def lagging(account, seconds):
    account.emulator.set_faults([Fault("lagging-list", 1, seconds=seconds)])


def test_pauses_grow_and_are_the_lag_altogether():
    assert list(pauses(0)) == []
    assert list(pauses(2)) == [0.25, 0.5, 1.0, 0.25]
    assert sum(pauses(10)) == 10


def test_a_run_ends_when_the_lists_show_what_it_created(account):
    account.add("acme.ru")
    account.declare(SITES, lag=5)
    lagging(account, 0.6)

    report = account.apply()

    assert (report.summary["done"], report.warnings) == (1, ())
    with account.connected() as (plan, _):
        assert plan.changes == ()


def test_what_the_lists_never_show_is_said(account):
    account.declare(SITES, lag=0.3)
    lagging(account, 60)

    report = account.apply()

    assert report.summary["done"] == 2
    said = "studio: the service's lists don't show 2 of the 2 resources that were created, such as acme.ru; "
    assert report.warnings == (said + "plan again when they do",)


@pytest.mark.parametrize("known", [True, False], ids=["its id is known", "its answer was lost"])
@pytest.mark.parametrize(
    ("declared", "left"),
    [(SITES, 0), ("  acme.com: {previous_address: acme.ru}\n  new.com: {previous_address: new.ru}\n", 2)],
    ids=["as it was", "renamed by now"],
)
def test_what_an_earlier_run_created_and_no_list_shows_yet_is_not_created_again(
    account, outcomes, known, declared, left
):
    account.declare(SITES, lag=0)
    lagging(account, 0.7)
    made = {result.address: result.id for result in account.apply().results}
    earlier = {address: Creation("EARLIER", number if known else None, 0.1) for address, number in made.items()}
    account.declare(declared, lag=2)

    with account.connected() as (plan, apply):
        assert plan.summary["create"] == 2
        report = apply(journal=Remembering(earlier))

    assert {outcome for outcome, _ in outcomes(report).values()} == {"not_attempted"}
    assert len(account.emulator.sites(UID)) == 2
    with account.connected() as (plan, _):
        assert (plan.summary["create"], plan.summary["update"]) == (0, left)


def test_one_that_can_not_be_read_hides_no_other_that_no_list_shows_yet(account, outcomes):
    account.declare(SITES, lag=0)
    lagging(account, 0.7)
    made = {result.address: result.id for result in account.apply().results}
    earlier = {address: Creation("EARLIER", number, 0.1) for address, number in made.items()}
    broken = next(iter(made.values()))
    account.declare(SITES, lag=2)
    lists = Fault("lagging-list", 1, seconds=0.7)
    account.emulator.set_faults([lists, Fault("truncated-json", 1, only=f"GET /sites/{broken}")])

    with account.connected() as (_, apply):
        said = outcomes(apply(journal=Remembering(earlier)))

    assert {outcome for outcome, _ in said.values()} == {"not_attempted"}
    assert sorted("run EARLIER created it" in why for _, why in said.values()) == [False, True]
    assert len(account.emulator.sites(UID)) == 2


def test_what_somebody_deleted_after_an_earlier_run_had_created_it_is_created(account, outcomes):
    account.declare(SITES, lag=0.5)
    made = {result.address: result.id for result in account.apply().results}
    for number in made.values():
        account.emulator.drop_site(number)

    with account.connected() as (_, apply):
        report = apply(journal=Remembering({a: Creation("EARLIER", number, 0.1) for a, number in made.items()}))

    assert {outcome for outcome, _ in outcomes(report).values()} == {"done"}
    assert len(account.emulator.sites(UID)) == 2
