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
from reconcile.emulator.storage import Account, StoredClient

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


# --- money ------------------------------------------------------------------------------------------------------------


def roubles(hundredths: int) -> Decimal:
    """Money as it is told, with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def payment(number: int, amount: int, left: int) -> Mapping[str, Any]:
    """A payment that was made, and what is left in the purse that it came from."""
    return {"id": number, "amount": roubles(amount), "balance": roubles(left)}


PAYMENT_TYPES: Final = {"id": "id", "amount": "money", "balance": "money"}
