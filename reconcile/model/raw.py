"""Values of fields that the service has and does not document: sent as written, compared in the loosest spelling.

What such a value means is unknown, and so is the spelling in which it will come back. Two values are the same here
wherever api.md 1.7 would call them the same for a field of any type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct

from reconcile.model.normalize import FieldType, read_address, read_phone

_NUMBER: Final = re.compile(r"([+-]?)0*(\d+)(?:\.(\d*?)0*)?")
_HOUR: Final = re.compile(r"0?(\d{1,2}):(\d{1,2})(?::00)?")
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{3,8}")
_PHONE: Final = re.compile(r"\+?\d[\d ()-]{9,19}")
_URL: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_FLAGS: Final = {"true": "1", "false": ""}


class Raw(Struct, frozen=True):
    """A value: `loose` is what it is compared by, `written` what was written, or came."""

    loose: Any
    written: Any

    def __eq__(self, other: object) -> bool:
        return self.loose == other.loose if isinstance(other, Raw) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.loose)

    def __str__(self) -> str:
        return str(self.written)


def read_raw(raw: Any) -> Raw:
    """Any value that YAML or JSON can hold."""
    return Raw(loosest(raw), raw)


def loosest(raw: Any) -> Any:
    """What all spellings of a value have in common: text, or tuples of it. What may stand for no value is `""`."""
    if isinstance(raw, Mapping):
        if all(str(key).isdecimal() for key in raw):  # PHP's list
            return _list([raw[key] for key in sorted(raw, key=lambda key: int(str(key)))])
        pairs = ((str(key), loosest(value)) for key, value in raw.items())
        return tuple(sorted((pair for pair in pairs if pair[1] != ""), key=lambda pair: pair[0])) or ""
    if isinstance(raw, list | tuple):
        return _list(raw)
    return _text(raw)


def _list(raw: list[Any] | tuple[Any, ...]) -> Any:
    """The entries; those that are all texts also come back as one, an entry a line."""
    entries = tuple(loosest(entry) for entry in raw)
    if all(isinstance(entry, str) for entry in entries):
        return "\n".join(entry for entry in entries if entry)
    return entries


def _text(raw: Any) -> str:
    if raw is None or raw is False:
        return ""
    if raw is True:
        return "1"
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    lines = [_line(line.strip()) for line in str(raw).splitlines()]
    return "\n".join(line for line in lines if line)


def _line(text: str) -> str:
    """One line of text: a number, an hour, a colour, a phone or a URL in the shortest way."""
    if text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    number = _NUMBER.fullmatch(text)
    if number is not None and len(number[2]) < 10:
        whole = number[2] + (f".{number[3]}" if number[3] else "")
        return "" if whole == "0" else number[1].replace("+", "") + whole
    if number is not None and not number[3]:
        text = text.partition(".")[0]  # and it may be a phone
    hour = _HOUR.fullmatch(text)
    if hour is not None:
        return hour[1] + (f":{int(hour[2]):02}" if int(hour[2]) else "")
    if _COLOUR.fullmatch(text):
        return text.lower()
    with suppress(ValueError):
        if _PHONE.fullmatch(text):
            return read_phone(text)
        if _URL.fullmatch(text):
            return read_address(text)
    return text


def sent(written: Any) -> Any:
    """A value as it was written, with blanks for what is nothing: a form can't carry that, and a blank is the same."""
    if isinstance(written, Mapping):
        return {key: sent(value) for key, value in written.items()} or ""
    if isinstance(written, list | tuple):
        return [sent(entry) for entry in written] or ""
    return "" if written is None else written


RAW: Final = FieldType("raw", read_raw, lambda value: sent(value.written), lambda value: value.written, Raw("", None))
