"""What a provider touches of the world besides the network: one value, passed in."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Event
from typing import Final

from msgspec import Struct

#: Seconds to connect, and for a whole answer, at most.
CONNECT: Final = 10.0
WHOLE: Final = 900.0
#: How many times as long as others a slow request may take: a list of everything, or a bulk read.
SLOWER: Final = 5.0


class Timeouts(Struct, frozen=True):
    """Seconds: to connect; without a byte, of a usual and of a slow request; for a whole answer."""

    connect: float = CONNECT
    read: float = 60.0
    slow: float = 300.0
    whole: float = WHOLE

    @classmethod
    def of(cls, read: float) -> Timeouts:
        """Those that go with an account's `timeout`. A slow request keeps its ratio to a usual one."""
        slow = SLOWER * read
        return cls(min(CONNECT, read), read, slow, max(WHOLE, slow))


class Edges(Struct, frozen=True):
    """`clock` is monotonic, `wall_clock` Unix time, both in seconds; `random` gives 0.0 to 1.0.

    `wait` lets so many seconds go by, fewer where the event is set before. `timeouts` are those of the account's
    `timeout` where there are none.
    """

    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    wait: Callable[[Event, float], object] = Event.wait
    random: Callable[[], float] = random.random
    timeouts: Timeouts | None = None


#: The world as it is.
REAL: Final = Edges()
