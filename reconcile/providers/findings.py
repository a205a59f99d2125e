"""Collecting what `doctor` finds: steps that run one after another, where one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from reconcile.errors import ProviderError
from reconcile.providers.base import Check, Level

T = TypeVar("T")


class Seen(Struct, Generic[T], frozen=True):
    """What a step saw: a value for the steps after it, and what is said of it."""

    value: T
    message: str
    level: Level = Level.OK


class Findings:
    """The findings so far, in order. `request` is the method that a finding is about, such as `GET /sites/:id`."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def add(self, level: Level, subject: str, message: str, request: str = "") -> None:
        """A finding."""
        self.checks.append(Check(level, subject, message, request))

    def skip(self, subject: str, why: str, request: str = "") -> None:
        """Says what is not tried, and why not."""
        self.add(Level.SKIP, subject, f"not tried: {why}", request)

    def step(self, subject: str, request: str, look: Callable[[], Seen[T]]) -> T | None:
        """Looks, and notes what is seen; None where that fails, which is a finding, too."""
        try:
            seen = look()
        except ProviderError as error:
            self.add(Level.ERROR, subject, str(error), request)
            return None
        self.add(seen.level, subject, seen.message, request)
        return seen.value
