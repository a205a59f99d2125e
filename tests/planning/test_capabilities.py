"""What a service can't do is a step for a person, whichever service it is: one that another package brings shows it."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event

import pytest
from ledger import Ledger

import reconcile
from reconcile import workflow
from reconcile.errors import ConfigError
from reconcile.model.capabilities import Action, Capabilities
from reconcile.model.fields import kinds
from reconcile.model.state import Account
from reconcile.planning.select import selection
from reconcile.providers import registry

PACKAGE = Path(reconcile.__file__).parent
ALL = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})
SITES = """accounts: {main: {provider: ledger, uid: u, api_key: k, prune: true}}
safety: {max_delete_percent: 100}
sites:
  missing.ru: {title: Новый}
  other.ru: {title: Другой}
  same.ru: {title: Тот же}
"""
UNDER = """accounts: {main: {provider: ledger, uid: u, api_key: k}}
clients: {acme: {email: owner@acme.ru, password: p}, globex: {email: owner@globex.ru, password: p}}
sites:
  a.ru: {client: acme}
  b.ru: {client: acme}
  c.ru: {client: globex}
  d.ru: {}
"""


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """The service, announced as an installed package announces it; gives it its capabilities."""
    info = tmp_path / "packages" / "ledger-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ledger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reconcile.providers]\nledger = ledger:Ledger\n")
    monkeypatch.syspath_prepend(info.parent)
    monkeypatch.setattr(Ledger, "live", {})
    registry._installed.cache_clear()

    def capable(**actions) -> Ledger:
        advice = {("site", Action.DELETE): "strike it out"}
        made = Capabilities("https://ledger.example", actions, frozenset({"website"}), advice)
        monkeypatch.setattr(Ledger, "capabilities", made)
        return Ledger(Account("main", "ledger", "u", "k", ""), kinds(), parallelism=1)

    yield capable
    registry._installed.cache_clear()


@pytest.fixture
def planned(tmp_path):
    """The plan for a project, and what becomes of it where it is carried out."""

    def plan(text: str, *, apply: bool = False, destroy: bool = False):
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        (root / "a.yaml").write_text(text, encoding="utf-8")
        project = workflow.validate(root, {})
        with workflow.connected(project, 2) as providers:
            made = workflow.plan(project, providers, selection(()), destroy=destroy)
            if apply:
                report = workflow.apply(
                    project, made, providers, run="r", parallelism=2, stopping=Event(), advance=lambda result: None
                )
                assert {result.outcome for result in report.results} <= {"done"}
        return made

    return plan


@pytest.mark.parametrize(
    "lacking", [(), (Action.CREATE,), (Action.UPDATE,), (Action.DELETE,), tuple(sorted(ALL))], ids=str
)
def test_a_service_is_asked_for_what_it_can_do_only(ledger, planned, lacking):
    service = ledger(site=ALL - set(lacking))
    for name, title in (("other.ru", "x"), ("same.ru", "Тот же"), ("extra.ru", "y")):
        service.add("site", name, url=name, title=title)

    plan = planned(SITES, apply=True)

    assert {change.action for change in plan.changes} == ALL - set(lacking)
    no_call, nothing = "the service has no call to", "so nothing is sent: it is left as it is"
    why = "live, declared in no file, and account main has `prune: true`"
    steps = {
        Action.CREATE: (
            f'missing.ru: declared in a.yaml with title "Новый", not live; {no_call} create a site, {nothing}'
        ),
        Action.UPDATE: f'other.ru: title is "x", and declared "Другой"; {no_call} update a site, {nothing}',
        Action.DELETE: f"extra.ru: {why} (id 3); {no_call} delete a site, so nothing is sent: strike it out",
    }
    by_hand = sorted(f"by hand: main/site/{steps[action]}" for action in lacking)
    assert sorted(map(str, plan.manual)) == by_hand
    again = planned(SITES)
    assert (again.changes, sorted(map(str, again.manual))) == ((), by_hand)


@pytest.mark.parametrize("able", [True, False])
def test_destroying_is_up_to_the_service_too(ledger, planned, able):
    service = ledger(site=ALL if able else ALL - {Action.DELETE})
    service.add("site", "same.ru", url="same.ru")

    plan = planned(SITES, destroy=True)

    assert (len(plan.changes), len(plan.manual)) == ((1, 0) if able else (0, 1))


@pytest.mark.parametrize("able", [True, False])
def test_sites_wait_for_a_client_that_a_person_has_to_make(ledger, planned, able):
    service = ledger(site=ALL, client=frozenset({Action.CREATE}) if able else frozenset())
    globex = service.add("client", "owner@globex.ru", email="owner@globex.ru")

    plan = planned(UNDER, apply=True)

    made = [change.address.name for change in plan.changes]
    assert made == (["acme", "a.ru", "b.ru", "c.ru", "d.ru"] if able else ["c.ru", "d.ru"])
    assert all(change.together is None for change in plan.changes)
    waits = "its client has to be made by hand first, so nothing is sent: plan again after that"
    assert [step.message for step in plan.manual if "/site/" in step.address] == (
        [] if able else [f"declared in a.yaml, not live; {waits}"] * 2
    )
    assert [step.address for step in plan.manual if "/client/" in step.address] == (
        [] if able else ["main/client/acme"]
    )
    assert {live.address.name: live.owner for live in service.live.values()}["c.ru"] == globex
    assert planned(UNDER).summary["manual"] == len(plan.manual)


def test_a_service_without_clients_has_none(ledger, planned):
    ledger(site=ALL)

    with pytest.raises(ConfigError, match="no account is declared whose service has clients"):
        planned(UNDER)


@pytest.mark.parametrize("folder", ["model", "config", "planning", "applying"])
def test_nothing_that_decides_knows_a_service_by_its_name(folder):
    """Comments and docstrings may; strings that are compared may not."""
    named = re.compile(rf"""["']({"|".join(registry.BUILT_IN)})["']""")

    assert [
        path.name for path in (PACKAGE / folder).glob("*.py") if named.search(path.read_text(encoding="utf-8"))
    ] == []
