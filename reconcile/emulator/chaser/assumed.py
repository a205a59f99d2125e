"""What the answers of Chaser look like, where its page shows none (api.md 2). All of it is [assumed].

Errors come in Pozvonim's envelope. Statistics tell of calls that are over: those that people talked are successes,
all others failures.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

from reconcile.emulator.outcomes import State, duration, state
from reconcile.emulator.storage import StoredCall

#: The zone of all dates.
ZONE: Final = ZoneInfo("Europe/Moscow")
DATE_FORMAT: Final = "%d-%m-%Y %H:%M:%S"

SUCCESS: Final = "success"
FAILED: Final = "failed"
#: What the filter of statistics lets through.
FILTERS: Final = {"success_calls": SUCCESS, "failed_calls": FAILED}

_OVER: Final = {
    State.TALKED: SUCCESS,
    State.MISSED: FAILED,
    State.NO_ANSWER: FAILED,
    State.CANCELLED: FAILED,
}

CALL_TYPES: Final = {
    "client_phone": "phone",
    "manager_phone": "phone",
    "duration": "integer",
}


def result(stored: StoredCall, now: float) -> str | None:
    """What became of a call; None for one that is not over."""
    return _OVER.get(state(stored, now))


def call(stored: StoredCall, now: float) -> dict[str, Any]:
    """A call, as statistics tell of it; ids are texts, as those of websites are."""
    return {
        "id": str(stored.id),
        "site_id": str(stored.site),
        "date": dt.datetime.fromtimestamp(int(stored.start), ZONE).strftime(DATE_FORMAT),
        "client_phone": stored.client,
        "manager_phone": stored.manager,
        "status": result(stored, now),
        "duration": duration(stored, now),
    }


def made(number: int) -> dict[str, str]:
    """The answer to a call that will be made."""
    return {"status": "ok", "id": str(number)}
