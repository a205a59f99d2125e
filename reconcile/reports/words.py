"""Values as people write them, on one line and safe to print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from reconcile.escaping import clean

T = TypeVar("T")


def value(shown: Any) -> str:
    """A shown value in one line."""
    if shown is None or shown == "" or shown == []:
        return "(nothing)"
    if isinstance(shown, bool):
        return "true" if shown else "false"
    if isinstance(shown, Mapping):
        return person(shown)
    if isinstance(shown, list | tuple):
        return ", ".join(value(item) for item in shown)
    return clean(str(shown))


def person(manager: Mapping[str, Any]) -> str:
    """A manager: `Анна +74951234567 (Москва)`; fields without a fixed place follow as `name: value`."""
    rest = {key: part for key, part in manager.items() if key not in ("name", "phone", "region")}
    parts = [value(manager[key]) for key in ("name", "phone") if manager.get(key)]
    if manager.get("region"):
        parts.append(f"({value(manager['region'])})")
    return " ".join(parts + [f"{key}: {value(part)}" for key, part in rest.items()])


def some(items: Sequence[T], most: int = 5, name: Callable[[T], str] = str) -> str:
    """The names of the first, and how many more there are."""
    if len(items) <= most + 1:
        return ", ".join(map(name, items))
    return f"{', '.join(map(name, items[:most]))} and {len(items) - most} more"
