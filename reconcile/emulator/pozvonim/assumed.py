"""What the answers of Pozvonim look like, where its page shows none (api.md 1.6). All of it is [assumed].

Functions here give plain values; how those are spelled is a matter of personalities, which need the types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import md5
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconcile.emulator.asked import written
from reconcile.emulator.outcomes import State, duration, state
from reconcile.emulator.storage import Account, StoredCall, StoredClient

# --- profile (calls 7, 14, 15) ----------------------------------------------------------------------------------------

PROFILE_TYPES: Final = {
    "id": "id",
    "api_enable": "flag",
    "balance": "money",
    "partner_balance": "money",
}


def profile(account: Account) -> dict[str, Any]:
    """The account itself; its API key is not told."""
    return {
        "id": account.n,
        "email": f"studio{account.n}@example.com",
        "timezone": account.timezone,
        "api_enable": int(account.enabled),
        "balance": roubles(account.balance),
        "partner_balance": roubles(account.partner_balance),
    }


def server_time(now: float, zone: ZoneInfo) -> dict[str, Any]:
    """The clock, as unix time and as dates are written."""
    return {"time": int(now), "date": written(now, zone), "timezone": zone.key}


# --- clients (calls 17 to 20) -----------------------------------------------------------------------------------------

CLIENT_TYPES: Final = {"id": "id", "balance": "money"}


def client(stored: StoredClient) -> dict[str, Any]:
    """A client, as it is listed."""
    return {"id": stored.id, "email": stored.email, "balance": roubles(stored.balance)}


def client_extended(stored: StoredClient, sites: Sequence[Any], zone: ZoneInfo) -> dict[str, Any]:
    """A client with the ids of its sites."""
    return {**client(stored), "created_at": written(stored.created, zone), "sites": list(sites)}


# --- widgets (calls 10 and 11) ----------------------------------------------------------------------------------------

WIDGET_TYPES: Final = {"id": "id", "site_id": "id"}
#: A widget's id is its site's and this, so that nobody takes one for the other.
FIRST_WIDGET: Final = 700_000


def widget(site_id: int, settings: Any) -> dict[str, Any]:
    """A widget, as it is listed."""
    return {"id": FIRST_WIDGET + site_id, "site_id": site_id, "site_key": site_key(site_id), "widget": settings}


def site_key(site_id: int) -> str:
    """What names a site in its page's code, where its number is not to be seen."""
    return md5(f"site/{site_id}".encode(), usedforsecurity=False).hexdigest()


#: Settings that the widget has in its page, and that nobody documents.
UNDOCUMENTED_SETTINGS: Final = {
    "buttonSize": 80,
    "buttonColor": "#ff6600",
    "buttonTextColor": "#ffffff",
    "windowColor": "#2b2b2b",
    "texts": {"title": "Перезвоним за 28 секунд", "button": "Жду звонка", "thanks": "Спасибо, уже набираем"},
    "mobileButton": {"enable": 1, "size": 60, "position": "right"},
}


def widget_settings(site_id: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What initialises a widget without asking the server."""
    number = FIRST_WIDGET + site_id
    return {
        "id": number,
        "site_id": site_id,
        "site_key": site_key(site_id),
        "apiPath": f"//api.pozvonim.com/widget/callback/v3/{number}",
        **UNDOCUMENTED_SETTINGS,
        **settings,
    }


# --- calls (8, 9, 12, 13, 26, 27) -------------------------------------------------------------------------------------

#: The service's numbers of states.
STATUSES: Final[Mapping[State, int]] = {
    State.NEW: 1,
    State.CALLING: 2,
    State.TALKED: 3,
    State.MISSED: 4,
    State.NO_ANSWER: 5,
    State.DELAYED: 6,
    State.CANCELLED: 7,
}
#: What may come with a call, and what it is where it did not.
CALL_DETAILS: Final[Mapping[str, Any]] = {
    "region": "",
    "source_call": "",
    "source_enter": "",
    "source_referer": "",
    "return_count": 0,
    "ip": "",
    "useragent": "",
}
CALL_TYPES: Final = {
    "id": "id",
    "site_id": "id",
    "status_id": "id",
    "client": "phone",
    "manager": "phone",
    "duration": "integer",
    "return_count": "integer",
    "region": "text",
    "source_call": "text",
    "source_enter": "text",
    "source_referer": "text",
    "ip": "text",
    "useragent": "text",
    "record": "text",
    "delayed": "text",
}


def call(stored: StoredCall, now: float, zone: ZoneInfo) -> dict[str, Any]:
    """A call, as it is listed."""
    reached = state(stored, now)
    return {
        "id": stored.id,
        "site_id": stored.site,
        "status_id": STATUSES[reached],
        "status": reached.value,
        "client": stored.client,
        "manager": stored.manager,
        "start_at": written(stored.start, zone),
        "duration": duration(stored, now),
    }


def call_detailed(stored: StoredCall, now: float, zone: ZoneInfo) -> dict[str, Any]:
    """A call with what came with it, its record, and the time that it was delayed to."""
    talked = state(stored, now) is State.TALKED
    return {
        **call(stored, now, zone),
        **CALL_DETAILS,
        **stored.details,
        "record": f"https://api.pozvonim.com/records/{stored.id}.mp3" if talked else "",
        "delayed": written(stored.start, zone) if stored.delayed else "",
    }


# --- money ------------------------------------------------------------------------------------------------------------


def roubles(hundredths: int) -> Decimal:
    """Money as it is told, with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def payment(number: int, amount: int, left: int) -> Mapping[str, Any]:
    """A payment that was made, and what is left in the purse that it came from."""
    return {"id": number, "amount": roubles(amount), "balance": roubles(left)}


PAYMENT_TYPES: Final = {"id": "id", "amount": "money", "balance": "money"}
