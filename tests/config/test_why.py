"""Why a value is what it is: traced by the code that composes every project, so that both say the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from random_projects import sites

from reconcile import inventory
from reconcile.config.trace import UNMANAGED, trace
from reconcile.config.why import Source
from reconcile.config.why import explain as explain_one
from reconcile.errors import UsageError
from reconcile.model.resource import HIDDEN

ROOT = Path(__file__).resolve().parents[2]
#: What the projects of the other tests need.
ENVIRONMENT = {"WORD": "word", "REPORT_EMAIL": "reports@studio.ru", "LEADING_ZEROS": "00123", "FLAG": "False"} | {
    "RATE": "2.5",
    "NUMBER": "3600",
    "PHONE": "+7 495 123-45-67",
    "FIVE": "5",
    "EMPTY": "",
}
PROJECTS = sorted(
    {path.parent for path in ROOT.glob("tests/planning/cases/*/project")}
    | {path.parent for path in ROOT.glob("tests/config/cases/*/expected.json")}
    | {path.parent for path in ROOT.glob("examples/*/reconcile.yaml")}
)


def explained(loaded, root):
    """Every declared resource, with its fields explained; of a thousand sites, twenty."""
    state = loaded.state
    for one in (*state.profiles, *state.clients, *state.sites[:: 1 + len(state.sites) // 20]):
        yield one, explain_one(root, loaded, one)


def check(root, environ):
    """Whether each value is what its nearest layer says, or stands in no file; how many there were."""
    loaded = inventory.read(root, environ)
    number = 0
    for resource, explanation in explained(loaded, root):
        kind = loaded.state.kinds[resource.address.kind]
        by_path = {one.path: one for one in explanation.fields}
        for field, value in zip(kind.fields, resource.values, strict=True):
            one = by_path[field.path]
            number += 1
            shown = None if value in (UNMANAGED, None) else HIDDEN if field.sensitive else field.type.show(value)
            if one.source is Source.FILE:
                assert one.said[0].shown == one.shown == shown, (resource.address, one)
                assert value is not UNMANAGED
            elif one.source in (Source.NOT_MANAGED, Source.NOT_KEPT):
                assert value is UNMANAGED, (resource.address, one)
            else:
                assert one.source is (Source.ADDRESS if field.path == "url" else Source.DEFAULT)
                assert not one.said or one.said[0].shown is None
            for said in one.said:
                text = (root / said.file).read_bytes().decode("utf-8-sig", "replace").splitlines()
                assert 1 <= said.line <= len(text)
    return number


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_every_value_of_a_project_is_what_its_nearest_layer_says(folder):
    root = folder / "project" if (folder / "project").is_dir() else folder

    assert check(root, ENVIRONMENT)


@settings(deadline=None)
@given(sites(["acme.ru", "beta.ru", "shared.ru"]), st.sampled_from(["keep", "default"]))
def test_layers_of_random_values_are_traced_as_they_are_composed(declared, unspecified):
    shared, near, far = declared["shared.ru"], declared["acme.ru"], declared["beta.ru"]
    for site in declared.values():
        site.pop("url", None)
    data = {
        "accounts": {"studio": {"provider": "pozvonim", "uid": "1", "api_key": "k", "unspecified": unspecified}},
        "widgets": {"far": far.get("widget", {}), "near": {"extends": "far", **near.get("widget", {})}},
        "defaults": shared,
        "sites": {
            "acme.ru": {**near, "widget": "near"},
            "beta.ru": {"widget": {"extends": "near", "call_time": None, "schedule": None}},
            "gamma.ru": None,
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "project.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")

        assert check(Path(folder), {})


PROJECT = """
accounts:
  studio: {provider: pozvonim, uid: '1', api_key: '${env.KEY}'}
  phones: {provider: chaser, uid: '2', api_key: '${env.KEY}', call_defaults: {message_on_ring: Здравствуйте}}
schedules:
  office: {monday-friday: 9-18, friday: 9-17}
widgets:
  standard: {schedule: office, call_time: 28, period: 3}
  compact: {extends: standard, call_time: 30}
managers:
  anna: {phone: +7 495 123-45-67}
blacklists:
  spam: {ip: [203.0.113.7]}
clients:
  acme: {account: studio, email: owner@acme.ru, password: "${env.PASSWORD}"}
defaults: {account: studio, report_email: all@studio.ru, labels: {tier: iron, old: true}}
sites:
  окна.рф:
    client: acme
    labels: {tier: gold, old: null}
    report_email: "${env.EMAIL}"
    managers: [anna, {phone: "+74957654321"}]
    widget:
      extends: compact
      period: null
      schedule: {friday: closed}
    blacklists: [spam, {ip: [198.51.100.0/24]}]
  chased.ru: {account: phones, call_defaults: {message_on_ring: Привет}}
site_groups:
  dealers:
    from: dealers.csv
    address: ${each.host}
    template:
      widget: {extends: standard, call_time: "${each.time}"}
      managers: [{phone: "${each.phone}"}]
    overrides:
      two.ru: {widget: {call_time: 11}}
"""
TABLE = "host,time,phone\none.ru,20,+74950000001\ntwo.ru,21,+74950000002\n"


@pytest.fixture
def why(tmp_path):
    """What is said of a field: the value, its source, and each layer with its value, place and references."""
    (tmp_path / "reconcile.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "dealers.csv").write_text(TABLE, encoding="utf-8")
    environ = {"KEY": "k3y", "PASSWORD": "hush", "EMAIL": "owner@acme.ru"}

    def ask(address, path):
        loaded = inventory.read(tmp_path, environ)
        (found,) = inventory.explain(tmp_path, loaded, address, path)
        return found

    return ask


def line_of(text):
    """The only line of the project that begins so, and the column where that stands."""
    (number,) = [n for n, line in enumerate(PROJECT.splitlines(), start=1) if line.strip().startswith(text)]
    return number


def told(said):
    return said.layer, said.line if said.file == "reconcile.yaml" else said.at, said.shown


SITE = "the site"


@pytest.mark.parametrize(
    ("address", "path", "shown", "source", "layers"),
    [
        (
            "окна.рф",
            "widget.call_time",
            30,
            "file",
            [("widget compact", "compact:", 30), ("widget standard", "standard:", 28)],
        ),
        (
            "окна.рф",
            "widget.period",
            None,
            "not managed",
            [(SITE, "period:", None), ("widget standard", "standard:", 3)],
        ),
        (
            "окна.рф",
            "widget.schedule.friday.enable",
            False,
            "file",
            [(SITE, "schedule: {", False), ("schedule office", "office:", True)],
        ),
        ("ОКНА.рф", "widget.schelude.monday.to", 18, "file", [("schedule office", "office:", 18)]),
        ("окна.рф", "widget.window_position", None, "not managed", []),
        (
            "окна.рф",
            "report_email",
            "owner@acme.ru",
            "file",
            [(SITE, "report_email:", "owner@acme.ru"), ("defaults", "defaults:", "all@studio.ru")],
        ),
        ("окна.рф", "url", "окна.рф", "address", []),
        ("окна.рф", "labels.tier", "gold", "file", [(SITE, "labels:", "gold"), ("defaults", "defaults:", "iron")]),
        ("окна.рф", "labels.old", None, "not managed", [(SITE, "labels:", None), ("defaults", "defaults:", True)]),
        ("окна.рф", "client", "acme", "file", [(SITE, "client:", "acme")]),
        ("окна.рф", "account", "studio", "client", []),
        ("one.ru", "account", "studio", "file", [("defaults", "defaults:", "studio")]),
        (
            "chased.ru",
            "call_defaults.message_on_ring",
            "Привет",
            "file",
            [(SITE, "chased.ru:", "Привет"), ("account phones", "phones:", "Здравствуйте")],
        ),
        ("chased.ru", "report_email", None, "not kept", [("defaults", "defaults:", "all@studio.ru")]),
        ("studio/client/acme", "password", HIDDEN, "file", [("the client", "acme: {", HIDDEN)]),
        (
            "two.ru",
            "widget.call_time",
            11,
            "file",
            [
                ("override in group dealers", "two.ru:", 11),
                ("template of group dealers", "widget: {ext", 21),
                ("widget standard", "standard:", 28),
            ],
        ),
    ],
)
def test_a_value_comes_from_these_layers(why, address, path, shown, source, layers):
    (one,) = why(address, path).fields

    assert (one.shown, one.source) == (shown, source)
    assert [told(said) for said in one.said] == [(name, line_of(begins), value) for name, begins, value in layers]


def test_references_rows_and_elements_are_named(why):
    (time,) = why("окна.рф", "widget.call_time").fields
    site, compact = line_of("extends: compact"), line_of("compact:")
    assert [[at.rsplit(":", 1)[0] for at in said.through] for said in time.said] == [
        [f"reconcile.yaml:{site}"],
        [f"reconcile.yaml:{site}", f"reconcile.yaml:{compact}"],
    ]

    (networks,) = why("окна.рф", "blacklists.ip").fields
    assert [told(part)[::2] for part in networks.said[0].parts] == [
        ("blacklist spam", ["203.0.113.7"]),
        (SITE, ["198.51.100.0/24"]),
    ]
    (managers,) = why("окна.рф", "managers").fields
    assert [told(part) for part in managers.said[0].parts] == [
        ("manager anna", line_of("anna:"), [{"phone": "+74951234567"}])
    ]

    (cell,) = why("two.ru", "widget.call_time").fields
    assert [(part.layer, part.at, part.shown, part.written) for part in cell.said[1].parts] == [
        ("row", "dealers.csv:3:2", "21", "${each.time}")
    ]
    assert why("two.ru", "managers").fields[0].said[0].parts[0].at == "dealers.csv:3:3"
    assert why("two.ru", None).at == "dealers.csv:3:1"

    (email,) = why("окна.рф", "report_email").fields
    assert email.said[0].written == "${env.EMAIL}"


def test_a_prefix_is_all_fields_below_it_and_a_secret_is_in_no_repr(why):
    week = why("окна.рф", "widget.schedule")
    assert len(week.fields) == 21
    assert all(one.path.startswith("widget.schedule.") for one in week.fields)
    assert "hush" not in repr(why("acme", None))


@pytest.mark.parametrize(
    ("address", "path", "said"),
    [
        ("окно.рф", None, 'no file declares "окно.рф"; did you mean "окна.рф"?'),
        ("zzz", None, 'no file declares "zzz"; `reconcile list` shows what there is'),
        ("one.ru", "widgets", 'a site has no field "widgets"; did you mean "widget"?'),
        ("one.ru", "widget.calltime", 'a site has no field "widget.calltime"; did you mean "widget.call_time"?'),
        ("acme", "zzz", 'a client has no field "zzz"; without a field, `reconcile why acme` shows all'),
    ],
)
def test_what_is_not_there_is_an_error_with_what_is_near(why, address, path, said):
    with pytest.raises(UsageError) as error:
        why(address, path)

    assert str(error.value) == said


def test_what_is_not_asked_about_is_not_traced(why, monkeypatch):
    """The trace is of the layers of one resource."""
    calls = []
    monkeypatch.setattr("reconcile.config.why.trace", lambda *args: calls.append(args) or trace(*args))

    why("one.ru", "url")

    assert len(calls) == 1
