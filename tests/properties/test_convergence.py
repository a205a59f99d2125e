"""The invariant of the product: after an apply the plan is empty, and a second apply sends no write."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from random_projects import ADDRESSES, VALUES, sites, studios, write

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


@pytest.mark.parametrize("names", [(), tuple(PERSONALITIES)])
@pytest.mark.parametrize("unspecified", ["keep", "default"])
def test_the_rows_of_a_table_converge_as_sites_do(emulator, tmp_path, names, unspecified):
    for site in emulator.sites("u"):
        emulator.drop_site(site["id"])
    emulator.set_personalities(names)
    template = {
        "url": "https://${each.host}/",
        "widget": {"extends": "${each.widget}", "schedule": {"weekdays": "${each.hours:-9-18}"}},
        "managers": [{"phone": "${each.phone}", "name": "${each.name}"}],
        "blacklists": [{"phone": ["${each.phone}"]}],
        "report_period": "${each.period:-3600}",
    }
    overrides = {"b.ru": {"report_period": 60}}
    group = {"from": "t.csv", "address": "${each.host}", "template": template, "overrides": overrides}
    rows = "host;widget;hours;phone;name;period\nОкна-Мастер.рф;w;;84951234567;Анна;\nb.ru;v;closed;+380441234567;;5\n"
    (tmp_path / "t.csv").write_bytes(rows.encode("cp1251"))
    for call_time in (28, 35):
        widgets = {"w": {"call_time": call_time}, "v": {"extends": "w", "period": 2}}
        write(tmp_path, account(emulator, unspecified=unspecified), {}, widgets=widgets, site_groups={"dealers": group})
        assert plan_and_apply(tmp_path) == (2, 0)
        assert changes(tmp_path) == []


# --- clients, the profile, and what nobody documents ------------------------------------------------------------------


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A service with an account for every example: no API deletes a client."""
    accounts = {f"u{n}": "key" for n in range(400)}
    with Emulator(Options(accounts, tmp_path_factory.mktemp("studio") / "emulator.db")) as emulator:
        yield emulator, iter(accounts)


def converge_studio(studio, names, settings_, versions, between=lambda emulator, uid: None) -> None:
    """Applies one version of a studio after the other, as `converge`."""
    emulator, uids = studio
    uid = next(uids)
    emulator.set_personalities(names)
    for version in versions:
        with tempfile.TemporaryDirectory() as folder:
            made = account(emulator, uid=uid, profile=version["profile"], **settings_)
            # An e-mail is one client's only, whoever's it is.
            clients = {name: {**raw, "email": f"{uid}.{raw['email']}"} for name, raw in version["clients"].items()}
            write(Path(folder), made, version["sites"], clients=clients)
            plan_and_apply(Path(folder))
            assert changes(Path(folder)) == []
            emulator.clear_requests()
            assert plan_and_apply(Path(folder)) == (0, 0)
            assert [r for r in emulator.requests() if r.method in WRITES] == []
        between(emulator, uid)
    owned = {client["id"]: client["email"] for client in emulator.clients(uid)}
    assert len(owned) == len(versions[0]["clients"])
    live = sum(len(emulator.sites(uid, client)) for client in (None, *owned))
    assert live == len(versions[0]["sites"])


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(studios(), st.sets(st.sampled_from(list(PERSONALITIES))), st.sampled_from(["form", "json"]))
def test_after_an_apply_the_plan_of_a_studio_is_empty(studio, versions, names, encoding):
    converge_studio(studio, sorted({*names, "undocumented-accepted"}), {"encoding": encoding}, versions)


RAW = {
    "size": 80,
    "on": True,
    "off": False,
    "words": {"title": "Ждём", "steps": ["a", {"b": 1.5}], "empty": [], "none": None},
    "empty": {},
    "blank": "",
    "list": [],
    "number": 12345678901,
    "hours": "09:00",
}
STUDIO = {
    "clients": {
        "acme": {"email": "owner@acme.ru", "password": "s3cr3t"},
        "one": {"email": "one@acme.ru", "password": 1},
    },
    "profile": {"timezone": "Asia/Omsk"},
    "sites": {
        "acme.ru": {
            "client": "acme",
            "raw": RAW,
            "managers": [{"phone": "+74951234567"}],
            "widget": {"raw": RAW},
            "blacklists": [{"ip": ["203.0.113.7"], "raw": RAW}],
        },
        "Окна-Мастер.рф": {"client": "acme", "managers": [{"phone": "+74951234567"}], "widget": {"raw": RAW}},
        "one.ru": {"client": "one", "managers": [{"phone": "+74951234567"}], "raw": {"list": [1, 2]}},
        "own.ru": {"managers": [{"phone": "+74951234567"}]},
    },
}
TURNED = {key: [value] if isinstance(value, str | int) else {"now": key} for key, value in RAW.items()}
EMPTIED = {key: [] for key in RAW} | {"words": {}, "hours": ""}


def with_raw(raw):
    """The studio with these undocumented fields at its first site."""
    site = STUDIO["sites"]["acme.ru"] | {"raw": raw, "widget": {"raw": raw}, "blacklists": [{"raw": raw}]}
    return STUDIO | {"sites": STUDIO["sites"] | {"acme.ru": site}}


@pytest.mark.parametrize(
    ("name", "encoding"), list(zip([*PERSONALITIES, "all", "all"], itertools.cycle(["form", "json"])))
)
def test_a_studio_with_every_personality(studio, name, encoding):
    names = PERSONALITIES if name == "all" else [name]
    versions = [with_raw(raw) for raw in (RAW, TURNED, EMPTIED)]
    converge_studio(studio, sorted({*names, "undocumented-accepted"}), {"encoding": encoding}, versions)


NOBODYS = [
    "site.note",
    "widget.texts",
    "widget.schelude.holidays",
    "widget.algoritms.onexit.note",
    "blacklists.country",
]
STRICT = sorted(PERSONALITIES.keys() - {"undocumented-accepted", "undocumented-fields"})


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(VALUES.filter(lambda value: value is not None), min_size=len(NOBODYS), max_size=len(NOBODYS)),
    st.sets(st.sampled_from(STRICT)),
    st.sampled_from(["form", "json"]),
)
def test_what_nobody_declares_and_nobody_documents_is_neither_sent_nor_changed(studio, values, names, encoding):
    """The service of this test refuses all that it does not document."""
    undocumented = dict(zip(NOBODYS, values, strict=True))

    def add(emulator, uid):
        for owner in (None, *(client["id"] for client in emulator.clients(uid))):
            for site in emulator.sites(uid, owner):
                kept = {path: at(site, path) for path in NOBODYS}
                assert kept in (undocumented, dict.fromkeys(NOBODYS))
                emulator.change_site(site["id"], undocumented)

    plain = {
        "own.ru": {"managers": [{"phone": "+74951234567"}]},
        "acme.ru": {"client": "acme", "managers": [{"phone": "+74951234567"}], "blacklists": []},
    }
    turned = {name: {**site, "report_period": 60, "widget": {"call_time": 31}} for name, site in plain.items()}
    clients = {"acme": STUDIO["clients"]["acme"]}
    versions = [{"clients": clients, "profile": None, "sites": sites} for sites in (plain, turned, plain, turned)]
    converge_studio(studio, sorted(names), {"encoding": encoding}, versions, add)


def at(site, path):
    """What a stored site has at a path; None where there is nothing."""
    for key in path.split("."):
        site = site.get(key) if isinstance(site, dict) else None
    return site
