"""What `api.md` marks [assumed], and every number that is our choice: one edit here changes it everywhere."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

#: Verbs (1.3). The update verb is each account's own `update_method`.
DELETE: Final = "DELETE"

#: The keys under which an object may wrap a list (1.6).
LIST_KEYS: Final = ("data", "items", "sites", "widgets", "calls", "contributors")
#: The keys under which one object may be wrapped (1.6).
OBJECT_KEYS: Final = ("data", "item")
#: The keys under which one may be wrapped that then has its id inside.
NAMED_KEYS: Final = ("site", "contributor")
#: The keys under which a client may have its e-mail, and those under which the profile may be wrapped.
EMAIL_KEYS: Final = ("email", "login", "mail")
PROFILE_KEYS: Final = ("profile", "user")
#: A list item that lacks one of these is brief (1.6).
DETAIL_SECTIONS: Final = ("managers", "widget", "blacklists")

#: An error code that speaks of credentials, whatever its HTTP status (1.2 shows only `GEN-SERVER-ERROR`).
CREDENTIALS_CODE: Final = re.compile(r"(?:^|[^A-Z])(?:UN)?(?:AUTH|TOKEN|SIGN)")

#: Seconds that a token lives (1.1, documented), and before the end of which it is replaced.
TOKEN_LIFETIME: Final = 4 * 3600.0
TOKEN_MARGIN: Final = 300.0
#: `expire` is of unknown type: only a number between this and the lifetime is believed to be a number of seconds.
TOKEN_LIFETIME_LEAST: Final = 60.0

#: Sites asked for by one `ids[]` request: far below the 1,000 variables that PHP reads, and a URL of about 1 KB.
IDS_PER_REQUEST: Final = 50

# --- calls, clients, money, widgets (1.4, calls 8 to 28; the page shows no answer of any of them) ---------------------

#: The zone of a profile that names none: the documented default of a widget's (1.5).
PROFILE_ZONE: Final = "Europe/Moscow"
ZONE_KEYS: Final = ("timezone", "time_zone")
#: Where the answer to call 7 may hold the time.
TIME_KEYS: Final = ("time", "now", "datetime", "date", "timestamp", "server_time", "data")

#: `end_at` is still part of the period that is asked for, so that it is the last second before the end.
LAST_MOMENT: Final = timedelta(microseconds=1)

#: The names that a call's fields may have; the first that is there counts.
CALL_KEYS: Final = {
    "id": ("id", "call_id"),
    "site": ("site_id", "sites_id", "site"),
    "at": ("start_at", "started_at", "created_at", "datetime", "date", "time", "created"),
    "client": ("client", "client_phone", "phone"),
    "manager": ("manager", "manager_phone"),
    "status": ("status_id", "status", "status_name", "state"),
    "duration": ("duration", "talk_time", "call_duration", "billsec", "length"),
}
#: The keys under which one of these may be wrapped, besides those of any object.
WRAPPERS: Final = ("call", "contributor", "profile", "widget")

BALANCE_KEYS: Final = ("balance", "money")
#: The balances of a profile, by our names of them, and the `type` of a payment from each.
PURSE_KEYS: Final = {"main": ("balance", "main_balance"), "partner": ("partner_balance", "balance_partner")}
PURSE_TYPES: Final = {"main": 1, "partner": 2}
#: How a method is refused that an account has no right to, such as the clients of one that is no studio.
NO_RIGHT: Final = (401, 403, 404, 405, 501)
#: What is never taken over from an answer, whatever it is for.
SECRET_KEYS: Final = ("password", "api_key", "token", "sign")

#: Where a widget's answers may hold the code that embeds it, or the key that the code needs; else it is the site's id.
SNIPPET_KEYS: Final = ("snippet", "code", "script")
SITE_KEYS: Final = ("site_key", "key", "hash")
#: What public pages hold that show the widget.
SNIPPET: Final = (
    '<script crossorigin="anonymous" async type="text/javascript" '
    'src="//api.pozvonim.com/widget/callback/v3/{key}/connect" id="check-code-pozvonim" charset="UTF-8"></script>'
)

# --- where things stand on a page (1.5, widget: the page names the fields, and not what their numbers mean) -----------

#: `button_position`: the side and the height, as fractions of the page from its left and top. `button_position_x` and
#: `_y` move the button inwards from there, in percent of the page.
BUTTON_PLACES: Final = {
    1: (1.0, 1.0),
    2: (0.0, 1.0),
    3: (1.0, 0.0),
    4: (0.0, 0.0),
    5: (1.0, 0.5),
    6: (0.0, 0.5),
}
#: `window_position`, in the same fractions.
WINDOW_PLACES: Final = {
    1: (0.0, 0.5),
    2: (0.5, 0.5),
    3: (1.0, 0.5),
}
#: `button`: the number that stands for none.
NO_BUTTON: Final = 0
