"""Site groups: what tables there are, that a row is a site like one written out, and what is said of wrong ones."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from random_projects import sites

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.resource import NOWHERE
from reconcile.providers import registry

GROUP = """\
site_groups:
  dealers:
    from: {source}
    address: ${{each.host}}
    template:
      managers: [{{phone: "${{each.phone}}", name: "${{each.name:-Дилер}}"}}]
      labels: {{city: "${{each.Город}}"}}
"""
HEADER = "host;phone;name;Город\n"
CSV = HEADER + 'окна.рф;8 (495) 123-45-67;"Анна ""Старшая""";Тверь\nB.ru;+74951234568;;Орёл\n'
ROWS = [
    {"host": "окна.рф", "phone": "8 (495) 123-45-67", "name": 'Анна "Старшая"', "Город": "Тверь"},
    {"host": "B.ru", "phone": 74951234568, "name": None, "Город": "Орёл"},
]
JSON = json.dumps(ROWS, ensure_ascii=False)
TURNED = 'Город;x;phone;host;name\nТверь;;8 (495) 123-45-67;окна.рф;"Анна ""Старшая"""\nОрёл;y\tz;+74951234568;B.ru;\n'
GHOSTS = HEADER.replace("\n", ";;\n") + CSV.removeprefix(HEADER).replace("\n", ";;;\n")

TABLES = {
    "plain": ("a.csv", CSV, ""),
    "with a mark": ("a.CSV", "\ufeff" + CSV, ""),
    "windows": ("sub/a.csv", CSV.replace("\n", "\r\n"), ""),
    "old mac": ("a.csv", CSV.replace("\n", "\r"), ""),
    "no last line end": ("a.csv", CSV.removesuffix("\n"), ""),
    "cp1251": ("a.csv", CSV.encode("cp1251"), ""),
    "cp1251, said": ("a.csv", CSV.encode("cp1251"), "    encoding: cp1251\n"),
    "cp866, said": ("a.csv", CSV.encode("cp866"), "    encoding: cp866\n"),
    "koi8-r, said": ("a.csv", CSV.encode("koi8-r"), "    encoding: koi8-r\n"),
    "a mark that knows better": ("a.csv", "\ufeff" + CSV, "    encoding: cp1251\n"),
    "unicode text": ("a.txt", CSV.replace(";", "\t").encode("utf-16"), ""),
    "utf-16, big end first": ("a.csv", b"\xfe\xff" + CSV.encode("utf-16-be"), ""),
    "utf-16 without a mark, said": ("a.csv", CSV.encode("utf-16-le"), "    encoding: utf-16\n"),
    "sep": ("a.csv", "sep=;\r\n" + CSV, ""),
    "an odd sep": ("a.csv", "SEP=^\n" + CSV.replace(";", "^"), ""),
    "tabs": ("a.tsv", CSV.replace(";", "\t"), ""),
    "commas": ("a.csv", CSV.replace(";", ","), ""),
    "bars": ("a.csv", CSV.replace(";", "|"), ""),
    "a delimiter, said": ("a.csv", CSV.replace("phone", '"phone"').replace(";", "|"), "    delimiter: '|'\n"),
    "blank lines and rows": ("a.csv", "\n;;;\n" + CSV.replace("\nB", "\n\n ; ;;\nB"), ""),
    "white space": ("a.csv", CSV.replace("host;phone", ' host ;"phone\n"').replace("B.ru;", " B.ru\u00a0; "), ""),
    "columns without name and cells": ("a.csv", GHOSTS, ""),
    "another order, and a column more": ("a.csv", TURNED, ""),
    "json": ("a.json", json.dumps(ROWS), ""),
    "json with a mark": ("a.json", "\ufeff" + json.dumps(ROWS, ensure_ascii=False, indent="\t"), ""),
    "yaml": ("a.yaml", "".join(f"- {json.dumps(row, ensure_ascii=False)}\n" for row in ROWS), ""),
    "yaml in a folder": ("rows/a.YML", JSON.replace('"name": null, ', ""), ""),
    "yaml in a hidden folder": (".rows/a.yaml", JSON, ""),
}


@pytest.mark.parametrize("name", TABLES)
def test_however_a_table_is_written_its_rows_make_the_same_sites(load, name):
    file, content, more = TABLES[name]

    check_made(load({"p.yaml": GROUP.format(source=f"./{file}") + more, file: content}), file)


def test_rows_may_stand_in_the_project_where_references_work(load):
    rows = JSON.replace("Тверь", "${env.CITY}").replace('"B.ru"', '"${file.host.txt}"')

    state = load({"p.yaml": GROUP.format(source=rows), "host.txt": "B.ru\n"}, {"CITY": "Тверь"})

    check_made(state, "p.yaml")


def check_made(state, file):
    managers = state.kinds["site"].index("managers")
    assert [(site.address.name, site.values[managers], dict(site.member.labels)) for site in state.sites] == [
        ("xn--80atjc.xn--p1ai", (("+74951234567", 'Анна "Старшая"', ""),), {"city": "Тверь"}),
        ("b.ru", (("+74951234568", "Дилер", ""),), {"city": "Орёл"}),
    ]
    assert {(site.file, site.member.group) for site in state.sites} == {(file, "dealers")}
    assert [site.key for site in state.sites] == ["окна.рф", "B.ru"]


def test_cells_of_files_are_data_and_never_looked_up(load):
    cells = "${env.A};${each.host};$${;<<;*a;=1+1;null;yes"
    names = "abcdefgh"
    labels = ", ".join(f'{name}: "${{each.{name}}}|${{env.A}}|$${{each.{name}}}"' for name in names)
    project = f"site_groups:\n  g: {{from: t.csv, address: '${{each.host}}', template: {{labels: {{{labels}}}}}}}\n"

    state = load({"p.yaml": project, "t.csv": f"host;{';'.join(names)}\na.ru;{cells}\n"}, {"A": "${each.b}"})

    expected = {
        name: f"{cell}|${{each.b}}|${{each.{name}}}" for name, cell in zip(names, cells.split(";"), strict=True)
    }
    assert state.sites[0].member.labels == expected


# --- a row is a site like one that is written out ---------------------------------------------------------------------

SHARED = {
    "accounts": {
        "studio": {"provider": "pozvonim", "uid": "1", "api_key": "k", "call_defaults": {}},
        "kept": {"provider": "pozvonim", "uid": "2", "api_key": "k", "unspecified": "default"},
        "desk": {"provider": "chaser", "uid": "3", "api_key": "k", "call_defaults": {"message_on_ring": "Всем"}},
    },
    "schedules": {"office": {"monday-friday": "9-18"}, "night": {"daily": "20-23", "sunday": "closed"}},
    "widgets": {
        "standard": {"schedule": "office", "call_time": 28, "raw": {"colour": "red"}},
        "compact": {"extends": "standard", "window_position": 1, "call_time": None},
        "other": {"algorithms": {"onexit": {"enable": True, "time": 3}}},
    },
    "managers": {"anna": {"phone": "+74951234567", "name": "Анна"}, "boris": {"phone": "+74951234568"}},
    "blacklists": {"spam": {"ip": ["203.0.113.7"]}, "bots": {"url": ["/admin"], "ip": ["198.51.100.0/24"]}},
    "clients": {
        "acme": {"email": "owner@acme.ru", "account": "studio"},
        "окна": {"email": "owner@okna.ru", "account": "kept"},
    },
    "defaults": {"report_email": "r@studio.ru", "blacklists": ["spam"], "labels": {"all": "x", "tier": "none"}},
}
#: What stands in a template, and what each of its columns may hold.
TEMPLATES = [
    ({"account": "studio", "widget": "${each.w}"}, {"w": ["standard", "compact", "other"]}),
    (
        {"account": "kept", "widget": {"extends": "${each.w}", "call_time": "${each.t}", "schedule": "${each.s}"}},
        {"w": ["standard", "compact"], "t": ["1", "30"], "s": ["office", "night"]},
    ),
    (
        {"account": "studio", "widget": {"extends": "compact", "schedule": {"weekdays": "${each.h}", "monday": "8-9"}}},
        {"h": ["9-18", "closed", "10:30-15"]},
    ),
    (
        {"client": "${each.c}", "managers": ["${each.m}", {"phone": "${each.p}", "name": "Дилер ${each.n}"}, "anna"]},
        {"c": ["acme", "окна"], "m": ["anna", "boris"], "p": ["84951234567", "+380441234567"], "n": ["", "Анна"]},
    ),
    (
        {"account": "${each.a}", "labels": {"tier": "${each.l}", "n": 5}, "raw": {"x": ["${each.l}", 1]}},
        {"a": ["studio", "kept"], "l": ["gold", "", "да"]},
    ),
    (
        {
            "account": "studio",
            "blacklists": ["${each.b}", {"ip": ["${each.i}", "192.0.2.1"], "raw": {"y": "${each.b}"}}],
        },
        {"b": ["spam", "bots"], "i": ["203.0.113.9", "203.0.113.0/24"]},
    ),
    (
        {"account": "desk", "title": "${each.t}", "call_defaults": {"manager_phone": "${each.p}"}},
        {"t": ["Окна «Акме»", "x"], "p": ["84951234567"]},
    ),
    (
        {
            "account": "kept",
            "url": "https://${each.host}/${each.u}",
            "prevent_destroy": "${each.f}",
            "managers": ["anna"],
        },
        {"u": ["", "x", "ы"], "f": ["true", "false", "TRUE"]},
    ),
    (
        {
            "account": "studio",
            "report_period": "${each.n}",
            "auto_payment": "${each.f}",
            "report_email": "${each.e}@x.ru",
        },
        {"n": ["0", "86400"], "f": ["true", "false"], "e": ["a", "b"]},
    ),
]
ADDRESSES = ["a.ru", "b.ru", "Окна.рф", "d.ru/x", "e.ru:8080"]


@st.composite
def groups(draw):
    """A template with its columns, rows, and what is said of single sites."""
    template, choices = draw(st.sampled_from(TEMPLATES))
    if draw(st.booleans()):  # any other fields there are, some of them made of cells, too
        (more,) = draw(sites(["a.ru"])).values()
        more.pop("url", None)
        if template.get("account") != "desk":
            template, choices = _with_columns(draw, {**_escaped(more), **template}, choices)
    rows = [
        {"host": address, **{name: draw(st.sampled_from(values)) for name, values in choices.items()}}
        for address in draw(st.lists(st.sampled_from(ADDRESSES), min_size=1, unique=True))
    ]
    return template, rows


def _escaped(raw):
    if isinstance(raw, dict):
        return {key: _escaped(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_escaped(value) for value in raw]
    return raw.replace("${", "$${") if isinstance(raw, str) else raw


def _with_columns(draw, template, choices):
    """Takes some of the plain values of a template into columns of their own."""
    taken = dict(choices)

    def walk(raw):
        if isinstance(raw, dict):
            return {key: walk(value) if key not in ("raw", "url") else value for key, value in raw.items()}
        if isinstance(raw, list):
            return [walk(value) for value in raw]
        if raw is None or (isinstance(raw, str) and ("${" in raw or raw != raw.strip())) or draw(st.booleans()):
            return raw
        name = f"c{len(taken)}"
        taken[name] = [str(raw).lower() if isinstance(raw, bool) else str(raw)]
        return f"${{each.{name}}}"

    return walk(template), taken


def written_out(raw, row, keys=()):
    """What somebody would write who makes the site of a row by hand."""
    if isinstance(raw, dict):
        return {key: written_out(value, row, (*keys, key)) for key, value in raw.items()}
    if isinstance(raw, list):
        return [written_out(value, row, (*keys, 0)) for value in raw]
    if not isinstance(raw, str) or "${each." not in raw:
        return raw
    text = raw
    for name, cell in row.items():
        text = text.replace(f"${{each.{name}}}", cell.replace("${", "$${"))
    return _plain(text) if keys[-1] in PLAIN else text


#: Keys of numbers and flags, which a person writes without quotes.
PLAIN = {
    *("report_period", "auto_payment", "prevent_destroy", "call_time", "time", "enable", "period", "button"),
    *("manager_rule", "manager_region_enable", "report_analytic", "phone_for_client", "phone_for_manager"),
    *("notification_type", "mobile_enable", "schedule_night", "api_enable", "timezone_auto", "button_display"),
    *("tracking_google_enable", "tracking_yandex_enable", "schedule_call_delay", "button_position", "window_position"),
    *("button_position_x", "button_position_y"),
}


def _plain(text):
    return {"true": True, "false": False}.get(text.lower(), int(text) if text.lstrip("-").isdigit() else text)


def table(draw, rows):
    """A CSV file of the rows, in any way that one can be written."""
    out = io.StringIO(newline="")
    columns = draw(st.permutations(list(rows[0])))
    writer = csv.DictWriter(
        out,
        columns,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writeheader()
    writer.writerows(rows)
    text, encoding = out.getvalue(), draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251"]))
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:  # not all of it is in cp1251
        return text.encode()


def composed(project, files):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "p.yaml").write_text(json.dumps(project, ensure_ascii=False), encoding="utf-8")
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return load_state(Path(folder), {}, Services(registry.service, registry.names))


def shown(state):
    """All of the sites but where they are declared; values as they are sent."""
    return [
        (
            state.kinds["site"].document(site.values),
            [type(value) for value in site.values],
            replace(site, file="", key="", member=replace(site.member, group=None)),
        )
        for site in state.sites
    ]


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
@given(st.data(), groups())
def test_a_group_makes_the_sites_that_somebody_would_write_out(data, drawn):
    template, rows = drawn
    by_hand = {row["host"]: written_out(template, row) for row in rows}
    group = {"from": "t.csv", "address": "${each.host}", "template": template}

    made = composed({**SHARED, "site_groups": {"g": group}}, {"t.csv": table(data.draw, rows)})

    assert shown(made) == shown(composed({**SHARED, "sites": by_hand}, {}))
    listed = composed(
        {**SHARED, "site_groups": {"g": {**group, "from": "t.json"}}}, {"t.json": json.dumps(rows).encode()}
    )
    assert shown(listed) == shown(made)
    assert {site.member.group for site in made.sites} == {"g"}


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=100)
@given(st.sampled_from([*range(len(TEMPLATES))]), sites(["a.ru"]), sites(["a.ru"]), st.data())
def test_an_override_is_a_layer_over_the_template_as_a_site_is_over_defaults(number, below, above, data):
    """With nothing of a row in it, a template is what `defaults` are to a site."""
    whole, _ = TEMPLATES[number]
    static = {key: value for key, value in whole.items() if "${each." not in json.dumps(value)}
    template = {
        **static,
        **{key: value for key, value in _escaped(below["a.ru"]).items() if key != "url"},
        "account": "kept",
    }
    override = {**_escaped(above["a.ru"]), "labels": data.draw(st.sampled_from([None, {"tier": None, "a": "b"}]))}
    override |= data.draw(st.sampled_from([{}, {"managers": ["boris"]}, {"widget": "other"}, {"blacklists": []}]))
    shared = {key: value for key, value in SHARED.items() if key != "defaults"}
    template.pop("title", None)
    group = {
        "from": [{"h": "a.ru"}],
        "address": "${each.h}",
        "template": template,
        "overrides": {"http://A.ru": override},
    }

    made = composed({**shared, "site_groups": {"g": group}}, {})

    assert shown(made) == shown(composed({**shared, "defaults": template, "sites": {"a.ru": override}}, {}))
    assert made.sites[0].member != NOWHERE
