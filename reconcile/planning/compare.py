"""One declared resource beside its live one: what differs, what goes with that, what is lacking, and why."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any, Final

from reconcile.model.fields import UNMANAGED, Field, Kind
from reconcile.model.normalize import TYPES, Spelled, quoted
from reconcile.model.resource import Desired, Live
from reconcile.planning.plan import FieldChange

#: Fields that are named of a resource that a person is to create.
_TOLD: Final = 3


def compare(kind: Kind, desired: Sequence[Any], live: Sequence[Any]) -> tuple[FieldChange, ...]:
    """The managed fields whose canonical values differ; what is sent on creation only is not compared."""
    if desired == live:
        return ()
    return tuple(
        FieldChange(field, before, after)
        for field, after, before in zip(kind.fields, desired, live, strict=True)
        if after is not UNMANAGED and after != before and not field.create_only
    )


def context(
    kind: Kind, desired: Sequence[Any], differing: Sequence[FieldChange], live: Sequence[Any]
) -> tuple[FieldChange, ...]:
    """What does not differ and goes with what does."""
    changed = {item.field.index for item in differing}
    days = {i for day in kind.days if not changed.isdisjoint(day) for i in day}
    # A declared value says more than the live one that it equals where it has a spelling, or is blank on purpose.
    more = [
        i
        for i, blank in _telling(kind)
        if (after := desired[i]) is not UNMANAGED and (after == blank or type(after) is Spelled)
    ]
    return tuple(
        FieldChange(kind.fields[i], live[i], live[i] if desired[i] is UNMANAGED else desired[i])
        for i in sorted(days.union(more) - changed)
    )


@functools.cache
def _telling(kind: Kind) -> tuple[tuple[int, Any], ...]:
    """The positions of values that may say more than the live ones that they equal: those with a spelling, and those
    that get a default where they are not sent. Each with the value that is declared to have none.
    """
    return tuple(
        (f.index, f.nothing if f.default not in (UNMANAGED, f.nothing) else UNMANAGED)
        for f in kind.fields
        if f.type is TYPES["url"] or f.default not in (UNMANAGED, f.nothing)
    )


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
