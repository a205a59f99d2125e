"""Text with `${each.column}` in it: made once for every row of a table."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

PREFIX: Final = "each."

#: One row of a table: a cell for every column, None where the row has none.
Row = Sequence[str | None]


class Cell(Struct, frozen=True):
    """`${each.COLUMN}` or `${each.COLUMN:-FALLBACK}`; the fallback stands for a cell that is empty or missing."""

    column: str
    fallback: str | None = None

    def __str__(self) -> str:
        return (
            f"${{{PREFIX}{self.column}}}" if self.fallback is None else f"${{{PREFIX}{self.column}:-{self.fallback}}}"
        )

    @classmethod
    def parse(cls, name: str) -> Cell:
        """What stands between the braces, such as `each.host`."""
        column, has_fallback, fallback = name.removeprefix(PREFIX).partition(":-")
        return cls(" ".join(column.split()), fallback if has_fallback else None)


class Each(Struct, frozen=True):
    """The parts of a text, in order. `written` is how it stands in the template where it holds other references, too:
    what they give may be a secret, so that this is said instead.
    """

    parts: tuple[str | Cell, ...]
    written: str | None = None

    def __str__(self) -> str:
        """As it stands in the template."""
        return self.written or "".join(map(str, self.parts))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that are in it; at least one."""
        return tuple(part for part in self.parts if isinstance(part, Cell))

    def maker(self, positions: Mapping[str, int]) -> Callable[[Row], str]:
        """What makes the text of a row, given where each column stands in it; every cell needed has to be there."""
        made = [_part(part, positions) for part in self.parts]
        if len(made) == 1:
            return made[0]
        return lambda row: "".join([part(row) for part in made])


def _part(part: str | Cell, positions: Mapping[str, int]) -> Callable[[Row], str]:
    if isinstance(part, str):
        return functools.partial(_literal, part)
    position, fallback = positions[part.column], part.fallback
    if fallback is None:
        return lambda row: row[position] or ""
    return lambda row: row[position] or fallback


def _literal(text: str, _: Row) -> str:
    return text
