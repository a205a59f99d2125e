"""The functions of expressions about a site's week: `answers(site, "saturday")`, `opens` and `closes`.

Each takes a site's document, also `before` or `after`, and a day. They raise `ValueError`, which ends an evaluation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from reconcile.model.fields import site_kind
from reconcile.model.normalize import did_you_mean, minutes, no_time, quoted

#: How the library says that a mapping lacks a key; a value that is not known yet is said in the same way.
NOT_FOUND: Final = "Key not found"


def answers(site: Mapping[str, Any], day: str) -> bool:
    """Whether managers answer on a day: it is turned on, and its hours are any time at all."""
    return bool(_of_day(site, day, "enable")) and not no_time(_of_day(site, day, "from"), _of_day(site, day, "to"))


def opens(site: Mapping[str, Any], day: str) -> float:
    """When they begin, in hours since midnight: 10.5 is half past ten."""
    return _hours(site, day, "from")


def closes(site: Mapping[str, Any], day: str) -> float:
    """When they end, in hours since midnight."""
    return _hours(site, day, "to")


def _hours(site: Mapping[str, Any], day: str, key: str) -> float:
    hour = _of_day(site, day, key)
    try:
        return minutes(hour) / 60
    except ValueError:  # so the service gave it
        raise ValueError(f"the hour of {day} can't be read: {quoted(hour)}") from None


def _of_day(site: Mapping[str, Any], day: str, key: str) -> Any:
    """A value of a day; where the service has none, the one that it documents as the default."""
    known = _days()
    if said := no_day(day):
        raise ValueError(said)
    found: Any = site
    for name in ("widget", "schedule", day, key):
        if name not in found:
            raise ValueError(NOT_FOUND)
        found = found[name]
    return known[day][key] if found is None else found


def no_day(day: str) -> str:
    """What is wrong with the name of a day; empty where nothing is."""
    known = _days()
    if day in known:
        return ""
    return f"{quoted(day)} is no day{did_you_mean(day, known) or '; there are ' + ', '.join(known)}"


@functools.cache
def _days() -> dict[str, dict[str, Any]]:
    """The days of a week, each with its defaults."""
    made: dict[str, dict[str, Any]] = {}
    for field in site_kind().fields:
        if field.keys[:2] == ("widget", "schedule") and len(field.keys) == 4:
            made.setdefault(field.keys[2], {})[field.name] = field.default
    return made


#: The functions, and what each gives.
FUNCTIONS: Final[Mapping[str, tuple[Callable[[Mapping[str, Any], str], Any], str]]] = {
    "answers": (answers, "flag"),
    "opens": (opens, "number"),
    "closes": (closes, "number"),
}
