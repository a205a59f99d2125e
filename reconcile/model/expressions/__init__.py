"""Expressions of policies, in CEL: read, checked against what there is, and evaluated.

CEL (https://cel.dev) has no loops, no assignments and no way out. The library, Google's own implementation, bounds the
depth of an expression and the steps of an evaluation: 10,000 turns of all its macros together. What it does not bound
is how much each turn may make: that is why no list or text is made there of what a macro goes over (`names.py`).

An expression sees no more than it is given, and sensitive fields are never among that.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from reconcile.model.expressions.hours import FUNCTIONS
from reconcile.model.expressions.names import VARIABLES, Names, Use, read
from reconcile.model.expressions.tokens import ExpressionError, tokens_of
from reconcile.model.expressions.tree import Node, tree_of
from reconcile.model.expressions.wording import wrong_result, wrong_syntax

__all__ = ["VARIABLES", "Expression", "ExpressionError", "Missing", "Names", "Use", "compiled", "facts"]

#: Characters of an expression; what is longer is no rule that a person could review.
MAX_LENGTH: Final = 4000


class Missing(ExpressionError):
    """An evaluation came upon something that is not there; where not everything is known, it may come later."""


class Expression(Struct, frozen=True):
    """An expression that may be evaluated, and what it uses."""

    text: str
    use: Use
    program: Any

    def holds(self, facts: Any) -> bool:
        """Whether it is true of `facts` (see `facts`). Raises `ExpressionError`, and `Missing` among them."""
        try:
            value = self.program.eval(facts).value()
        except RuntimeError as error:
            raise ExpressionError(wrong_result(str(error))[0]) from None
        if isinstance(value, bool):
            return value
        if not isinstance(value, str) or self.program.eval(facts).type().name() != "ERROR":
            raise ExpressionError("it is neither true nor false")
        said, missing = wrong_result(value)
        raise (Missing if missing else ExpressionError)(said)


def compiled(text: str, names: Names) -> Expression:
    """The expression that a text is. Raises `ExpressionError` with the place in it."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has {MAX_LENGTH:,} characters at most, and this one has {len(text):,}")
    try:
        program = _environment().compile(str(text))
    except (RuntimeError, TypeError) as error:  # a TypeError: half of a surrogate pair, which is no text
        raise wrong_syntax(text, str(error)) from None
    kind = program.return_type().name()
    if kind not in ("BOOL", "DYN"):
        raise ExpressionError("expected something that is true or false, such as site.report_analytic == true")
    tree = tree_of(program.serialize())
    use = read(text, tree, names)
    _require_patterns(text, tree)
    return Expression(text, use, program)


def _require_patterns(text: str, tree: Node) -> None:
    """Raises `ExpressionError` for what is written as a regular expression, and is none."""
    for part in tree.walk():
        if part.name == "matches" and part.args[1].kind == "constant" and (said := _wrong_pattern(part.args[1].value)):
            raise tokens_of(text).fail(said, part.args[1].at)


def _wrong_pattern(pattern: str) -> str:
    """What is wrong with a regular expression; the library tells when it is to be matched."""
    try:
        result = _environment().compile("''.matches(action)").eval(facts({"action": pattern}))
    except RuntimeError as error:
        return wrong_result(str(error))[0]
    return wrong_result(result.value())[0] if result.type().name() == "ERROR" else ""


def facts(data: Mapping[str, Any]) -> Any:
    """What expressions are evaluated over: the variables that they use (`Use.variables`), in plain values."""
    return _environment().Activation(data)


@functools.cache
def _environment() -> Any:
    """The types of all variables and functions."""
    from cel_expr_python import cel

    kind = cel.Type
    mapping = kind.Map(kind.STRING, kind.DYN)
    texts = kind.List(kind.STRING)
    types = {
        "text": kind.STRING,
        "texts": texts,
        "mapping": mapping,
        "any": kind.DYN,
        "flag": kind.BOOL,
        "number": kind.DYN,  # so that whole numbers may be compared with it
    }
    functions = [
        cel.FunctionDecl(
            name,
            [cel.Overload(f"{name}_day", return_type=types[gives], parameters=[mapping, kind.STRING], impl=function)],
        )
        for name, (function, gives) in FUNCTIONS.items()
    ]
    return cel.NewEnv(variables={name: types[like] for name, like in VARIABLES.items()}, functions=functions)
