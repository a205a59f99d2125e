"""Undocumented values: what is one value in all spellings of api.md 1.7, what is another, and what a form can carry."""

from __future__ import annotations

import pytest

from reconcile.model.raw import RAW, read_raw

SAME = [
    [1, "1", True, 1.0, "1.0", "01", "+1", "true"],
    [0, "0", False, None, "", [], {}, "false", "0.00", -0.0, " ", "\r\n"],
    [28, "28", 28.0, "28.0", "028"],
    [10.5, "10.5", "10.50"],
    [-3, "-3", -3.0, "-03"],
    [12345678901, "12345678901", 12345678901.0, "12345678901.0"],
    [10**15, str(10**15), float(10**15)],
    ["09:00", "9:00", "9:0", "09:00:00"],
    ["10:30", "10:30:00"],
    ["#FF6600", "#ff6600"],
    ["+7 (495) 123-45-67", "84951234567", 74951234567, "+74951234567", 74951234567.0],
    ["http://Окна.рф/", "https://xn--80atjc.xn--p1ai"],
    [["a", "b"], {"0": "a", "1": "b"}, {"1": "b", "0": "a"}, "a\nb", "a\r\nb\r\n", [" a", "b ", ""]],
    [[1, {"x": 2}], {"0": "1", "1": {"x": "2"}}],
    [{"a": 1, "b": None}, {"b": "", "a": "1"}, {"a": True}],
    [{"a": {"b": []}}, {"a": ""}, {}, [], {"a": {"b": {}}}],
]
OTHERS = [
    "a",
    "A",
    "b\na",
    2,
    2.5,
    "12:00",
    "#ff6601",
    "+74951234568",
    {"a": 2},
    "http://a.ru",
    "a.ru/",
    "1e5",
]


@pytest.mark.parametrize("spellings", SAME, ids=str)
def test_a_value_is_one_in_all_its_spellings(spellings):
    first, *more = map(read_raw, spellings)

    assert [spelled for spelled in more if spelled != first] == []
    assert [spelled.written for spelled in more] == spellings[1:]


def test_different_values_are_different():
    values = [read_raw(spellings[0]) for spellings in SAME[:-1]] + [read_raw(other) for other in OTHERS]

    assert [(a.written, b.written) for n, a in enumerate(values) for b in values[:n] if a == b] == []


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("007", "007"),
        (True, True),
        (None, ""),
        ([], ""),
        ({}, ""),
        ([[], {"a": None}, 0], ["", {"a": ""}, 0]),
        ({"a": {"b": []}, "c": "x"}, {"a": {"b": ""}, "c": "x"}),
    ],
    ids=str,
)
def test_what_is_nothing_is_sent_as_a_blank_and_all_else_as_it_is_written(written, sent):
    assert RAW.wire(read_raw(written)) == sent
    assert read_raw(sent) == read_raw(written)
