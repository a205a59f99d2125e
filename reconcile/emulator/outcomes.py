"""What becomes of a call: a pure function of the clock, its number and its start. All of it is [assumed]."""

from __future__ import annotations

from enum import StrEnum
from hashlib import md5
from typing import Final

from reconcile.emulator.storage.calls import StoredCall


class State(StrEnum):
    """Where a call is."""

    NEW = "new"
    CALLING = "calling"
    TALKED = "talked"
    MISSED = "missed"
    NO_ANSWER = "no_answer"
    DELAYED = "delayed"
    CANCELLED = "cancelled"


#: Seconds until the phones ring, and for which they do.
NEW_FOR: Final = 2
CALLING_FOR: Final = 20
#: Of a hundred calls so many are talked, and so many are missed by every manager; the rest the visitor does not answer.
TALKED: Final = 70
MISSED: Final = 18
#: Seconds that people talk, at least, and at most.
SHORTEST_TALK: Final = 15
LONGEST_TALK: Final = 600


def state(call: StoredCall, now: float) -> State:
    """The state of a call at a time."""
    if call.state is not None:
        return State(call.state)
    elapsed = now - call.start
    if elapsed < 0:
        return State.DELAYED
    if elapsed < NEW_FOR:
        return State.NEW
    if elapsed < NEW_FOR + CALLING_FOR:
        return State.CALLING
    chance = dice(100, "outcome", call.id)
    if chance < TALKED:
        return State.TALKED
    return State.MISSED if chance < TALKED + MISSED else State.NO_ANSWER


def duration(call: StoredCall, now: float) -> int:
    """The seconds that people talked; 0 where they did not."""
    if call.duration is not None:
        return call.duration
    if state(call, now) is not State.TALKED:
        return 0
    # Two dice: most talks are short.
    longer = min(dice(LONGEST_TALK - SHORTEST_TALK, die, call.id) for die in ("talk", "patience"))
    return SHORTEST_TALK + longer


def dice(sides: int, *parts: object) -> int:
    """A number below `sides` that is always the same for the same parts."""
    text = "/".join(map(str, parts))
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest()[:8]) % sides
