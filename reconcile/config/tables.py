"""The tables of site groups: rows of texts under named columns, from CSV, YAML, JSON, or the project's YAML itself.

A cell is text, whatever the table is written in: `true` in YAML is the text `true`, as it is in CSV. Cells of files are
data: nothing in them is looked up or replaced.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from reconcile.config.load import Lists, Unreadable, file_bytes, parse
from reconcile.config.places import Fault, Keys, Place
from reconcile.config.separated import MAX_CELL, read_separated
from reconcile.model.normalize import quoted

SEPARATED: Final = (".csv", ".tsv", ".txt")
YAML: Final = (".yaml", ".yml")
#: What only a file of separated values has.
ONLY_SEPARATED: Final = ("delimiter", "encoding")


class Table(Struct, frozen=True):
    """Rows, each a cell for every column, or None where a mapping of YAML or JSON has no such key.

    A row stands at a line of its file, its cells at the numbers of their columns; or at `above` and its number among
    `items`. `complete` is False where some rows were too wrong to keep.
    """

    file: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str | None, ...]]
    lines: Sequence[int] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    above: Keys = ()
    items: Sequence[int] = ()
    complete: bool = True

    def place(self, row: int, column: str | None = None) -> Place:
        """Where a row stands, or its cell in a column."""
        if self.lines:
            return Place(self.file, line=self.lines[row], column=self.numbers.get(column or "", 1))
        return Place(self.file, (*self.above, self.items[row], *([column] if column is not None else [])))


class Tables(Struct):
    """Reads the tables of a project, each once; what is wrong in them is collected in `faults`.

    `lists` are the files of YAML that hold lists, which have been read already.
    """

    root: Path
    lists: Lists
    faults: list[Fault] = field(default_factory=list)
    known: dict[tuple[str, str | None, str | None], Table | None] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def read(self, raw: Mapping[str, Any], place: Place) -> Table | None:
        """The table that a site group at `place` names or holds; None where there is none, which has been said."""
        at = Place(place.file, (*place.keys, "from"))
        source = raw.get("from")
        if source is None:
            return None  # it has been said
        if isinstance(source, list):
            self.only_separated(raw, place, "a list")
            return self.listed(source, at.file, at.keys)
        file = os.path.normpath(source)
        self.named.add(os.path.realpath(self.root / file) if "\0" not in file else file)
        suffix = Path(file).suffix.lower()
        if suffix in SEPARATED:
            return self.once(file, raw.get("delimiter"), raw.get("encoding"), at)
        if suffix in (*YAML, ".json"):
            self.only_separated(raw, place, f"a {suffix} file")
            return self.once(file, None, None, at)
        message = "expected the name of a .csv, .tsv, .txt, .yaml, .yml or .json file, got "
        hint = "; save the spreadsheet as CSV" if suffix in (".xlsx", ".xls", ".ods") else ""
        self.faults.append(Fault(at, message, got=quoted(source) + hint))
        return None

    def unnamed(self) -> list[str]:
        """The files with lists that no site group names."""
        return [file for file in self.lists if os.path.realpath(self.root / file) not in self.named]

    def only_separated(self, raw: Mapping[str, Any], place: Place, what: str) -> None:
        for key in ONLY_SEPARATED:
            if key in raw:
                at = Place(place.file, (*place.keys, key), at_key=True)
                self.faults.append(Fault(at, f"`{key}` means nothing to {what}; take it away"))

    def once(self, file: str, delimiter: str | None, encoding: str | None, at: Place) -> Table | None:
        key = (file, delimiter, encoding)
        if key not in self.known:
            try:
                self.known[key] = self.file(file, delimiter, encoding)
            except Unreadable as error:
                self.known[key] = None
                self.refused(file, error, at)
        return self.known[key]

    def refused(self, file: str, error: Unreadable, at: Place) -> None:
        """Says at the group what there is to say of the whole file, and anything else in the file."""
        problem = error.problem
        if problem.line:
            place = Place(file, line=problem.line, column=problem.column)
            self.faults.append(Fault(place, problem.message))
        else:
            message = f"this file {problem.message}; paths start at the project's folder, got "
            self.faults.append(Fault(at, message, got=quoted(file)))

    def file(self, file: str, delimiter: str | None, encoding: str | None) -> Table | None:
        suffix = Path(file).suffix.lower()
        if suffix in YAML and file in self.lists:
            return self.listed(self.lists[file], file, ())
        try:
            data = file_bytes(self.root.resolve(), self.root / file, file)
        except ValueError:  # a NUL
            raise Unreadable(file, 0, 0, "is no path") from None
        if suffix in SEPARATED:
            made = read_separated(data, file, delimiter, encoding)
            self.faults += made.faults
            if not made.columns:
                return None
            return Table(file, made.columns, made.rows, made.lines, made.numbers, complete=not made.faults)
        if suffix in YAML:
            value, faults = parse(data, file)
            self.faults += faults
        else:
            value = _json(data, file)
        if not isinstance(value, list):
            what = "nothing" if value is None else "a mapping" if isinstance(value, dict) else "a single value"
            raise Unreadable(
                file, 1, 1, f"expected a list of rows, each a mapping such as {{host: acme.ru}}, got {what}"
            )
        return self.listed(value, file, ())

    def listed(self, value: list[Any], file: str, above: Keys) -> Table:
        """The table that a list of mappings is; its columns are all keys of all rows, in the order of their coming."""
        complete = True
        good: list[tuple[int, dict[str, str | None]]] = []
        for position, raw in enumerate(value):
            at = (*above, position)
            if raw is None and above:
                complete = False  # it has been said
                continue
            if not isinstance(raw, dict):
                what = "a list" if isinstance(raw, list) else "nothing" if raw is None else quoted(raw)
                message = "expected a row, a mapping such as {host: acme.ru}, got "
                self.faults.append(Fault(Place(file, at), message, got=what, series=message.removesuffix(", got ")))
                complete = False
                continue
            before = len(self.faults)
            row = {" ".join(str(key).split()): self.cell(cell, Place(file, (*at, key))) for key, cell in raw.items()}
            if len(self.faults) == before:
                good.append((position, row))
            else:
                complete = False
        columns = tuple(dict.fromkeys(name for _, row in good for name in row))
        return Table(
            file,
            columns,
            [tuple([row.get(name) for name in columns]) for _, row in good],
            above=above,
            items=[position for position, _ in good],
            complete=complete,
        )

    def cell(self, raw: Any, place: Place) -> str | None:
        """The text of a cell. What spells differently from how it was written (1.50) can't be one."""
        if raw is None or isinstance(raw, str):
            text = None if raw is None else raw.strip()
            if text is None or len(text) <= MAX_CELL:
                return text
            self.faults.append(
                Fault(place, message := f"the cell has more than {MAX_CELL:,} characters", series=message)
            )
            return None
        if isinstance(raw, bool | int):
            return str(raw).lower()
        message = f"{place.keys[-1]}: expected text, a whole number, true or false, got "
        what = (
            "a list"
            if isinstance(raw, list)
            else "a mapping"
            if isinstance(raw, dict)
            else "a fraction; write it in quotes"
        )
        self.faults.append(Fault(place, message, got=what, series=message.removesuffix(", got ")))
        return None


def _json(data: bytes, file: str) -> Any:
    """A JSON document. Raises `Unreadable`."""
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_pairs, parse_int=str, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(file, error.lineno, error.colno, f"not valid JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(
            file, line, 1, f"byte 0x{data[error.start]:02x} is no text in UTF-8; save it as UTF-8"
        ) from None
    except RecursionError:
        raise Unreadable(file, 1, 1, "nested too deep") from None
    except ValueError as error:
        raise Unreadable(file, 1, 1, f"not valid JSON: {error}") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise ValueError(f"the key {quoted(twice)} stands twice in one mapping")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")
