"""The order that PHP 8.2 gives to an array's keys (`ksort`, SORT_REGULAR).

PHP compares numbers as numbers, texts as bytes, and a mixture by whether the text looks like a number. That comparison
is not transitive (2 < 10 < "1a" < 2), so that for a mixture the result depends on the algorithm, too: `zend_sort` is
insertion sort for up to 16 keys and quicksort above. Keys of one sort, which is all that this program ever signs,
are sorted natively; the rest of the module is for whatever else a caller may sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

Key = int | str
Greater = Callable[[int, int], bool]

_CANONICAL_INT = re.compile(r"0|-?[1-9][0-9]{0,18}")
_NUMERIC: Final = re.compile(r"[ \t\n\r\v\f]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\r\v\f]*")
_INT_RANGE: Final = range(-(2**63), 2**63)
_INSERTION_LIMIT: Final = 16


def array_key(key: Key) -> Key:
    """The key as a PHP array holds it: a text that spells a 64-bit integer canonically is that integer."""
    if isinstance(key, str) and _CANONICAL_INT.fullmatch(key) and int(key) in _INT_RANGE:
        return int(key)
    return key


def sorted_keys(keys: Iterable[Key]) -> list[Key]:
    """The keys, in PHP's order; keys that compare equal keep the order in which they came."""
    given = list(keys)
    held = [array_key(key) for key in given]
    if not any(isinstance(key, int) or _NUMERIC.fullmatch(key) for key in held):
        return sorted(given, key=lambda key: str(key).encode("utf-8", "surrogatepass"))
    if all(isinstance(key, int) for key in held):
        return sorted(given, key=int)
    order = list(range(len(given)))
    _zend_sort(order, 0, len(order), lambda a, b: (_compare(held[a], held[b]) or a - b) > 0)
    return [given[i] for i in order]


def _compare(a: Key, b: Key) -> int:
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


# --- zend_sort --------------------------------------------------------------------------------------------------------


def _zend_sort(row: list[int], start: int, end: int, greater: Greater) -> None:
    """Sorts `row[start:end]` in place with the comparisons, in their order, that `zend_sort` makes."""
    while end - start > _INSERTION_LIMIT:
        middle = _partition(row, start, end, greater)
        if middle - 1 - start < end - middle:
            _zend_sort(row, start, middle - 1, greater)
            start = middle
        else:
            _zend_sort(row, middle, end, greater)
            end = middle - 1
    if end - start <= 5:
        _sort_few(row, list(range(start, end)), greater)
    else:
        _insertion_sort(row, start, end, greater)


def _partition(row: list[int], start: int, end: int, greater: Greater) -> int:
    """Splits around a pivot, which ends up just before the returned position."""
    size = end - start
    half = start + size // 2
    quarter = size // 2 // 2
    probes = [start, start + quarter, half, half + quarter, end - 1] if size >= 1024 else [start, half, end - 1]
    _sort_few(row, probes, greater)
    pivot = start + 1
    row[pivot], row[half] = row[half], row[pivot]
    low, high = pivot + 1, end - 1
    while True:
        while low != high and greater(row[pivot], row[low]):
            low += 1
        if low == high:
            break
        high -= 1
        while low != high and greater(row[high], row[pivot]):
            high -= 1
        if low == high:
            break
        row[low], row[high] = row[high], row[low]
        low += 1
        if low == high:
            break
    row[pivot], row[low - 1] = row[low - 1], row[pivot]
    return low


def _sort_few(row: list[int], at: list[int], greater: Greater) -> None:
    """Sorts what stands at two to five positions: three as a network, each further one sinking into its place."""
    if len(at) == 2:
        _sink(row, at, greater)
    elif len(at) >= 3:
        _sort_three(row, at[0], at[1], at[2], greater)
        for length in range(4, len(at) + 1):
            _sink(row, at[:length], greater)


def _sink(row: list[int], at: list[int], greater: Greater) -> None:
    for a, b in zip(at[-2::-1], at[:0:-1], strict=True):
        if not greater(row[a], row[b]):
            return
        row[a], row[b] = row[b], row[a]


def _sort_three(row: list[int], a: int, b: int, c: int, greater: Greater) -> None:
    if not greater(row[a], row[b]):
        _sink(row, [a, b, c], greater)
    elif not greater(row[c], row[b]):
        row[a], row[c] = row[c], row[a]
    else:
        row[a], row[b] = row[b], row[a]
        _sink(row, [b, c], greater)


def _insertion_sort(row: list[int], start: int, end: int, greater: Greater) -> None:
    for i in range(start + 1, end):
        if greater(row[i - 1], row[i]):
            place = _place_by_ones(row, start, i, greater) if i < start + 6 else _place_by_twos(row, start, i, greater)
            row.insert(place, row.pop(i))


def _place_by_ones(row: list[int], start: int, i: int, greater: Greater) -> int:
    j = i - 1
    while j > start and greater(row[j - 1], row[i]):
        j -= 1
    return j


def _place_by_twos(row: list[int], start: int, i: int, greater: Greater) -> int:
    j = i - 1
    while True:
        j -= 2
        if not greater(row[j], row[i]):
            return j + 1 if greater(row[j + 1], row[i]) else j + 2
        if j == start:
            return start
        if j == start + 1:
            return start + 1 if greater(row[i], row[start]) else start
