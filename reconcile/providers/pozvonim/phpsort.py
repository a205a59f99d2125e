"""The order that PHP 8.2 gives to an array's keys (`ksort`, SORT_REGULAR).

PHP compares numbers as numbers, texts as bytes, and a mixture by whether the text looks like a number. For a mixture
that comparison is not transitive (2 < 10 < "1a" < 2), and then PHP's own result depends on its sorting algorithm; the
vectors hold for the one used here. The keys that this program signs are all plain names, which have one order only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key, lru_cache
from typing import Final

Key = int | str

_CANONICAL_INT: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
_NUMERIC: Final = re.compile(r"[ \t\n\r\v\f]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\r\v\f]*")
_INT_RANGE: Final = range(-(2**63), 2**63)


def array_key(key: Key) -> Key:
    """The key as a PHP array holds it: a text that spells a 64-bit integer canonically is that integer."""
    if isinstance(key, str) and _CANONICAL_INT.fullmatch(key) and int(key) in _INT_RANGE:
        return int(key)
    return key


def sorted_keys(keys: Iterable[Key]) -> list[Key]:
    """The keys, in PHP's order; keys that compare equal keep the order in which they came."""
    return sorted(keys, key=cmp_to_key(_compare))


@lru_cache(maxsize=4096, typed=True)  # the names of parameters are few
def _compare(one: Key, other: Key) -> int:
    a, b = array_key(one), array_key(other)
    x, y = _number(a), _number(b)
    if x is not None and y is not None:
        return (x > y) - (x < y)
    left, right = (str(key).encode("utf-8", "surrogatepass") for key in (a, b))
    return (left > right) - (left < right)


def _number(key: Key) -> int | float | None:
    if isinstance(key, int):
        return key
    match = _NUMERIC.fullmatch(key)
    if match is None:
        return None
    whole = match[2] is None and match[3] is None and "." not in key
    return int(key) if whole and int(key) in _INT_RANGE else float(key)
