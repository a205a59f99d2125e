"""What a resource may hold: which fields, of which types, which are required, and what those not sent are (api.md 1.5).

All of it is read from the field model: a field added to a schema is accepted, stored, defaulted and given back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from reconcile.emulator.refused import Refused
from reconcile.emulator.shapes import merged
from reconcile.model.fields import UNMANAGED, Field, Kind

#: A level of the wire object: fields and further levels by their wire names.
Level = dict[str, "Field | Level"]


def levels(kind: Kind) -> Level:
    """The wire object of a kind."""
    top: Level = {}
    for field in kind.fields:
        level = top
        for name in field.wire[:-1]:
            inner = level.setdefault(name, {})
            assert isinstance(inner, dict), f"{field.wire} goes through a field"
            level = inner
        level[field.wire[-1]] = field
    return top


class Document:
    """Reads what was sent as a resource of a kind, and fills in what was not."""

    def __init__(self, kind: Kind) -> None:
        self.sections = kind.sections
        self.levels = levels(kind)
        # Sent whole or not at all: the days of a week (api.md 1.5).
        self._whole = frozenset(kind.fields[day[0]].wire[:-1] for day in kind.days)

    def read(self, sent: Mapping[str, Any], undocumented: Collection[str] = ()) -> dict[str, Any]:
        """All sections complete, in the canonical spelling of the wire. Raises `Refused` (400).

        The sections named by `undocumented` may hold fields that are not documented, at every level.
        """
        return self._read_level(self.levels, sent, (), frozenset(undocumented))

    def require(self, sent: Mapping[str, Any]) -> None:
        """Refuses (400) what lacks a section."""
        for name in self.sections:
            if sent.get(name) is None:
                raise Refused(400, "GEN-PARAM-REQUIRED", f"{name} is required")

    def documented(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored, without fields that are not documented."""
        return _documented(self.levels, stored)

    def keep(self, stored: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
        """What was made of an update, with what is not documented, was stored and was not sent."""
        _keep(self.levels, stored, made)
        return made

    def filled(self, sections: Mapping[str, Any]) -> dict[str, Any]:
        """Sections taken as they are, with the documented defaults under them."""
        return merged(_defaults(self.levels), sections)

    def _read_level(self, level: Level, sent: Any, path: tuple[str, ...], loose: frozenset[str]) -> dict[str, Any]:
        if sent == []:  # what PHP makes of an empty object
            sent = {}
        if not isinstance(sent, Mapping):
            raise invalid(path, "expected named fields")
        others = {name: value for name, value in sent.items() if name not in level}
        if others and not loose.intersection(path[:1]):
            raise Refused(400, "GEN-PARAM-UNKNOWN", f"{spelled((*path, next(iter(others))))} is not documented")
        if path in self._whole:
            for name in level:
                if sent.get(name) is None:
                    raise Refused(400, "GEN-PARAM-REQUIRED", f"{spelled((*path, name))} is required")
        made = {name: self._read(node, sent.get(name), (*path, name), loose) for name, node in level.items()}
        return made | {name: as_php(value) for name, value in others.items() if value is not None}

    def _read(self, node: Field | Level, sent: Any, path: tuple[str, ...], loose: frozenset[str]) -> Any:
        """Reads one field or level. A null is as good as nothing: PHP does not even put it under the signature."""
        if isinstance(node, dict):
            return _defaults(node) if sent is None else self._read_level(node, sent, path, loose)
        if node.required and sent in (None, "", [], {}):
            raise Refused(400, "GEN-PARAM-REQUIRED", f"{spelled(path)} is required")
        if sent is None:
            return default(node)
        if node.items:
            level: Level = {item.wire[-1]: item for item in node.items}
            entries = enumerate(listed(sent, path))
            return [self._read_level(level, entry, (*path, str(n)), loose) for n, entry in entries]
        return read_value(node, sent, path)


# --- values -----------------------------------------------------------------------------------------------------------


def read_value(field: Field, sent: Any, path: tuple[str, ...]) -> Any:
    """One value, kept as it was sent: not in the canonical form of those who compare. Raises `Refused` (400)."""
    check = _CHECKS.get(field.type.name, _check_text)
    try:
        value = check(sent)
        field.strict(value)
    except ValueError as error:
        raise invalid(path, str(error)) from None
    return value


def _check_flag(sent: Any) -> Any:
    if type(sent) not in (int, str) or sent not in (0, 1, "0", "1"):  # neither true nor 1.0
        raise ValueError("expected 0 or 1")
    return int(sent)


def _check_integer(sent: Any) -> Any:
    if isinstance(sent, bool) or not re.fullmatch(r"-?\d{1,18}", str(sent)):
        raise ValueError("expected a whole number")
    return int(sent)


def _check_hour(sent: Any) -> Any:
    if isinstance(sent, bool) or not re.fullmatch(r"\d{1,2}(:\d{2})?", str(sent)):
        raise ValueError("expected an hour such as 9 or 10:30")
    return int(sent) if str(sent).isdecimal() else sent


def _check_text(sent: Any) -> Any:
    if type(sent) in (str, int):
        return sent
    raise ValueError("expected text")


def _check_list(sent: Any) -> Any:
    """A list; a form can't carry an empty one, so an empty text stands for it."""
    entries = [] if sent == "" else listed(sent, ())
    return [_check_text(entry) for entry in entries]


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "flag": _check_flag,
    "integer": _check_integer,
    "hour": _check_hour,
    "events": _check_list,
}


def listed(sent: Any, path: tuple[str, ...]) -> list[Any]:
    """The entries of a JSON list, or of a form's `a[0]=…&a[1]=…`, in the order in which they were sent."""
    if isinstance(sent, Mapping) and all(str(key).isdigit() for key in sent):
        return list(sent.values())
    if isinstance(sent, list):
        return sent
    raise invalid(path, "expected a list")


def as_php(sent: Any) -> Any:
    """A value that nobody documents, as PHP would give it back: an array with the keys 0, 1, … is a list."""
    if isinstance(sent, list):
        return [as_php(entry) for entry in sent]
    if not isinstance(sent, Mapping):
        return sent
    if list(sent) == [str(n) for n in range(len(sent))]:
        return [as_php(entry) for entry in sent.values()]
    return {name: as_php(value) for name, value in sent.items()}


def invalid(path: tuple[str, ...], message: str) -> Refused:
    """The refusal of one value."""
    return Refused(400, "GEN-PARAM-INVALID", f"{spelled(path)}: {message}")


def spelled(path: tuple[str, ...]) -> str:
    """A path as the service's documentation spells it: `widget[schelude][monday]`."""
    return "".join(path[:1]) + "".join(f"[{name}]" for name in path[1:])


# --- defaults and rules -----------------------------------------------------------------------------------------------


def default(field: Field) -> Any:
    """What a field is that was not sent: the documented default, or no value."""
    known = field.nothing if field.default is UNMANAGED else field.default
    return None if known is None else field.type.wire(known)


def _defaults(level: Level) -> dict[str, Any]:
    return {name: _defaults(node) if isinstance(node, dict) else default(node) for name, node in level.items()}


# --- what is not documented -------------------------------------------------------------------------------------------


def _documented(level: Level, stored: Mapping[str, Any]) -> dict[str, Any]:
    made = {}
    for name, value in stored.items():
        node = level.get(name)
        if node is not None:
            made[name] = _documented(node, value) if isinstance(node, dict) and isinstance(value, dict) else value
    return made


def _keep(level: Level, stored: Mapping[str, Any], made: dict[str, Any]) -> None:
    for name, value in stored.items():
        node = level.get(name)
        if node is None:
            made.setdefault(name, value)
        elif isinstance(node, dict) and isinstance(value, dict):
            _keep(node, value, made[name])
