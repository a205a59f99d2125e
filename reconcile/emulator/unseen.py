"""What was created so recently that lists miss it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from msgspec import Struct


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=_Numbered)


class Made(Struct, frozen=True):
    """Something that a client created: a `site` or a `client`."""

    kind: str
    id: int


class Unseen:
    """Reads that lag behind writes: what lists miss, and until when (by the service's clock)."""

    def __init__(self) -> None:
        self._made: list[Made] = []
        self._until: dict[Made, float] = {}

    def note(self, kind: str, number: int) -> None:
        """The request under way has created this."""
        self._made.append(Made(kind, number))

    def take(self) -> tuple[Made, ...]:
        """What has been created since this was asked last."""
        taken, self._made = tuple(self._made), []
        return taken

    def hide(self, made: Made, until: float) -> None:
        """Lists miss this until then."""
        self._until[made] = until

    def without(self, found: Sequence[T], kind: str, now: float) -> list[T]:
        """A list without what it misses."""
        if not self._until:
            return list(found)
        return [one for one in found if self._until.get(Made(kind, one.id), now) <= now]
