"""What the CEL library says of an expression, in the words of this program."""

from __future__ import annotations

import re
from typing import Final

from reconcile.model.expressions.hours import FUNCTIONS, NOT_FOUND
from reconcile.model.expressions.names import VARIABLES
from reconcile.model.expressions.tokens import ExpressionError
from reconcile.model.normalize import did_you_mean, quoted

_SAID: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_CODE: Final = re.compile(r"^[A-Z_]+: ")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(r"(?:found no matching overload for '(.+)' applied to '\((.*)\)'|overloads found : (.+))")
_UNEXPECTED: Final = re.compile(
    r"(?:mismatched|extraneous) input '(.+?)' expecting|no viable alternative at input '(.+)'"
)
_NO_TOKEN: Final = re.compile(r"token recognition error at: '(.*)'?")
_NOT: Final = re.compile(r"(?<![\w.])not\s+$")
_INDEX: Final = re.compile(r"Index error: index=(-?\d+) size=(\d+)")
_CALL: Final = re.compile(r"(?:\((?P<on>\w+)\)\.)?(?P<name>[^()\s]+?)(?:\((?P<of>[^()]*)\))?$")

#: What people write who know other languages.
_OTHERWISE: Final = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "= ": "==",
    "=": "==",
    "True": "true",
    "False": "false",
    "None": "null",
    "is": "==",
}
_TYPES: Final = {
    "int": "a whole number",
    "int64": "a whole number",
    "uint": "a whole number",
    "double": "a number",
    "bool": "true or false",
    "string": "text",
    "bytes": "bytes",
    "null": "null",
    "null_type": "null",
    "dyn": "anything",
}


def wrong_syntax(text: str, said: str) -> ExpressionError:
    """What is wrong with an expression that the library can't read, at its place."""
    found = _SAID.search(said)
    if "recursion" in said or (found is None and "limit" in said):
        return ExpressionError("the expression is nested too deeply: 32 levels are the most")
    if found is None:
        return ExpressionError("this is no expression in CEL")
    line, column, message = int(found[1]), int(found[2]), found[3]
    undeclared = _UNDECLARED.search(message)
    if undeclared is not None:
        return _undeclared(text, line, column, undeclared[1])
    negated = _NOT.search(text.split("\n")[line - 1][: column - 1])
    if negated is not None and "token recognition" not in message:  # the library points at what follows
        return ExpressionError("expected `!` here, got `not`", line, negated.start() + 1)
    return ExpressionError(_sentence(message), line, column)


def _undeclared(text: str, line: int, column: int, name: str) -> ExpressionError:
    """A name that means nothing; the library points at its last dot, or at the bracket of a call."""
    first = name.partition(".")[0]
    if first in _OTHERWISE:
        return ExpressionError(f"expected `{_OTHERWISE[first]}` here, got `{first}`", line, column)
    before = text.split("\n")[line - 1][:column]
    at = before.rfind(first) + 1 or column
    call = re.match(r"\s*\(", text.split("\n")[line - 1][at - 1 + len(first) :])
    known = {*FUNCTIONS, *_BUILT_IN} if call else VARIABLES
    what = "function" if call else "variable"
    hint = did_you_mean(first, known) or f"; there are {', '.join(FUNCTIONS if call else VARIABLES)}"
    return ExpressionError(f"there is no {what} {quoted(first)}{hint}", line, at)


#: Functions of CEL that a rule may want.
_BUILT_IN: Final = (
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "exists",
    "exists_one",
    "all",
    "filter",
    "int",
)


def _sentence(message: str) -> str:
    overload = _OVERLOAD.search(message)
    if overload is not None:
        return _misfit(overload[1], overload[2] or "") if overload[1] else _misfit(overload[3], "")
    unexpected = _UNEXPECTED.search(message)
    if unexpected is not None:
        got = (unexpected[1] or unexpected[2]).strip()
        if got == "<EOF>" or got.endswith("<EOF>"):
            return "the expression ends too early"
        hint = f"; in CEL that is `{_OTHERWISE[got]}`" if got in _OTHERWISE else ""
        return f"{quoted(got)} can't stand here{hint}"
    token = _NO_TOKEN.search(message)
    if token is not None:
        got = token[1].rstrip("'") or "'"
        hint = f"; in CEL that is `{_OTHERWISE[got]}`" if got in _OTHERWISE else ""
        return f"{quoted(got)} can't stand here{hint}"
    return message.removeprefix("Syntax error: ").replace("'<EOF>'", "the end")


def wrong_result(said: str) -> tuple[str, bool]:
    """Why an evaluation came to nothing, and whether that is because something is not there."""
    said = _CODE.sub("", said).removesuffix(" [INTERNAL]")
    if NOT_FOUND in said:
        name = re.search(r'"(.*)"', said)
        return (f"there is no {quoted(name[1])}" if name else "something is not there"), True
    if "Iteration budget" in said:
        return "it takes more than 10,000 steps", False
    if "SELECT" in said or "container type" in said:
        return "it looks into something that is null, or has nothing below it", False
    if "<iter_range>" in said:
        return "it goes over something that is null, or no list", False
    index = _INDEX.search(said)
    if index is not None:
        size = f"the list has only {index[2]}" if index[2] != "0" else "the list is empty"
        return f"it looks for entry [{index[1]}], where [0] is the first, and {size}", False
    overload = _OVERLOAD.search(said)
    if overload is not None:
        return _misfit(overload[3] or "", ""), False
    return said, False


def _misfit(call: str, of: str) -> str:
    """An operator or function, and the values that it can't be used on."""
    found = _CALL.match(call)
    if found is None or call == "<jump_condition>" or found["name"] == "_?_:_":
        return "a condition is neither true nor false"
    name, given = found["name"], found["of"] if found["of"] is not None else of
    parts = re.findall(r"\w+(?:\([^()]*\))?", given)  # such as `map(string, dyn)`
    types = [_TYPES.get(part, "a list" if part.startswith("list") else "a mapping") for part in parts]
    if found["on"]:
        types.insert(0, _TYPES.get(found["on"], "a mapping"))
    operator = name.strip("_@")
    if operator == "[_]":
        operator = "[ ]"
    return (
        f"`{operator}` does not go with {' and '.join(types)}" if types else f"`{operator}` does not go with its values"
    )
