"""The text of an expression as tokens, each at its place, for what the library does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

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


class ExpressionError(ValueError):
    """What is wrong with an expression: a clause without its end, and where in the text, from 1 (0: nowhere)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class Token(Struct, frozen=True):
    """A word, a text, a number or a sign, and where in the expression it begins, from 0."""

    kind: str
    text: str
    at: int

    @property
    def is_text(self) -> bool:
        """Whether it is a text in quotes."""
        return self.kind in ("string", "raw")


class Tokens(Struct, frozen=True):
    """All tokens of an expression but white space and comments."""

    text: str
    every: Sequence[Token]

    def sign(self, number: int) -> str:
        """What a token is, as it is written; nothing before the first and behind the last."""
        return self.every[number].text if 0 <= number < len(self.every) else ""

    def fail(self, message: str, at: int) -> ExpressionError:
        """The error to be raised for what is wrong at so many characters into the text."""
        before = self.text[:at]
        return ExpressionError(message, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)

    def is_call(self, number: int) -> bool:
        """Whether the bracket here is that of a function, and not one around a part of the expression."""
        return self.sign(number) == "(" and number > 0 and self.every[number - 1].kind == "name"

    def is_condition(self, start: int, after: int) -> bool:
        """Whether the tokens from `start` to before `after` stand where something has to be true or false."""
        while self.sign(start - 1) == "(" and not self.is_call(start - 1) and self.sign(after) == ")":
            start, after = start - 1, after + 1
        before, behind = self.sign(start - 1), self.sign(after)
        if before == "!":
            return behind not in (".", "[")
        opens = before == "(" and not self.is_call(start - 1)
        return (opens or before in ("", "&", "|")) and behind in ("", "&", "|", "?", ")")


def tokens_of(text: str) -> Tokens:
    """The tokens of an expression."""
    every = [Token(str(found.lastgroup), found[0], found.start()) for found in _TOKEN.finditer(text)]
    return Tokens(text, [token for token in every if token.kind != "space"])


def value_of(token: Token) -> str:
    """The name that a token is, or the text in its quotes."""
    found = _QUOTES.match(token.text)
    return token.text.strip("`") if found is None else found[2]
