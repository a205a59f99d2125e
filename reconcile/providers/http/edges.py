"""What a provider touches of the world besides the network: one value, passed in."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect; without a byte, of a usual and of a slow request; for a whole answer."""

    connect: float = 10.0
    read: float = 60.0
    slow: float = 300.0
    whole: float = 900.0


@dataclass(frozen=True, slots=True)
class Edges:
    """`clock` is monotonic, `wall_clock` Unix time, both in seconds; `random` gives 0.0 to 1.0.

    `wait` lets so many seconds go by, fewer where the event is set before.
    """

    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    wait: Callable[[Event, float], object] = Event.wait
    random: Callable[[], float] = random.random
    timeouts: Timeouts = Timeouts()


#: The world as it is.
REAL: Final = Edges()
