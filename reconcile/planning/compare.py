"""One declared resource beside its live one: what differs, what goes with that, what is lacking, and why."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from typing import Any, Final

from msgspec import Struct

from reconcile.model.fields import UNMANAGED, Field, Kind, remember
from reconcile.model.normalize import TYPES, Spelled, quoted
from reconcile.model.resource import Desired, Live
from reconcile.planning.plan import FieldChange

#: Fields that are named of a resource that a person is to create.
_TOLD: Final = 3


class Difference(Struct, frozen=True):
    """The managed fields whose canonical values differ, and what does not and goes with them: see `plan.Change`."""

    fields: tuple[FieldChange, ...] = ()
    context: tuple[FieldChange, ...] = ()


SAME: Final = Difference()


class Comparer:
    """Compares resources of one kind. What thousands of them have alike is compared once.

    Each has its address and its lists to itself, and what is undocumented need not be hashable.
    """

    def __init__(self, kind: Kind) -> None:
        own = [field for field in kind.fields if field.items or field.undocumented or field.type is TYPES["url"]]
        self._own = _Compared(kind, own)
        alike = [field for field in kind.fields if field not in own]
        self._alike = _Compared(kind, alike)
        self._parts = itemgetter(*_runs([field.index for field in alike]))
        self._known: dict[tuple[Any, Any], Difference] = {}
        self._last: tuple[tuple[Any, Any], Difference] = ((), ()), SAME

    def difference(self, desired: tuple[Any, ...], live: tuple[Any, ...]) -> Difference:
        """What differs; what is sent on creation only is not compared."""
        key = self._parts(desired), self._parts(live)
        last, alike = self._last
        if key != last:  # neighbours mostly are alike, and to look a key up takes several times as long
            alike = self._looked_up(key, desired, live)
            self._last = key, alike
        own = self._own.difference(self._own.values(desired), self._own.values(live))
        if own is SAME:
            return alike
        return Difference(_in_order(alike.fields, own.fields), _in_order(alike.context, own.context))

    def _looked_up(self, key: tuple[Any, Any], desired: tuple[Any, ...], live: tuple[Any, ...]) -> Difference:
        alike = self._known.get(key)
        if alike is None:
            alike = self._alike.difference(self._alike.values(desired), self._alike.values(live))
            remember(self._known, key, alike)
        return alike


class _Compared:
    """Compares some fields of a kind, of whose days it has all values or none."""

    def __init__(self, kind: Kind, fields: Sequence[Field]) -> None:
        indexes = [field.index for field in fields]
        self.values: Callable[[Sequence[Any]], tuple[Any, ...]] = _getter(indexes)
        self._fields = fields
        self._defaulted = any(map(_has_default, fields))
        place = {index: place for place, index in enumerate(indexes)}
        self._days = {place[i]: [place[j] for j in day] for day in kind.days for i in day if i in place}

    def difference(self, desired: tuple[Any, ...], live: tuple[Any, ...]) -> Difference:
        """What differs of the values of these fields."""
        if desired == live and Spelled not in map(type, desired) and not self._defaulted:
            return SAME
        changed = {
            place
            for place, (field, after, before) in enumerate(zip(self._fields, desired, live, strict=True))
            if after is not UNMANAGED and after != before and not field.create_only
        }
        with_it = {i for place in changed for i in self._days.get(place, ())}
        with_it.update(
            place
            for place, (field, after) in enumerate(zip(self._fields, desired, strict=True))
            if after is not UNMANAGED and _tells(field, after)
        )
        return Difference(
            tuple(FieldChange(self._fields[i], live[i], desired[i]) for i in sorted(changed)),
            tuple(
                FieldChange(self._fields[i], live[i], live[i] if desired[i] is UNMANAGED else desired[i])
                for i in sorted(with_it - changed)
            ),
        )


def _tells(field: Field, declared: Any) -> bool:
    """Whether a declared value says more than a live one that it equals: it has a spelling, or is blank on purpose."""
    return type(declared) is Spelled or (declared == field.nothing and _has_default(field))


def _has_default(field: Field) -> bool:
    """Whether a field that is not sent gets another value than none."""
    return field.default not in (UNMANAGED, field.nothing)


def _in_order(some: tuple[FieldChange, ...], others: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
    return tuple(sorted((*some, *others), key=lambda item: item.field.index)) if some and others else some or others


def _runs(indexes: Sequence[int]) -> list[slice]:
    """The positions as slices, which take a fraction of the time."""
    starts = [index for index in indexes if index - 1 not in indexes]
    ends = [index + 1 for index in indexes if index + 1 not in indexes]
    return [slice(*run) for run in zip(starts, ends, strict=True)] or [slice(0)]


def _getter(indexes: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Gives the values at these positions."""
    return itemgetter(*indexes) if len(indexes) > 1 else lambda values: tuple(values[index] for index in indexes)


@functools.cache
def _required(kind: Kind) -> tuple[Field, ...]:
    return tuple(field for field in kind.fields if field.required)


def why_update(kind: Kind, resource: Desired, live: Live) -> str:
    """The reason of an update. What makes the site of a row is said by its group: the row, the template, and what that
    refers to.
    """
    if kind.name != "site" or resource.values[kind.index("url")] == live.address.name:
        group = resource.member.group
        return (
            f"differs from {resource.file}" if group is None else f"differs from site group {group} ({resource.file})"
        )
    if live.address.name == resource.previous:
        return f"renamed from {live.address.human} in {resource.file}"
    return f"is {live.address.human} now, and declared otherwise in {resource.file}"


def difference(item: FieldChange) -> str:
    """One field that differs, in words."""
    before, after = item.shown
    return f"{item.field.path} is {quoted(before)}, and declared {quoted(after)}"


def described(kind: Kind, resource: Desired) -> str:
    """What a person has to know who creates a resource by hand: ` with title "Acme"`; its address is known already."""
    told = [
        f"{field.path} {quoted(field.type.show(value))}"
        for field, value in zip(kind.fields, resource.values, strict=True)
        if value is not UNMANAGED and value != field.nothing and field.path != "url" and not field.sensitive
    ]
    more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return f" with {', '.join(told[:_TOLD] + more)}" if told else ""


def lacking(kind: Kind, sections: Collection[str], resource: Desired, live: Live | None) -> str | None:
    """What the service requires and neither side has; an incomplete object is never sent (api.md 1.5).

    `sections` are those of a site that the service keeps: it requires nothing of others.
    """
    for field in _required(kind):
        if field.create_only and live is not None:
            continue
        if kind.name == "site" and field.wire[0] not in sections:
            continue
        value = resource.values[field.index]
        if value is UNMANAGED:
            value = field.default if live is None else live.values[field.index]
        if value is UNMANAGED or value == field.nothing:
            state = "would be created" if live is None else "is live"
            return f"{state} without `{field.path}`, which the service requires; declare it in {resource.file}"
    return None
