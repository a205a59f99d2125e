"""`import --into` adds lines at the end of what is there, and changes none: each case is what becomes of a project."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_projects import sites

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.editing.files import Source, put_back, write
from reconcile.editing.formatting import formatted_text
from reconcile.editing.into import added, write_into
from reconcile.editing.layout import laid_out
from reconcile.errors import ReconcileError
from reconcile.importing.layout import Document, Laid, Layout
from reconcile.importing.project import build
from reconcile.importing.tables import Table
from reconcile.importing.values import Defaults
from reconcile.model.fields import UNMANAGED, site_kind
from reconcile.model.resource import Live
from reconcile.model.state import LiveAccount
from reconcile.planning.diff import build_plan
from reconcile.providers import registry

SERVICES = Services(registry.service, registry.names)
LONG = {"report_email": "a" * 60 + "@acme.ru", "managers": ["anna", "boris"], "labels": {"tier": "gold"}}

#: The files that are there, what is added, and what becomes of them.
CASES = {
    "the section in lines": (
        {"sites.yaml": "# ours\nsites:\n    a.ru: {}   # a\n    # a comment at the end of the sites\n# at the end\n"},
        [Document("sites.yaml", {"sites": {"b.ru": {}, "c.ru": LONG}})],
        {
            "sites.yaml": "# ours\nsites:\n    a.ru: {}   # a\n    # a comment at the end of the sites\n    b.ru: {}\n"
            f"    c.ru:\n      report_email: {'a' * 60}@acme.ru\n      managers: [anna, boris]\n"
            "      labels: {tier: gold}\n# at the end\n"
        },
    ),
    "apart from each other": (
        {"sites.yaml": "sites:\n  a.ru:\n    id: 1\n\n  # b\n  b.ru:\n    id: 2\n      # deep\n\n\nversion: 1\n"},
        [Document("sites.yaml", {"sites": {"c.ru": {}, "d.ru": {}}})],
        {
            "sites.yaml": "sites:\n  a.ru:\n    id: 1\n\n  # b\n  b.ru:\n    id: 2\n      # deep\n\n  c.ru: {}\n"
            "\n  d.ru: {}\n\n\nversion: 1\n"
        },
    ),
    "keys after `?`, and with anchors": (
        {"sites.yaml": "sites:\n  ? a.ru\n  : {}\nwidgets:\n  &w w: {}\n"},
        [Document("sites.yaml", {"sites": {"b.ru": {}}, "widgets": {"v": {}}})],
        {"sites.yaml": "sites:\n  ? a.ru\n  : {}\n  b.ru: {}\nwidgets:\n  &w w: {}\n  v: {}\n"},
    ),
    "the section in braces": (
        {"sites.yaml": "sites: {a.ru: {labels: {}} }  # all\n"},
        [Document("sites.yaml", {"sites": {"b.ru": {"id": 7}, "c.ru": {}}})],
        {"sites.yaml": "sites: {a.ru: {labels: {}}, b.ru: {id: 7}, c.ru: {} }  # all\n"},
    ),
    "the section without entries": (
        {"a.yaml": "widgets:  # none yet\n# x\nmanagers: {}\nschedules: null\n"},
        [Document("shared.yaml", {"schedules": {"s": {}}, "widgets": {"w": {}}, "managers": {"m": {"phone": "+7"}}})],
        {"a.yaml": 'widgets:  # none yet\n  w: {}\n# x\nmanagers:\n  m: {phone: "+7"}\nschedules:\n  s: {}\n'},
    ),
    "a file without the section, from Windows, that does not end": (
        {"shared.yaml": "\ufeffwidgets:\r\n  w: {}  # w\r\n"},
        [Document("shared.yaml", {"managers": {"m": {}}, "widgets": {"v": {}}, "blacklists": {"b": {}}})],
        {
            "shared.yaml": "\ufeffwidgets:\r\n  w: {}  # w\r\n  v: {}\r\n\r\nmanagers:\r\n  m: {}\r\n\r\n"
            "blacklists:\r\n  b: {}\r\n"
        },
    ),
    "no end of the last line, and a text in lines": (
        {"sites.yaml": "sites:\n  a.ru:\n    raw:\n      x: |\n        one\n\nwidgets:\n  w: {}"},
        [Document("sites.yaml", {"sites": {"b.ru": {}}, "widgets": {"v": {}}, "clients": {"c": {}}})],
        {
            "sites.yaml": "sites:\n  a.ru:\n    raw:\n      x: |\n        one\n\n  b.ru: {}\n"
            "widgets:\n  w: {}\n  v: {}\n\nclients:\n  c: {}"
        },
    ),
    "the file of its client, or the only one of its kind": (
        {"acme.yaml": "clients:\n  acme: {}\n", "all.yaml": "sites:\n  a.ru: {}\n"},
        [
            Document("sites.yaml", {"sites": {"b.ru": {"client": "acme"}, "c.ru": {}}}),
            Document("shared.yaml", {"widgets": {"w": {}}}),
        ],
        {
            "acme.yaml": "clients:\n  acme: {}\n\nsites:\n  b.ru: {client: acme}\n",
            "all.yaml": "sites:\n  a.ru: {}\n  c.ru: {}\n",
            "shared.yaml": "widgets:\n  w: {}\n",
        },
    ),
    "a new section, where the order has it": (
        {"sites.yaml": "# ours\n\n# w\nwidgets:\n  w: {}\n  # end\n\n# groups\nsite_groups:\n  g: {}\n"},
        [Document("sites.yaml", {"widgets": {"v": {}}, "managers": {"m": {}}, "sites": {"a.ru": {}}})],
        {
            "sites.yaml": "# ours\n\n# w\nwidgets:\n  w: {}\n  # end\n  v: {}\n\nmanagers:\n  m: {}\n\n"
            "sites:\n  a.ru: {}\n\n# groups\nsite_groups:\n  g: {}\n"
        },
    ),
    "several of its kind": (
        {"a.yaml": "sites:\n  a.ru: {}\n", "b.yaml": "sites:\n  b.ru: {}\n", "sites.yaml": "# nothing yet\n"},
        [Document("sites.yaml", {"sites": {"c.ru": {}}})],
        {
            "a.yaml": "sites:\n  a.ru: {}\n",
            "b.yaml": "sites:\n  b.ru: {}\n",
            "sites.yaml": "# nothing yet\n\nsites:\n  c.ru: {}\n",
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_entries_are_added_where_they_belong(tmp_path, name):
    before, documents, after = CASES[name]
    for file, text in before.items():
        (tmp_path / file).write_bytes(text.encode())

    changes = added(tmp_path, tmp_path, Laid(tuple(documents), {})).changes
    write(changes)

    assert {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()} == after
    put_back(changes)
    assert {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()} == before


def test_a_folder_of_the_project_keeps_to_itself_and_so_do_its_tables(tmp_path):
    (tmp_path / "sites.yaml").write_text("sites: {}\n", encoding="utf-8")
    (tmp_path / "new" / "tables").mkdir(parents=True)
    (tmp_path / "new" / "tables" / "dealers.csv").write_text("theirs\n", encoding="utf-8")
    groups = {"dealers": {"from": "tables/dealers.csv", "address": "${each.host}"}}
    table = Table(("host",), (("a.ru",),))

    laid = Laid((Document("sites.yaml", {"site_groups": groups}),), {"tables/dealers.csv": table})

    write(added(tmp_path, tmp_path / "new", laid).changes)

    assert (tmp_path / "sites.yaml").read_text("utf-8") == "sites: {}\n"
    assert (tmp_path / "new" / "tables" / "dealers.csv").read_text("utf-8") == "theirs\n"
    assert "from: new/tables/dealers-2.csv" in (tmp_path / "new" / "sites.yaml").read_text("utf-8")
    assert (tmp_path / "new" / "tables" / "dealers-2.csv").read_text("utf-8-sig") == "host\na.ru\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{sites: {a.ru: {}}}\n", "is written in braces as a whole"),
        ("widgets: &x {}\nsites: *x\n", "`sites` is written elsewhere, by an alias"),
    ],
)
def test_what_can_not_be_added_to_is_refused(tmp_path, text, message):
    (tmp_path / "sites.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ReconcileError, match=message):
        added(tmp_path, tmp_path, Laid((Document("sites.yaml", {"sites": {"b.ru": {}}}),), {}))


def test_a_folder_elsewhere_is_refused(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "out").symlink_to(tmp_path)

    for folder in (tmp_path, tmp_path / "project" / "out"):
        with pytest.raises(ReconcileError, match="is no folder of the project"):
            added(tmp_path / "project", folder, Laid((), {}))


#: How the file that is added to is written; `tidy` is as fmt would write it.
FORMS = ("lines", "braces", "tidy")
ACCOUNT = {"studio": {"provider": "pozvonim", "uid": "u", "api_key": "key"}}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(sites(["a.ru", "b.ru"]), sites(["c.ru", "d.ru", "окна.рф/a"]), st.sampled_from(Layout), st.sampled_from(FORMS))
def test_afterwards_nothing_is_to_do_and_every_line_is_still_there(declared, others, layout, form):
    flow = form == "braces"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        data = {"accounts": ACCOUNT, "sites": declared | others}
        (root / "all.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        live = {"studio": LiveAccount("studio", tuple(live_of(load_state(root, {}, SERVICES))), ())}
        text = yaml.dump({"accounts": ACCOUNT}, default_flow_style=flow or None)
        text = "# ours\n" + ("" if flow else text)
        own = yaml.dump({"sites": declared}, allow_unicode=True, default_flow_style=flow, width=10**6)
        (root / "all.yaml").write_text(yaml.safe_dump({"accounts": ACCOUNT}), encoding="utf-8")
        own = laid_out(own) if form == "tidy" else own
        (root / "sites.yaml").write_text("# ours\n" + ("" if flow else own), encoding="utf-8")
        before = (root / "sites.yaml").read_text("utf-8")
        state = load_state(root, {}, SERVICES)

        made = build(state, live, Defaults.DROP)
        report = write_into(root, root, made, layout, lambda: load_state(root, {}, SERVICES))

        after = load_state(root, {}, SERVICES)
        plan = build_plan(after, live)
        assert not plan.errors
        assert plan.changes == ()
        assert report.sites == len(after.sites) - len(state.sites)
        diff = difflib.ndiff(before.splitlines(), (root / "sites.yaml").read_text("utf-8").splitlines())
        assert not [line for line in diff if line.startswith("- ")]
        for file in root.rglob("*.yaml"):
            if file.name != "all.yaml" and (form != "lines" or file.name != "sites.yaml"):
                source = Source.read(root, file)
                assert formatted_text(source) == source.text


def live_of(state):
    kind = site_kind()
    for number, site in enumerate(state.sites, 1):
        values = tuple(
            value if value is not UNMANAGED else field.nothing if field.default is UNMANAGED else field.default
            for value, field in zip(site.values, kind.fields, strict=True)
        )
        yield Live(site.address, number, values, None)
