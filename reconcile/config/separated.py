"""Tables of separated values, as spreadsheets write them: any of the usual delimiters, encodings and line ends.

`,`, `;`, tab and `|` separate cells, and whichever makes the most cells of the header does so in the whole file, unless
a first line `sep=;` says it, as Excel's. A file with a byte order mark is in that encoding; another one is UTF-8 if it
can be that, and cp1251 (what a Russian Excel writes as "CSV") if not. [assumed] A file that is surely neither, as
a workbook by another name or a text in cp866, is refused with what it is.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconcile.config.places import Fault, Place
from reconcile.model.normalize import count, quoted

#: In the order in which they are preferred: a Russian Excel writes the first.
DELIMITERS: Final = (";", "\t", ",", "|")
NAMED: Final = {"tab": "\t"}
#: Excel's own limit of what is in a cell.
MAX_CELL: Final = 32_767
MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CODECS: Final = {"utf-16": "utf-16-le"}
#: How workbooks and other files begin that are no text, whatever they are called.
WORKBOOKS: Final = ((b"PK\x03\x04", ".xlsx or .ods"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"))
#: Common letters in cp866 that are rare signs in cp1251; and letters in cp1251 that are none, or rare, in cp866.
_OF_DOS: Final = b"\xa1\xa2\xa3\xa4\xa5\xa6\xaa\xac\xad\xaf"
_OF_WINDOWS: Final = bytes([*range(0xC0, 0xE0), *range(0xF2, 0x100)])
#: So many of the one, and more than of the other, are no accident.
_SURE: Final = 4
_SEP: Final = re.compile(r"sep=([^\w\s\"]|\t)\r?\n", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: What a row may consist of that is blank by some delimiter.
_EMPTY: Final = " \u00a0\r\n" + "".join(DELIMITERS)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class Separated(Struct):
    """The rows of one file below its header, each with a cell for every column, and the lines in which they begin.

    `faults` are what is wrong with it: a place in such a file is a line and the number of a cell in its row. Rows that
    are wrong are left out.
    """

    file: str
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: The number of the cell in which each column stands.
    numbers: dict[str, int] = field(default_factory=dict)

    def fault(self, line: int, cell: int, message: str, series: str = "", other: Place | None = None) -> None:
        place = Place(self.file, line=line, column=cell)
        self.faults.append(Fault(place, message, other, series=series or message))


def read_separated(data: bytes, file: str, delimiter: str | None = None, encoding: str | None = None) -> Separated:
    """The table in a file; `delimiter` and `encoding` as a project names them, None to find them out."""
    made = Separated(file)
    text = _decoded(made, data, encoding)
    if text is None:
        return made
    first, sep = 1, _SEP.match(text)
    if sep is not None:
        text, first = text[sep.end() :], 2
    split = NAMED.get(delimiter, delimiter) if delimiter else sep[1] if sep is not None else _delimiter(text)
    records = _records(made, text, split, first) if split is not None else iter(())
    header = next(records, None)
    if header is None:
        if not made.faults:
            made.fault(1, 1, "the file is empty; its first line names the columns")
        return made
    odd = _CONTROL.search(text) is not None
    width = _columns(made, *header)
    if made.faults:
        return replace(made, columns=())
    keep = [made.numbers[name] - 1 for name in made.columns]
    plain = keep == list(range(width))
    for line, cells in records:
        if len(cells) != width and not _fits(made, line, cells, width):
            continue
        if (odd or sum(map(len, cells)) > MAX_CELL) and not _is_text(made, line, cells):
            continue
        stray = None if plain else next((n for n in range(width) if n not in keep and cells[n]), None)
        if stray is not None:
            made.fault(line, stray + 1, "the cell is in a column without a name; name the column in the header")
            continue
        made.rows.append(tuple(cells[:width]) if plain else tuple([cells[n] for n in keep]))
        made.lines.append(line)
    return made


# --- bytes to text ----------------------------------------------------------------------------------------------------


def _decoded(made: Separated, data: bytes, encoding: str | None) -> str | None:
    kind = next((kind for begin, kind in WORKBOOKS if data.startswith(begin)), None)
    if kind is not None:
        made.fault(
            1, 1, f"the file is no text but a workbook ({kind}) by another name; save it as CSV from its program"
        )
        return None
    for mark, name in MARKS:
        if data.startswith(mark):
            return _decode(made, data[len(mark) :], name)
    if encoding is not None:
        return _decode(made, data, CODECS.get(encoding, encoding))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        guess = data.decode("utf-8", "replace")
        broken = guess.count("\ufffd")
        if sum(not character.isascii() for character in guess) - broken > broken:
            return _decode(made, data, "utf-8")  # all but a few bytes are: it was cut, or pieced together
        if _is_dos(data):
            made.fault(
                1,
                1,
                "the file is most likely in cp866 (DOS); say `encoding: cp866` in the site group, or save it as UTF-8",
            )
            return None
        return _decode(made, data, "cp1251")


def _is_dos(data: bytes) -> bool:
    """Whether a Russian text is surely in cp866: as one in cp1251 it would have odd signs and no letters."""
    odd, letters = (len(data) - len(data.translate(None, some)) for some in (_OF_DOS, _OF_WINDOWS))
    return odd >= _SURE and odd > letters


def _decode(made: Separated, data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(data[: error.start].decode(encoding, "replace"))) + 1
        name = encoding.removesuffix("-le").removesuffix("-be")
        what = f"byte 0x{data[error.start]:02x} in this line is no text in {name}"
        made.fault(line, 1, f"{what}; save the file as UTF-8, or name its `encoding:` in the site group")
        return None


# --- text to records --------------------------------------------------------------------------------------------------


def _delimiter(text: str) -> str | None:
    """The delimiter that makes the most cells of the header; None where there is none."""

    def cells(delimiter: str) -> int:
        try:
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
                if any(cell.strip(_EMPTY) for cell in record):
                    return len(record)
        except csv.Error:
            return 1  # what is wrong is said when it is read
        return 0

    found = {delimiter: cells(delimiter) for delimiter in DELIMITERS}
    best = max(found, key=found.__getitem__)
    return best if found[best] else None


def _records(made: Separated, text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, each with the line in which it begins, white space around cells taken off."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    breaks = '"' in text  # a cell may have several lines
    line = first
    try:
        for cells in reader:
            record = [cell.strip() for cell in cells]
            if any(record):
                yield line, [_unix(cell) for cell in record] if breaks else record
            line = first + reader.line_num
    except csv.Error:
        made.fault(*_broken(text, delimiter, line - first, first))


def _unix(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell


def _broken(text: str, delimiter: str, lines: int, first: int) -> tuple[int, int, str]:
    """What the csv module does not like in the record after so many lines: the line, the cell, and what it is."""
    start = 0
    for _, match in zip(range(lines), _LINE_END.finditer(text), strict=False):
        start = match.end()
    line, cell, at = first + lines, 1, start
    plain = re.compile(f"[^\\r\\n{re.escape(delimiter)}]*")
    quote = re.compile(r'"((?:[^"]++|"")*+)(")?')
    while at < len(text):
        inside = quote.match(text, at)
        found = inside or plain.match(text, at)
        assert found is not None
        at = found.end()
        if len(found[0]) > csv.field_size_limit():
            return line, cell, f"the cell is longer than {MAX_CELL:,} characters; is a quote in it never closed?"
        if inside is not None and inside[2] is None:
            return line, cell, "the quote that opens here is never closed"
        breaks = len(_LINE_END.findall(found[0]))
        if inside is not None and text[at : at + 1] not in ("", "\r", "\n", delimiter):
            where = f" in line {line + breaks}" if breaks else ""
            hint = 'write a quote inside of a quoted cell twice: ""'
            return line, cell, f"the quote that opens here is closed{where} before the cell ends; {hint}"
        line += breaks
        if text[at : at + 1] != delimiter:
            break
        cell, at = cell + 1, at + 1
    return line, cell, "can't be read as separated values"


# --- the header, and what fits it -------------------------------------------------------------------------------------


def _columns(made: Separated, line: int, header: list[str]) -> int:
    """Notes the named columns, and what is wrong with their names; gives the number of all."""
    for number, cell in enumerate(header, 1):
        name = " ".join(cell.split())
        if _CONTROL.search(name):
            made.fault(line, number, _no_text(name))
        elif name in made.numbers:
            before = Place(made.file, line=line, column=made.numbers[name])
            made.fault(
                line, number, f"the column {quoted(name)} stands here again; it is at {{other}}, too", other=before
            )
        elif name:
            made.numbers[name] = number
    made.columns = tuple(made.numbers)
    return len(header)


def _fits(made: Separated, line: int, cells: list[str], width: int) -> bool:
    """Whether a row of another length than the header may be meant: what is too much has to be blank."""
    if len(cells) < width:
        message = f"the row ends here after {count(len(cells), 'cell')}; the header has {width}"
        made.fault(line, len(cells), message, series="the row ends too early")
        return False
    if any(cells[width:]):
        hint = "put what holds the delimiter into quotes"
        message = f"the row has {count(len(cells), 'cell')}, the header {width}; {hint}"
        made.fault(line, width + 1, message, series="the row has too many cells")
        return False
    return True


def _is_text(made: Separated, line: int, cells: list[str]) -> bool:
    for number, cell in enumerate(cells, 1):
        if _CONTROL.search(cell):
            made.fault(line, number, _no_text(cell), series="the cell holds what is no text")
        elif len(cell) > MAX_CELL:
            made.fault(line, number, f"the cell has more than {MAX_CELL:,} characters")
        else:
            continue
        return False
    return True


def _no_text(cell: str) -> str:
    found = _CONTROL.search(cell)
    code = ord(found[0]) if found is not None else 0
    what = "a NUL byte" if code == 0 else f"the control character U+{code:04X}"
    return f"the cell holds {what}, which is no text; save the file anew from its spreadsheet"
