"""What `doctor` finds out about an account: credentials, clock, how sites are read. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from reconcile.errors import ProviderError
from reconcile.model.normalize import count
from reconcile.providers.base import Check
from reconcile.providers.http.clock import CLOCK_TOLERANCE, clock_difference
from reconcile.providers.http.protocol import Request
from reconcile.providers.pozvonim.codec import list_items

if TYPE_CHECKING:
    from reconcile.providers.pozvonim.client import Client
    from reconcile.providers.pozvonim.reading import Reader

_OK: Final = "ok"
_WARNING: Final = "warning"
_ERROR: Final = "error"
_TIME_KEYS: Final = ("time", "now", "datetime", "date", "timestamp", "server_time", "data")


def checks(client: Client, reader: Reader) -> list[Check]:
    """Every step's finding; without credentials the later steps are not tried."""
    account = client.account
    found = [Check(_OK, "configuration", f"{account.encoding} bodies, updates by {account.update_method}")]
    access = _step("credentials", lambda: _credentials(client))
    found.append(access)
    steps: dict[str, Callable[[], str]] = {
        "server time": lambda: _server_time(client),
        "sites": lambda: _sites(reader),
        "widgets": lambda: _widgets(client),
    }
    if access.level == _ERROR:
        return found + [Check(_WARNING, subject, "not tried: there is no token") for subject in steps]
    found += [_step(subject, step) for subject, step in steps.items()]
    found.insert(2, _clock(client))
    return found


def _step(subject: str, step: Callable[[], str]) -> Check:
    try:
        return Check(_OK, subject, step())
    except ProviderError as error:
        return Check(_ERROR, subject, str(error))


def _credentials(client: Client) -> str:
    client.tokens.current()
    return f"the service gave account {client.account.name} a token"


def _clock(client: Client) -> Check:
    """The difference of the clocks, by the `Date` of the answers."""
    ahead = client.clock_ahead
    if ahead is None:
        return Check(_WARNING, "clock", "the service's answers have no Date, so that the clocks can't be compared")
    if abs(ahead) > CLOCK_TOLERANCE:
        return Check(_WARNING, "clock", f"the service's clock is {clock_difference(ahead)} this machine's")
    return Check(
        _OK, "clock", f"the service's clock agrees with this machine's within {CLOCK_TOLERANCE / 60:g} minutes"
    )


def _server_time(client: Client) -> str:
    return shown_time(client.call(Request("GET", "/server/time/now")))


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
            inner = next((inner[key] for key in _TIME_KEYS if inner.get(key) is not None), None)
    number = isinstance(inner, int | float) and not isinstance(inner, bool) and 0 <= inner < 1e11
    if not number and not (isinstance(inner, str) and 0 < len(inner.strip()) <= 40):
        raise ProviderError("GET /server/time/now: the answer holds no time")
    return inner if number else inner.strip()


def _sites(reader: Reader) -> str:
    probe = reader.probe()
    return f"{count(probe.sites, 'site')}; {probe.rung.value}"


def _widgets(client: Client) -> str:
    request = Request("GET", "/widget", slow=True)
    return f"{count(len(list_items(client.call(request), str(request))), 'widget')} readable"
