"""Which resources a run is about: `--select 'label=gold and not group=dealers'`, and what is added up.

`syntax` reads expressions, `terms` says what they are made of and what they mean, `names` finds misspelt ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from reconcile.errors import PlanError, UsageError
from reconcile.model.capabilities import Action
from reconcile.model.resource import NOWHERE, Desired, Live
from reconcile.model.state import DesiredState
from reconcile.planning.plan import Change
from reconcile.planning.select.names import Names, check, empty_said, names_of, why_nothing
from reconcile.planning.select.syntax import ExpressionError, parse
from reconcile.planning.select.terms import Changed, Node, Subject, glob_matches, holds, terms

__all__ = [
    "EVERYTHING",
    "Expression",
    "ExpressionError",
    "Node",
    "Selection",
    "Subject",
    "glob_matches",
    "means",
    "parse",
    "selection",
    "subject",
    "subject_of",
]


class Expression(Struct, frozen=True):
    """One expression of the command line, and the option that it was given with."""

    option: str
    text: str
    node: Node

    def __str__(self) -> str:
        return f"{self.option} {self.text}"


class Selection(Struct):
    """What is selected, less what is excluded; nothing said selects everything.

    Remembers which expressions have matched anything, whether anything was left, and what could have been meant.
    """

    select: tuple[Expression, ...] = ()
    exclude: tuple[Expression, ...] = ()
    allow_empty: bool = False
    matched: set[Expression] = field(default_factory=set)
    held: bool = False
    #: What the project knows, once that was asked.
    names: Names | None = None

    def __bool__(self) -> bool:
        return bool(self.select or self.exclude)

    @property
    def asks_for_changes(self) -> bool:
        """Whether the answer depends on what a plan would change."""
        return any(isinstance(term, Changed) for one in (*self.select, *self.exclude) for term in terms(one.node))

    def may_have(self, resource: Desired | Live, client: str | None = None) -> bool:
        """Whether a resource is selected, whatever is planned for it; see `has` for its client."""
        return not self or self.of(subject(resource, client)) is not False

    def has(self, resource: Desired | Live, client: str | None = None, *, changed: bool) -> bool:
        """Whether a resource is selected that is changed or not; `client` is the name of a live site's client."""
        return not self or self.of(subject(resource, client, changed)) is True

    def excludes(self, resource: Desired) -> bool:
        """Whether a resource is left out by name, and not only not selected."""
        return any(holds(one.node, subject(resource, changed=True)) for one in self.exclude)

    def of(self, one: Subject) -> bool | None:
        """Whether a subject is selected; None where that is not known."""
        chosen = self._any(self.select, one) if self.select else True
        left_out = self._any(self.exclude, one)
        if chosen is False or left_out is True:
            return False
        known = None if chosen is None or left_out is None else True
        self.held = self.held or _counts(known, one)
        return known

    def _any(self, expressions: Sequence[Expression], one: Subject) -> bool | None:
        """Whether any expression means a subject. All of them are asked, to know which have matched."""
        found: bool | None = False
        for expression in expressions:
            known = holds(expression.node, one)
            if _counts(known, one):
                self.matched.add(expression)
            found = True if found or known else None if known is None else found
        return found

    def concerns(self, account: str, desired: DesiredState) -> bool:
        """Whether anything is selected that is declared in an account."""
        declared = (*desired.profiles, *desired.clients, *desired.sites)
        return not self or any(self.may_have(one) for one in declared if one.address.account == account)

    def require_known(self, desired: DesiredState, more: Sequence[Subject] = ()) -> None:
        """Raises `PlanError` for a name that neither the project knows, nor `more`."""
        if not self:
            return
        declared = (*desired.profiles, *desired.clients, *desired.sites)
        names = self.names = names_of([*map(subject, declared), *more], desired.accounts)
        for one in (*self.select, *self.exclude):
            try:
                check(one.text, one.node, names)
            except ExpressionError as error:
                raise PlanError(f"{one.option}: {error.pointed}") from None

    def require_match(self) -> None:
        """Raises `PlanError` for expressions that have matched nothing: most likely they are misspelt."""
        missed = [one for one in (*self.select, *self.exclude) if one not in self.matched]
        if self.allow_empty or not self:
            return
        if missed:
            whys = (why_nothing(one.node, self.names) for one in missed if self.names is not None)
            takes = (
                "it takes an address, a glob such as '*.ru', a label such as tier=gold, and more that --help tells of"
            )
            raise PlanError(
                f"{' '.join(map(str, missed))} matches nothing{empty_said(next(filter(None, whys), ''), takes)}"
            )
        if not self.held:
            every = " ".join(map(str, (*self.select, *self.exclude)))
            raise PlanError(f"{every} leaves nothing; where that is fine, say --allow-empty")


EVERYTHING = Selection()


def selection(select: Sequence[str], exclude: Sequence[str] = (), *, allow_empty: bool = False) -> Selection:
    """The selection of the command line's expressions. Raises `UsageError` for what is no expression."""
    return Selection(tuple(_read("--select", select)), tuple(_read("--exclude", exclude)), allow_empty)


def _read(option: str, texts: Sequence[str]) -> Iterator[Expression]:
    for text in texts:
        try:
            yield Expression(option, text, parse(text))
        except ExpressionError as error:
            raise UsageError(f"{option}: {error.pointed}") from None


def means(node: Node, change: Change) -> bool:
    """Whether an expression, parsed, surely means a change of a plan."""
    return holds(node, subject_of(change)) is True


def subject_of(change: Change) -> Subject:
    """What can be asked of a change; nobody knows what a site belonged to that is deleted and in no file."""
    pruned = change.action is Action.DELETE and change.member == NOWHERE
    client = change.address if change.address.kind == "client" else change.client
    name = None if client is None else client.name
    return Subject(change.address, name, None if pruned else change.member, changed=True)


def subject(resource: Desired | Live, client: str | None = None, changed: bool | None = None) -> Subject:
    """What can be asked of a resource; a live one is one that no file declares."""
    address = resource.address
    if address.kind == "client":
        client = address.name
    if isinstance(resource, Live):
        return Subject(address, client, None, changed)
    if resource.client is not None:
        client = resource.client.name
    return Subject(address, client, resource.member, changed)


def _counts(known: bool | None, one: Subject) -> bool:
    """Whether an answer is a match: "it depends on the plan" is one, "nobody knows its labels" is none."""
    return known is True or (known is None and one.changed is None and one.member is not None)
