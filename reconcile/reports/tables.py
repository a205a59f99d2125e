"""Tables for people and for spreadsheets: columns that know how they are written, rows of plain values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from unicodedata import combining, east_asian_width

import click
from msgspec import Struct

from reconcile.escaping import clean

#: What a spreadsheet takes for a formula when a cell begins with it; East Asian ones obey the wide forms, too.
_OBEYED: Final = "=+\\-@\t\r\n＝＋－＠"
#: At the beginning of a cell, and after what may begin another: where the list separator is not a comma, as in Russian
#: settings, a spreadsheet cuts at the others whatever the quotes say.
_FORMULA: Final = re.compile(rf"(^|[;|\t\r\n])([\s\"']*)(?=[{_OBEYED}])")
_NUMBER_OR_PHONE: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


class Column(Struct, frozen=True):
    """A column: `name` in CSV, `title` for people; `show` makes a text for people out of a value that is there.

    `colour` gives the colour of a shown text, None for none.
    """

    name: str
    title: str
    right: bool = False
    show: Callable[[Any], str] = str
    colour: Callable[[str], str | None] | None = None


class Table(Struct, frozen=True):
    """Columns, and rows aligned with them; None is no value. `total` is a last row that only people are shown."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    total: Sequence[Any] | None = None


def table_text(table: Table, *, colour: bool = False) -> str:
    """Aligned columns under their titles."""
    shown = [_texts(table, row) for row in (*table.rows, *([table.total] if table.total else []))]
    titles = [column.title for column in table.columns]
    widths = [max(map(width, texts)) for texts in zip(titles, *shown, strict=True)]
    lines = [_line(table, titles, widths, lambda index, text: click.style(text, bold=True) if colour else text)]
    for number, row in enumerate(shown):
        if number == len(table.rows):
            lines.append("  ".join("-" * size for size in widths))

        def painted(index: int, text: str) -> str:
            choose = table.columns[index].colour
            fg = choose(text) if colour and choose is not None else None
            return click.style(text, fg=fg) if fg else text

        lines.append(_line(table, row, widths, painted))
    return "\n".join(lines) + "\n"


def _texts(table: Table, row: Sequence[Any]) -> list[str]:
    pairs = zip(table.columns, row, strict=True)
    return ["" if value is None else clean(column.show(value)) for column, value in pairs]


def _line(table: Table, texts: Sequence[str], widths: Sequence[int], paint: Callable[[int, str], str]) -> str:
    cells = []
    for index, (column, text, size) in enumerate(zip(table.columns, texts, widths, strict=True)):
        gap = " " * (size - width(text))
        cells.append(gap + paint(index, text) if column.right else paint(index, text) + gap)
    return "  ".join(cells).rstrip()


def width(text: str) -> int:
    """The cells that a text takes on a terminal."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def pairs_text(pairs: Iterable[tuple[str, Any]]) -> str:
    """Names and values, a line each."""
    shown = [(clean(name), clean(_text(value))) for name, value in pairs]
    size = max((width(name) for name, _ in shown), default=0)
    return "".join(f"{name}:{' ' * (size - width(name))}  {value}".rstrip() + "\n" for name, value in shown)


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def flat(raw: Any, above: str = "") -> list[tuple[str, Any]]:
    """Nested data as names and values: `widget.call_time`, `managers.0.phone`."""
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else None
    if inner is None or not raw:
        return [(above, None if inner is not None else raw)]
    return [pair for key, value in inner for pair in flat(value, f"{above}.{key}" if above else str(key))]


def table_csv(table: Table) -> str:
    """CSV with a header; every cell stays a text that no spreadsheet obeys."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([cell(value) for value in row] for row in table.rows)
    return file.getvalue()


def cell(value: Any) -> str:
    """A value as a cell. What a spreadsheet would obey gets an apostrophe before it; numbers and phones are fine."""
    text = "" if value is None else str(value)
    return clean(text if _NUMBER_OR_PHONE.fullmatch(text) else _FORMULA.sub(r"\1'\2", text))
