"""What `api.md` (section 2) leaves open of Chaser, every line of it [assumed]: one edit here changes it everywhere.

The service documents its parameters and one answer, the list of websites. How it tells of calls is not documented:
each of our names has the service's likely ones, the likeliest first.
"""

from __future__ import annotations

from typing import Final

#: The time zone of dates, and of the days that statistics are asked for by.
ZONE: Final = "Europe/Moscow"

#: The keys under which an object may wrap a list.
LIST_KEYS: Final = ("data", "items", "websites", "sites", "statistics", "calls")
#: The keys under which one object may be wrapped.
OBJECT_KEYS: Final = ("data", "item", "call", "result")

# --- a call in the statistics -----------------------------------------------------------------------------------------

ID_KEYS: Final = ("id", "call_id")
DATE_KEYS: Final = ("date", "datetime", "date_time", "created_at", "created", "call_date", "start_at", "timestamp")
#: Where the time of day may be, beside a date without one.
TIME_KEYS: Final = ("time", "call_time")
CLIENT_KEYS: Final = ("client_phone", "client", "phone", "visitor_phone", "visitor")
MANAGER_KEYS: Final = ("manager_phone", "manager", "operator_phone", "operator")
#: The keys under which a person may have a phone.
PHONE_KEYS: Final = ("phone", "number", "tel")
DURATION_KEYS: Final = ("duration", "talk_time", "length", "billsec", "seconds")
#: A word of these is a state; a number under them is the service's own, and means nothing to us.
STATUS_KEYS: Final = ("status", "state", "call_status", "result")
#: A flag of these says whether people talked.
SUCCESS_KEYS: Final = ("success", "is_success", "successful", "succeeded")

#: Words of a state, in lower case, without spaces, hyphens and underscores; those of the filter are among them.
TALKED: Final = frozenset(
    {
        *("success", "successful", "succeeded", "successcall", "successcalls"),
        *("talk", "talked", "answer", "answered", "connected", "completed", "done", "ok"),
        *("успех", "успешно", "успешный", "разговор", "состоялся"),
    }
)
MISSED: Final = frozenset(
    {
        *("fail", "failed", "failure", "failedcall", "failedcalls", "unsuccessful", "error"),
        *("missed", "busy", "noanswer", "notanswered", "unanswered", "canceled", "cancelled"),
        *("неуспешно", "неуспешный", "неудачный", "неотвечен", "несостоялся", "пропущен", "пропущенный"),
    }
)

# --- the answer to a call ---------------------------------------------------------------------------------------------

#: Keys under which a word, or `false`, says that the call was not taken (a flag of `SUCCESS_KEYS` does, too).
TAKEN_KEYS: Final = ("status", "result")
REFUSED: Final = frozenset(("false", "error", "fail", "failed"))
#: The keys under which a refusal may say why.
REASON_KEYS: Final = ("message", "error_message", "description", "reason")
