"""The invariant of the product: after an apply the plan is empty, and a second apply sends no write."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from random_projects import ADDRESSES, sites, write

from reconcile import workflow
from reconcile.emulator import PERSONALITIES, Emulator, Options
from reconcile.planning.select import selection

WRITES = ("POST", "PUT", "PATCH", "DELETE")
PAIRS = list(itertools.combinations(PERSONALITIES, 2))


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(Options({"u": "key"}, tmp_path_factory.mktemp("emulator") / "emulator.db")) as emulator:
        yield emulator


def account(emulator, **more):
    return {"provider": "pozvonim", "uid": "u", "api_key": "key", "base_url": emulator.url, **more}


def plan_and_apply(root: Path) -> tuple[int, int]:
    """How many changes the plan had, and how many of them are not done."""
    project = workflow.validate(root, {})
    with workflow.connected(project, 4) as providers:
        plan = workflow.plan(project, providers, selection(()))
        assert not plan.errors, plan.errors
        report = workflow.apply(
            project, plan, providers, run="r", parallelism=4, stopping=Event(), advance=lambda result: None
        )
    assert len(report.results) == len(plan.changes)
    undone = [result for result in report.results if result.outcome != "done"]
    assert not undone, undone
    return len(plan.changes), len(undone)


def changes(root: Path) -> list[str]:
    project = workflow.validate(root, {})
    with workflow.connected(project, 4) as providers:
        plan = workflow.plan(project, providers, selection(()))
    assert not plan.errors, plan.errors
    return [f"{c.address} {c.action} {[(i.field.path, i.before, i.after) for i in c.fields]}" for c in plan.changes]


def converge(emulator, names, settings_, *versions) -> None:
    """Applies one version of a project after the other; each has to be all there is afterwards."""
    for site in emulator.sites("u"):
        emulator.drop_site(site["id"])
    emulator.set_personalities(names)
    for declared in versions:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), account(emulator, **settings_), declared)
            plan_and_apply(Path(folder))
            assert changes(Path(folder)) == []
            emulator.clear_requests()
            assert plan_and_apply(Path(folder)) == (0, 0)
            assert [r for r in emulator.requests() if r.method in WRITES] == []
            assert len(emulator.sites("u")) == len(versions[0] if settings_.get("prune") is not True else declared)


ACCOUNTS = st.fixed_dictionaries(
    {"encoding": st.sampled_from(["form", "json"]), "unspecified": st.sampled_from(["keep", "default"])}
)


@st.composite
def histories(draw):
    """Two versions of one project: the same sites, declared anew."""
    addresses = draw(ADDRESSES)
    return draw(sites(addresses)), draw(sites(addresses))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(histories(), st.sets(st.sampled_from(list(PERSONALITIES))).map(sorted), ACCOUNTS)
@example(({"acme.ru": {"managers": [{"phone": "+74951234567"}], "blacklists": []}},) * 2, sorted(PERSONALITIES), {})
@example(
    (
        {"acme.ru": {"managers": [{"phone": "+74951234567"}], "widget": {"tracking_yandex_target": ""}}},
        {"acme.ru": {"managers": [{"phone": "+74957654321"}], "widget": {"tracking_yandex_target": ""}}},
    ),
    [],
    {"unspecified": "default"},
)
def test_after_an_apply_the_plan_is_empty(emulator, history, names, settings_):
    converge(emulator, names, settings_, *history)


FULL = {
    "Окна-Мастер.рф": {
        "managers": [{"phone": "8 (495) 123-45-67", "name": "Анна", "region": "Москва"}, {"phone": "+380441234567"}],
        "report_email": "",
        "auto_payment": True,
        "notification_phone": "84951234567",
        "notification_notify": ["missed"],
        "widget": {
            "timezone": "Asia/Vladivostok",
            "schedule": {"monday-friday": "9-18", "saturday": "10:30-15", "sunday": "closed"},
            "algorithms": {"onexit": {"enable": True, "time": 1}},
            "button_position_x": 0,
            "call_time": 1,
        },
        "blacklists": [
            {"ip": ["203.0.113.7", "198.51.100.0/24"], "phone": ["8 495 000 00 00"], "url": ["/a"], "referer": []}
        ],
    }
}
CHANGED = {
    "окна-мастер.рф": {
        "managers": [{"phone": "+380441234567"}, {"phone": "+74951234567", "name": "Мария"}],
        "report_email": "owner@acme.ru",
        "auto_payment": False,
        "notification_notify": [],
        "widget": {"schedule": {"daily": "0-24"}, "button_position_x": 10, "algorithms": {"onexit": {"enable": False}}},
        "blacklists": [],
    }
}


@pytest.mark.parametrize("name", PERSONALITIES)
def test_every_personality_by_itself(emulator, name):
    converge(emulator, (name,), {}, FULL, CHANGED, FULL)


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
@pytest.mark.parametrize("encoding", ["form", "json"])
def test_every_verb_and_encoding(tmp_path, method, encoding):
    with Emulator(Options({"u": "key"}, tmp_path / "emulator.db", update_method=method)) as emulator:
        converge(emulator, (), {"encoding": encoding, "update_method": method}, FULL, CHANGED)


def test_all_personalities_at_once(emulator):
    converge(emulator, tuple(PERSONALITIES), {"unspecified": "default"}, FULL, CHANGED, FULL)


def test_sites_that_no_file_declares_any_more_go_and_nothing_is_left_to_do(emulator):
    more = {**FULL, "beta.ru": {"managers": [{"phone": "+74957654321"}]}}
    converge(emulator, (), {"prune": True}, more, FULL)


@pytest.mark.parametrize("names", [(), ("lines-crlf", "lines-padded")])
def test_the_order_in_a_set_means_nothing(emulator, names):
    kinds = {
        "ip": ["203.0.113.7", "198.51.100.0/24"],
        "phone": ["+74951234567", "+380441234567"],
        "url": ["/b", "/a", "/b"],
    }
    declared = {"acme.ru": {**FULL["Окна-Мастер.рф"], "blacklists": [kinds]}}
    converge(emulator, names, {}, declared)
    emulator.change_site(
        emulator.sites("u")[0]["id"], {"blacklists.ip": "203.0.113.7/32\n198.51.100.0/24", "blacklists.url": "/b\n/a"}
    )
    turned = {
        "acme.ru": {**declared["acme.ru"], "blacklists": [{kind: entries[::-1] for kind, entries in kinds.items()}]}
    }
    for version in (declared, turned):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), account(emulator), version)
            assert changes(Path(folder)) == []
