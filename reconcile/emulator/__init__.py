"""The services, locally, for real: HTTP over SQLite, as strict as documented, in every spelling that they may use.

The way of a request is the way of the modules: `server` (HTTP) → `requests` (what arrived) → `routes` → `service` →
`documents` (what a site may hold) and `storage` → `answers`, which speak as the `personalities` that are on.
"""

from reconcile.emulator.emulator import Emulator, Options
from reconcile.emulator.personalities import PERSONALITIES, Personality
from reconcile.emulator.storage import Recorded

__all__ = ["PERSONALITIES", "Emulator", "Options", "Personality", "Recorded"]
