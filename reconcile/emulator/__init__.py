"""The services, locally, for real: HTTP over SQLite, as strict as documented, in every spelling that they may use.

The way of a request is the way of the modules: `server` (HTTP) → `requests` (what arrived) → `routes` → `pozvonim` or
`chaser` (who is let in; then a module for each subject, given what is `asked`) → `documents` (what may be held) and
`storage` → `answers`, in the `manners` of the `personalities` that are on. `backdoor` is for tests and people. The
`faults` that are on strike where the `injector` lets them: `meanwhile`, and on the way of the answer (`deliveries`,
`sending`).
"""

from reconcile.emulator.emulator import Emulator, Options
from reconcile.emulator.faults import FAULTS, Fault, Strike, Strikes
from reconcile.emulator.moments import Moment, Phase
from reconcile.emulator.personalities import PERSONALITIES, Personality
from reconcile.emulator.storage import Recorded

__all__ = [
    "FAULTS",
    "PERSONALITIES",
    "Emulator",
    "Fault",
    "Moment",
    "Options",
    "Personality",
    "Phase",
    "Recorded",
    "Strike",
    "Strikes",
]
