"""Import, then plan, is empty: for whatever is live, whatever is declared already, and however it is asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from threading import Event

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from random_projects import TEXT, sites, studios, write

from reconcile import workflow
from reconcile.config.accounts import Services
from reconcile.config.load import parse
from reconcile.config.project import load_state
from reconcile.editing.layout import laid_out
from reconcile.emulator import PERSONALITIES, Emulator, Options
from reconcile.importing import tables, whole
from reconcile.importing.layout import Layout
from reconcile.importing.project import build
from reconcile.importing.values import Defaults
from reconcile.importing.yamltext import document
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, client_kind, site_kind
from reconcile.model.normalize import read_address
from reconcile.model.resource import Live
from reconcile.model.state import LiveAccount
from reconcile.planning.diff import build_plan
from reconcile.planning.select import selection
from reconcile.providers import registry

SERVICES = Services(registry.service, registry.names)
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
KIND = site_kind()
WAYS = st.tuples(st.sampled_from(Defaults), st.sampled_from([Layout.KINDS, Layout.CLIENTS]))
HOSTS = ["acme.ru", "xn--80atjc.xn--p1ai", "shop.example.ru/moscow", "gamma.ru:8080", "yes.ru", "1.2.3.ru", "a_b.ru"]
HOSTS += ["xn--80atjc.xn--p1ai/каталог", "a.ru/x: y", "a.ru/#b", "b.ru/?q=1&w=${x}", "not an address"]
#: What a service may have, and no project can declare.
STRANGE = [
    "???",
    "-5",
    "99:99",
    "a@b",
    "Europe/Atlantis",
    "12 34",
    "${env.HOME}",
    "$${x}",
    "\x00\x1b[31m",
    "a\u2028b",
    "\ud800",
    "no",
    "~",
]
OWNERS = {1: "owner@acme.ru", 2: "shop@mail.ru", 3: "shop@yandex.ru", 4: "Отдел@почта.рф", 5: "no mail"}


@st.composite
def live_sites(draw, hosts=HOSTS):
    """Sites that are like one another, as sites of a studio are, with values that nobody would expect among them.

    And what a project may have declared under names, which is like the sites, too.
    """
    raws = list(draw(sites(["a.ru", "b.ru"])).values())
    pool = [values_of(raw) for raw in raws]
    found = []
    for number in range(draw(st.integers(1, 7))):
        values = list(draw(st.sampled_from(pool)))
        for index in draw(st.lists(st.integers(0, len(values) - 1), max_size=4)):
            field, way = KIND.fields[index], draw(st.sampled_from(["other", "default", "nothing", "strange", "text"]))
            if way == "other":
                values[index] = draw(st.sampled_from(pool))[index]
            elif way == "default":
                values[index] = field.nothing if field.default is UNMANAGED else field.default
            elif way == "nothing":
                values[index] = field.nothing
            else:
                values[index] = field.lenient(draw(st.sampled_from(STRANGE) if way == "strange" else TEXT))
        address = draw(st.sampled_from(hosts))
        values[KIND.index("url")] = KIND.by_path["url"].lenient(f"http://{address}/")
        owner = draw(st.sampled_from([None, None, *OWNERS]))
        found.append(Live(Address("studio", "site", canonical(address)), number + 1, tuple(values), owner))
    return found, draw(named(raws))


@st.composite
def named(draw, raws):
    """Shared objects such as these sites could refer to: just what they say, or some of it, or something besides."""
    some = st.sampled_from(raws)

    def part_of(raw):
        return {key: value for key, value in raw.items() if draw(st.booleans())}

    week, first, second = (draw(some).get("widget", {}) for _ in range(3))
    widgets = {"first": first, "second": part_of(second), "none": {"call_time": None, "schedule": None}}
    widgets["third"] = {**part_of(first), "extends": "second", "schedule": draw(st.sampled_from(["hours", "off"]))}
    lists = [entry for raw in raws for entry in raw.get("blacklists", ())]
    return {
        "schedules": {"hours": part_of(week.get("schedule", {})), "off": {"weekend": "closed"}},
        "widgets": widgets,
        "managers": {f"m{n}": one for n, one in enumerate(entry for raw in raws for entry in raw["managers"])},
        "blacklists": {f"b{n}": part_of(one) for n, one in enumerate([*lists, *lists])},
    }


def canonical(address):
    try:
        return read_address(address)
    except ValueError:
        return address


def values_of(raw):
    """The live values of a site that was declared; what it does not mention is the default, or not there."""
    state = state_of({"accounts": {"studio": ACCOUNT}, "sites": {"a.ru": raw}})
    return tuple(
        value if value is not UNMANAGED else field.nothing if field.default is UNMANAGED else field.default
        for value, field in zip(state.sites[0].values, KIND.fields, strict=True)
    )


ACCOUNT = {"provider": "pozvonim", "uid": "u", "api_key": "key"}
DESK = {"provider": "chaser", "uid": "u", "api_key": "key"}


def state_of(data):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "project.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return load_state(Path(folder), {}, SERVICES)


def client(number, email):
    values = [field.nothing for field in client_kind().fields]
    values[client_kind().index("email")] = client_kind().by_path["email"].lenient(email)
    return Live(Address("studio", "client", str(values[client_kind().index("email")])), number, tuple(values))


def imported(data, live, way, unspecified):
    """What an import writes next to a project, and the plan of both."""
    defaults, layout = way
    made = build(state_of(data), live, defaults)
    texts, _ = whole.texts_of(made, layout)
    assert {file: text for file, text in texts.items() if file.endswith(".yaml") and laid_out(text) != text} == {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "reconcile.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        whole.write_new(Path(folder), texts)
        state = load_state(Path(folder), {}, SERVICES)
    plan = build_plan(state, live)
    # What is not set stays so, unless the account wants the documented default of what nobody mentions.
    lost = set(made.report.lost) if unspecified == "default" else set()
    assert not plan.errors or (lost and all("is live without" in error.message for error in plan.errors)), plan.errors
    assert not plan.manual, plan.manual
    differing = {item.field.path for change in plan.changes for item in change.fields}
    assert differing <= lost, texts
    assert {change.action for change in plan.changes} <= {"update"}
    return made, texts, state


BELOW = {
    "defaults": {
        "report_email": "all@acme.ru",
        "widget": "standard",
        "managers": [{"phone": "+74951234567"}],
        "blacklists": [{"ip": ["203.0.113.7"], "url": ["/x"]}],
    },
    "widgets": {"standard": {"call_time": 20, "schedule": {"weekdays": "10-20", "weekend": "closed"}}},
}


DECLARED = {
    "sites": {"declared.ru": {"account": "studio", "managers": [{"phone": "+74951234567"}], "widget": {"period": 3}}}
}


@settings(deadline=None, suppress_health_check=SLOW)
@given(
    live_sites(),
    live_sites(["acme.ru", "beta.ru"]),
    st.booleans(),
    WAYS,
    st.sampled_from(["keep", "default"]),
    st.sampled_from(
        [{}, BELOW, DECLARED, {"defaults": {"client": "own"}, "clients": {"own": {"email": "owner@acme.ru"}}}]
    ),
    st.sampled_from([2, 20]),
)
def test_what_is_imported_is_what_is_live(monkeypatch, living, desk, names, way, unspecified, declared, rows):
    (found, objects), (at_desk, _) = living, desk
    monkeypatch.setattr(tables, "ROWS", rows)
    if names:
        declared = declared | {key: value | declared.get(key, {}) for key, value in objects.items()}
    accounts = {"studio": {**ACCOUNT, "unspecified": unspecified}}
    if "sites" in declared:
        values = ("declared.ru", *values_of(DECLARED["sites"]["declared.ru"])[1:])
        assert KIND.index("url") == 0
        found.append(Live(Address("studio", "site", "declared.ru"), 99, values))
    live = {"studio": LiveAccount("studio", tuple(found), tuple(client(*pair) for pair in OWNERS.items()))}
    if len(at_desk) > 3:
        accounts["desk"] = DESK
        live["desk"] = LiveAccount("desk", tuple(website(site) for site in at_desk))
    if declared.get("defaults", {}).get("client") and "desk" in accounts:
        declared = {}

    made, _, state = imported({"accounts": accounts, **declared}, live, way, unspecified)

    assert made.report.sites + made.report.skipped == len(state.sites)
    assert made.report.sites + made.report.skipped + made.report.left_out == sum(
        len(one.sites) for one in live.values()
    )
    again = build(state, live, way[0])  # what is declared is not imported again
    assert (again.sites, again.groups, again.clients) == ({}, {}, {})


def website(site):
    """A site as Chaser has it."""
    values = [field.nothing for field in KIND.fields]
    values[KIND.index("url")] = site.values[KIND.index("url")]
    values[KIND.index("title")] = "Окна" if site.id % 2 else ""
    return Live(Address("desk", "site", site.address.name), site.id, tuple(values))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
        max_leaves=12,
    )
)
@example(value={"a" * 120: [], "b" * 120: {}})
@example(
    {
        "a": [
            "yes",
            "1e3",
            "0x1",
            "12:30",
            "2015-10-02",
            "~",
            "",
            " a",
            "a ",
            "a: b",
            "a #b",
            "-",
            "- a",
            "<<",
            "=",
            "!x",
            "&x",
            "*x",
            "%",
            "@",
            "`",
            "\x85",
            "\ufeff",
            "😀",
        ]
    }
)
def test_what_is_written_reads_back(value):
    """By this program's loader; texts by one of YAML 1.1, too."""
    text = document({"sites": {"a": value}, "widgets": {}})

    again, faults = parse(text.encode("utf-8"), "a.yaml")
    assert (again, faults) == ({"sites": {"a": value}, "widgets": {}}, [])
    assert yaml.load(text, Loader=yaml.CSafeLoader) == again


STUDIO = {
    "clients": {
        "acme": {"email": "owner@acme.ru", "password": "s3cr3t"},
        "one": {"email": "one@mail.ru", "password": 1},
    },
    "sites": {
        "acme.ru": {
            "client": "acme",
            "raw": {"note": "mine"},
            "managers": [{"phone": "+74951234567", "name": "Анна"}],
            "widget": {"timezone": "Asia/Omsk", "schedule": {"weekdays": "9-18", "weekend": "closed"}},
            "blacklists": [{"ip": ["203.0.113.7", "198.51.100.0/24"], "phone": ["8 495 000 00 00"], "referer": []}],
        },
        "Окна-Мастер.рф": {
            "client": "acme",
            "managers": [{"phone": "+74951234567", "name": "Анна"}, {"phone": "+380441234567", "region": "Київ"}],
            "notification_notify": ["missed"],
            "widget": {"schedule": {"saturday": "10:30-15"}, "algorithms": {"onexit": {"enable": True, "time": 1}}},
        },
        "one.ru": {"client": "one", "managers": [{"phone": "+74951234567"}], "report_email": "$${a}@b.ru"},
        "own.ru": {"managers": [{"phone": "+74951234567"}], "auto_payment": True, "widget": {"button_position_x": 0}},
    },
}

# --- through the service ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A service with an account for every example: no API deletes a client."""
    accounts = {f"u{n}": "key" for n in range(400)}
    with Emulator(Options(accounts, tmp_path_factory.mktemp("studio") / "emulator.db")) as emulator:
        yield emulator, iter(accounts)


def account(emulator, **more):
    return {"provider": "pozvonim", "api_key": "key", "base_url": emulator.url, **more}


def apply(root):
    project = workflow.validate(root, {})
    with workflow.connected(project, 4) as providers:
        plan = workflow.plan(project, providers, selection(()))
        options = {"run": "r", "parallelism": 4, "stopping": Event(), "advance": lambda result: None}
        report = workflow.apply(project, plan, providers, **options)
    assert {result.outcome for result in report.results} <= {"done"}


def import_and_plan(root, defaults=Defaults.DROP):
    """Imports into a project's folder, and plans: nothing is to be done."""
    project = workflow.validate(root, {})
    with workflow.connected(project, 4) as providers:
        found = workflow.imported(project, providers, list(project.desired.accounts), defaults)
        report = whole.write(root, found, Layout.KINDS)
        project = workflow.validate(root, {})
        plan = workflow.plan(project, providers, selection(()))
    assert not plan.errors, plan.errors
    fields = [(str(c.address), i.field.path, i.before, i.after) for c in plan.changes for i in c.fields]
    assert fields == [], report
    return report


@settings(deadline=None, max_examples=25, suppress_health_check=SLOW)
@given(
    studios(),
    st.sets(st.sampled_from(list(PERSONALITIES))),
    st.sampled_from(Defaults),
    st.sampled_from(["keep", "default"]),
)
def test_a_studio_is_imported_from_a_service_of_any_manners(studio, versions, names, defaults, unspecified):
    emulator, uids = studio
    uid = next(uids)
    emulator.set_personalities(sorted({*names, "undocumented-accepted"}))
    for version in versions:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
            clients = {name: {**raw, "email": f"{uid}.{raw['email']}"} for name, raw in version["clients"].items()}
            made = account(emulator, uid=uid, profile=version["profile"])
            write(Path(folder), made, version["sites"], clients=clients)
            apply(Path(folder))
            write(Path(empty), account(emulator, uid=uid, unspecified=unspecified), {})
            assert import_and_plan(Path(empty), defaults).sites == len(version["sites"])


@pytest.mark.parametrize("name", [*PERSONALITIES, "all"])
def test_every_personality_by_itself(studio, tmp_path, name):
    emulator, uids = studio
    uid = next(uids)
    names = PERSONALITIES if name == "all" else [name]
    emulator.set_personalities(sorted({*names, "undocumented-accepted"}))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    clients = {name: {**raw, "email": f"{uid}.{raw['email']}"} for name, raw in STUDIO["clients"].items()}
    write(tmp_path / "a", account(emulator, uid=uid), STUDIO["sites"], clients=clients)
    apply(tmp_path / "a")
    write(tmp_path / "b", account(emulator, uid=uid), {})

    report = import_and_plan(tmp_path / "b")

    assert report.clients == len(STUDIO["clients"])
    assert report.sites == len(STUDIO["sites"])
