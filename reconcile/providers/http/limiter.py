"""How fast an account's requests may follow each other: one limiter for its reads and writes, and for all threads.

With `requests_per_second` requests are spaced evenly. Where the service says that there are too many (429), the rate is
halved, and then grows by a little with every success, never above what the account allows. An account without a limit
has none until then; what it was sending in that second is where it starts from. A `Retry-After` holds everything back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

#: What is left of the rate after a 429.
DECREASE: Final = 0.5
#: Seconds that a new rate gets to show: services count by the second, and what came before still fills theirs.
SETTLING: Final = 1.0
#: The least that is ever left, in requests a second.
LEAST: Final = 0.2
#: Seconds in which a rate grows from nothing to what it was before the first 429.
RECOVERY: Final = 60.0
#: Seconds over which the rate of an account without a limit is observed, at most and at least, and the requests that
#: are remembered for that.
OBSERVED: Final = 1.0
OBSERVED_LEAST: Final = 0.1
REMEMBERED: Final = 1000

_NEVER: Final = float("-inf")


class Limiter:
    """Gives out turns; safe to use from several threads. `most` is in requests a second, None for no limit.

    All moments are by `clock`, which is monotonic, in seconds.
    """

    def __init__(self, most: float | None, clock: Callable[[], float]) -> None:
        self.rate = most
        self._most = most
        self._before = most or 0.0  # the rate that recovery is measured by
        self._clock = clock
        self._lock = threading.Lock()
        self._free = _NEVER  # the first moment that is nobody's turn yet
        self._paused_until = _NEVER
        self._slowed = _NEVER
        self._turns: deque[float] = deque(maxlen=REMEMBERED)

    def turn(self) -> float:
        """The moment at which the caller may send: now, or later."""
        with self._lock:
            return self._next()

    def confirmed(self, turn: float) -> float:
        """The same turn, or a later one where the service has asked for a pause since it was given out."""
        with self._lock:
            return turn if turn >= self._paused_until else self._next()

    def pause(self, seconds: float) -> None:
        """Nobody sends for so long; turns in that time are void."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def slow_down(self, began: float) -> bool:
        """Notes that a request which began then was one too many; whether that changes the rate.

        What was under way when the rate was changed last, or follows at once, tells nothing new.
        """
        with self._lock:
            if began <= self._slowed + SETTLING:
                return False
            self._slowed = now = self._clock()
            if self.rate is None:
                self.rate = self._before = self._observed(now)
            self.rate = max(self.rate * DECREASE, min(LEAST, self.rate))
            return True

    def recover(self, began: float) -> None:
        """Notes that a request which began then was taken."""
        with self._lock:
            if self.rate is None or self.rate == self._most or began <= self._slowed:
                return
            # There are `rate` successes a second, so that the rate grows by the same in every second.
            grown = self.rate + self._before / RECOVERY / self.rate
            self.rate = grown if self._most is None else min(grown, self._most)

    def _observed(self, now: float) -> float:
        recent = [turn for turn in self._turns if turn > now - OBSERVED]
        return max(1.0, len(recent) / max(now - min(recent, default=now), OBSERVED_LEAST))

    def _next(self) -> float:
        turn = max(self._clock(), self._free, self._paused_until)
        if self.rate is not None:
            self._free = turn + 1 / self.rate
        self._turns.append(turn)
        return turn
