"""The service's websites and calls to our values (api.md, section 2). Pure.

Every shape and spelling is read that services of this age use (1.6, 1.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

from reconcile.errors import BadAnswer
from reconcile.model.address import Address
from reconcile.model.fields import Field, Kind
from reconcile.model.normalize import read_address, read_flag, read_phone, read_text
from reconcile.model.resource import Live
from reconcile.providers.activities import Call
from reconcile.providers.chaser import assumed
from reconcile.providers.chaser.capabilities import MISSED, TALKED
from reconcile.providers.http.shapes import Json, by_id, list_items

# --- websites (29) ----------------------------------------------------------------------------------------------------

#: The section of a site that is a website's own fields.
SECTION: Final = "website"


def websites(kind: Kind, account: str, raw: Any, what: str) -> tuple[Live, ...]:
    """The list of websites, as sites of this kind; `what` names it in messages.

    Raises `BadAnswer` for one that can't be trusted.
    """
    listed = by_id(list_items(raw, what, assumed.LIST_KEYS), "website")
    return tuple(_website(kind, account, known, item) for known, item in listed.items())


def _website(kind: Kind, account: str, known: int, raw: Json) -> Live:
    name = raw.get("name")
    if not isinstance(name, str) or not name.strip():
        raise BadAnswer(f"website {known} has no name", status=200)
    try:
        address = read_address(name)
    except ValueError:  # not an address that we would declare, but the website is there and must be seen
        address = name.strip().lower()
    values = tuple(_value(field, raw, name) for field in kind.fields)
    return Live(Address(account, "site", address), known, values)


def _value(field: Field, raw: Json, name: str) -> Any:
    if field.path == "url":
        return field.lenient(name)
    return field.lenient(raw.get(field.wire[1])) if field.wire[0] == SECTION else field.nothing


# --- calls (30) -------------------------------------------------------------------------------------------------------


def calls(raw: Any, site: int, zone: tzinfo, what: str, *, filtered: bool | None = None) -> list[Call]:
    """The calls of a website. `filtered`: the service was asked for those only in which people talked, or did not.

    Raises `BadAnswer` for what is no list of objects.
    """
    groups = {True: "success_calls", False: "failed_calls"}
    found: list[Call] = []
    if isinstance(raw, dict) and any(isinstance(raw.get(key), list | dict) for key in groups.values()):
        for succeeded, key in groups.items():  # told apart as the filter does
            found += calls(raw.get(key) or [], site, zone, f"{what}, {key}", filtered=succeeded)
        return found
    return [_call(item, site, zone, filtered) for item in list_items(raw, what, assumed.LIST_KEYS)]


def _call(raw: Json, site: int, zone: tzinfo, filtered: bool | None) -> Call:
    succeeded = _succeeded(raw)
    if succeeded is None:
        succeeded = filtered
    own = "" if succeeded is None else TALKED.name if succeeded else MISSED.name
    return Call(
        id=text_of(first(raw, assumed.ID_KEYS)),
        site=str(site),
        at=_at(raw, zone),
        client=phone(first(raw, assumed.CLIENT_KEYS)),
        manager=phone(first(raw, assumed.MANAGER_KEYS)),
        status=own or text_of(first(raw, assumed.STATUS_KEYS)),
        succeeded=succeeded,
        duration=seconds(first(raw, assumed.DURATION_KEYS)),
        details=raw,
    )


def first(raw: Mapping[str, Any], keys: Iterable[str]) -> Any:
    """The value of the first of the keys that has one."""
    return next((raw[key] for key in keys if raw.get(key) not in (None, "", [], {})), None)


def text_of(raw: Any) -> str:
    """Text, a number as text, or the name of an object that has one; an empty text for everything else."""
    if isinstance(raw, dict):
        raw = first(raw, ("name", "title", "id"))
    try:
        return "" if raw is None else read_text(raw)
    except ValueError:
        return ""


def _succeeded(raw: Json) -> bool | None:
    """Whether people talked, by the words or the flags of a call; None where it tells neither."""
    status = first(raw, assumed.STATUS_KEYS)
    if isinstance(status, bool):
        return status
    word = re.sub(r"[\s_-]", "", text_of(status).lower().replace("ё", "е"))
    if word in assumed.TALKED or word in assumed.MISSED:
        return word in assumed.TALKED
    flag = next((raw[key] for key in assumed.SUCCESS_KEYS if raw.get(key) not in (None, "")), None)
    try:
        return None if flag is None else read_flag(flag)
    except ValueError:
        return None


def phone(raw: Any) -> str:
    """A phone in any spelling, or a person who has one; canonical where it can be read."""
    if isinstance(raw, dict):
        raw = first(raw, assumed.PHONE_KEYS)
    text = text_of(raw)
    try:
        return read_phone(text)
    except ValueError:
        return text


def seconds(raw: Any) -> int | None:
    """`63`, `"63"`, `63.0`, `"01:03"`, `"00:01:03"`; None for everything else."""
    text = text_of(raw)
    clock = re.fullmatch(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2})", text)
    if clock is not None:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
    number = re.fullmatch(r"(\d{1,9})(?:\.\d*)?", text)
    return int(number[1]) if number else None


# --- times ------------------------------------------------------------------------------------------------------------

_TIME: Final = r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
_OFFSET: Final = r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
_DAY_FIRST: Final = re.compile(r"(?P<day>\d{1,2})[-./](?P<month>\d{1,2})[-./](?P<year>\d{4})" + _TIME + _OFFSET)
_YEAR_FIRST: Final = re.compile(r"(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})" + _TIME + _OFFSET)
_UNIX: Final = re.compile(r"\d{9,10}(?:\.\d+)?")


def _at(raw: Json, zone: tzinfo) -> datetime | None:
    date, time = first(raw, assumed.DATE_KEYS), first(raw, assumed.TIME_KEYS)
    if isinstance(date, str) and isinstance(time, str) and ":" not in date and ":" in time:
        date = f"{date.strip()} {time.strip()}"
    return moment(time if date is None else date, zone)


def moment(raw: Any, zone: tzinfo) -> datetime | None:
    """`dd-mm-YYYY` and ISO 8601, with a time or without, and Unix time; what names no zone is in `zone`.

    None for everything else, such as PHP's 0000-00-00.
    """
    text = text_of(raw)
    if _UNIX.fullmatch(text):
        return datetime.fromtimestamp(float(text), zone)
    match = _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    with suppress(ValueError, OverflowError):
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["offset"], zone))
    return None


def _zone(offset: str | None, otherwise: tzinfo) -> tzinfo:
    if offset is None:
        return otherwise
    if offset == "Z":
        return UTC
    size = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(-size if offset[0] == "-" else size)


def day(when: datetime, zone: tzinfo) -> str:
    """The day of an aware time as the service wants it (call 30): `dd-mm-YYYY`."""
    return when.astimezone(zone).strftime("%d-%m-%Y")
