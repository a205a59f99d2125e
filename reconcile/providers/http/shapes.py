"""The shapes that PHP services give lists, objects and ids in (api.md 1.6, 1.7). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from reconcile.errors import BadAnswer

Json = dict[str, Any]

#: The largest id that there may be: BIGINT's, of the service's database as of ours.
LARGEST_ID: Final = 2**63 - 1
#: Whole numbers that are given with a fraction are exact below this.
_EXACT: Final = 2.0**53

#: The keys under which a wrapper may count what it holds, and those under which it may keep its count apart. [assumed]
COUNT_KEYS: Final = ("total", "count", "total_count")
META_KEYS: Final = ("meta", "pagination", "paging")


def kind_of(raw: Any) -> str:
    """What a value is, without anything of it: an answer may repeat a secret."""
    kinds = {list: "a list of other things", str: "a text", bool: "a flag", dict: "an object", type(None): "null"}
    return kinds.get(type(raw), "a number")


def list_items(raw: Any, what: str, keys: Collection[str], *, whole: bool = True) -> list[Json]:
    """The objects of a list: an array, an object that wraps one in one of `keys`, or PHP's with keys "0", "1", ….

    `what` names the list in messages. `whole`: a count beside the list must not
    be greater than its length. Raises `BadAnswer` for everything else, so that an unreadable list is never an empty
    one.
    """
    counted = 0
    while isinstance(raw, dict) and not is_php_list(raw):
        counted = max(counted, _count(raw))
        key = next((key for key in keys if isinstance(raw.get(key), list | dict)), None)
        if key is None:
            # Not the keys that it has: an answer may repeat a secret anywhere.
            raise BadAnswer(f"{what}: expected a list, got an object without {' or '.join(keys)}", status=200)
        raw = raw[key]
    items = list(raw.values()) if isinstance(raw, dict) else raw
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadAnswer(f"{what}: expected a list of objects, got {kind_of(raw)}", status=200)
    if whole and counted > len(items):
        raise BadAnswer(f"{what}: only {len(items)} of {counted} came; the list is not complete", status=200)
    return items


def is_php_list(raw: Mapping[str, Any]) -> bool:
    """Whether an object is what PHP makes of an array that has holes, or is empty."""
    return all(key.isdecimal() for key in raw)


def identifier(given: Any) -> int | None:
    """An id, which PHP may give as text; None where it is none that can be used: databases keep no larger ones."""
    if isinstance(given, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", given):
        given = int(given)
    if isinstance(given, float) and given.is_integer() and given < _EXACT:
        given = int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given <= LARGEST_ID else None


def by_id(items: Iterable[Json], what: str) -> dict[int, Json]:
    """Objects by their ids; `what` names one. Raises `BadAnswer` where an id is missing, or there twice."""
    found: dict[int, Json] = {}
    for raw in items:
        known = identifier(raw.get("id"))
        if known is None:
            raise BadAnswer(f"a {what} in the list of {what}s has no usable id", status=200)
        if known in found:
            raise BadAnswer(f"{what} {known} is in the list of {what}s twice", status=200)
        found[known] = raw
    return found


def _count(raw: Json) -> int:
    """The greatest number of items that a wrapper speaks of."""
    places = [raw, *(raw[key] for key in META_KEYS if isinstance(raw.get(key), dict))]
    counts = [place.get(key) for place in places for key in COUNT_KEYS]
    return max((int(c) for c in counts if re.fullmatch(r"[0-9]{1,9}", str(c))), default=0)
