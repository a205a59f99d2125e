"""Plans of any size by hand: changes of sites with what they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import kinds
from reconcile.model.resource import NOWHERE, Membership
from reconcile.planning.plan import Change, FieldChange, Plan
from reconcile.planning.summary import ACCOUNT, GROUP

SITE = kinds([])["site"]
REASONS = {Action.CREATE: "declared in dealers.yaml, not live", Action.UPDATE: "differs from dealers.yaml"}

#: What becomes of a site, field by field: the value before and after.
Values = Mapping[str, tuple[Any, Any]]


def dealers(group: str | None = "dealers") -> Membership:
    """What a site of a group belongs to."""
    return Membership(group=group, uses=frozenset({"widget/standard", "schedule/office"}))


def change(
    name: str,
    action: Action,
    values: Values | None = None,
    *,
    member: Membership = NOWHERE,
    client: str | None = None,
    context: Values | None = None,
    reason: str = "",
) -> Change:
    """A change of one site; its id is made of the digits of its name."""
    return Change(
        Address("studio", "site", name),
        action,
        reason or REASONS.get(action, "live, declared in no file, and account studio has `prune: true`"),
        id=None if action is Action.CREATE else int("1" + "".join(filter(str.isdigit, name))),
        fields=_fields(values or {}),
        context=_fields(context or {}),
        member=member,
        client=None if client is None else Address("studio", "client", client),
    )


def plan(changes: Iterable[Change], *, more: int = 0, **extra: Any) -> Plan:
    """A plan of these; the project declares `more` sites in each group, and in the account, that don't change."""
    made = tuple(changes)
    alive = [one for one in made if one.action is not Action.DELETE]
    groups = Counter(one.member.group for one in alive if one.member.group is not None)
    declared = {(GROUP, group): number + more for group, number in groups.items()}
    return Plan(
        made, more, {"studio": len(made)}, declared=declared | {(ACCOUNT, "studio"): len(alive) + more}, **extra
    )


def _fields(values: Values) -> tuple[FieldChange, ...]:
    made = []
    for path, (before, after) in values.items():
        field = SITE.by_path[path]
        made.append(FieldChange(field, None if before is None else field.strict(before), field.strict(after)))
    return tuple(made)
