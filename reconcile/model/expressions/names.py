"""What an expression names, found in its text, and whether there is such a thing.

The library types documents as mappings of anything, so that it would find a misspelled field only when it looks for
one, on the first site that comes so far. Here every name of a field and a label is checked before anything is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from reconcile.model.expressions.constants import DAYS, Constants
from reconcile.model.expressions.tokens import ExpressionError, Token, Tokens, tokens_of, value_of
from reconcile.model.expressions.tree import Node, true_of
from reconcile.model.expressions.values import has_near, paths_of
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


class Names:
    """What expressions of a project may name: the fields of all kinds as trees, and the names that it gives.

    `given` are those names by the variable that has them (`labels`, `account`, `client`, `group`, `uses`), and the
    services that there are by `provider`. Of a variable that is not among them nobody knows the names: none is wrong.
    """

    def __init__(self, kinds: Kinds, given: Mapping[str, Collection[str]]) -> None:
        self.given = given
        self.trees: dict[str, dict[str, Any]] = {}
        for kind in kinds.values():
            tree: dict[str, Any] = {}
            for one in kind.fields:
                below = tree
                for key in one.keys[:-1]:
                    below = below.setdefault(key, {})
                below[one.name] = one
            self.trees[kind.name] = tree


class Use(Struct, frozen=True):
    """What an expression uses.

    `kinds` are the kinds of resources that it can be about. `paths` are those of the fields that it looks at, and of
    mappings of them; `whole`: it uses a mapping as such, and so perhaps all fields. `labels` are those that it names,
    and `sections` those of a site (the first part of a field's wire name) in which it looks. `true_of` are the kinds
    and the services, by `kind` and `provider`, of which it can be true; a variable that is left out: of any.
    """

    variables: frozenset[str]
    kinds: frozenset[str]
    paths: frozenset[str]
    whole: bool
    labels: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    true_of: Mapping[str, frozenset[str]] = field(default_factory=dict)


class _Bracket(Struct, frozen=True):
    """An open bracket: whether a macro's, whose elements are called `own`, and the names that can't stand in it."""

    macro: bool = False
    own: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()


def read(text: str, tree: Node, names: Names) -> Use:
    """What a well-formed expression uses. Raises `ExpressionError` for names of what there is not."""
    return _Reader(tokens_of(text), tree, names).use()


class _Reader(Struct):
    tokens: Tokens
    tree: Node
    names: Names
    used: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    whole: bool = False
    labels: set[str] = field(default_factory=set)
    sections: set[str] = field(default_factory=set)

    def use(self) -> Use:
        self.kinds = set(self.names.trees)
        self.growing()
        for number, token in enumerate(self.tokens.every):
            if token.kind == "name" and self.sign(number - 1) != ".":
                self.name(number, token)
            elif token.kind == "name" and not self.ends_value(number - 2):  # which would be one of a wider scope
                raise self.fail("a variable begins with no dot", self.tokens.every[number - 1])
        self.constants()
        if self.used & OF_SITES:
            self.narrow({"site"}, self.tokens.every[0])
        return Use(
            frozenset(self.used),
            frozenset(self.kinds),
            frozenset(self.paths),
            self.whole,
            frozenset(self.labels),
            frozenset(self.sections),
            {name: found for name in ("kind", "provider") if (found := true_of(self.tree, name)) is not None},
        )

    def constants(self) -> None:
        """Refuses those that are never met; a field's path that is in `changed` tells of which kind the resource is."""
        trees = self.names.trees
        roots = {name: sorted(trees) if of is None else of & trees.keys() for name, of in DOCUMENTS.items()}
        found = Constants(self.names.given, trees, roots).wrong(self.tree)
        if found is not None:
            raise self.tokens.fail(found[1], found[0])
        for part in self.tree.walk():
            if part.name == "@in" and part.args[0].kind == "constant" and part.args[1].name == "changed":
                path = part.args[0].value
                self.narrow({kind for kind, tree in trees.items() if path in paths_of(tree)}, part.args[0])

    def sign(self, number: int) -> str:
        return self.tokens.sign(number)

    def fail(self, message: str, token: Token | Node) -> ExpressionError:
        return self.tokens.fail(message, token.at)

    def ends_value(self, number: int) -> bool:
        """Whether something ends here that has fields."""
        every = self.tokens.every
        return number >= 0 and (every[number].kind != "sign" or every[number].text in (")", "]", "}"))

    def growing(self) -> None:
        """Refuses what could fill the memory, or never end: lists, mappings and texts made in every turn of a macro.

        A literal that holds what the macro goes over, `[x, x]`, can be gone over in turn: each such level doubles the
        size at the cost of one turn, so that the library's limit of turns never comes.
        """
        opened: list[_Bracket] = []
        for number, token in enumerate(self.tokens.every):
            before = self.sign(number - 1)
            inside = any(bracket.macro for bracket in opened)
            if token.text == "(":
                macro = before in _MACROS and self.sign(number - 2) == "."
                if macro and before == "map":
                    raise self.fail("a policy makes no lists, so there is no `map`", self.tokens.every[number - 1])
                if macro and before == "filter" and inside:
                    message = "`filter` can't stand inside another macro; write the condition with `&&`"
                    raise self.fail(message, self.tokens.every[number - 1])
                element = self.element(number)
                if macro and element.text in VARIABLES:
                    message = f"`{element.text}` is a variable; call the elements of `{before}` something else"
                    raise self.fail(message, element)
                opened.append(_Bracket(macro=macro, own=frozenset([element.text] if macro else [])))
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

    def element(self, number: int) -> Token:
        """What a macro that opens here calls its elements; the name may stand in brackets of its own."""
        while self.sign(number) == "(":
            number += 1
        return self.tokens.every[number]

    def name(self, number: int, token: Token) -> None:
        """A name that stands by itself: a variable, a function, or what a macro calls its elements."""
        called = self.sign(number + 1) == "("
        if called and token.text == "has":
            message = (
                "nothing is ever missing, so there is no `has`: what has no value is null, a text is '', a list []"
            )
            raise self.fail(message, token)
        if called and token.text in DAYS:
            return
        if called or token.text not in VARIABLES:
            return
        self.used.add(token.text)
        if token.text in DOCUMENTS:
            self.document(number, token)
        elif token.text in ("labels", "client", "group"):
            self.text(number, token)

    def text(self, number: int, token: Token) -> None:
        """What is a text or null. A label that no site has is null everywhere; one that is nearly another is not meant.

        So a file of policies serves many projects, and `import` can begin one that has the policies only.
        """
        keys, after = self.way(number)
        if token.text == "labels" and keys:
            self.labels.add(value_of(keys[0]))
            name, known = value_of(keys[0]), self.names.given.get("labels", ())
            if name not in known and has_near(name, known):
                raise self.fail(f"no site has a label {quoted(name)}{did_you_mean(name, known)}", keys[0])
        if self.tokens.is_condition(number, after):
            what = ".".join([token.text, *map(value_of, keys)])
            raise self.fail(f'`{what}` is a text, and neither true nor false; compare it, as in {what} == "…"', token)

    def way(self, number: int) -> tuple[list[Token], int]:
        """The names that follow a variable, as `.name` or `["name"]`, without the name of a function that is called.

        And the number of the token behind them.
        """
        found = []
        at = number + 1
        while True:
            if self.sign(at) == "." and self.tokens.every[at + 1].kind == "name" and self.sign(at + 2) != "(":
                found.append(self.tokens.every[at + 1])
                at += 2
            elif self.sign(at) == "[" and self.tokens.every[at + 1].is_text and self.sign(at + 2) == "]":
                found.append(self.tokens.every[at + 1])
                at += 3
            else:
                return found, at

    def document(self, number: int, token: Token) -> None:
        """A way into a resource: there has to be such a field."""
        keys, after = self.way(number)
        condition = self.tokens.is_condition(number, after)
        if not keys:
            self.lone(number, token, condition=condition)
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
        if condition and not any(map(_may_be_flag, fits.values())):
            what = ".".join([token.text, *map(value_of, keys)])
            raise self.fail(f"`{what}` is neither true nor false; compare it with what it is to be", token)
        if "site" in fits:
            self.sections |= set(_sections(fits["site"]))
        self.whole |= any(isinstance(found, dict) for found in fits.values())
        self.paths |= {found.path for found in fits.values() if isinstance(found, Field)}
        self.narrow(set(fits), keys[-1])

    def lone(self, number: int, token: Token, *, condition: bool) -> None:
        """A whole resource that is not looked into here."""
        if condition:
            raise self.fail(f"`{token.text}` is a resource, and neither true nor false; ask for a field of it", token)
        if self.sign(number - 2) in DAYS:
            self.narrow({"site"}, token)
            self.paths.add("widget.schedule")
            self.sections |= set(_sections(self.names.trees["site"]["widget"]["schedule"]))
        elif not self.is_compared_with_null(number + 1):
            self.whole = True

    def is_compared_with_null(self, number: int) -> bool:
        """Whether what stands before is compared with null, as in `before != null`."""
        return self.sign(number) in ("!", "=") and self.sign(number + 2) == "null"

    def follow(self, root: str, tree: Mapping[str, Any], keys: Sequence[Token]) -> Any:
        """The field that the way ends at, or the mapping of fields. Raises `ExpressionError` where it leads nowhere."""
        here: Any = tree
        way = root
        for key in keys:
            if isinstance(here, Field):
                if here.undocumented:
                    return here
                raise self.fail(f"`{way}` has nothing below it", key)
            name = value_of(key)
            if name not in here and way == "site" and name in VARIABLES and name not in DOCUMENTS:
                rest = "".join(f".{value_of(one)}" for one in keys[1:])
                raise self.fail(f"`site` has no {quoted(name)}; write `{name}{rest}`", key)
            if name not in here:
                hint = did_you_mean(name, here) or f"; it has {', '.join(here)}"
                raise self.fail(f"`{way}` has no {quoted(name)}{hint}", key)
            here, way = here[name], f"{way}.{name}"
            if isinstance(here, Field) and here.sensitive:
                raise self.fail(f"`{way}` is a secret, which no policy can read", key)
        return here

    def narrow(self, kinds: set[str], token: Token | Node) -> None:
        self.kinds &= kinds
        if not self.kinds:
            raise self.fail(
                "no kind of resource has all that this expression names: one policy is about one kind", token
            )


def _may_be_flag(found: Any) -> bool:
    """Whether what a way ends at can be true or false; of what is undocumented nobody knows."""
    return isinstance(found, Field) and (found.undocumented or found.type.name == "flag")


def _sections(found: Mapping[str, Any] | Field) -> Iterator[str]:
    """The sections of a site that a field, or what stands in a mapping, is kept in; every service has an address."""
    if not isinstance(found, Field):
        for below in found.values():
            yield from _sections(below)
    elif found.path != "url":
        yield found.wire[0]
