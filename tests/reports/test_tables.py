"""Tables: aligned for people, and harmless to spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest

from reconcile.reports.tables import Column, Table, cell, flat, pairs_text, table_csv, table_text

ESCAPE = "\x1b["


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (0, "0"),
        ("+74951234567", "+74951234567"),
        ("-5.50", "-5.50"),
        ("acme.ru", "acme.ru"),
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("+7 495 =1", "'+7 495 =1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("a\nb", "a\\nb"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
    ],
)
def test_a_cell_is_never_a_formula(value, expected):
    assert cell(value) == expected


def test_csv_keeps_separators_and_quotes():
    table = Table([Column("a", "A"), Column("b", "B")], [('x,"y"', None), ("=HYPERLINK(1)", 2)], total=("Total", 2))

    rows = list(csv.reader(io.StringIO(table_csv(table))))

    assert rows == [["a", "b"], ['x,"y"', ""], ["'=HYPERLINK(1)", "2"]]


def test_columns_are_aligned_by_what_a_terminal_shows():
    table = Table(
        [Column("site", "Site"), Column("n", "Calls", right=True, show=lambda n: f"{n:.1f}")],
        [("окна.рф", 1), ("日本.jp", 100), ("e\u0301.fr", None), ("\x1b[2J", 3)],
        total=("Total", 104),
    )

    assert table_text(table) == (
        "Site     Calls\nокна.рф    1.0\n日本.jp  100.0\ne\u0301.fr\n\\x1b[2J    3.0\n-------  -----\nTotal    104.0\n"
    )


def test_colour_does_not_move_a_column():
    table = Table([Column("a", "A", colour={"bad": "red"}.get), Column("b", "B")], [("bad", 1), ("good", 2)])

    coloured = table_text(table, colour=True)

    assert f"{ESCAPE}31mbad{ESCAPE}0m   1\n" in coloured
    assert "good  2\n" in coloured


def test_nested_data_becomes_names_and_values():
    assert pairs_text(flat({"a": {"b": [1, {"c": None}], "empty": []}, "d\n": "x\ny"})) == (
        "a.b.0:    1\na.b.1.c:\na.empty:\nd\\n:      x\\ny\n"
    )
