"""Site groups: tables as spreadsheets write them, and what is said of those that are wrong."""

from __future__ import annotations

import json

import pytest

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
CSV = HEADER + 'окна.рф;8 (495) 123-45-67;"Анна; ""старшая""";Тверь\nB.ru;+74951234568;;Орёл\n'
ROWS = [
    {"host": "окна.рф", "phone": "8 (495) 123-45-67", "name": 'Анна; "старшая"', "Город": "Тверь"},
    {"host": "B.ru", "phone": "+74951234568", "name": None, "Город": "Орёл"},
]
MADE = [
    ("xn--80atjc.xn--p1ai", (("+74951234567", 'Анна; "старшая"', ""),), {"city": "Тверь"}),
    ("b.ru", (("+74951234568", "Дилер", ""),), {"city": "Орёл"}),
]


def group(source="dealers.csv", more=""):
    return GROUP.format(source=source) + more


def made(state):
    managers = state.kinds["site"].index("managers")
    return [(site.address.name, site.values[managers], dict(site.member.labels)) for site in state.sites]


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("a.csv", CSV, ""),
        ("a.CSV", "\ufeff" + CSV, ""),
        ("a.csv", CSV.replace("\n", "\r\n"), ""),
        ("a.csv", CSV.replace("\n", "\r"), ""),
        ("a.csv", CSV.removesuffix("\n"), ""),
        ("a.csv", CSV.encode("cp1251"), ""),
        ("a.csv", CSV.encode("cp1251"), "    encoding: cp1251\n"),
        ("a.csv", CSV.encode("cp866"), "    encoding: cp866\n"),
        ("a.csv", CSV.encode("koi8-r"), "    encoding: koi8-r\n"),
        ("a.txt", CSV.replace('"', "").replace(";", "\t").replace("Анна\t ", "Анна; ").encode("utf-16"), None),
        ("a.csv", b"\xfe\xff" + CSV.encode("utf-16-be"), ""),
        ("a.csv", CSV.encode("utf-16-le"), "    encoding: utf-16\n"),
        ("a.csv", "sep=;\r\n" + CSV, ""),
        ("a.csv", "SEP=^\n" + CSV.replace(";", "^").replace("Анна^", "Анна;"), ""),
        ("a.tsv", CSV.replace(";", "\t").replace("Анна\t", "Анна;"), ""),
        ("a.csv", CSV.replace(";", ","), None),
        ("a.csv", CSV.replace(";", "|").replace("Анна|", "Анна;"), "    delimiter: '|'\n"),
        ("a.csv", "\n;;;\n" + CSV.replace("\nB", "\n\n ; ;;\nB"), ""),
        ("a.csv", CSV.replace("host;phone", ' host ;"phone"').replace("B.ru;", " B.ru\u00a0; "), ""),
        ("a.csv", HEADER.replace("\n", ";;\n") + CSV.removeprefix(HEADER).replace("\n", ";;;\n"), ""),
        (
            "a.csv",
            'Город;phone;x;host;name\nТверь;8 (495) 123-45-67;;окна.рф;"Анна; ""старшая"""\nОрёл;+74951234568;y;B.ru;\n',
            "",
        ),
        ("a.json", json.dumps(ROWS), ""),
        ("a.json", "\ufeff" + json.dumps(ROWS, ensure_ascii=False, indent="\t"), ""),
        ("a.yaml", json.dumps(ROWS, ensure_ascii=False), ""),
        ("rows/a.yml", json.dumps([row for row in ROWS if row.pop("name", 1) or True] and ROWS), None),
        (".rows/a.yaml", json.dumps(ROWS, ensure_ascii=False), ""),
    ],
)
def test_every_table_of_the_same_rows_makes_the_same_sites(load, name, content, more):
    expected = MADE
    state = load({"p.yaml": group(name, more or ""), name: content})

    if more is None:  # a table that can't spell all of it
        expected = [
            (host, tuple((phone, "", "") for phone, _, _ in managers), labels) for host, managers, labels in MADE
        ]
        found = [
            (host, tuple((phone, "", "") for phone, _, _ in managers), labels) for host, managers, labels in made(state)
        ]
        assert found == expected
    else:
        assert made(state) == expected
    assert {site.file for site in state.sites} == {name}
    assert {site.member.group for site in state.sites} == {"dealers"}
    assert [site.key for site in state.sites] == ["окна.рф", "B.ru"]
