"""Whether what a plan would make of each resource keeps the project's policies.

A policy that names nothing of the change (`action`, `changed`, `before`, `after`) is about what there is afterwards: it
is asked of every declared resource, changed or not, and not of what is deleted. One that does is asked of deletes, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.expressions import Expression, ExpressionError, Missing, Names, Use, compiled, facts
from reconcile.model.expressions.names import OF_CHANGES
from reconcile.model.fields import UNMANAGED, Field, Kind, Kinds, Memo
from reconcile.model.normalize import quoted
from reconcile.model.policy import Policy
from reconcile.model.resource import NOWHERE, Desired, Live, Membership
from reconcile.model.state import DesiredState
from reconcile.planning.plan import Change, Plan
from reconcile.planning.whole import after, before, made_of

#: Seconds that one policy may take over all resources, and between how many of them that is looked at.
MAX_SECONDS: Final = 30.0
_LARGEST: Final = 2**63 - 1

Values = Sequence[Any]


class Breach(Struct, frozen=True):
    """A policy that a resource breaks, or of which that can't be told; `address` None where it is about all of them."""

    policy: Policy
    address: Address | None
    message: str


class Subject(Struct, frozen=True):
    """A resource that policies are asked of: its values before and after the plan, None where it is not there.

    Before a plan is made `action` is None, and values that are UNMANAGED are not known.
    """

    address: Address
    action: Action | None
    before: Values | None
    after: Values | None
    member: Membership = NOWHERE
    client: Address | None = None
    changed: tuple[Field, ...] = ()


class Rule(Struct, frozen=True):
    """A policy whose expressions are ready to be asked, of `kinds`, and of services that keep `sections` of a site."""

    policy: Policy
    expressions: tuple[tuple[str, Expression], ...]
    kinds: frozenset[str]
    variables: frozenset[str]
    sections: frozenset[str]

    @property
    def of_changes(self) -> bool:
        """Whether it is about the change, and not only about what comes of it."""
        return bool(self.variables & OF_CHANGES)

    def broken(self, given: Any, *, complete: bool) -> str | None:
        """What is said of a resource that breaks it, or of which that can't be told; None of one that keeps it.

        Where not everything is known, what can't be told yet is left for the plan.
        """
        try:
            for key, expression in self.expressions:
                holds = expression.holds(given)
                if key == "when" and not holds:
                    return None
                if key != "when" and holds is (key == "deny"):
                    return self.policy.message or _told(key, expression.text)
        except Missing as error:
            return f"it can't be told: {error}" if complete else None
        except ExpressionError as error:
            return f"it can't be told: {error}"
        return None


def _told(key: str, text: str) -> str:
    short = " ".join(text.split())
    short = short if len(short) <= 100 else short[:99] + "…"
    return f"`{short}` must be true, and is not" if key == "require" else f"`{short}` must not be true, and is"


def breaches(desired: DesiredState, plan: Plan, clock: Callable[[], float]) -> list[Breach]:
    """The policies that a plan breaks, in the order of the policies; `clock` gives seconds."""
    if not desired.policies:
        return []
    subjects = [_of_change(plan.kinds[change.address.kind], change) for change in plan.changes]
    subjects += [
        Subject(resource.address, Action.NOOP, live.values, live.values, resource.member, resource.client)
        for resource, live in plan.unchanged
    ]
    subjects += [_by_hand(plan.kinds[one.address.kind], one, live) for one, live in plan.by_hand]
    subjects.sort(key=attrgetter("address"))
    return list(_Asking(desired, plan.kinds, clock).ask(_rules(desired, plan.kinds), subjects))


def declared_breaches(desired: DesiredState, clock: Callable[[], float]) -> list[Breach]:
    """The policies that the declared resources break, whatever is live. What depends on that waits for the plan."""
    if not desired.policies:
        return []
    subjects = [
        Subject(resource.address, None, None, resource.values, resource.member, resource.client)
        for resource in (*desired.profiles, *desired.clients, *desired.sites)
    ]
    rules = [
        rule
        for rule in _rules(desired, desired.kinds)
        if not rule.of_changes and not any(expression.use.whole for _, expression in rule.expressions)
    ]
    return list(_Asking(desired, desired.kinds, clock).ask(rules, subjects))


def _of_change(kind: Kind, change: Change) -> Subject:
    return Subject(
        change.address,
        change.action,
        before(change),
        after(kind, change),
        change.member,
        change.client,
        tuple(item.field for item in change.fields),
    )


def _by_hand(kind: Kind, resource: Desired, live: Live | None) -> Subject:
    """What there will be once a person has done it; the plan itself does nothing (`noop`)."""
    values = None if live is None else live.values
    result = made_of(kind, resource.values, values)
    return Subject(resource.address, Action.NOOP, values, result, resource.member, resource.client)


def _rules(desired: DesiredState, kinds: Kinds) -> list[Rule]:
    names = Names(kinds, {})  # the names that a project gives have been looked at when its files were read
    made = []
    for policy in desired.policies:
        expressions = tuple((key, compiled(text, names)) for key, text in policy.expressions)
        uses = [expression.use for _, expression in expressions]
        about = frozenset.intersection(*(use.kinds for use in uses))
        variables = frozenset[str]().union(*(use.variables for use in uses))
        sections = frozenset[str]().union(*(use.sections for use in uses))
        made.append(Rule(policy, expressions, about, variables, sections))
    return made


class _Asking(Struct, frozen=True):
    """Asks the rules of a project."""

    desired: DesiredState
    kinds: Kinds
    clock: Callable[[], float]

    def ask(self, rules: Sequence[Rule], subjects: Sequence[Subject]) -> Iterator[Breach]:
        spent = dict.fromkeys(range(len(rules)), 0.0)
        uses = [expression.use for rule in rules for _, expression in rule.expressions]
        labels = dict.fromkeys(label for site in self.desired.sites for label in site.member.labels)
        labels |= dict.fromkeys(label for use in uses for label in use.labels)  # also those that no site has
        plain = {name: Plain(kind, uses) for name, kind in self.kinds.items()}
        found: list[list[Breach]] = [[] for _ in rules]
        for subject in subjects:
            asked = [
                number
                for number, rule in enumerate(rules)
                if subject.address.kind in rule.kinds
                and rule.sections <= self.desired.services[subject.address.account].sections
                and (subject.action is not Action.DELETE or rule.of_changes)
                and spent[number] <= MAX_SECONDS
            ]
            if not asked:
                continue
            if subject.action is not None and subject.before is None and subject.after is None:
                text = "it can't be told: the saved plan does not hold the whole resource; make a new one"
                for number in asked:
                    found[number].append(Breach(rules[number].policy, subject.address, text))
                continue
            wanted = frozenset[str]().union(*(rules[number].variables for number in asked))
            given = facts(dict(self.variables(subject, wanted, labels, plain[subject.address.kind])))
            for number in asked:
                began = self.clock()
                said = rules[number].broken(given, complete=subject.action is not None)
                if said is not None:
                    found[number].append(Breach(rules[number].policy, subject.address, said))
                spent[number] += self.clock() - began
                if spent[number] > MAX_SECONDS:
                    text = f"it takes too long: it was given up after {MAX_SECONDS:g} s; ask for less in it"
                    found[number].append(Breach(rules[number].policy, None, text))
        for breached in found:
            yield from breached

    def variables(
        self, subject: Subject, wanted: frozenset[str], labels: Mapping[str, None], plain: Plain
    ) -> Iterator[tuple[str, Any]]:
        """What expressions see of a resource, as far as they want it."""
        address, member = subject.address, subject.member
        result = subject.before if subject.after is None else subject.after
        client = subject.client.name if subject.client is not None else None
        known: dict[str, Callable[[], Any]] = {
            "address": lambda: _clean(str(address)),
            "name": lambda: _clean(address.human),
            "kind": lambda: address.kind,
            "account": lambda: _clean(address.account),
            "provider": lambda: self.desired.accounts[address.account].provider,
            "client": lambda: _clean(client),
            "group": lambda: _clean(member.group),
            "labels": lambda: _clean({**labels, **member.labels}),
            "uses": lambda: _clean(sorted(member.uses)),
            "action": lambda: "" if subject.action is None else subject.action.value,
            "changed": lambda: _clean(list(dict.fromkeys(way for one in subject.changed for way in _ways(one)))),
            "before": lambda: plain.document(subject.before),
            "after": lambda: plain.document(subject.after),
            "site": lambda: plain.document(result),
            "profile": lambda: plain.document(result),
        }
        for name in sorted(wanted):
            yield name, known[name]()


def _ways(field: Field) -> Iterator[str]:
    """A field's path, and those of the mappings that it stands in: `widget.schedule.monday.from`, `widget.schedule`."""
    for length in range(len(field.keys), 0, -1):
        yield ".".join(field.keys[:length])


class Plain:
    """Documents of one kind, nested as in YAML, of plain values; sensitive ones are left out.

    What has no value is None, and a text or a list is empty.

    Only the fields that `uses` look at are made: most rules look at few, and there are thousands of resources.
    """

    def __init__(self, kind: Kind, uses: Sequence[Use]) -> None:
        paths = {path for use in uses for path in use.paths}
        self.fields = [
            (field, field.keys[:-1], field.keys[-1], Memo(functools.partial(_shown, field)))
            for field in kind.fields
            if not field.sensitive and (any(use.whole for use in uses) or not paths.isdisjoint(_ways(field)))
        ]
        self.known: tuple[Values | None, dict[str, Any] | None] = (None, None)

    def document(self, values: Values | None) -> dict[str, Any] | None:
        """A resource's; what is UNMANAGED is left out, too."""
        if values is None:
            return None
        if self.known[0] is values:  # nothing changes, so that before is after
            return self.known[1]
        made: dict[str, Any] = {}
        for field, above, name, shown in self.fields:
            value = values[field.index]
            if value is UNMANAGED:
                continue
            below = made
            for key in above:
                below = below.setdefault(key, {})
            below[name] = _shown(field, value) if field.undocumented else shown(value)
        self.known = values, made
        return made


def _shown(field: Field, value: Any) -> Any:
    if value is None:
        return None
    shown = field.type.show(value)
    if field.items and isinstance(shown, list):
        blank = {item.name: item.nothing for item in field.items if not item.sensitive}
        shown = [{name: entry.get(name, nothing) for name, nothing in blank.items()} for entry in shown]
    return _clean(shown)


def _clean(value: Any) -> Any:
    """A value as the library takes it: of exact types, in Unicode, and numbers of 64 bits."""
    match value:
        case None | bool() | float():
            return value
        case str():
            return str.__str__(value) if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
        case int():
            return int(value) if abs(value) <= _LARGEST else float(min(max(value, -(10**300)), 10**300))
        case dict():
            return {_clean(str(key)): _clean(below) for key, below in value.items()}
        case list() | tuple():
            return [_clean(below) for below in value]
    return str(value)


def title(policy: Policy, place: str) -> str:
    """What a breach's message begins with: the policy and where it stands."""
    return f"policy {quoted(policy.name)}{place and f' ({place})'}"
