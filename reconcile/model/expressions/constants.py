"""Constants of an expression, and what they are compared with: one that this can never be would never be met.

Of a field its own reader tells: it makes of a constant the value that documents would have. What there can be is fixed
of `action`, `kind`, `provider`, days, paths of fields, and the kinds of shared objects. The names that people give (of
accounts, clients, groups, shared objects) may come later, so that only one that is nearly another is refused.

What can't be told is allowed: undocumented fields, and whatever is made of values before it is compared.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconcile.model.capabilities import Action
from reconcile.model.expressions.hours import FUNCTIONS, no_day
from reconcile.model.expressions.tree import Node
from reconcile.model.fields import Field
from reconcile.model.normalize import did_you_mean, quoted

#: The functions that take a day.
DAYS: Final = frozenset(FUNCTIONS)
#: What a site may use, as `uses` names it: `widget/standard`.
USED: Final = ("widget", "schedule", "manager", "blacklist")
#: The names that people give, by their variables, and what is said of one that nothing has.
_GIVEN: Final = {
    "account": "no account is named",
    "client": "no client is named",
    "group": "no site group is named",
    "uses": "nothing that a site can use is named",
}
#: Variables that are null where a site has none.
_NULLABLE: Final = ("client", "group")
#: How alike two names are, from 0 to 1, that one was meant for the other.
_ALIKE: Final = 0.75
#: What texts are asked for their parts with.
_PARTS: Final[Mapping[str, tuple[Callable[[str, str], bool], str]]] = {
    "startsWith": (str.startswith, "begins with"),
    "endsWith": (str.endswith, "ends with"),
    "contains": (str.__contains__, "contains"),
}


@dataclass(frozen=True, slots=True)
class _Simple:
    """What is no field of a document: `wrong` says of its name and a value why it is never that, empty where it may be.

    `closed` are all values that there are, where that is known; `elements` is what a list is made of.
    """

    wrong: Callable[[str, Any], str]
    closed: Collection[str] = ()
    elements: _Simple | None = None


#: What a part of an expression may be: a mapping of fields, a field, or something else.
_Thing = Mapping[str, Any] | Field | _Simple


@dataclass(frozen=True, slots=True)
class Constants:
    """Looks for constants that are never met.

    `given` are the names that the project gives, and `trees` the fields of each kind of resources as trees (see
    `Names`); `roots` are the kinds that each variable with a whole resource may be of.
    """

    given: Mapping[str, Collection[str]]
    trees: Mapping[str, Mapping[str, Any]]
    roots: Mapping[str, Collection[str]]
    #: What tells what is wrong with each constant, by where it stands; one that fits anywhere is none to complain of.
    said: dict[int, list[Callable[[], str]]] = field(default_factory=dict)

    def wrong(self, tree: Node) -> tuple[int, str] | None:
        """Where the first constant stands that what it is compared with can never be, and why; None where none is."""
        self.said.clear()
        self.visit(tree, {})
        for at, told in sorted(self.said.items()):
            said = [tell() for tell in told]
            if all(said):
                return at, said[0]
        return None

    def visit(self, node: Node, own: Mapping[str, _Own]) -> None:
        """Compares what is compared here; `own` is what macros call their elements."""
        within = own
        if node.kind == "each":
            over = node.args[0]
            within = {**own, node.name: _Own(tuple(self.elements(over, own)), tuple(_entries(over)))}
        for number, part in enumerate(node.args):
            self.visit(part, within if number else own)
        if node.kind == "call" and len(node.args) == 2:
            self.call(node.name, *node.args, own)

    def call(self, name: str, one: Node, other: Node, own: Mapping[str, _Own]) -> None:
        """An operator or a function with its two arguments."""
        if name in ("_==_", "_!=_"):
            self.compare(one, other, own)
        elif name == "@in":
            for entry in _entries(other):
                self.compare(one, entry, own)
            if other.kind != "list":
                self.judge(one, tuple(self.elements(other, own)), _spelled(other), own)
        elif name in _PARTS and other.kind == "constant":
            self.part(name, one, other, own)
        elif name in DAYS:
            for constant in self.constants(other, own):
                self.note(constant, functools.partial(no_day, constant.value))

    def compare(self, left: Node, right: Node, own: Mapping[str, _Own]) -> None:
        for one, other in ((left, right), (right, left)):
            things = tuple(self.things(other, own))
            self.judge(one, things, _spelled(other), own)
            inside = [thing.elements for thing in things if isinstance(thing, _Simple) and thing.elements is not None]
            for entry in _entries(one):
                self.judge(entry, inside, _spelled(other), own)

    def judge(self, node: Node, things: Sequence[_Thing], name: str, own: Mapping[str, _Own]) -> None:
        """Notes the constants that a part is, to be told what is wrong with them if nothing of `things` may be that."""
        for constant in self.constants(node, own):
            self.note(constant, functools.partial(_never, things, name, constant.value))

    def note(self, constant: Node, tell: Callable[[], str]) -> None:
        self.said.setdefault(constant.at, []).append(tell)

    def part(self, name: str, whole: Node, part: Node, own: Mapping[str, _Own]) -> None:
        """`startsWith` and the like, of what has only so many values."""
        test, words = _PARTS[name]
        closed = [one.closed if isinstance(one, _Simple) else () for one in self.things(whole, own)]
        every = set().union(*closed)
        if closed and all(closed) and not any(test(value, part.value) for value in every):
            said = f"`{_spelled(whole)}` never {words} {quoted(part.value)}{did_you_mean(part.value, every)}"
            self.note(part, lambda: said)

    def constants(self, node: Node, own: Mapping[str, _Own]) -> Sequence[Node]:
        """The constants that a part may be: itself, a list of them, or those that a macro goes over."""
        if node.kind == "list" and all(entry.kind == "constant" for entry in node.args):
            return [Node("constant", node.at, value=[entry.value for entry in node.args])]
        if node.kind == "name" and node.name in own:
            return own[node.name].constants
        return [node] if node.kind == "constant" else []

    # --- what a part may be -------------------------------------------------------------------------------------------

    def things(self, node: Node, own: Mapping[str, _Own]) -> Iterator[_Thing]:
        """What a part may be; nothing where nobody knows."""
        if node.kind == "name":
            yield from own[node.name].things if node.name in own else self.variable(node.name)
        elif node.kind == "field":
            yield from self.below(node.args[0], node.name, own)
        elif node.kind == "call" and node.name == "_[_]" and isinstance(node.args[1].value, str):
            yield from self.below(node.args[0], node.args[1].value, own)
        elif node.kind == "call" and node.name == "_[_]":
            yield from self.elements(node.args[0], own)
            for thing in self.things(node.args[0], own):
                yield from thing.values() if isinstance(thing, Mapping) else ()
        elif node.kind == "call" and node.name in ("opens", "closes"):
            yield _Simple(_no_number)
        elif node.kind == "each" and node.args[2].kind == "list":  # `filter`
            yield from self.things(node.args[0], own)

    def variable(self, name: str) -> Iterator[_Thing]:
        if name in self.roots:
            yield from (self.trees[kind] for kind in self.roots[name])
        elif name == "labels":
            yield _Simple(_anything)
        elif name == "uses":
            yield _Simple(_anything, elements=_Simple(self.no_given("uses")))
        elif name == "changed":
            paths = {path for tree in self.trees.values() for path in paths_of(tree)}
            yield _Simple(_anything, elements=_Simple(_no_path(paths), paths))
        elif name in ("action", "kind", "provider"):
            every = {"action": [action.value for action in Action], "kind": list(self.trees)}
            closed = every.get(name, self.given.get(name, ()))
            yield _Simple(_not_among(closed), closed)
        elif name in (*_GIVEN, "name", "address"):
            yield _Simple(self.no_given(name))

    def below(self, node: Node, key: str, own: Mapping[str, _Own]) -> Iterator[_Thing]:
        """What has a name in a part: a field, or a label."""
        if node.kind == "name" and node.name == "labels":
            yield _Simple(_no_label)
        for thing in self.things(node, own):
            if isinstance(thing, Mapping) and key in thing:
                yield thing[key]

    def elements(self, node: Node, own: Mapping[str, _Own]) -> Iterator[_Thing]:
        """What the elements of a part may be."""
        for thing in self.things(node, own):
            if isinstance(thing, Field) and thing.items:
                yield {item.name: item for item in thing.items}
            elif isinstance(thing, Field) and thing.nothing == ():
                yield _Simple(_no_entry(thing))
            elif isinstance(thing, _Simple) and thing.elements is not None:
                yield thing.elements

    def no_given(self, variable: str) -> Callable[[str, Any], str]:
        """What is wrong with a value of a variable that holds a name which people give."""

        def wrong(name: str, value: Any) -> str:
            if value is None and variable in _NULLABLE:
                return ""
            if not isinstance(value, str):
                return f"`{name}` is text, and never {quoted(value)}"
            return _misspelt(variable, value, self.given.get(variable, ())) if variable in _GIVEN else ""

        return wrong


@dataclass(frozen=True, slots=True)
class _Own:
    """The elements that a macro goes over: what they may be, and those that are constants."""

    things: tuple[_Thing, ...]
    constants: tuple[Node, ...]


def _entries(node: Node) -> Sequence[Node]:
    """The constants in a list that is written out."""
    return [entry for entry in node.args if entry.kind == "constant"] if node.kind == "list" else []


def _spelled(node: Node) -> str:
    """What a part is called in messages: `site.managers[…].phone`."""
    if node.kind == "field":
        return f"{_spelled(node.args[0])}.{node.name}"
    if node.kind == "call" and node.name == "_[_]":
        key = node.args[1].value
        return _spelled(node.args[0]) + (f".{key}" if isinstance(key, str) else f"[{'…' if key is None else key}]")
    if node.kind == "each":
        return f"{_spelled(node.args[0])}.filter(…)"
    return node.name if node.kind == "name" else f"{node.name}(…)"


def paths_of(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all fields, and of the mappings that they stand in."""
    for key, below in tree.items():
        path = f"{above}{key}"
        yield path
        if not isinstance(below, Field):
            yield from paths_of(below, f"{path}.")


def has_near(name: str, known: Collection[str]) -> bool:
    """Whether a name is so much like a known one that this was meant."""
    return bool(difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE))


# --- what is wrong with a value ---------------------------------------------------------------------------------------


def _never(things: Sequence[_Thing], name: str, value: Any) -> str:
    """Why none of these things is ever that value; empty where one may be, or nobody knows."""
    said = [_wrong(thing, name, value) for thing in things]
    return said[0] if said and all(said) else ""


def _wrong(thing: _Thing, name: str, value: Any) -> str:
    """Why this is never that value; empty where it may be."""
    if isinstance(thing, _Simple):
        return thing.wrong(name, value)
    if isinstance(thing, Field):
        return _wrong_in(thing, name, value)
    return "" if value is None else f"`{name}` has fields of its own, and is never {quoted(value)}"


def _wrong_in(field: Field, name: str, value: Any) -> str:
    """As the field's reader has it: it makes of a value the one that documents have, if any."""
    if field.undocumented:
        return ""
    if value is None:
        empty = "[]" if field.nothing == () else "''"
        return f"`{name}` is never null: without a value it is {empty}" if field.nothing in ("", ()) else ""
    try:
        meant = field.type.show(field.strict(value))
    except ValueError as error:
        return f"`{name}`: {error}"
    if meant == value and isinstance(meant, bool) is isinstance(value, bool):
        return ""
    guess = isinstance(meant, str) and isinstance(value, bool | float)
    return f"`{name}` is never {quoted(value)}{'; it is text' if guess else f'; write {quoted(meant)}'}"


def _no_entry(field: Field) -> Callable[[str, Any], str]:
    """Of an entry of a field that is a list, as its reader has it."""
    entry = f"an entry of `{field.path}`"

    def wrong(_: str, value: Any) -> str:
        if not isinstance(value, str):
            return f"{entry} is never {quoted(value)}; it is text"
        if not value.strip():  # which no list has, so that it does no harm
            return ""
        try:
            (meant,) = field.type.show(field.strict([value]))
        except ValueError as error:
            return f"{entry}: {error}"
        return "" if meant == value else f"{entry} is never {quoted(value)}; write {quoted(meant)}"

    return wrong


def _no_label(name: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return ""
    written = quoted(str(value).lower() if isinstance(value, bool) else str(value))
    return f"`{name}` is never {quoted(value)}: labels are texts; write {written}"


def _no_number(name: str, value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if number else f"`{name}` is a number, and never {quoted(value)}"


def _anything(_: str, __: Any) -> str:
    """Of what the library itself compares with values of its own type only."""
    return ""


def _no_path(paths: Collection[str]) -> Callable[[str, Any], str]:
    def wrong(_: str, value: Any) -> str:
        if isinstance(value, str) and value in paths:
            return ""
        return f"there is no field {quoted(value)}{did_you_mean(str(value), paths)}"

    return wrong


def _not_among(known: Collection[str]) -> Callable[[str, Any], str]:
    def wrong(name: str, value: Any) -> str:
        if not known or (isinstance(value, str) and value in known):
            return ""
        hint = did_you_mean(str(value), known) or f"; it is one of {', '.join(sorted(known))}"
        return f"`{name}` is never {quoted(value)}{hint}"

    return wrong


def _misspelt(variable: str, value: str, known: Collection[str]) -> str:
    """What is wrong with a name; of what sites use it begins with its kind, which has to be there."""
    if value in known:
        return ""
    kind, slash, name = value.partition("/")
    if variable != "uses":
        said = has_near(value, known)
    elif not slash or kind not in USED:
        named = [one for one in sorted(known) if one.partition("/")[2] == value]
        near = f'; did you mean "{named[0]}"?' if named else did_you_mean(kind, USED) if slash else ""
        return f"a site uses {', '.join(f'{one}/…' for one in USED)}, and not {quoted(value)}{near}"
    else:
        known = [one for one in known if one.startswith(f"{kind}/")]
        said = has_near(name, [one.partition("/")[2] for one in known])
    return f"{_GIVEN[variable]} {quoted(value)}{did_you_mean(value, known)}" if said else ""
