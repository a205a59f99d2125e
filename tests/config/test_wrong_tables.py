"""What is said of tables and site groups that are wrong: where, what, and once."""

from __future__ import annotations

import time

import pytest

HEADER = "host;phone;name;x\n"
ROW = "a.ru;+74951234567;Анна;Тверь\n"
CSV = HEADER + ROW + "b.ru;+74951234568;;\n"
GROUP = """\
site_groups:
  dealers:
    from: dealers.csv
    address: ${each.host}
    template: {managers: [{phone: "${each.phone}", name: "${each.name}"}], labels: {x: "${each.x}"}}
"""
NO_ROWS = "a group that shrinks to nothing is most likely a mistake; to let its sites go, take the group away"
NO_TEXT = "which is no text; save the file anew from its spreadsheet"
SAVE = "save the file as UTF-8, or name its `encoding:` in the site group"
TWICE = 'write a quote inside of a quoted cell twice: ""'
COLUMN = "can't be the same for every row; make it of a column, such as"
PATHS = "paths start at the project's folder, got"
KINDS = "expected the name of a .csv, .tsv, .txt, .yaml, .yml or .json file, got"
NIGHT = "write a night as {from: 9, to: 8, enable: true}"
UNNAMED = (
    "expected a mapping such as `sites:` at the top of the file, got a list, which no site group names as its table"
)
PHONE = "phone: expected a phone number such as +7 495 123-45-67"

#: Files, and what is said of each; a tuple where that is several lines.
DOS = "the file is most likely in cp866 (DOS); say `encoding: cp866` in the site group, or save it as UTF-8"
WORKBOOK = "the file is no text but a workbook ({}) by another name; save it as CSV from its program"

FILES = {
    b"": "dealers.csv:1:1: the file is empty; its first line names the columns",
    "\n ; ;\n\r\n": "dealers.csv:1:1: the file is empty; its first line names the columns",
    ",,,\n": "dealers.csv:1:1: the file is empty; its first line names the columns",
    HEADER: f"dealers.csv:1:1: the table has no rows; {NO_ROWS}",
    HEADER + ";;;\n\n": f"dealers.csv:1:1: the table has no rows; {NO_ROWS}",
    # headers
    "host;phone;name;host;x\na;b;c;d;e\n": (
        'dealers.csv:1:4: the column "host" stands here again; it is at dealers.csv:1:1, too'
    ),
    "host;phone;name;x;\na.ru;+74951234567;;Тверь;y\n": (
        "dealers.csv:2:5: the cell is in a column without a name; name the column in the header"
    ),
    HEADER.replace("phone", "phones") + ROW: 'p.yaml:5:35: dealers.csv has no column "phone"; did you mean "phones"?',
    "a#b\nc\n": (
        'p.yaml:4:14: dealers.csv has no column "host"; it has "a#b"',
        'p.yaml:5:35: dealers.csv has no column "phone"; it has "a#b"',
        'p.yaml:5:58: dealers.csv has no column "name"; it has "a#b"',
        'p.yaml:5:88: dealers.csv has no column "x"; it has "a#b"',
    ),
    # rows
    HEADER + ROW + "b.ru;+74951234568\n": "dealers.csv:3:2: the row ends here after 2 cells; the header has 4",
    HEADER + "b.ru;+74951234568;a;b;c\n" + ROW: (
        "dealers.csv:2:5: the row has 5 cells, the header 4; put what holds the delimiter into quotes"
    ),
    HEADER + ROW + "b.ru;+74951234567;;T\nA.ru/;+74951234567;;T\n": (
        'dealers.csv:4:1: "A.ru/" is the same site as the one at dealers.csv:2:1: both are a.ru'
    ),
    HEADER + ROW + 'b.ru;+7495;;Тверь\n"c\n.ru";123;x;y\nd.ru;;;\n': (
        f'dealers.csv:3:2: {PHONE}, got "+7495"',
        'dealers.csv:4:1: host: expected a site\'s address such as acme.ru, got "c\\n.ru"',
        f'dealers.csv:4:2: {PHONE}, got "123"',
        "dealers.csv:6:2: phone: expected some text, got none",
    ),
    # quotes
    HEADER + ROW + 'b.ru;+74951234568;"Анна\nx;y\n': "dealers.csv:3:3: the quote that opens here is never closed",
    HEADER + 'b.ru;"+74951234568\n";"Анна\nx;y\n': "dealers.csv:3:3: the quote that opens here is never closed",
    HEADER + 'b.ru;+74951234568;"Анна\nc.ru;+74951234569;"Пётр";Тверь\n': (
        f"dealers.csv:2:3: the quote that opens here is closed in line 3 before the cell ends; {TWICE}"
    ),
    HEADER + 'b.ru;+74951234568;"Анна" x;y\n': (
        f"dealers.csv:2:3: the quote that opens here is closed before the cell ends; {TWICE}"
    ),
    'sep=;\n"host;phone\n': "dealers.csv:2:1: the quote that opens here is never closed",
    HEADER + 'a.ru;+74951234567;"' + "x\n" * 100_000: (
        "dealers.csv:2:3: the cell is longer than 32,767 characters; is a quote in it never closed?"
    ),
    HEADER + "a.ru;+74951234567;" + "x" * 32_768 + ";T\n": "dealers.csv:2:3: the cell has more than 32,767 characters",
    # what is no text
    HEADER + ROW + "b.ru;+7495\0;a;b\n": f"dealers.csv:3:2: the cell holds a NUL byte, {NO_TEXT}",
    HEADER + ROW + "b.ru;;a;b\x1b[31m\n": f"dealers.csv:3:4: the cell holds the control character U+001B, {NO_TEXT}",
    "host;ph\0one\n" + ROW: f"dealers.csv:1:2: the cell holds a NUL byte, {NO_TEXT}",
    CSV.encode() + b"\xd0\n": (f"dealers.csv:4:1: byte 0xd0 in this line is no text in utf-8; {SAVE}"),
    CSV.encode("cp1251") + b"\n\x98;;;\n": (f"dealers.csv:5:1: byte 0x98 in this line is no text in cp1251; {SAVE}"),
    CSV.encode("cp866"): f"dealers.csv:1:1: {DOS}",
    (HEADER + "а.рф;;Дилер «Звезда» № 5;Тверь\n").encode("cp866", "replace"): f"dealers.csv:1:1: {DOS}",
    b"PK\x03\x04\x14\0\x06\0": f"dealers.csv:1:1: {WORKBOOK.format('.xlsx or .ods')}",
    bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512: f"dealers.csv:1:1: {WORKBOOK.format('.xls')}",
    # signs of other alphabets make no text of another encoding
    HEADER.encode() + "a.ru;x;Ґанок і їжа;Київ\n".encode("cp1251"): f'dealers.csv:2:2: {PHONE}, got "x"',
    HEADER.encode() + "a.ru;x;“Star”\xa0— ©…;\n".encode("cp1251"): f'dealers.csv:2:2: {PHONE}, got "x"',
    CSV.encode("utf-16") + b"\0": (f"dealers.csv:4:1: byte 0x00 in this line is no text in utf-16; {SAVE}"),
}


@pytest.mark.parametrize("content", FILES)
def test_a_file_that_is_wrong_is_refused_at_its_line_and_cell(refused, content):
    said = FILES[content]

    assert refused({"p.yaml": GROUP, "dealers.csv": content}) == (said if isinstance(said, str) else "\n".join(said))


def test_a_thousand_faults_of_one_kind_are_ten_and_a_number(refused):
    wrong = HEADER + "".join(f"s{n}.ru;{n};;T\n" for n in range(999)) + ROW * 500

    said = refused({"p.yaml": GROUP, "dealers.csv": wrong}).splitlines()

    assert len(said) == 22
    assert said[9:11] == [
        f'dealers.csv:11:2: {PHONE}, got "9"',
        f"dealers.csv:12:2: and 989 more like those above: {PHONE}",
    ]
    assert said[-2:] == [
        'dealers.csv:1011:1: "a.ru" is the same site as the one at dealers.csv:1001:1: both are a.ru',
        "dealers.csv:1012:1: and 489 more like those above: sites that are there already",
    ]


def test_what_the_schema_refuses_a_thousand_times_is_ten_and_a_number(refused):
    wrong = "host;x\n" + "".join(f"s{n}.ru;q{n}\n" for n in range(3_000))

    said = refused({"p.yaml": group("{report_period: '${each.x}'}"), "dealers.csv": wrong}).splitlines()

    assert len(said) == 11
    assert said[-2:] == [
        'dealers.csv:11:2: x: expected a whole number, got "q9"',
        "dealers.csv:12:2: and 2990 more like those above: x: expected a whole number",
    ]


def group(template="{}", more="", source="dealers.csv", address="${each.host}"):
    return f"site_groups:\n  dealers:\n    from: {source}\n    address: {address}\n    template: {template}\n{more}"


#: What is wrong with a group over a table that is right. Numbers are those of the first file, whose columns are x.
GROUPS = {
    "unknown key": (
        group("{widget: {colour: '${each.x}', call_tme: 5}}"),
        'p.yaml:5:25: unknown key "colour" in widget; expected one of ',
        'p.yaml:5:46: unknown key "call_tme" in widget; did you mean "call_time"?',
    ),
    "a key is missing": (
        group("{managers: [{name: '${each.name}'}]}"),
        'p.yaml:5:27: the key "phone" is missing here',
    ),
    "a list": (
        group("{blacklists: '${each.x}'}"),
        'p.yaml:5:28: expected a list, got what "${each.x}" gives',
    ),
    "no such widget, in the template": (
        group("{widget: standart}") + "widgets: {standard: {}}\n",
        'p.yaml:5:24: no widget is named "standart"; did you mean "standard"?',
    ),
    "no such widget, in cells": (
        group("{widget: '${each.x}'}") + "widgets: {Твер: {}}\n",
        'dealers.csv:2:4: x: no widget is named "Тверь"; did you mean "Твер"?',
        'dealers.csv:3:4: x: no widget is named ""; known are Твер',
    ),
    "no such client": (
        group("{client: '${each.x}'}"),
        'dealers.csv:2:4: x: no client is named "Тверь"; the project declares no clients',
        'dealers.csv:3:4: x: no client is named ""; the project declares no clients',
    ),
    "a number": (
        group("{report_period: '${each.x:-5}', widget: {call_time: '1${each.x}'}}"),
        'dealers.csv:2:4: x: expected a whole number, got "1Тверь"',
        'dealers.csv:2:4: x: expected a whole number, got "Тверь"',
    ),
    "an hour": (
        group("{widget: {schedule: {monday: {from: '${each.x}', to: 5, enable: true}, sunday: '${each.x:-9-8}'}}}"),
        'dealers.csv:2:4: x: expected an hour such as 9 or 10:30, got "Тверь"',
        'dealers.csv:2:4: x: expected something like 9-18, 10:30-15 or closed, got "Тверь"',
        'dealers.csv:3:4: x: expected an hour such as 9 or 10:30, got ""',
        f'dealers.csv:3:4: x: expected hours that end after they begin, got "9-8"; {NIGHT}',
    ),
    "a secret in it": (
        group("{report_email: '${env.SECRET}${each.x}'}"),
        'dealers.csv:2:4: x: expected something like owner@acme.ru, got what "${env.SECRET}${each.x}" gives',
        'dealers.csv:3:4: x: expected something like owner@acme.ru, got what "${env.SECRET}${each.x}" gives',
    ),
    "an unset name": (
        group("{report_email: '${env.UNSET}${each.x}'}"),
        "p.yaml:5:30: the environment variable UNSET is not set; set it, or write ${env.UNSET:-fallback}",
    ),
    "what can't be the same": (
        group("{id: 5, url: a, previous_address: c.ru}", address="a.ru"),
        "p.yaml:4:14: the address can't be the same for every row; make it of a column, such as ${each.host}",
        "p.yaml:5:20: `id` can't be the same for every row; make it of a column, such as ${each.id}",
        "p.yaml:5:28: `url` can't be the same for every row; make it of a column, such as ${each.url}",
        f"p.yaml:5:49: `previous_address` {COLUMN} ${{each.previous_address}}",
    ),
    "what the service does not keep": (
        group("{title: '${each.name}'}", "    overrides: {a.ru: {title: x}}\n"),
        "p.yaml:5:16: the service of account studio keeps no `title` of a site; take it away",
        "p.yaml:6:24: the service of account studio keeps no `title` of a site; take it away",
    ),
    "overrides": (
        group(
            "{}",
            "    overrides: {bb.ru: {}, 'x y': {}, b.ru: {managers: [nobody]}, B.ru: {}, a.ru: {id: '${each.x}'}}\n",
        ),
        'p.yaml:6:17: no row of dealers.csv has the address "bb.ru"; did you mean "b.ru"?',
        'p.yaml:6:28: expected a site\'s address such as acme.ru, got "x y"',
        'p.yaml:6:57: no manager is named "nobody"; the project declares no managers',
        'p.yaml:6:67: "B.ru" is the same site as the one at p.yaml:6:39',
        "p.yaml:6:88: ${each.x} has a meaning only in the address and template of a site group",
    ),
    "fewer rows": (
        group("{}", "    min_rows: 3\n"),
        "p.yaml:6:15: dealers.csv has 2 rows, and is to have 3 at least; was it cut short?",
    ),
    "a site that is declared": (
        group() + "sites: {a.ru: {}}\n",
        'dealers.csv:2:1: "a.ru" is the same site as the one at p.yaml:6:9: both are a.ru',
    ),
    "a site of another group": (
        group() + "  more: {from: [{host: c.ru}, {host: B.ru}], address: '${each.host}'}\n",
        'p.yaml:6:38: "B.ru" is the same site as the one at dealers.csv:3:1: both are b.ru',
    ),
    "two groups of one table": (
        group() + "  more: {from: dealers.csv, address: '${each.host}'}\n",
        'dealers.csv:2:1: the site groups "dealers" and "more" both make a site of this row: a.ru',
        'dealers.csv:3:1: the site groups "dealers" and "more" both make a site of this row: b.ru',
    ),
    "one id": (
        group("{id: '${each.name:-7}'}", "    overrides: {a.ru: {id: 7, previous_address: b.ru}}\n"),
        'dealers.csv:2:3: name: expected a whole number, got "Анна"',
        "dealers.csv:3:3: the same `id` is said at p.yaml:6:28; one live site can't be both",
        "p.yaml:6:49: this previous address is that of the site at dealers.csv:3:1; take one of them away",
    ),
    "no accounts known": (
        group("{account: '${each.x:-studio}'}"),
        'dealers.csv:2:4: x: no account is named "Тверь"; known are studio',
    ),
    "a group twice": (
        group(),
        'q.yaml:1:15: site group "dealers" is declared again; it is first declared at p.yaml:2:3',
    ),
    # where tables come from
    "no file": (
        group(source="dealrs.csv"),
        f'p.yaml:3:11: this file can\'t be read: No such file or directory; {PATHS} "dealrs.csv"',
    ),
    "outside": (
        group(source="../x.csv"),
        f'p.yaml:3:11: this file leads out of the project; only files inside it are read; {PATHS} "../x.csv"',
    ),
    "a link out": (
        group(source="link.csv"),
        f'p.yaml:3:11: this file leads out of the project; only files inside it are read; {PATHS} "link.csv"',
    ),
    "a folder": (
        group(source="folder.csv"),
        f'p.yaml:3:11: this file is no plain file, and can\'t be read; {PATHS} "folder.csv"',
    ),
    "a path from a secret": (
        group(source="'${env.SECRET}'"),
        f'p.yaml:3:11: {KINDS} what "${{env.SECRET}}" gives',
    ),
    "no path": (
        group(source='"a\\0.csv"'),
        'p.yaml:3:11: this file is no path; paths start at the project\'s folder, got "a\\u0000.csv"',
    ),
    "a workbook": (
        group(source="dealers.xlsx"),
        f'p.yaml:3:11: {KINDS} "dealers.xlsx"; save the spreadsheet as CSV',
    ),
    "a delimiter of none": (
        group("{}", "    delimiter: ';'\n    encoding: utf-8\n", source="[{host: a.ru}]"),
        "p.yaml:6:5: `delimiter` means nothing to a list; take it away",
        "p.yaml:7:5: `encoding` means nothing to a list; take it away",
    ),
    # lists of rows
    "no rows": (group(source="[]"), "p.yaml:3:11: expected at least one entry, got an empty list"),
    "rows in place": (
        group(source="[5, {host: a.ru}, {hots: b.ru}, {host: [x]}, {host: 1.5}, {host: 'x ${env.SECRET}'}]"),
        "p.yaml:3:12: expected a mapping, got 5",
        'p.yaml:3:29: the row has no "host"; write it, or ${each.host:-fallback} in the template',
        "p.yaml:3:50: host: expected text, a whole number, true or false, got a list",
        "p.yaml:3:63: host: expected text, a whole number, true or false, got a fraction; write it in quotes",
        'p.yaml:3:76: host: expected a site\'s address such as acme.ru, got what "x ${env.SECRET}" gives',
    ),
    "rows.yaml": (
        group(source="rows.yaml"),
        'rows.yaml:3:3: the key "host" stands here again; it was first at rows.yaml:2:3',
        'rows.yaml:4:3: the row has no "host"; write it, or ${each.host:-fallback} in the template',
        "rows.yaml:5:3: expected a row, a mapping such as {host: acme.ru}, got a list",
    ),
    "not.yaml": (
        group(source="not.yaml"),
        "not.yaml:1:1: expected a list of rows, each a mapping such as {host: acme.ru}, got a mapping",
    ),
    "unnamed.yaml": (
        group(),
        f"unnamed.yaml:1:1: {UNNAMED}",
    ),
    "broken.json": (
        group(source="broken.json"),
        "broken.json:1:13: not valid JSON: Expecting property name enclosed in double quotes",
    ),
    "twice.json": (
        group(source="twice.json"),
        'twice.json:1:1: not valid JSON: the key "host" stands twice in one mapping',
    ),
    "deep.json": (group(source="deep.json"), "deep.json:1:1: nested too deep"),
    "nan.json": (group(source="nan.json"), "nan.json:1:1: not valid JSON: NaN is no value of JSON"),
    "odd.json": (
        group(source="odd.json"),
        'odd.json:2:10: host: expected a site\'s address such as acme.ru, got "8"',
        "odd.json:3:10: host: expected text, a whole number, true or false, got a fraction; write it in quotes",
        'odd.json:4:1: expected a row, a mapping such as {host: acme.ru}, got "5"',
    ),
    "bytes.json": (group(source="bytes.json"), "bytes.json:2:1: byte 0xff is no text in UTF-8; save it as UTF-8"),
}
#: Files beside those that every group has, by the name of the case.
BESIDE = {
    "a group twice": {"q.yaml": "site_groups: {dealers: {from: dealers.csv, address: '${each.host}'}}\n"},
    "not.yaml": {"not.yaml": "widgets: {}\n"},
    "rows.yaml": {"rows.yaml": "- host: a.ru\n- host: b.ru\n  host: c.ru\n- {hots: x}\n- [x]\n"},
    "unnamed.yaml": {"unnamed.yaml": "- host: a.ru\n"},
    "broken.json": {"broken.json": '[{"host": 1,}]'},
    "twice.json": {"twice.json": '[{"host": "a.ru", "host": "b.ru"}]'},
    "deep.json": {"deep.json": "[" * 100_000},
    "nan.json": {"nan.json": '[{"host": NaN}]'},
    "odd.json": {"odd.json": '[\n{"host": 8},\n{"host": 1.5},\n5]'},
    "bytes.json": {"bytes.json": b"[\n\xff]"},
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_that_is_wrong_is_told_where(refused, tmp_path, tmp_path_factory, name):
    content, *said = GROUPS[name]
    outside = tmp_path_factory.mktemp("outside") / "dealers.csv"
    outside.write_text(CSV, encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(outside)
    (tmp_path / "folder.csv").mkdir()

    lines = refused({"p.yaml": content, "dealers.csv": CSV} | BESIDE.get(name, {}), {"SECRET": "s3cr3t"}).splitlines()

    assert "s3cr3t" not in "".join(lines)
    assert [
        line[: len(text)] if text.endswith("one of ") else line for line, text in zip(lines, said, strict=False)
    ] == said
    assert len(lines) == len(said)


def test_a_group_makes_no_more_than_a_project_may_have(refused):
    """A small file can ask for a lot."""
    many = "x\n" + "".join(f"{n}\n" for n in range(100_000))
    twice = "".join(f"  g{n}: {{from: t.csv, address: 's${{each.x}}.g{n}.ru'}}\n" for n in range(3))
    wide = "[" + ", ".join(["'${each.x}', 'y'"] * 200) + "]"

    assert refused({"p.yaml": "site_groups:\n" + twice, "t.csv": many}) == (
        "p.yaml:4:14: the site groups of a project make 250,000 sites at most, up to here"
    )
    assert refused({"p.yaml": group(f"{{blacklists: [{{ip: {wide}}}]}}", source="t.csv", address="${each.x}.ru")}) == (
        "p.yaml:3:11: the site groups of a project make 25,000,000 values at most, up to here"
    )


def test_a_key_that_stands_twice_is_found_however_many_there_are(refused):
    keys = ", ".join(f'"k{n}": 1' for n in range(60_000))
    began = time.monotonic()

    said = refused({"p.yaml": group(source="t.json"), "t.json": f'[{{{keys}, "k59999": 1}}]'})

    assert said == 't.json:1:1: not valid JSON: the key "k59999" stands twice in one mapping'
    assert time.monotonic() - began < 10
