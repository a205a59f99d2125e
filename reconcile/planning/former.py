"""What a run did, read back from the history, and the values that its resources had before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import UNMANAGED, Field, Kind
from reconcile.model.resource import Live
from reconcile.planning.plan import Change, FieldChange
from reconcile.values import Guarded


class Deed(Guarded, frozen=True):
    """A change that a run has made; or may have made: `sure` is False where no answer said so.

    `change` is without secrets, `planning.plan.HIDDEN` stands for them; its `id` is what the resource had, or got.
    `before` are the values of all that was live of it, UNMANAGED where the history does not say; None for what was
    created.
    """

    hidden = ("before",)

    change: Change
    before: tuple[Any, ...] | None = None
    sure: bool = True


def given_back(item: FieldChange) -> Any:
    """The value that a field gets back: its former one, or its default where it had none, which is the same.

    A field without a value can't be sent; the documented default is what the service takes one for (api.md 1.5).
    """
    return _value(item.field, item.before)


def _value(of: Field, before: Any) -> Any:
    return of.default if before is None else before


def impossible(item: FieldChange) -> bool:
    """Whether no call can bring the former value back: the service requires one, and there was none."""
    return item.field.required and item.before in (None, item.field.nothing)


def taken_along(kind: Kind, deed: Deed, live: Live) -> Iterator[FieldChange]:
    """Blanks that an update takes away without meaning to: the run's own did, or the one that undoes it would.

    A blank that nobody declares is not sent, and a field that is not sent gets its default (see the codec of the
    service). Only where that default is what is there now, or the blank still is.
    """
    changed = {item.field.index for item in deed.change.fields}
    for of, before, now in zip(kind.fields, deed.before or (), live.values, strict=False):
        blank = before is not None and before == of.nothing and of.default not in (UNMANAGED, of.nothing)
        if blank and now in (of.default, before) and of.index not in changed and not of.sensitive:
            yield FieldChange(of, before, now)


def whole(kind: Kind, service: Capabilities, before: Sequence[Any]) -> tuple[Any, ...]:
    """All the values of a deleted resource that a service can be given again.

    Without secrets, which nobody keeps, and without undocumented fields that had no value.
    """

    def again(of: Field, value: Any) -> Any:
        gone = of.sensitive or of.wire[0] not in service.sections or (of.undocumented and value == of.nothing)
        return UNMANAGED if gone else _value(of, value)

    return tuple(again(of, value) for of, value in zip(kind.fields, before, strict=True))


def without_defaults(kind: Kind, values: Sequence[Any]) -> tuple[Any, ...]:
    """The values without those that a new resource gets by itself: a create sends the documented defaults, too.

    The hours of a day stay together.
    """
    told = {of.index for of in kind.fields if of.required or values[of.index] not in (UNMANAGED, _unset(of))}
    told |= {index for day in kind.days if not told.isdisjoint(day) for index in day}
    return tuple(value if index in told else UNMANAGED for index, value in enumerate(values))


def _unset(of: Field) -> Any:
    """The value of a field that was never set."""
    return of.nothing if of.default is UNMANAGED else of.default


def happened(deed: Deed, live: Live) -> bool:
    """Whether what is live is what the change made of it."""
    told = [item for item in deed.change.fields if not item.field.sensitive]
    return bool(told) and all(live.values[item.field.index] == item.after for item in told)


def undone(deed: Deed, live: Live) -> bool:
    """Whether what is live is what was there before the change."""
    return all(live.values[item.field.index] == item.before for item in deed.change.fields if not item.field.sensitive)
