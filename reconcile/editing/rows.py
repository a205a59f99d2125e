"""The cell of a table that says a site's address, found in the text of the file that the table is in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reconcile.config.inside import read_inside
from reconcile.config.load import MAX_FILE_BYTES
from reconcile.config.separated import CODECS, MARKS
from reconcile.editing.edits import Edit, respelled
from reconcile.editing.files import Source
from reconcile.editing.tree import Kind, Node, tree
from reconcile.errors import ReconcileError

_COLUMN: Final = re.compile(r"\$\{each\.([^}]+)\}")
#: What a valid document of JSON is made of, but for numbers and the like.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]')
_COLON: Final = re.compile(r"\s*:")
_SEPARATED: Final = (".csv", ".tsv", ".txt")
_YAML: Final = (".yaml", ".yml")


def column_of(group: Node) -> str | None:
    """The column that is the address of a site group's rows as it stands; None where more is made of it."""
    address = group.get("address")
    found = _COLUMN.fullmatch(address[1].value) if address is not None else None
    return found[1] if found is not None else None


def inline_cell(group: Node, column: str, address: str, new: str) -> Edit | None:
    """The edit of a cell in the rows that the group lists itself."""
    rows = group.get("from")
    return _listed(rows[1], column, address, new) if rows is not None and rows[1].kind is Kind.SEQUENCE else None


def cell(
    root: Path, file: str, column: str, address: str, new: str, encoding: str | None
) -> tuple[Source, Edit] | None:
    """A table's file, and the edit of the one cell in it that is this address; None where it isn't just one.

    The edit's positions are those without a BOM; `encoding` is the one that the project names.

    Raises `ReconcileError` for a link, `OSError`.
    """
    path = root / file
    if path.is_symlink():
        raise ReconcileError(f"{file}: is a link, and links are not written through; name the file itself")
    if path.suffix.lower() in _YAML:
        source = Source.read(root, path)
        rows = tree(source.text)
        edit = (
            _listed(rows, column, address, new) if rows is not None and not source.text.startswith("\ufeff") else None
        )
        return None if edit is None else (source, edit)
    if path.suffix.lower() == ".json":
        source = _separated(root, file, "utf-8")
        edit = _in_json(source.text.removeprefix("\ufeff"), column, address, new)
        return None if edit is None else (source, edit)
    if path.suffix.lower() not in _SEPARATED:
        return None
    source = _separated(root, file, encoding)
    whole = rf'(?<![^;,\t|"\r\n]){re.escape(address)}(?![^;,\t|"\r\n])'
    found = list(re.finditer(whole, source.text.removeprefix("\ufeff")))
    if len(found) != 1 or re.search(r'[;,\t|"\r\n]', new):
        return None
    try:
        new.encode(source.encoding)
    except UnicodeEncodeError:
        raise ReconcileError(f"{file}: is written in {source.encoding}, which can't hold {new}") from None
    return source, Edit(*found[0].span(), new)


def _separated(root: Path, file: str, named: str | None) -> Source:
    """A table with the encoding that config/separated.py finds out; a mark of it stays in the text."""
    data = read_inside(root, root / file, MAX_FILE_BYTES)
    marked = next((name for mark, name in MARKS if data.startswith(mark)), None)
    known = marked or (CODECS.get(named, named) if named is not None else None)
    for encoding in (known,) if known is not None else ("utf-8", "cp1251"):
        try:
            return Source(root, file, data.decode(encoding), encoding)
        except UnicodeDecodeError:
            continue
    what = f"not in {known}" if known is not None else "neither in UTF-8 nor in cp1251"
    raise ReconcileError(f"{file}: is written {what}; change the address there by hand")


def _in_json(text: str, column: str, address: str, new: str) -> Edit | None:
    """The edit of the one value in a list of rows that is this address, under the key that is this column."""
    found, depth, key = [], 0, ""
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "," | ":":
                pass
            case _ if depth == 2 and token[0].startswith('"'):
                word = json.loads(token[0], strict=False)
                if _COLON.match(text, token.end()):
                    key = " ".join(word.split())
                elif key == column and word.strip() == address:
                    found.append(token)
    if len(found) != 1:
        return None
    escaped = found[0][0].isascii() and not address.isascii()
    return Edit(*found[0].span(), json.dumps(new, ensure_ascii=escaped))


def _listed(rows: Node, column: str, address: str, new: str) -> Edit | None:
    found = [node for node in _cells(rows, column) if node.value == address]
    return respelled(found[0], new) if len(found) == 1 else None


def _cells(rows: Node, column: str) -> Iterator[Node]:
    for row in rows.items:
        pair = row.get(column)
        if pair is not None and pair[1].kind is Kind.SCALAR:
            yield pair[1]
