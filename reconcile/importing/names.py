"""Names that say what a thing holds: short, stable, and each given once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 40

#: How Russian names are written in Latin letters, as in passports and addresses of sites.
_LATIN: Final = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфхцыэ", "abvgdeezijklmnoprstufhcye", strict=True))
    | {"й": "y", "ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)


def slug(text: str) -> str:
    """Latin letters, digits and dashes; empty where nothing of the text is left."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower().translate(_LATIN)).strip("-")
    return words if len(words) <= LONGEST else words[:LONGEST].rpartition("-")[0] or words[:LONGEST]


class Namer:
    """Gives names that nobody has yet; what is `taken` is taken already."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def name(self, *wanted: str) -> str:
        """The first of the wanted names that is free; where none is, the last with a number."""
        candidates = [text for text in wanted if text]
        for candidate in candidates:
            if candidate not in self.taken:
                self.taken.add(candidate)
                return candidate
        number = 2
        while f"{candidates[-1]}-{number}" in self.taken:
            number += 1
        self.taken.add(f"{candidates[-1]}-{number}")
        return f"{candidates[-1]}-{number}"
