"""What the history tells, as planning has it: field changes, and what a run did that may have to go back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconcile.applying.report import Outcome
from reconcile.errors import PlanError
from reconcile.model.capabilities import Action
from reconcile.model.fields import UNMANAGED, Field, Kind, Kinds, kinds, raw_keys
from reconcile.planning.former import Deed
from reconcile.planning.plan import HIDDEN, Change, FieldChange
from reconcile.store.records import FieldRecord, RunRecord, StepRecord


def kinds_of(run: RunRecord, more: Iterable[tuple[str, ...]] = ()) -> Kinds:
    """The kinds of a run's resources with all undocumented fields that it tells of; `more` are keys of others."""
    paths = (path for step in run.steps for path in (*(item.path for item in step.fields), *(step.before or ())))
    return kinds([*more, *(keys for path in paths if (keys := raw_keys(path)) is not None)])


def field_changes(step: StepRecord, known: Kinds) -> Iterator[FieldChange]:
    """A step's field changes, those aside that this version has no field for."""
    by_path = known[step.address.kind].by_path
    return (_change(step, by_path[item.path], item) for item in step.fields if item.path in by_path)


def change_of(step: StepRecord, known: Kinds) -> Change:
    """What a step was to do, as a plan has it, those fields aside that this version does not know."""
    return Change(
        step.address,
        step.action,
        step.reason,
        id=step.id,
        fields=tuple(field_changes(step, known)),
        owner=step.owner,
        client=step.client,
    )


def _change(step: StepRecord, field: Field, item: FieldRecord) -> FieldChange:
    before, after = (HIDDEN, HIDDEN) if field.sensitive else (_value(field, item.before), _value(field, item.after))
    return FieldChange(field, None if step.action is Action.CREATE else before, after)


def deeds(run: RunRecord, known: Kinds) -> tuple[Deed, ...]:
    """What a run did, and may have done, in its order. What it never sent, or the service refused, is nothing.

    Raises `PlanError` where the run changed a field that this version does not know.
    """
    return tuple(_deed(run, step, known) for step in run.steps if _may_be_done(step))


def _may_be_done(step: StepRecord) -> bool:
    """Whether a step is done, or was sent and nobody knows what became of it."""
    return step.outcome is Outcome.DONE or (
        step.outcome in (None, Outcome.UNKNOWN) and (step.intended is not None or step.outcome is not None)
    )


def _deed(run: RunRecord, step: StepRecord, known: Kinds) -> Deed:
    kind = known[step.address.kind]
    strange = [item.path for item in step.fields if item.path not in kind.by_path]
    if strange:
        raise PlanError(
            f"run {run.name} changed `{strange[0]}` of {step.address.shown}, which this version does not know; "
            "roll back with the version that made the run"
        )
    return Deed(change_of(step, known), _values(kind, step), step.outcome is Outcome.DONE)


def _values(kind: Kind, step: StepRecord) -> tuple[Any, ...] | None:
    """All that was live before, UNMANAGED where the history says nothing of a field."""
    before = step.before
    if before is None:
        return None
    told = (field.path in before for field in kind.fields)
    return tuple(_value(f, before[f.path]) if known else UNMANAGED for f, known in zip(kind.fields, told, strict=True))


def _value(field: Field, shown: Any) -> Any:
    """A canonical value of one that is written as a person would write it."""
    return field.lenient.read(shown) if field.undocumented else field.lenient(shown)
