"""Runs that died: what they left open, and what is live of it. The next run on the account closes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from msgspec import Struct

from reconcile.applying.report import Outcome
from reconcile.model.capabilities import Action
from reconcile.model.fields import Field, Kind, Kinds
from reconcile.model.resource import Live
from reconcile.model.state import LiveAccount
from reconcile.planning.plan import HIDDEN
from reconcile.store.records import RunRecord, StepRecord


class Finding(Struct, frozen=True):
    """What is live of a step that nobody saw end, in words, and what that says of its outcome."""

    outcome: Outcome
    note: str
    id: int | None = None


class Closed(Struct, frozen=True):
    """A run that died, the steps that it left open on accounts that are held now, and what was found of each."""

    run: RunRecord
    findings: tuple[tuple[StepRecord, Finding], ...]


def kinds_to_read(steps: Sequence[StepRecord]) -> dict[str, frozenset[str]]:
    """The kinds of resources that tell what became of these steps, by account name."""
    found: dict[str, set[str]] = {}
    for step in steps:
        kinds = found.setdefault(step.address.account, set())
        kinds.add(step.address.kind)
        if step.client is not None or step.owner is not None:
            kinds.add("client")
    return {account: frozenset(kinds) for account, kinds in found.items()}


def look(kinds: Kinds, step: StepRecord, live: LiveAccount, *, settled: bool) -> Finding:
    """What is live of a step that was about to be sent, or was sent, and whose answer nobody saw.

    `settled`: so long ago that the service's lists show all that was created then.
    """
    kind = kinds[step.address.kind]
    match step.action:
        case Action.CREATE:
            return _created(_named(kind, step, live), settled=settled)
        case Action.UPDATE:
            return _updated(kind, step, _by_id(step, live))
        case Action.DELETE:
            if _by_id(step, live) is None:
                return Finding(Outcome.DONE, "is gone", step.id)
            return Finding(Outcome.FAILED, "is still there", step.id)
        case Action.NOOP:
            raise ValueError("a plan has no change that does nothing")
        case _:
            assert_never(step.action)


def _created(ids: Sequence[int], *, settled: bool) -> Finding:
    if len(ids) == 1:
        return Finding(Outcome.DONE, f"is there (id {ids[0]})", ids[0])
    if ids:
        return Finding(Outcome.UNKNOWN, f"is there {len(ids)} times (ids {', '.join(map(str, ids))})")
    if settled:
        return Finding(Outcome.FAILED, "is not there")
    return Finding(Outcome.UNKNOWN, "is not there, or the service does not list it yet")


def _updated(kind: Kind, step: StepRecord, live: Live | None) -> Finding:
    if live is None:
        return Finding(Outcome.UNKNOWN, "is gone", step.id)
    known = [(kind.by_path[record.path], record) for record in step.fields if record.path in kind.by_path]
    told = [(field, record) for field, record in known if HIDDEN not in (record.before, record.after)]
    if not told:
        return Finding(Outcome.UNKNOWN, "can't be told: the history holds no secrets", step.id)
    now = [live.values[field.index] for field, _ in told]
    if now == [_value(field, record.after) for field, record in told]:
        return Finding(Outcome.DONE, "has the new values", step.id)
    if now == [_value(field, record.before) for field, record in told]:
        return Finding(Outcome.FAILED, "still has the old values", step.id)
    return Finding(Outcome.UNKNOWN, "has neither the new values nor the old ones", step.id)


def _value(field: Field, shown: Any) -> Any:
    """A value of the history, canonical again."""
    return field.lenient.read(shown) if field.undocumented else field.lenient(shown)


def _named(kind: Kind, step: StepRecord, live: LiveAccount) -> list[int]:
    """The ids of what is live under the name that was to be created."""
    path = "url" if kind.name == "site" else "email"
    shown = next((field.after for field in step.fields if field.path == path), step.address.name)
    name = str(_value(kind.by_path[path], shown))
    resources = live.sites if kind.name == "site" else live.clients
    return sorted(resource.id for resource in resources if resource.address.name == name)


def _by_id(step: StepRecord, live: LiveAccount) -> Live | None:
    if step.address.kind == "profile":
        return live.profile
    return next((site for site in live.sites if site.id == step.id), None)
