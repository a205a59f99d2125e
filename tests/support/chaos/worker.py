"""One of the processes that play schedules: it has a zygote of its own."""

from __future__ import annotations

import atexit
import logging

from chaos.play import Figures, Wrong, play
from chaos.schedules import schedule
from chaos.world import Zygote

_zygotes: list[Zygote] = []


def prepare() -> None:
    """Called once in each process."""
    # What the emulator can't do because its client was killed on the way is no news.
    logging.getLogger("reconcile.emulator").disabled = True
    _zygotes.append(Zygote())
    atexit.register(_zygotes[0].close)


def attempt(seed: int) -> tuple[int, Figures, str]:
    """Plays the schedule of a seed; gives what happened, or what is wrong."""
    try:
        return seed, play(schedule(seed), _zygotes[0]), ""
    except Wrong as wrong:
        return seed, Figures(), str(wrong)
