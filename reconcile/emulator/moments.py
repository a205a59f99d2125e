"""The boundaries of a request, for whoever has to be there: a test that ends a client at exactly one of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class Phase(StrEnum):
    """How far a request is."""

    #: It has been read, and nothing is done.
    ARRIVED = "arrived"
    #: Its work is committed, and nothing is answered. What a fault refuses never comes so far.
    DONE = "done"
    #: The last byte of the answer has been written. What a fault cuts off never comes so far.
    ANSWERED = "answered"


class Moment(Struct, frozen=True):
    """A phase of the request of this number, from 1; `path` is without the service's prefix."""

    number: int
    service: str
    method: str
    path: str
    phase: Phase


#: Called in the server's thread, which waits for it.
Observer = Callable[[Moment], None]


def nobody(moment: Moment) -> None:
    """Nobody looks."""
