"""Read-your-writes lag: a service's lists may miss for a while what was just created."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

FIRST: Final = 0.25


def pauses(lag: float) -> Iterator[float]:
    """Pauses between looks, each twice as long as the one before, `lag` seconds altogether; none where nothing lags."""
    pause, left = FIRST, lag
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause *= 2
