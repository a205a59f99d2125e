"""What an expression names, found in its text, and whether there is such a thing.

The library types documents as mappings of anything, so that it would find a misspelled field only when it looks for
one, on the first site that comes so far. Here every name of a field and a label is checked before anything is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconcile.model.fields import Field, Kinds
from reconcile.model.normalize import did_you_mean, quoted

#: The variables, and what each is like.
VARIABLES: Final = {
    "site": "mapping",
    "profile": "mapping",
    "labels": "mapping",
    "before": "any",
    "after": "any",
    "client": "any",
    "group": "any",
    "uses": "texts",
    "changed": "texts",
    "address": "text",
    "name": "text",
    "kind": "text",
    "account": "text",
    "provider": "text",
    "action": "text",
}
#: Variables that hold a whole resource, by the kinds of resources that they may hold; None: any.
DOCUMENTS: Final[Mapping[str, frozenset[str] | None]] = {
    "site": frozenset({"site"}),
    "profile": frozenset({"profile"}),
    "before": None,
    "after": None,
}
#: What only sites have.
OF_SITES: Final = frozenset({"site", "labels", "client", "group", "uses"})
#: What is about the change, and not about what comes of it.
OF_CHANGES: Final = frozenset({"action", "changed", "before", "after"})
_MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})
_DAYS: Final = frozenset({"answers", "opens", "closes"})


class ExpressionError(ValueError):
    """What is wrong with an expression: a clause without its end, and where in the text, from 1 (0: nowhere)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class Names:
    """What expressions of a project may name: the fields of all kinds as trees, and the labels that sites have."""

    def __init__(self, kinds: Kinds, labels: frozenset[str]) -> None:
        self.labels = labels
        self.trees: dict[str, dict[str, Any]] = {}
        for kind in kinds.values():
            tree: dict[str, Any] = {}
            for one in kind.fields:
                below = tree
                for key in one.keys[:-1]:
                    below = below.setdefault(key, {})
                below[one.name] = one
            self.trees[kind.name] = tree


@dataclass(frozen=True, slots=True)
class Use:
    """What an expression uses.

    `kinds` are the kinds of resources that it can be about. `paths` are those of the fields that it looks at, and of
    mappings of them; `whole`: it uses a mapping as such, and so perhaps all fields.
    """

    variables: frozenset[str]
    kinds: frozenset[str]
    paths: frozenset[str]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Bracket:
    """An open bracket: whether a macro's, whose elements are called `own`, and the names that can't stand in it."""

    macro: bool = False
    own: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()


_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<raw>[bB]?[rR][bB]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*'))
  | (?P<string>[bB]?(?:\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<name>[A-Za-z_]\w*|`[^`\n]*`)
  | (?P<number>\d[\w.]*)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTES: Final = re.compile(r"^[bBrR]*(\"{3}|'{3}|\"|')(.*)\1$", re.DOTALL)


def read(text: str, names: Names) -> Use:
    """What a well-formed expression uses. Raises `ExpressionError` for names of what there is not."""
    return _Reader(text, names).use()


@dataclass(slots=True)
class _Reader:
    text: str
    names: Names
    tokens: Sequence[_Token] = ()
    used: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    whole: bool = False

    def use(self) -> Use:
        self.tokens = [
            _Token(str(found.lastgroup), found[0], found.start())
            for found in _TOKEN.finditer(self.text)
            if found.lastgroup != "space"
        ]
        self.kinds = set(self.names.trees)
        self.growing()
        for number, token in enumerate(self.tokens):
            if token.kind == "name" and self.sign(number - 1) != ".":
                self.name(number, token)
            elif token.kind == "name" and not self.ends_value(number - 2):  # which would be one of a wider scope
                raise self.fail("a variable begins with no dot", self.tokens[number - 1])
            elif token.kind in ("string", "raw") and self.is_in(number, "changed"):
                self.path(token)
        if self.used & OF_SITES:
            self.narrow({"site"}, self.tokens[0])
        return Use(frozenset(self.used), frozenset(self.kinds), frozenset(self.paths), self.whole)

    def sign(self, number: int) -> str:
        return self.tokens[number].text if 0 <= number < len(self.tokens) else ""

    def ends_value(self, number: int) -> bool:
        """Whether something ends here that has fields."""
        return number >= 0 and (self.tokens[number].kind != "sign" or self.tokens[number].text in (")", "]", "}"))

    def fail(self, message: str, token: _Token) -> ExpressionError:
        before = self.text[: token.at]
        return ExpressionError(message, before.count("\n") + 1, token.at - (before.rfind("\n") + 1) + 1)

    def growing(self) -> None:
        """Refuses what could fill the memory, or never end: lists, mappings and texts made in every turn of a macro.

        A literal that holds what the macro goes over, `[x, x]`, can be gone over in turn: each such level doubles the
        size at the cost of one turn, so that the library's limit of turns never comes.
        """
        opened: list[_Bracket] = []
        for number, token in enumerate(self.tokens):
            before = self.sign(number - 1)
            inside = any(bracket.macro for bracket in opened)
            if token.text == "(":
                macro = before in _MACROS and self.sign(number - 2) == "."
                if macro and before == "map":
                    raise self.fail("a policy makes no lists, so there is no `map`", self.tokens[number - 1])
                if macro and before == "filter" and inside:
                    message = "`filter` can't stand inside another macro; write the condition with `&&`"
                    raise self.fail(message, self.tokens[number - 1])
                opened.append(_Bracket(macro=macro, own=frozenset([self.element(number)] if macro else [])))
            elif token.text in ("[", "{"):
                index = token.text == "[" and before != "in" and self.ends_value(number - 1)
                own = set() if index else {name for bracket in opened for name in bracket.own}
                opened.append(_Bracket(banned=frozenset(own)))
            elif token.text in (")", "]", "}") and opened:
                opened.pop()
            elif token.text == "+" and inside:
                raise self.fail("`+` can't stand inside a macro, where it may make too much", token)
            elif token.kind == "name" and before != "." and any(token.text in bracket.banned for bracket in opened):
                what = f"a list or mapping can't be made of {quoted(token.text)}, which a macro goes over"
                raise self.fail(f"{what}; compare with `||`", token)

    def element(self, number: int) -> str:
        """What a macro that opens here calls its elements; the name may stand in brackets of its own."""
        while self.sign(number) == "(":
            number += 1
        return self.sign(number)

    def name(self, number: int, token: _Token) -> None:
        """A name that stands by itself: a variable, a function, or what a macro calls its elements."""
        called = self.sign(number + 1) == "("
        if called and token.text == "has":
            message = (
                "nothing is ever missing, so there is no `has`: what has no value is null, a text is '', a list []"
            )
            raise self.fail(message, token)
        if called and token.text in _DAYS:
            return
        if called or token.text not in VARIABLES:
            return
        self.used.add(token.text)
        if token.text in DOCUMENTS:
            self.document(number, token)
        elif token.text == "labels":
            for key in self.keys(number)[:1]:
                name = _name(key)
                if name not in self.names.labels:
                    hint = did_you_mean(name, self.names.labels)
                    raise self.fail(f"no site has a label {quoted(name)}{hint}", key)

    def keys(self, number: int) -> list[_Token]:
        """The names that follow a variable, as `.name` or `["name"]`, without the name of a function that is called."""
        found = []
        at = number + 1
        while True:
            if self.sign(at) == "." and self.tokens[at + 1].kind == "name" and self.sign(at + 2) != "(":
                found.append(self.tokens[at + 1])
                at += 2
            elif self.sign(at) == "[" and self.tokens[at + 1].kind in ("string", "raw") and self.sign(at + 2) == "]":
                found.append(self.tokens[at + 1])
                at += 3
            else:
                return found

    def document(self, number: int, token: _Token) -> None:
        """A way into a resource: there has to be such a field."""
        keys = self.keys(number)
        if not keys:
            if self.sign(number - 2) in _DAYS:
                self.narrow({"site"}, token)
                self.paths.add("widget.schedule")
            elif not self.is_compared_with_null(number + 1):
                self.whole = True
            return
        fits = {}
        wrong = []
        for kind in DOCUMENTS[token.text] or sorted(self.names.trees, reverse=True):  # most rules are about sites
            try:
                fits[kind] = self.follow(token.text, self.names.trees[kind], keys)
            except ExpressionError as error:
                wrong.append(error)
        if not fits:  # the one that came farthest knows best
            raise max(wrong, key=lambda error: (error.line, error.column, "secret" in error.message))
        for found in fits.values():
            if isinstance(found, Field) and found.nothing is not None and not found.undocumented:
                self.require_nullable(found, keys[-1])
        self.whole |= any(isinstance(found, dict) for found in fits.values())
        self.paths |= {found.path for found in fits.values() if isinstance(found, Field)}
        self.narrow(set(fits), keys[-1])

    def is_compared_with_null(self, number: int) -> bool:
        """Whether what stands before is compared with null, as in `before != null`."""
        return self.sign(number) in ("!", "=") and self.sign(number + 2) == "null"

    def require_nullable(self, found: Field, last: _Token) -> None:
        """Refuses to compare a text or a list with null, which would always come to the same."""
        number = self.tokens.index(last) + (2 if last.kind != "name" else 1)
        if self.is_compared_with_null(number):
            empty = "[]" if isinstance(found.nothing, tuple) else "''"
            if found.nothing in ("", ()):
                raise self.fail(f"`{found.path}` is never null: without a value it is {empty}", last)

    def follow(self, root: str, tree: Mapping[str, Any], keys: Sequence[_Token]) -> Any:
        """The field that the way ends at, or the mapping of fields. Raises `ExpressionError` where it leads nowhere."""
        here: Any = tree
        way = root
        for key in keys:
            if isinstance(here, Field):
                if here.undocumented:
                    return here
                raise self.fail(f"`{way}` has nothing below it", key)
            name = _name(key)
            if name not in here:
                hint = did_you_mean(name, here) or f"; it has {', '.join(here)}"
                raise self.fail(f"`{way}` has no {quoted(name)}{hint}", key)
            here, way = here[name], f"{way}.{name}"
            if isinstance(here, Field) and here.sensitive:
                raise self.fail(f"`{way}` is a secret, which no policy can read", key)
        return here

    def is_in(self, number: int, name: str) -> bool:
        return self.sign(number + 1) == "in" and self.sign(number + 2) == name

    def path(self, token: _Token) -> None:
        """A field's path in `"widget.call_time" in changed`."""
        path = _name(token)
        fits = {kind: set(_paths(tree)) for kind, tree in self.names.trees.items()}
        if not any(path in paths for paths in fits.values()):
            hint = did_you_mean(path, set().union(*fits.values()))
            raise self.fail(f"there is no field {quoted(path)}{hint}", token)
        self.narrow({kind for kind, paths in fits.items() if path in paths}, token)

    def narrow(self, kinds: set[str], token: _Token) -> None:
        self.kinds &= kinds
        if not self.kinds:
            raise self.fail(
                "no kind of resource has all that this expression names: one policy is about one kind", token
            )


def _name(token: _Token) -> str:
    """The name that a token is, or the text in its quotes."""
    found = _QUOTES.match(token.text)
    return token.text.strip("`") if found is None else found[2]


def _paths(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all fields, and of the mappings that they stand in."""
    for key, below in tree.items():
        path = f"{above}{key}"
        yield path
        if not isinstance(below, Field):
            yield from _paths(below, f"{path}.")
