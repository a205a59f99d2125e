"""Plain data as the YAML that a person writes: short mappings on one line, quotes only where somebody needs them.

What is written reads back as the same values, by this program's loader and by every loader of YAML 1.1 or 1.2: text
that any of them would take for a number, a flag, a date or nothing is quoted.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

#: Columns of a line, and values on it, beyond which a mapping or a list gets a line for each of its entries.
WIDTH: Final = 100
ENTRIES: Final = 8

#: Text that may stand without quotes, in { } and [ ], too; the first character is not one that YAML gives a meaning.
_PLAIN: Final = re.compile(r"[^\W_][\w ./@+()№«»=~-]*(?<! )|/[\w./=~-]*|[A-Za-z_][\w.-]*")
#: What loaders of YAML 1.1 or 1.2 take for something else than text, or may.
_OTHER: Final = re.compile(
    r"(?i:true|false|yes|no|on|off|y|n|null|~)|[\d_.,+-]+(?:e[+-]?\d+)?|0[xob][\da-f_]+|\d{4}-\d\d?-\d\d?.*|\.(?i:inf|nan)"
)
#: What only looks like a number: hours, and addresses and networks of machines.
_SURE: Final = re.compile(r"\d{1,2}(?::[0-5]\d)?-\d{1,2}(?::[0-5]\d)?|\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?")
#: A site's address with a port may stand as a key in block style.
_KEY: Final = re.compile(r"[^\W_][\w.-]*:\d+(?:/[\w./=~-]*)?")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def document(sections: Mapping[str, Any]) -> str:
    """The text of a file: its sections, with a blank line between them."""
    return "\n".join("\n".join(lines({key: value}, 0)) + "\n" for key, value in sections.items())


def lines(mapping: Mapping[str, Any], indent: int, *, fold: bool = True) -> Iterator[str]:
    """The lines of a mapping's entries. Top-level sections are never folded, so that they can grow."""
    for key, value in mapping.items():
        head = f"{' ' * indent}{_key(key)}:"
        yield from _entry(head, value, indent, fold=fold and indent > 0)


def _entry(head: str, value: Any, indent: int, *, fold: bool) -> Iterator[str]:
    """An entry of a mapping or of a list: on one line where it is short."""
    if not isinstance(value, dict | list):
        yield f"{head} {scalar(value)}"
        return
    short = _short(head, value) if fold or not value or isinstance(value, list) else None
    if short is not None:
        yield short
        return
    yield head
    if isinstance(value, dict):
        yield from lines(value, indent + 2)
        return
    for entry in value:
        yield from _item(entry, indent + 2)


def _item(entry: Any, indent: int) -> Iterator[str]:
    """An entry of a list."""
    dash = " " * indent + "-"
    if not isinstance(entry, dict):
        yield from _entry(dash, entry, indent, fold=True)
        return
    short = _short(dash, entry)
    if short is not None:
        yield short
        return
    first, *rest = lines(entry, indent + 2)
    yield f"{dash} {first.strip()}"
    yield from rest


def _short(head: str, value: Any) -> str | None:
    """An entry on one line, if it may be."""
    text = flow(value, WIDTH - len(head) - 1)
    return None if text is None else f"{head} {text}"


def fits(key: str, entries: Sequence[Any], indent: int) -> bool:
    """Whether a list under a key takes one line; else it takes one for the key, and `height` for each entry."""
    return _short(f"{' ' * indent}{key}:", entries) is not None


def height(entry: Any, indent: int) -> int:
    """The lines of an entry of a list under a key at this indent."""
    return sum(1 for _ in _item(entry, indent + 2))


def flow(value: Any, width: int) -> str | None:
    """A value on one line; None where it is too long, or holds too much, to be read there. Nothing is nowhere else."""
    if _size(value) > ENTRIES:
        return None
    text = folded(value)
    return text if len(text) <= width or not value else None


def inline(mapping: Mapping[str, Any]) -> str:
    """The entries of a mapping on one line, however long, without the braces around them."""
    return folded(dict(mapping))[1:-1]


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else 1


def folded(value: Any) -> str:
    """A value on one line, however long that is."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {folded(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(folded, value)) + "]"
    return scalar(value)


def _key(text: str) -> str:
    return text if _KEY.fullmatch(text) else scalar(text)


def scalar(value: Any) -> str:
    """A single value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


@functools.lru_cache(maxsize=65536)
def _text(text: str) -> str:
    if _SURE.fullmatch(text) or (_PLAIN.fullmatch(text) and text.isprintable() and not _OTHER.fullmatch(text)):
        return text
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escaped(char)) for char in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
