"""Which change goes in which wave of a rollout. The same plan gives the same waves, and they are all of it, each once.

Sites come in the order of a hash of their addresses: the first wave is no sample of the letter A, it does not depend on
what else is in the plan, and a site that is early in one rollout is early in the next. Numbers and percentages count
sites that are created or updated, over all accounts. The rest finds its place by what it may break:

- the accounts' own settings go with the first wave, before its sites; turning an API off comes last of all;
- a new client goes with the first of its sites, or last, where it has none: no call takes a client back;
- deletes go with the last wave, as what is deleted does not come back as it was;
- sites that hand an address to one another stay together, so that a wave may be a little larger than it says.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil

from msgspec import Struct

from reconcile.errors import PlanError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.rollout import Chosen, Count, OnFailure, Percent, Rollout, Size
from reconcile.model.state import DesiredState
from reconcile.planning.plan import Change, Plan
from reconcile.planning.select import ExpressionError, Node, means, parse, subject, subject_of
from reconcile.planning.select.names import check, empty_said, names_of, why_nothing
from reconcile.planning.select.terms import holds


class Wave(Struct, frozen=True):
    """The changes that are done before the next gates, in the order of the plan.

    `number` counts from 1, `name` is the size as `rollout:` has it.
    """

    number: int
    name: str
    changes: tuple[Change, ...]

    @property
    def sites(self) -> int:
        """How many sites it creates or updates."""
        return _sites(self.changes)


class InWaves(Struct, frozen=True):
    """How a plan is carried out, for those who read it: these of `of_waves` waves, and what comes between them.

    `gates` are called as messages call them, as their arguments may hold secrets; `pause` is in seconds. `left_out` are
    sizes of `rollout:` that no change is for.
    """

    waves: tuple[Wave, ...]
    of_waves: int
    pause: float
    gates: tuple[str, ...]
    max_failures: int
    on_failure: OnFailure
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, made: Sequence[Wave], rollout: Rollout, of_waves: int) -> InWaves:
        """These waves by the project's `rollout:`; what is left of a rollout leaves nothing out."""
        names = {wave.name for wave in made}
        left_out = [str(size) for size in rollout.waves if str(size) not in names] if len(made) == of_waves else []
        gates = tuple(map(str, rollout.gates))
        failing = rollout.max_failures, rollout.on_failure
        return cls(tuple(made), of_waves, rollout.pause, gates, *failing, tuple(left_out))


def waves(plan: Plan, sizes: Sequence[Size]) -> tuple[Wave, ...]:
    """The waves of a plan; those that nothing is left for are left out. The last of `sizes` takes all that is left."""
    groups = list(_groups(plan.changes))
    total, taken = sum(map(_sites, groups)), 0
    places: dict[int, int] = {}  # of the changes, by their identity
    for number, size in enumerate(sizes):
        found, groups = _part(groups, size, total, taken)
        taken += sum(map(_sites, found))
        places.update((id(change), number) for group in found for change in group)
    first, last = min(places.values(), default=len(sizes) - 1), len(sizes) - 1
    clients = _with_their_sites(plan.changes, places)
    made: dict[int, list[Change]] = defaultdict(list)
    for change in plan.changes:
        early = change.address.kind == "profile" and not change.locks_out
        together = first if early else clients.get(change.address, last)
        made[places.get(id(change), together)].append(change)
    return tuple(
        Wave(place, str(sizes[number]), tuple(made[number])) for place, number in enumerate(sorted(made), start=1)
    )


def require_matches(sizes: Sequence[Size], desired: DesiredState, plan: Plan, *, allow_empty: bool = False) -> None:
    """Raises `PlanError` for a wave whose selection is no expression, names what there is not, or means no site."""
    sites = [subject(site, changed=True) for site in desired.sites]
    sites += [subject_of(change) for change in plan.changes if change.address.kind == "site"]
    for size in sizes:
        if isinstance(size, Chosen):
            node = read_selection(size)
            names = names_of(sites, desired.accounts)
            try:
                check(size.expression, node, names)
            except ExpressionError as error:
                raise PlanError(f"`rollout.waves`: {error.pointed}") from None
            if not allow_empty and not any(holds(node, one) for one in sites):
                said = empty_said(why_nothing(node, names))
                raise PlanError(f"the wave {size} of `rollout.waves` matches no site{said}")


def wrong_selection(expression: str, desired: DesiredState) -> str:
    """What is wrong with a selection that a file of the project holds; empty where nothing is."""
    sites = [subject(site, changed=True) for site in desired.sites]
    try:
        check(expression, parse(expression), names_of(sites, desired.accounts))
    except ExpressionError as error:
        return str(error)
    return ""


def read_selection(size: Chosen) -> Node:
    """The selection of a wave. Raises `PlanError` for what is no expression."""
    try:
        return parse(size.expression)
    except ExpressionError as error:
        raise PlanError(f"`rollout.waves`: {error.pointed}") from None


def _counts(change: Change) -> bool:
    return change.address.kind == "site" and change.action is not Action.DELETE


def _sites(changes: Sequence[Change]) -> int:
    return sum(map(_counts, changes))


def _groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The sites that are created or updated, in their order; those that stay together as one group.

    A delete that makes room is in the group, too, and is done in its wave.
    """
    sites = [change for change in changes if change.address.kind == "site"]
    above: dict[tuple[str, str], tuple[str, str]] = {}

    def top(name: tuple[str, str]) -> tuple[str, str]:
        while above.setdefault(name, name) != name:
            name = above[name]
        return name

    for change in sites:
        one, *others = _names(change)
        for other in others:
            above[top(other)] = top(one)
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in sites:
        groups[top(_names(change)[0])].append(change)
    moved = [group for group in groups.values() if any(map(_counts, group))]
    yield from sorted(moved, key=lambda group: min(_order(change) for change in group))


def _names(change: Change) -> list[tuple[str, str]]:
    """The addresses that a site has before or after its change."""
    urls = [str(url) for item in change.fields if item.field.path == "url" for url in (item.before, item.after) if url]
    return [(change.address.account, name) for name in dict.fromkeys([change.address.name, *urls])]


def _order(change: Change) -> tuple[str, str]:
    address = str(change.address)
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest(), address


def _part(
    groups: list[list[Change]], size: Size, total: int, taken: int
) -> tuple[list[list[Change]], list[list[Change]]]:
    """The groups of the next wave, and those that are left; `total` counts all sites, `taken` those of waves before."""
    match size:
        case Chosen():
            node = read_selection(size)
            chosen = [any(means(node, change) for change in group if _counts(change)) for group in groups]
            pairs = list(zip(groups, chosen, strict=True))
            return [group for group, yes in pairs if yes], [group for group, yes in pairs if not yes]
        case Count(sites):
            upto = sites
        case Percent(percent):
            upto = ceil(total * Fraction(str(percent)) / 100)
    number = 0
    while number < len(groups) and taken < upto:
        taken += _sites(groups[number])
        number += 1
    return groups[:number], groups[number:]


def _with_their_sites(changes: Sequence[Change], places: dict[int, int]) -> dict[Address, int]:
    """The wave of each new client that has new sites: that of the first of them."""
    found: dict[Address, int] = {}
    for change in changes:
        if change.client is not None and id(change) in places and change.action is Action.CREATE:
            found[change.client] = min(places[id(change)], found.get(change.client, places[id(change)]))
    return found
