"""A clock whose pauses take no time, and are noted."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock
from typing import Any

from reconcile.providers.http.edges import Edges


class Clockwork:
    """Real time, and what was slept away beside it; `pauses` are in seconds."""

    def __init__(self, pauses: list[float] | None = None) -> None:
        self.pauses = [] if pauses is None else pauses
        self.skipped = 0.0
        self.lock = Lock()

    def clock(self) -> float:
        return time.monotonic() + self.skipped

    def wait(self, event: Event, seconds: float) -> None:
        if not event.is_set():
            with self.lock:
                self.pauses.append(seconds)
                self.skipped += seconds

    def edges(self, random: Callable[[], float] = lambda: 1.0, **more: Any) -> Edges:
        """These as a provider takes them."""
        return Edges(**{"clock": self.clock, "wait": self.wait, "random": random} | more)
