"""From the text of a selection to what it is made of: a parser by recursive descent.

    or:       and ("or" and)*
    and:      not ("and" not)*
    not:      "not" not | "(" or ")" | term
    term:     "changed" | key ("=" | "!=" | "~" | "!~") word | word

A word ends at white space or a parenthesis, unless it stands in quotes; a word alone is an address or a glob. In quotes
no word is one of the language: `"not"` is an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from reconcile.model.normalize import did_you_mean
from reconcile.planning.select.terms import KEYS, And, Changed, Node, Not, Or, Term

#: Parentheses and `not`s in one another; no person writes so many.
MAX_DEPTH: Final = 50
_WORDS: Final = ("and", "or", "not")
#: What other languages write for those words.
_FOREIGN: Final = {"&&": "and", "&": "and", "||": "or", "|": "or"}

_BLANK: Final = re.compile(r"\s")
_SPACE: Final = re.compile(r"\s*")
_KEYWORD: Final = re.compile(r"(and|or|not|changed)(?![^\s()])", re.IGNORECASE)
#: A key has no slash and no wildcard: those stand in addresses, such as acme.ru/~anna.
_KEY: Final = re.compile(r"([^\s()\"'=~!/*?\[\]]+)\s*(!?[=~])\s*")
_OPERATOR: Final = re.compile(r"!?[=~]")
_WORD: Final = re.compile(r"(?:[^\s()\"']|\"[^\"]*\"|'[^']*')+")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
#: A single & may stand in an address, after its ?.
_JOINED: Final = re.compile(r"&&|\|\|?|^&$")


class ExpressionError(ValueError):
    """What is wrong with an expression, and where in it, from 0."""

    def __init__(self, message: str, expression: str, at: int) -> None:
        self.message = message
        self.expression = expression
        self.at = at
        super().__init__(f"{message}, at character {at + 1} of {expression}")

    @property
    def pointed(self) -> str:
        """The message, and under it the expression with a mark at the place."""
        line = _BLANK.sub(" ", self.expression)
        return f"{self.message}\n  {line}\n  {' ' * self.at}^"


@lru_cache(maxsize=256)
def parse(expression: str) -> Node:
    """What an expression means. Raises `ExpressionError`."""
    return _Parser(expression).whole()


class _Parser(Struct):
    """Reads an expression from left to right; `at` is how far it has come."""

    text: str
    at: int = 0
    depth: int = 0

    def whole(self) -> Node:
        node = self.either()
        if self.at < len(self.text):
            if self.text[self.at] == ")":
                raise self.error("there is no ( for this )")
            word = self.next_word()
            raise self.error(f'expected `and`, `or` or the end, got "{word}"{_meant(word)}')
        return node

    def either(self) -> Node:
        return self.several("or", self.both, Or)

    def both(self) -> Node:
        return self.several("and", self.negated, And)

    def several(self, word: str, part: Callable[[], Node], made: Callable[[tuple[Node, ...]], Node]) -> Node:
        parts = [part()]
        while self.took(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else made(tuple(parts))

    def negated(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"parentheses and `not` stand in one another more than {MAX_DEPTH} deep")
        node = Not(self.negated()) if self.took("not") else self.inner()
        self.depth -= 1
        return node

    def inner(self) -> Node:
        opened = self.at
        if not self.text.startswith("(", opened):
            return self.term()
        self.go(opened + 1)
        node = self.either()
        if not self.text.startswith(")", self.at):
            if self.at < len(self.text):
                word = self.next_word()
                raise self.error(f'expected `and`, `or` or ), got "{word}"{_meant(word)}')
            raise ExpressionError("this ( is never closed", self.text, opened)
        self.go(self.at + 1)
        return node

    def term(self) -> Node:
        self.go(self.at)
        at = self.at
        if self.took("changed"):
            return Changed(at)
        keyword, pair = _KEYWORD.match(self.text, at), _KEY.match(self.text, at)
        if pair is not None:
            self.at = pair.end()
            if _OPERATOR.match(self.text, self.at):
                raise self.error(f"write {pair[1]}{pair[2]} with one sign; a value that begins with this needs quotes")
            value = self.word(f"a value is missing after {pair[0].strip()}")
            return _pair(pair[1], pair[2], value, at)
        if _OPERATOR.match(self.text, at):
            raise self.error("a key is missing here, such as label=gold")
        if self.text.startswith("!", at):
            raise self.error("write `not` for this !, such as `not tier=gold` or tier!=gold")
        if keyword is not None:
            raise self.error(f"expected a term before `{keyword[0]}`; an address of this name needs quotes")
        return Term("", self.word("expected a term, such as label=gold or an address"), True, at)

    def word(self, missing: str) -> str:
        """The word that stands here, without its quotes."""
        found = _WORD.match(self.text, self.at)
        after = self.at if found is None else found.end()
        if self.text[after : after + 1] in ('"', "'"):
            raise ExpressionError("this quote is never closed; a quote in a word needs the others", self.text, after)
        if found is None:
            raise self.error(missing + (f', got "{self.text[self.at]}"' if self.at < len(self.text) else ""))
        joined = _JOINED.search(_QUOTED.sub(lambda match: " " * len(match[0]), found[0]))
        if joined is not None:
            word = f"write `{_FOREIGN[joined[0]]}` for {joined[0]}, with spaces around it; in a value it needs quotes"
            raise ExpressionError(word, self.text, self.at + joined.start())
        self.go(found.end())
        return _QUOTED.sub(lambda match: match[1] if match[1] is not None else match[2], found[0])

    def took(self, word: str) -> bool:
        """Whether a word of the language stands here; if so, it is read."""
        self.go(self.at)
        found = _KEYWORD.match(self.text, self.at)
        if found is None or found[0].lower() != word:
            return False
        if word in ("not", "changed") and _KEY.match(self.text, self.at):  # a label of this name
            return False
        self.go(found.end())
        return True

    def go(self, at: int) -> None:
        """To the next thing that is no white space."""
        space = _SPACE.match(self.text, at)
        self.at = at if space is None else space.end()

    def next_word(self) -> str:
        found = _WORD.match(self.text, self.at)
        return self.text[self.at] if found is None else found[0]

    def error(self, message: str) -> ExpressionError:
        return ExpressionError(message, self.text, self.at)


def _meant(word: str) -> str:
    """The word of the language that was meant, if that can be told."""
    meant = _FOREIGN.get(word)
    return did_you_mean(word.lower(), _WORDS) if meant is None else f"; write `{meant}`"


def _pair(key: str, operator: str, value: str, at: int) -> Node:
    label = key not in KEYS
    # Labels take a glob after `=`, too: city=Mos*.
    term = Term(key, value, operator.endswith("~") or label or key == "label", at, label)
    return Not(term) if operator.startswith("!") else term
