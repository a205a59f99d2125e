"""What `api.md` marks [assumed], and every number that is our choice: one edit here changes it everywhere."""

from __future__ import annotations

import re
from typing import Final

#: Verbs (1.3). The update verb is each account's own `update_method`.
DELETE: Final = "DELETE"

#: The keys under which an object may wrap a list, and those under which a wrapper may count what it holds (1.6).
LIST_KEYS: Final = ("data", "items", "sites", "widgets", "calls", "contributors")
COUNT_KEYS: Final = ("total", "count", "total_count")
#: Where a wrapper may keep its count apart.
META_KEYS: Final = ("meta", "pagination", "paging")
#: The keys under which one object may be wrapped (1.6).
OBJECT_KEYS: Final = ("data", "item")
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
