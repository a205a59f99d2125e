"""Whether the service's clock agrees with ours; `ahead` is in seconds, None where it is not known."""

from __future__ import annotations

from typing import Final

from reconcile.providers.base import Check, Level

#: Seconds by which the server's clock may be off before `doctor` warns, and an error message mentions it.
CLOCK_TOLERANCE: Final = 300.0


def clock_difference(ahead: float) -> str:
    """`3 h 2 min ahead of`, `40 s behind`."""
    seconds = round(abs(ahead))
    hours, minutes = divmod(round(seconds / 60), 60)
    size = f"{seconds} s" if seconds < 60 else f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{size} {'ahead of' if ahead > 0 else 'behind'}"


def clock_check(ahead: float | None) -> Check:
    """What `doctor` says of the clocks."""
    if ahead is None:
        return Check(Level.WARNING, "clock", "the service's answers have no Date, so that the clocks can't be compared")
    if abs(ahead) > CLOCK_TOLERANCE:
        return Check(Level.WARNING, "clock", f"the service's clock is {clock_difference(ahead)} this machine's")
    minutes = CLOCK_TOLERANCE / 60
    return Check(Level.OK, "clock", f"the service's clock agrees with this machine's within {minutes:g} minutes")
