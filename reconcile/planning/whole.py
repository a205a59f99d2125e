"""A changed resource as a whole, before and after: for what a person, a picture or a policy has to know beside what
differs. And how a saved plan holds thousands of them, which are alike in nearly all of their fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED, Field, Kind
from reconcile.model.normalize import TYPES
from reconcile.planning.plan import HIDDEN, Change

Values = tuple[Any, ...]
#: Parts of resources, each as what it shows by the paths of its fields.
Parts = Sequence[Mapping[str, Any]]


def before(change: Change) -> Values | None:
    """The canonical values of the live resource; None of one that is to be created."""
    return None if change.action is Action.CREATE else change.live


def after(kind: Kind, change: Change) -> Values | None:
    """What the values will be, those that nobody mentions as they are, or by default; None of what is to be deleted."""
    if change.action is Action.DELETE or change.desired is None:
        return None
    return made_of(kind, change.desired, change.live)


def made_of(kind: Kind, desired: Values, live: Values | None) -> Values:
    """Desired values over the live ones; where nothing is live, over the documented defaults."""
    under = [_default(field) for field in kind.fields] if live is None else live
    return tuple(below if value is UNMANAGED else value for value, below in zip(desired, under, strict=True))


def _default(field: Field) -> Any:
    return field.nothing if field.default is UNMANAGED else field.default


def shown(kind: Kind, values: Sequence[Any]) -> dict[str, Any]:
    """Values by the paths of their fields, as a person writes them; sensitive ones hidden, what has none left out."""
    return _document(kind.fields, values)


def _document(fields: Sequence[Field], values: Sequence[Any]) -> dict[str, Any]:
    return {
        field.path: HIDDEN if field.sensitive else field.type.show(value)
        for field, value in zip(fields, values, strict=True)
        if value is not UNMANAGED and value is not None
    }


# --- in a saved plan --------------------------------------------------------------------------------------------------


def parts(kind: Kind) -> tuple[tuple[Field, ...], ...]:
    """The fields of a kind by the mapping that they stand in, of which thousands of resources have the same."""
    found: dict[str, list[Field]] = {}
    for field in kind.fields:
        found.setdefault(field.keys[0] if len(field.keys) > 1 else "", []).append(field)
    return tuple(map(tuple, found.values()))


class Pool:
    """The parts of one kind of resources, each once; a resource is the numbers of its parts in `made`."""

    def __init__(self, kind: Kind, made: list[dict[str, Any]]) -> None:
        self.kind = kind
        self.made = made
        self._parts: list[tuple[tuple[Field, ...], bool, dict[Values, int]]]
        self._parts = [(part, _is_hashable(part), {}) for part in parts(kind)]
        self._numbers: dict[str, int] = {}

    def numbers(self, values: Sequence[Any] | None) -> list[int] | None:
        """The numbers of a resource's parts; None of no resource."""
        return None if values is None else [self._number(*part, values) for part in self._parts]

    def _number(self, part: tuple[Field, ...], hashable: bool, known: dict[Values, int], values: Sequence[Any]) -> int:
        own = tuple([values[field.index] for field in part])
        if not hashable:
            return self._added(part, own)
        if own not in known:
            known[own] = self._added(part, own)
        return known[own]

    def _added(self, part: tuple[Field, ...], values: Values) -> int:
        document = _document(part, values)
        text = json.dumps(document, ensure_ascii=False)
        if text not in self._numbers:
            self._numbers[text] = len(self.made)
            self.made.append(document)
        return self._numbers[text]


def _is_hashable(part: Sequence[Field]) -> bool:
    """Whether equal values are the same: not where they have a spelling, or anything may stand in a field."""
    return not any(field.undocumented or field.type is TYPES["url"] for field in part)


def read_whole(kind: Kind, made: Parts, numbers: Sequence[int] | None) -> Values | None:
    """The inverse of `Pool.numbers`. Raises `LookupError`, `TypeError` or `AttributeError` for what is none."""
    if numbers is None:
        return None
    values = {path: value for number in numbers for path, value in made[number].items()}
    return tuple([_read(field, values.get(field.path)) for field in kind.fields])


def _read(field: Field, raw: Any) -> Any:
    if raw is None:
        return field.nothing
    if field.sensitive:
        return HIDDEN
    return field.lenient.read(raw) if field.undocumented else field.lenient(raw)
