"""Calls, clients, widgets and balances out of the service's answers (api.md 1.6, 1.7). Pure.

Tolerant throughout: what an answer does not hold, or holds unreadably, is empty or None; only what nothing can be done
without raises `BadAnswer`. The names that fields may have are in `assumed`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from reconcile.errors import BadAnswer, ProviderError
from reconcile.model.capabilities import Status
from reconcile.model.normalize import read_phone
from reconcile.providers.activities import Call, Client, Purse, Widget
from reconcile.providers.http.shapes import Json, kind_of
from reconcile.providers.pozvonim import assumed
from reconcile.providers.pozvonim.codec import site_id, unwrapped
from reconcile.providers.pozvonim.studio import email_of

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS: Final = 1e11  # Unix time in seconds stays below this until the year 5138


# --- calls ------------------------------------------------------------------------------------------------------------


def decode_call(raw: Any, zone: tzinfo, statuses: Iterable[Status]) -> Call:
    """A call, brief or detailed; `zone` is that of dates without an offset. Raises `BadAnswer` without an id."""
    raw = _object(raw)
    if not isinstance(raw, dict) or not (known := read_id(_first(raw, "id"))):
        raise BadAnswer(f"a call has no usable id: {kind_of(raw)}", status=200)
    name, succeeded = read_status([raw.get(key) for key in assumed.CALL_KEYS["status"]], statuses)
    return Call(
        id=known,
        site=read_id(_first(raw, "site")),
        at=read_time(_first(raw, "at"), zone),
        client=_phone(_first(raw, "client")),
        manager=_phone(_first(raw, "manager")),
        status=name,
        succeeded=succeeded,
        duration=read_duration(_first(raw, "duration")),
        details=without_secrets(raw),
    )


def new_call_id(raw: Any) -> str:
    """The id of the call that an answer says was made; empty where it tells none."""
    raw = _object(raw)
    return read_id(_first(raw, "id") if isinstance(raw, dict) else raw)


def oldest_first(calls: Iterable[Call]) -> tuple[Call, ...]:
    """Calls by their time, and by their ids where that is the same or missing."""
    return tuple(sorted(calls, key=lambda call: (call.at or _EARLIEST, call.id.zfill(20))))


def _first(raw: Json, what: str) -> Any:
    return next((raw[key] for key in assumed.CALL_KEYS[what] if raw.get(key) not in (None, "")), None)


def read_id(raw: Any) -> str:
    """An id as text, out of a number, a text or an object that has one; empty for anything else."""
    if isinstance(raw, dict):
        raw = raw.get("id")
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return ""
    text = str(raw).strip()
    return text if re.fullmatch(r"[\w-]{1,64}", text) else ""


def read_time(raw: Any, zone: tzinfo) -> datetime | None:
    """`2015-10-02 17:58:43` in `zone` (1.2), ISO 8601, Unix time; None for anything else. In `zone`."""
    try:
        if isinstance(raw, bool):
            return None
        if isinstance(raw, int | float) or re.fullmatch(r"\s*\d{9,13}(\.\d+)?\s*", str(raw)):
            seconds = float(raw)
            seconds = seconds / 1000 if seconds > _MILLISECONDS else seconds
            return datetime.fromtimestamp(seconds, zone) if seconds > 0 else None
        at = datetime.fromisoformat(str(raw).strip())
    except (ValueError, OverflowError, OSError):
        return None
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def wire_time(at: datetime, zone: tzinfo) -> str:
    """`2015-10-02 17:58:43` in the profile's zone (1.2)."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def read_duration(raw: Any) -> int | None:
    """Seconds: `63`, `"63"`, `63.0`, `"1:03"`, `"00:01:03"`."""
    match = re.fullmatch(r"\s*(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,7})(?:\.\d*)?\s*", str(raw))
    if match is None or isinstance(raw, bool):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def read_status(given: Sequence[Any], statuses: Iterable[Status]) -> tuple[str, bool | None]:
    """Our name of a status, given as a number, a text or `{"id", "name"}`; else the service's own words for it."""
    flat = [part for raw in given for part in (([raw.get("id"), raw.get("name")]) if isinstance(raw, dict) else [raw])]
    texts = [str(part).strip() for part in flat if part is not None and not isinstance(part, list | bool)]
    known = {str(status.wire): status for status in statuses} | {status.name: status for status in statuses}
    for text in texts:
        status = known.get(re.sub(r"\.0+$", "", text)) or known.get(re.sub(r"[\s-]+", "_", text.lower()))
        if status is not None:
            return status.name, status.succeeded
    return next((text for text in texts if text and not text.isdecimal()), next(iter(texts), "")), None


def _phone(raw: Any) -> str:
    """Canonical where it can be read, else as it came."""
    if isinstance(raw, dict):
        raw = raw.get("phone")
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if raw is None or isinstance(raw, bool | list):
        return ""
    try:
        return read_phone(raw)
    except ValueError:
        return str(raw).strip()


# --- clients and money ------------------------------------------------------------------------------------------------


def decode_client(raw: Any) -> Client:
    """A studio's client, brief or extended. Raises `BadAnswer` without an id."""
    raw = _object(raw)
    known = site_id(raw)
    if known is None:
        raise BadAnswer(f"a client has no usable id: {kind_of(raw)}", status=200)
    balance = next((money(raw[key]) for key in assumed.BALANCE_KEYS if raw.get(key) is not None), None)
    return Client(known, email_of(raw), balance, without_secrets(raw))


def purse_balance(profile: Any, purse: Purse) -> Decimal | None:
    """A balance of the own profile; None where it is not told."""
    raw = _object(profile)
    keys = assumed.PURSE_KEYS[purse.value]
    return next((money(raw[key]) for key in keys if raw.get(key) is not None), None) if isinstance(raw, dict) else None


def money(raw: Any) -> Decimal | None:
    """Roubles: `"10000.00"`, `10000`, `"1 000,50"`; None for anything else."""
    text = re.sub(r"\s", "", str(raw)).replace(",", ".")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and not isinstance(raw, bool) else None


def wire_amount(amount: Decimal) -> int | str:
    """A whole number of roubles, or a text with two decimals."""
    return int(amount) if amount == amount.to_integral_value() else f"{amount:.2f}"


# --- the profile's zone -----------------------------------------------------------------------------------------------


def zone_of(profile: Any) -> tzinfo:
    """The zone of a profile: an IANA name, or an offset such as `+03:00` or `UTC+3`.

    Raises `BadAnswer` for one that can't be read: times in a wrong zone would be worse than none.
    """
    from zoneinfo import ZoneInfo

    raw = _object(profile)
    if not isinstance(raw, dict):
        raise BadAnswer(f"GET /profile: expected an object, got {kind_of(raw)}", status=200)
    given = next((str(raw[key]).strip() for key in assumed.ZONE_KEYS if raw.get(key)), assumed.PROFILE_ZONE)
    offset = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?", given)
    try:
        if offset is None:
            return ZoneInfo(given)
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(size if offset[1] == "+" else -size)
    except (KeyError, ValueError, OSError):
        # Not what it says instead: an answer may repeat a secret anywhere.
        message = "GET /profile: its time zone is none that is known, so that the service's dates can't be read"
        raise BadAnswer(message, status=200) from None


# --- the service's time -----------------------------------------------------------------------------------------------


def shown_time(raw: Any) -> str:
    """The service's time, in whichever shape it came: Unix time, or a text in a zone that it does not name."""
    given = time_value(raw)
    if isinstance(given, int | float) or re.fullmatch(r"\d{9,11}", str(given)):
        return f"{datetime.fromtimestamp(float(given), UTC):%Y-%m-%d %H:%M:%S} UTC"
    if re.search(r"\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$", given):
        return str(given)
    return f"{given}, in a time zone that the service does not name (the profile's, it documents)"


def time_value(raw: Any) -> Any:
    """The number or the non-blank text inside of an answer. Raises `ProviderError` where there is none."""
    inner = raw
    for _ in range(4):
        if isinstance(inner, list) and len(inner) == 1:
            inner = inner[0]
        elif isinstance(inner, dict):
            inner = next((inner[key] for key in assumed.TIME_KEYS if inner.get(key) is not None), None)
    number = isinstance(inner, int | float) and not isinstance(inner, bool) and 0 <= inner < 1e11
    if not number and not (isinstance(inner, str) and 0 < len(inner.strip()) <= 40):
        raise ProviderError("GET /server/time/now: the answer holds no time")
    return inner if number else inner.strip()


# --- widgets ----------------------------------------------------------------------------------------------------------


def decode_widget(site: int, item: Json, settings: Any) -> Widget:
    """A site's widget, of its item in the list (10) and its settings (11). Raises `BadAnswer` without settings."""
    settings = unwrapped(settings)
    known = site_id(item) or site_id(settings)
    if not isinstance(settings, dict) or not settings or known is None:
        raise BadAnswer(f"the widget of site {site}: expected settings, got {kind_of(settings)}", status=200)
    return Widget(known, _snippet(site, (settings, item)), without_secrets(settings))


def _snippet(site: int, answers: Sequence[Mapping[str, Any]]) -> str:
    """The code that the service gives, or the one that public pages hold, with the key that the service gives."""
    given = (answer.get(key) for key in assumed.SNIPPET_KEYS for answer in answers)
    code = next((text.strip() for text in given if isinstance(text, str) and "<script" in text.lower()), None)
    if code is not None:
        return code
    keys = (str(answer.get(key) or "") for key in assumed.SITE_KEYS for answer in answers)
    key = next((key for key in keys if re.fullmatch(r"[0-9a-fA-F]+", key)), None)
    if key is None:
        key = next((read_id(answer["site_id"]) for answer in answers if answer.get("site_id")), "") or str(site)
    return assumed.SNIPPET.format(key=html.escape(key, quote=True))


# --- all of them ------------------------------------------------------------------------------------------------------


def _object(raw: Any) -> Any:
    """One object, out of whatever wraps it."""
    raw = unwrapped(raw)
    wrapper = next((key for key in assumed.WRAPPERS if set(raw) == {key}), None) if isinstance(raw, dict) else None
    return raw if wrapper is None or not isinstance(raw[wrapper], dict) else raw[wrapper]


def without_secrets(raw: Any) -> Any:
    """An answer without what must not be shown."""
    if isinstance(raw, dict):
        return {key: without_secrets(value) for key, value in raw.items() if key.lower() not in assumed.SECRET_KEYS}
    return [without_secrets(value) for value in raw] if isinstance(raw, list) else raw
