"""Constants of an expression, and what they are compared with: one that this can never be would never be met.

And fields of what a macro goes over, or a list holds: those of documents themselves are looked for in `names`.
What can't be told is allowed: undocumented fields, and whatever is made of values before it is compared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from reconcile.model.capabilities import Action
from reconcile.model.expressions.hours import FUNCTIONS, no_day
from reconcile.model.expressions.tree import Node
from reconcile.model.expressions.values import (
    GIVEN,
    Simple,
    Thing,
    anything,
    never,
    no_entry,
    no_label,
    no_name,
    no_number,
    no_path,
    not_among,
    paths_of,
)
from reconcile.model.fields import Field
from reconcile.model.normalize import did_you_mean, quoted

#: The functions that take a day.
DAYS: Final = frozenset(FUNCTIONS)
#: What texts are asked for their parts with.
_PARTS: Final[Mapping[str, tuple[Callable[[str, str], bool], str]]] = {
    "startsWith": (str.startswith, "begins with"),
    "endsWith": (str.endswith, "ends with"),
    "contains": (str.__contains__, "contains"),
}


class Constants(Struct, frozen=True):
    """Looks for constants that are never met.

    `given` are the names that the project gives, and `trees` the fields of each kind of resources as trees (see
    `Names`); `roots` are the kinds that each variable with a whole resource may be of.
    """

    given: Mapping[str, Collection[str]]
    trees: Mapping[str, Mapping[str, Any]]
    roots: Mapping[str, Collection[str]]
    #: What tells what is wrong with a constant, by where it stands; one that fits anywhere is none to complain of.
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
        if node.kind == "field":
            self.name(node, tuple(self.things(node.args[0], own)))
        if node.kind == "call" and len(node.args) == 2:
            self.call(node.name, *node.args, own)

    def name(self, node: Node, things: Sequence[Thing]) -> None:
        """A field has to be there, also in an entry of a list."""
        if things and not any(not isinstance(thing, Mapping) or node.name in thing for thing in things):
            every = dict.fromkeys(key for thing in things if isinstance(thing, Mapping) for key in thing)
            hint = did_you_mean(node.name, every) or f"; it has {', '.join(every)}"
            said = f"`{_spelled(node.args[0])}` has no {quoted(node.name)}{hint}"
            self.note(node.at + 1, lambda: said)  # behind the dot

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
                self.note(constant.at, functools.partial(no_day, constant.value))

    def compare(self, left: Node, right: Node, own: Mapping[str, _Own]) -> None:
        for one, other in ((left, right), (right, left)):
            things = tuple(self.things(other, own))
            self.judge(one, things, _spelled(other), own)
            inside = [thing.elements for thing in things if isinstance(thing, Simple) and thing.elements is not None]
            for entry in _entries(one):
                self.judge(entry, inside, _spelled(other), own)

    def judge(self, node: Node, things: Sequence[Thing], name: str, own: Mapping[str, _Own]) -> None:
        """Notes the constants that a part is, to be told what is wrong with them if nothing of `things` may be that."""
        for constant in self.constants(node, own):
            self.note(constant.at, functools.partial(never, things, name, constant.value))

    def note(self, at: int, tell: Callable[[], str]) -> None:
        self.said.setdefault(at, []).append(tell)

    def part(self, name: str, whole: Node, part: Node, own: Mapping[str, _Own]) -> None:
        """`startsWith` and the like, of what has only so many values."""
        test, words = _PARTS[name]
        closed = [one.closed if isinstance(one, Simple) else () for one in self.things(whole, own)]
        every = set().union(*closed)
        if closed and all(closed) and not any(test(value, part.value) for value in every):
            said = f"`{_spelled(whole)}` never {words} {quoted(part.value)}{did_you_mean(part.value, every)}"
            self.note(part.at, lambda: said)

    def constants(self, node: Node, own: Mapping[str, _Own]) -> Sequence[Node]:
        """The constants that a part may be: itself, a list of them, or those that a macro goes over."""
        if node.kind == "list" and all(entry.kind == "constant" for entry in node.args):
            return [Node("constant", node.at, value=[entry.value for entry in node.args])]
        if node.kind == "name" and node.name in own:
            return own[node.name].constants
        return [node] if node.kind == "constant" else []

    # --- what a part may be -------------------------------------------------------------------------------------------

    def things(self, node: Node, own: Mapping[str, _Own]) -> Iterator[Thing]:
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
            yield Simple(no_number)
        elif node.kind == "each" and node.args[2].kind == "list":  # `filter`
            yield from self.things(node.args[0], own)

    def variable(self, name: str) -> Iterator[Thing]:
        if name in self.roots:
            yield from (self.trees[kind] for kind in self.roots[name])
        elif name == "labels":
            yield Simple(anything)
        elif name == "uses":
            yield Simple(anything, elements=Simple(no_name("uses", self.given.get("uses", ()))))
        elif name == "changed":
            paths = {path for tree in self.trees.values() for path in paths_of(tree)}
            yield Simple(anything, elements=Simple(no_path(paths), paths))
        elif name in ("action", "kind", "provider"):
            every = {"action": [action.value for action in Action], "kind": list(self.trees)}
            closed = every.get(name, self.given.get(name, ()))
            yield Simple(not_among(closed), closed)
        elif name in (*GIVEN, "name", "address"):
            yield Simple(no_name(name, self.given.get(name, ())))

    def below(self, node: Node, key: str, own: Mapping[str, _Own]) -> Iterator[Thing]:
        """What has a name in a part: a field, or a label."""
        if node.kind == "name" and node.name == "labels":
            yield Simple(no_label)
        for thing in self.things(node, own):
            if isinstance(thing, Mapping) and key in thing:
                yield thing[key]

    def elements(self, node: Node, own: Mapping[str, _Own]) -> Iterator[Thing]:
        """What the elements of a part may be."""
        for thing in self.things(node, own):
            if isinstance(thing, Field) and thing.items:
                yield {item.name: item for item in thing.items}
            elif isinstance(thing, Field) and thing.nothing == ():
                yield Simple(no_entry(thing))
            elif isinstance(thing, Simple) and thing.elements is not None:
                yield thing.elements


class _Own(Struct, frozen=True):
    """The elements that a macro goes over: what they may be, and those that are constants."""

    things: tuple[Thing, ...]
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
