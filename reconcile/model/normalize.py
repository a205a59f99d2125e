"""One canonicaliser per type of field: it decides whether two values differ, how one is shown, and how it is sent.

A value has one canonical form, whatever spelling it was written or came back in (api.md 1.7). `read` makes it from
anything, and raises `ValueError` with what was expected; `wire` spells it for the service; `show` spells it as a
person would write it in YAML (and so in JSON). The canonical forms are plain immutable values: bool, int, str, and
sorted tuples of str for sets.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any, Self

from msgspec import Struct

#: The region in whose national form a number without a country code is read. [assumed: the services are Russian]
HOME_REGION = "RU"


class Spelled(str):
    """A canonical text that remembers how it was written: compared by the one, sent as the other."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, canonical: str, written: str) -> Self:
        self = super().__new__(cls, canonical)
        self.written = written
        return self


class FieldType(Struct, frozen=True):
    """What a type of field does.

    `blank` is what an empty string means to it (None: the same as no value at all). `strict` reads what a person
    wrote, where that may not be guessed at as freely as what a service gave back.
    """

    name: str
    read: Callable[[Any], Any]
    wire: Callable[[Any], Any]
    show: Callable[[Any], Any]
    nothing: Any
    blank: Any = None
    strict: Callable[[Any], Any] | None = None


def as_is(value: Any) -> Any:
    """The identity: the canonical form is also the one that is shown."""
    return value


# --- numbers and flags ------------------------------------------------------------------------------------------------

_FLAGS = {"1": True, "0": False, "true": True, "false": False, "": False}


def read_flag(raw: Any) -> bool:
    """`true`, `1`, `"1"`, `1.0` and their opposites; PHP spells false as an empty string, too."""
    if raw in (0, 1):
        return bool(raw)
    value = _FLAGS.get(str(raw).strip().lower())
    if value is None:
        raise ValueError(f"expected true or false, got {quoted(raw)}")
    return value


_NUMBER = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*")


def read_integer(raw: Any) -> int:
    """`28`, `"28"`, `28.0`, and `true` for 1."""
    if isinstance(raw, int):
        return int(raw)
    match = _NUMBER.fullmatch(str(raw))
    if match is None:
        raise ValueError(f"expected a whole number, got {quoted(raw)}")
    return int(match[1])


_HOUR = re.compile(r"\s*(\d{1,2})(?:[:.](\d{1,2}))?(?::\d{1,2})?\s*")


def read_hour(raw: Any) -> int | str:
    """`9`, `"9"`, `"09"`, `"9:0"` and `"09:00"` are 9; `"10:30"` stays itself.  24 is the end of the day."""
    match = _HOUR.fullmatch("1" if raw is True else "0" if raw is False else str(raw))
    if match is not None:
        hour, minute = int(match[1]), int(match[2] or 0)
        if (hour, minute) == (24, 0) or (hour < 24 and minute < 60):
            return f"{hour}:{minute:02}" if minute else hour
    raise ValueError(f"expected an hour such as 9 or 10:30, got {quoted(raw)}")


def minutes(hour: int | str) -> int:
    """A canonical hour in minutes since midnight."""
    whole, _, rest = str(hour).partition(":")
    return int(whole) * 60 + int(rest or 0)


def no_time(start: int | str, end: int | str) -> bool:
    """Whether nobody answers between two canonical hours: the whole day is 0 to 24. [assumed: api.md 1.5 is silent]"""
    return start == end


# --- texts ------------------------------------------------------------------------------------------------------------


def read_text(raw: Any) -> str:
    """Line ends and surrounding white space mean nothing; numbers and flags are spelled as PHP would."""
    if isinstance(raw, str):
        return raw.replace("\r\n", "\n").strip()
    if isinstance(raw, bool):
        return "1" if raw else "0"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, int | float):
        return str(raw)
    raise ValueError(f"expected text, got {quoted(raw)}")


def read_email(raw: Any) -> str:
    """An e-mail address; capitals mean nothing."""
    text = read_text(raw).lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError(f"expected an e-mail address such as owner@acme.ru, got {quoted(raw)}")
    return text


def read_timezone(raw: Any) -> str:
    """An IANA name, as `zoneinfo` knows it."""
    name = read_text(raw)
    if not _zone_exists(name):
        raise ValueError(f"expected a time zone such as Europe/Moscow, got {quoted(raw)}{_zone_hint(name)}")
    return name


@functools.cache
def _zone_exists(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder of the database, such as "Europe"
        return False
    return True


def _zone_hint(name: str) -> str:
    from zoneinfo import available_timezones

    if re.search(r"[+-]\d", name):  # any name that is like it has another offset
        return "; write a place that has this time"
    return did_you_mean(name, (zone for zone in available_timezones() if "/" in zone or zone == "UTC"))


def read_prefix(raw: Any) -> str:
    """A country code: `+7`, `"7"` and `7` are one."""
    digits = re.sub(r"[\s()+-]", "", read_text(raw))
    if not re.fullmatch(r"\d{1,6}", digits):
        raise ValueError(f"expected a country code such as +7, got {quoted(raw)}")
    return "+" + digits


_HOME_NUMBER = re.compile(r"(?:\+7|[78])([3489]\d{9})")
_CANONICAL = re.compile(r"\+7[3489]\d{9}", re.ASCII)
_PUNCTUATION = re.compile(r"[\s().\-‐‑–]+")


def read_phone(raw: Any) -> str:
    """A number in E.164. Without a plus it is read as a Russian one, and, failing that, as an international one.

    Asks whether the number is possible, not whether it is assigned: the lists of assigned ranges age.
    """
    if isinstance(raw, str) and _CANONICAL.fullmatch(raw):  # as services give them back, and tables have them
        return raw
    compact = _PUNCTUATION.sub("", str(raw))
    return _phone(raw, compact, compact, "+" + compact.lstrip("+"))


def read_written_phone(raw: Any) -> str:
    """As `read_phone`, of what a person wrote: without a plus it is Russian, or a slip of the pen."""
    if isinstance(raw, str) and _CANONICAL.fullmatch(raw):
        return raw
    compact = _PUNCTUATION.sub("", str(raw))
    if _TRUNK.match(str(raw)) and len(compact) != 11:
        raise _no_phone(raw)
    return _phone(raw, compact, compact)


_TRUNK = re.compile(r"\s*8[\s(.-]")


def _phone(raw: Any, compact: str, *candidates: str) -> str:
    """The first of the candidates that is a possible number of full length."""
    if compact == "":
        return ""
    home = _HOME_NUMBER.fullmatch(compact)
    if home:
        return "+7" + home[1]
    import phonenumbers

    for candidate in candidates:
        try:
            number = phonenumbers.parse(candidate, HOME_REGION)
        except phonenumbers.NumberParseException:
            continue
        possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        if possible and re.fullmatch(r"\+?\d+", candidate):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise _no_phone(raw)


def _no_phone(raw: Any) -> ValueError:
    return ValueError(f"expected a phone number such as +7 495 123-45-67, got {quoted(raw)}")


# --- addresses of sites -----------------------------------------------------------------------------------------------

_SCHEME = re.compile(r"\A[a-zA-Z][a-zA-Z0-9+.-]*://")
_PATH = re.compile(r"[/?#]")
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@functools.lru_cache(maxsize=65536)
def read_address(raw: str) -> str:
    """What a site is recognised by: scheme and trailing slash dropped, host lower-cased, IDN as punycode.

    Raises `ValueError` for what can't be a site's address.
    """
    if _HOST.fullmatch(raw):  # as most are
        return raw
    rest = _SCHEME.sub("", raw.strip(), count=1)
    found = _PATH.search(rest)
    cut = found.start() if found else len(rest)
    host, path = rest[:cut], rest[cut:]
    host, colon, port = host.partition(":")
    host = ascii_host(host.lower().rstrip("."))
    if not _HOST.fullmatch(host) or (colon and not re.fullmatch(r"\d{1,5}", port)) or re.search(r"\s", path):
        raise ValueError(f"expected a site's address such as acme.ru, got {quoted(raw)}")
    return host + (f":{port}" if colon and port not in ("80", "443") else "") + path.rstrip("/")


def ascii_host(host: str) -> str:
    """The host as it is in DNS; what `idna` refuses comes back as it was."""
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host


def human_address(address: str) -> str:
    """A canonical address with its host as people read it (`xn--…` decoded)."""
    if "xn--" not in address:
        return address
    import idna

    host, slash, path = address.partition("/")
    name, colon, port = host.partition(":")
    try:
        return idna.decode(name) + colon + port + slash + path
    except idna.IDNAError:
        return address


def read_url(raw: Any) -> str:
    """A URL as a service gives it back: compared as a site's address, with its spelling where it has one of its own."""
    written = read_text(raw)
    address = read_address(written)
    return address if address == written else Spelled(address, written)


def read_written_url(raw: Any) -> Spelled:
    """A URL as a person wrote it: compared as a site's address, and sent as it was written in any case."""
    written = read_text(raw)
    return Spelled(read_address(written), written)


# --- sets of lines ----------------------------------------------------------------------------------------------------


def entries(raw: Any) -> list[Any]:
    """The entries of a list however it came: a list, PHP's `{"0": …}`, or one string with an entry a line."""
    if isinstance(raw, list | tuple):
        return list(raw)
    if isinstance(raw, dict):
        return list(raw.values())
    return str(raw).split("\n")


def set_of(read: Callable[[Any], str]) -> Callable[[Any], tuple[str, ...]]:
    """A reader of sets whose entries `read` makes canonical; blank entries vanish."""

    def read_set(raw: Any) -> tuple[str, ...]:
        found = (read(entry.strip() if isinstance(entry, str) else entry) for entry in entries(raw))
        return tuple(sorted({entry for entry in found if entry}))

    return read_set


def read_network(raw: Any) -> str:
    """An IP address or network; a network of one address is that address."""
    if raw == "":
        return ""
    try:
        network = ipaddress.ip_network(str(raw), strict=False)
    except ValueError:
        raise ValueError(
            f"expected an IP address or network such as 203.0.113.7 or 198.51.100.0/24, got {quoted(raw)}"
        ) from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def read_line(raw: Any) -> str:
    """One entry of free text; a line break can't be part of one, because it separates them on the wire."""
    text = read_text(raw)
    if "\n" in text:
        raise ValueError(f"expected one line, got {quoted(raw)}")
    return text


def join_lines(value: Iterable[str]) -> str:
    """A set as the service wants it: one string, entries separated by newlines (api.md 1.5, blacklists)."""
    return "\n".join(value)


# --- the table --------------------------------------------------------------------------------------------------------


def show_set(value: Any) -> Any:
    """A set as a list."""
    return list(value) if isinstance(value, tuple) else value


def wire_events(value: Any) -> Any:
    """A list; an empty one as an empty string, because a form can't carry an empty list."""
    return list(value) or ""


def wire_url(value: str) -> str:
    """As written, where that is known."""
    return value.written if isinstance(value, Spelled) else value


def _set(
    name: str,
    read: Callable[[Any], str],
    *,
    wire: Callable[[Any], Any] = join_lines,
    strict: Callable[[Any], str] | None = None,
) -> FieldType:
    return FieldType(name, set_of(read), wire, show_set, (), (), strict and set_of(strict))


TYPES: dict[str, FieldType] = {
    kind.name: kind
    for kind in (
        FieldType("flag", read_flag, int, as_is, None, False),
        FieldType("integer", read_integer, int, as_is, None),
        FieldType("hour", read_hour, as_is, as_is, None),
        FieldType("text", read_text, as_is, as_is, "", ""),
        FieldType("email", read_email, as_is, as_is, "", ""),
        FieldType("timezone", read_timezone, as_is, as_is, "", ""),
        FieldType("phone", read_phone, as_is, as_is, "", "", read_written_phone),
        FieldType("phone_prefix", read_prefix, as_is, as_is, "", ""),
        FieldType("url", read_url, wire_url, wire_url, "", "", read_written_url),
        _set("networks", read_network),
        _set("phones", read_phone, strict=read_written_phone),
        _set("lines", read_line),
        _set("events", read_line, wire=wire_events),
    )
}


# --- words for people -------------------------------------------------------------------------------------------------


def quoted(raw: Any) -> str:
    """A value as it is named in a message: quoted, on one line, not too long."""
    import json

    if isinstance(raw, str):
        raw = raw[:60]  # one more than can be shown: the rest costs time and is cut
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def count(number: int, noun: str) -> str:
    """`1 site`, `12 sites`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or nothing where no known name is near."""
    import difflib

    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""
