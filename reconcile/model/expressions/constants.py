"""Texts of an expression that are compared with what has only so many values: a misspelt one would never be met.

What there can be is fixed of `action`, `kind`, `provider`, days, and the kinds of shared objects. The names that people
give (of accounts, clients, groups, shared objects) may come later, so that only one that is nearly another is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from reconcile.model.capabilities import Action
from reconcile.model.expressions.hours import FUNCTIONS, no_day
from reconcile.model.expressions.tokens import Tokens, value_of
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
#: How alike two names are, from 0 to 1, that one was meant for the other.
_ALIKE: Final = 0.75


def wrong_constants(tokens: Tokens, given: Mapping[str, Collection[str]], kinds: Collection[str]) -> None:
    """Raises `ExpressionError` for the first text that what it is compared with can never be."""
    closed = {"action": [action.value for action in Action], "kind": list(kinds), "provider": given.get("provider", ())}
    for number, token in enumerate(tokens.every):
        if not token.is_text or (token.kind == "string" and "\\" in token.text):
            continue
        value = value_of(token)
        said = no_day(value) if tokens.called_with(number) in DAYS else ""
        for variable in _compared(tokens, number):
            if variable in closed:
                said = said or _not_among(variable, value, closed[variable])
            elif variable in _GIVEN:
                said = said or _misspelt(variable, value, given.get(variable, ()))
        if said:
            raise tokens.fail(said, token)


def has_near(name: str, known: Collection[str]) -> bool:
    """Whether a name is so much like a known one that this was meant."""
    return bool(difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE))


def _compared(tokens: Tokens, number: int) -> Iterator[str]:
    """The variables that the text here is compared with: `==`, `!=`, `in [...]`, or `in uses`."""
    sign = tokens.sign
    if sign(number - 1) == "=" and sign(number - 2) in ("=", "!") and sign(number + 1) not in ("+", ".", "["):
        yield _alone(tokens, number - 3)
    if sign(number + 1) in ("=", "!") and sign(number + 2) == "=" and sign(number - 1) != "+":
        yield _alone(tokens, number + 3)
    if sign(number + 1) == "in" and sign(number + 2) == "uses" and sign(number - 1) != "+":
        yield "uses"
    at = number - 1
    while sign(at) == "," or (at >= 0 and tokens.every[at].is_text):
        at -= 1
    if sign(at) == "[" and sign(at - 1) == "in" and sign(number + 1) in (",", "]"):
        yield _alone(tokens, at - 2)


def _alone(tokens: Tokens, number: int) -> str:
    """The variable here, if it stands by itself, and nothing is made of it before it is compared."""
    lone = tokens.sign(number - 1) not in (".", "+") and tokens.sign(number + 1) not in (".", "+", "[", "(")
    return tokens.sign(number) if lone else ""


def _not_among(variable: str, value: str, known: Collection[str]) -> str:
    if not known or value in known:
        return ""
    hint = did_you_mean(value, known) or f"; it is one of {', '.join(sorted(known))}"
    return f"`{variable}` is never {quoted(value)}{hint}"


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
