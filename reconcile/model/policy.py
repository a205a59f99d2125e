"""A rule over what a plan would make of each resource (`policies:`)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """What comes of a broken rule: an error refuses the plan, a warning is only said."""

    ERROR = "error"
    WARNING = "warning"


class Policy(Struct, frozen=True):
    """A rule: expressions in CEL (`model.expressions`), None where one is not there, and what to say of a breach.

    At least one of `require` and `deny` is there; `message` may be empty.
    """

    name: str
    when: str | None = None
    require: str | None = None
    deny: str | None = None
    message: str = ""
    level: Level = Level.ERROR

    @property
    def expressions(self) -> Iterator[tuple[str, str]]:
        """The expressions that are there, by their keys."""
        for key, text in (("when", self.when), ("require", self.require), ("deny", self.deny)):
            if text is not None:
                yield key, text
