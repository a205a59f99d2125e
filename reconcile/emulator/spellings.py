"""How a PHP server of this age spells one value (api.md 1.7). Every function is pure.

The value that comes in is in the canonical spelling of the wire. What a function has no other spelling for comes out as
it was.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from reconcile.model.fields import Field
from reconcile.model.normalize import ascii_host, human_address, read_phone

#: Spells a value.
Spell = Callable[[Any], Any]


class Absent(Enum):
    """Stands for a key that is not in the answer at all."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


# --- numbers: flags and integers --------------------------------------------------------------------------------------


def numbers_as_strings(value: Any) -> Any:
    """`"28"`"""
    return str(value) if isinstance(value, int) else value


def numbers_as_booleans(value: Any) -> Any:
    """`true` for 1 and `false` for 0"""
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def numbers_as_floats(value: Any) -> Any:
    """`28.0`"""
    return float(value) if isinstance(value, int | Decimal) else value


# --- hours ------------------------------------------------------------------------------------------------------------


def hours_as_strings(value: Any) -> Any:
    """`"9"`"""
    return str(value)


def hours_padded(value: Any) -> Any:
    """`"09"`"""
    hour, colon, minute = str(value).partition(":")
    return hour.zfill(2) + colon + minute


def hours_short(value: Any) -> Any:
    """`"9:0"`"""
    hour, _, minute = str(value).partition(":")
    return f"{hour}:{int(minute or 0)}"


def hours_clock(value: Any) -> Any:
    """`"09:00"`"""
    hour, _, minute = str(value).partition(":")
    return f"{hour.zfill(2)}:{minute or '00'}"


# --- no value ---------------------------------------------------------------------------------------------------------


def has_no_value(field: Field, value: Any) -> bool:
    """An empty text or list, and 0 where that is the documented default."""
    return value in ("", None) or value == [] or (field.default == 0 and value == 0)


def empty_as_blank(_value: Any) -> Any:
    """`""`"""
    return ""


def empty_as_null(_value: Any) -> Any:
    """`null`"""
    return None


def empty_as_zero(value: Any) -> Any:
    """`0`, where the default is 0, which is how it is stored"""
    return value


def empty_absent(_value: Any) -> Any:
    """the key is not there"""
    return ABSENT


# --- entries, one a line ----------------------------------------------------------------------------------------------


def lines_crlf(value: Any) -> Any:
    """entries separated by carriage return and newline"""
    return value.replace("\n", "\r\n")


def lines_trailing(value: Any) -> Any:
    """a newline after the last entry"""
    return value and value + "\n"


def lines_padded(value: Any) -> Any:
    """spaces around entries"""
    return "\n".join(f" {line} " for line in value.split("\n")) if value else value


def lines_as_list(value: Any) -> Any:
    """a JSON list of the entries"""
    return value.split("\n") if value else []


# --- phones -----------------------------------------------------------------------------------------------------------


def _each_phone(spell: Callable[[str], str]) -> Spell:
    """Spells every number of a text with one a line, where it can still be read as the number that it is."""

    def spell_phone(number: str) -> str:
        other = spell(number)
        try:
            return other if read_phone(other) == number else number
        except ValueError:
            return number

    @functools.wraps(spell)
    def spell_phones(value: Any) -> Any:
        return "\n".join(map(spell_phone, value.split("\n")))

    return spell_phones


@_each_phone
def phones_bare(number: str) -> str:
    """`74951234567`"""
    return number.removeprefix("+")


@_each_phone
def phones_plus(number: str) -> str:
    """`+74951234567`"""
    return number


@_each_phone
def phones_trunk(number: str) -> str:
    """`84951234567`, for Russian numbers"""
    return "8" + number[2:] if number.startswith("+7") else number


@_each_phone
def phones_pretty(number: str) -> str:
    """`+7 (495) 123-45-67`, for Russian numbers"""
    return re.sub(r"^\+7(\d{3})(\d{3})(\d\d)(\d\d)$", r"+7 (\1) \2-\3-\4", number)


# --- URLs -------------------------------------------------------------------------------------------------------------


def urls_bare(value: Any) -> Any:
    """`acme.ru`"""
    host, path = _host_and_path(value)
    return host + path


def urls_http(value: Any) -> Any:
    """`http://acme.ru`"""
    return "http://" + urls_bare(value)


def urls_slash(value: Any) -> Any:
    """`http://Acme.ru/`"""
    host, path = _host_and_path(value)
    return f"http://{host.capitalize()}{path}/"


def urls_punycode(value: Any) -> Any:
    """a Cyrillic host as `xn--…`"""
    scheme, separator, _ = value.rpartition("://")
    host, path = _host_and_path(value)
    name, colon, port = host.partition(":")
    return scheme + separator + ascii_host(name) + colon + port + path


def urls_unicode(value: Any) -> Any:
    """an `xn--…` host in Cyrillic"""
    scheme, separator, _ = value.rpartition("://")
    host, path = _host_and_path(value)
    return scheme + separator + human_address(host) + path


def _host_and_path(url: str) -> tuple[str, str]:
    """`http://Acme.ru/a/` as `("acme.ru", "/a")`."""
    host, slash, path = url.split("://", 1)[-1].partition("/")
    return host.lower(), (slash + path).rstrip("/")
