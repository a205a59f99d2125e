"""A plan counted by what its sites belong to: accounts, site groups and shared objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from reconcile.model.capabilities import Action
from reconcile.model.resource import Desired, Membership
from reconcile.planning.plan import Change, Plan

#: What is counted by, in the order in which it is shown.
ACCOUNT: Final = "account"
GROUP: Final = "group"
SHARED: Final = "shared"


class Tally(Struct, frozen=True):
    """How many changes of a plan belong to one account, group or shared object, and how many declared sites do.

    `by` is ACCOUNT, GROUP or SHARED; a shared object's name has its kind in it: `widget/standard`. `sites` is 0 where
    that is not known, as in the plan of a rollback.
    """

    by: str
    name: str
    create: int = 0
    update: int = 0
    delete: int = 0
    sites: int = 0

    @property
    def changes(self) -> int:
        """All of them."""
        return self.create + self.update + self.delete

    @property
    def data(self) -> dict[str, Any]:
        """The numbers as plain data."""
        return {"create": self.create, "update": self.update, "delete": self.delete, "sites": self.sites}


def declared_counts(sites: Iterable[Desired]) -> dict[tuple[str, str], int]:
    """How many of the declared sites belong to each account, group and shared object."""
    return dict(_counted((site.address.account, site.member) for site in sites))


def tallies(plan: Plan) -> tuple[Tally, ...]:
    """The plan's changes by account, group and shared object: each of those in turn, most changed first, then by name.

    A change counts once for its account, and once for each group and shared object that it belongs to.
    """
    creates, updates, deletes = (
        _counted((change.address.account, change.member) for change in plan.changes if change.action is action)
        for action in (Action.CREATE, Action.UPDATE, Action.DELETE)
    )
    made = [
        Tally(*key, creates[key], updates[key], deletes[key], plan.declared.get(key, 0))
        for key in {*creates, *updates, *deletes}
    ]
    order = (ACCOUNT, GROUP, SHARED)
    return tuple(sorted(made, key=lambda tally: (order.index(tally.by), -tally.changes, tally.name)))


def summary_by(plan: Plan) -> dict[str, dict[str, dict[str, Any]]]:
    """The same as plain data, by what is counted by and by name."""
    made: dict[str, dict[str, dict[str, Any]]] = {ACCOUNT: {}, GROUP: {}, SHARED: {}}
    for tally in tallies(plan):
        made[tally.by][tally.name] = tally.data
    return made


def group_size(declared: Mapping[tuple[str, str], int], change: Change) -> int:
    """How many sites a change's group declares; 0 where it has none, or that is not known."""
    return declared.get((GROUP, change.member.group), 0) if change.member.group is not None else 0


def _counted(sites: Iterable[tuple[str, Membership]]) -> Counter[tuple[str, str]]:
    """How many sites belong to what. Most belong to the same, and are counted together."""
    alike = Counter((account, member.group, member.uses) for account, member in sites)
    counts: Counter[tuple[str, str]] = Counter()
    for (account, group, uses), number in alike.items():
        counts[ACCOUNT, account] += number
        if group is not None:
            counts[GROUP, group] += number
        for name in uses:
            counts[SHARED, name] += number
    return counts
