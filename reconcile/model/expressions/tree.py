"""An expression as the tree that the CEL library has checked: brackets, escapes and macros are resolved in it.

The library gives it as a `cel.expr.CheckedExpr` of https://github.com/google/cel-spec (`checked.proto`, `syntax.proto`)
in the wire format of Protocol Buffers, of which only what is needed is read here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct


class Node(Struct, frozen=True):
    """A part of an expression, and where it begins in the text, from 0.

    `kind` is `constant` (with its `value`), `name`, `field` (of its only argument), `call` (of the function `name`; a
    method's object is its first argument), `list`, or `each`: a macro over its first argument, whose elements are
    called `name` in the second; the third is what it gives where there are none. `other` parts have only arguments.
    """

    kind: str
    at: int
    name: str = ""
    value: Any = None
    args: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This part and all parts of it."""
        yield self
        for part in self.args:
            yield from part.walk()


def true_of(part: Node, variable: str) -> frozenset[str] | None:
    """The values of a variable of which a part can be true; None: any, or nobody knows."""
    if part.kind != "call" or part.name not in ("_&&_", "_||_", "_==_", "@in"):
        return None
    one, other = part.args
    if part.name in ("_&&_", "_||_"):
        both = [found for found in (true_of(one, variable), true_of(other, variable)) if found is not None]
        if part.name == "_&&_":
            return frozenset.intersection(*both) if both else None
        return both[0] | both[1] if len(both) == 2 else None
    if part.name == "_==_" and one.kind == "constant":
        one, other = other, one
    known = other.args if part.name == "@in" else (other,)
    if (one.kind, one.name) != ("name", variable) or any(value.kind != "constant" for value in known):
        return None
    return frozenset(value.value for value in known) if other.kind in ("list", "constant") else None


# --- as the library gives it ------------------------------------------------------------------------------------------

#: The numbers of the fields of a `CheckedExpr`, an `Expr` and its `Constant`.
_VALUE_OF_ANY: Final = 2
_EXPR, _SOURCE, _POSITIONS = 4, 5, 4
_NULL, _BOOL, _INT, _UINT, _DOUBLE, _TEXT, _BYTES = range(1, 8)
_CONSTANT, _NAME, _SELECT, _CALL, _LIST, _MAPPING, _EACH = range(3, 10)
_SIGN: Final = 1 << 63


def tree_of(serialized: bytes) -> Node:
    """The tree of a compiled expression, as the library serializes it."""
    checked = _message(_message(serialized)[_VALUE_OF_ANY][0])
    pairs = [_message(pair) for pair in _message(checked[_SOURCE][0]).get(_POSITIONS, ())]
    places = {pair[1][0]: pair.get(2, [0])[0] for pair in pairs}
    return _node(checked[_EXPR][0], places)


def _node(data: bytes, places: dict[int, int]) -> Node:
    expr = _message(data)
    at = places.get(expr.get(2, [0])[0], 0)
    for number in range(_CONSTANT, _EACH + 1):
        if number not in expr:
            continue
        inner = _message(expr[number][0])
        if number == _CONSTANT:
            return Node("constant", at, value=_constant(inner))
        if number == _NAME:
            return Node("name", at, _text(inner, 1))
        if number == _SELECT:
            return Node("field", at, _text(inner, 2), args=_nodes(inner, [1], places))
        if number == _CALL:
            return Node("call", at, _text(inner, 2), args=_nodes(inner, [1, 3], places))
        if number == _LIST:
            return Node("list", at, args=_nodes(inner, [1], places))
        if number == _EACH:
            return Node("each", at, _text(inner, 1), args=_nodes(inner, [2, 6, 4], places))
        entries = [_message(entry) for entry in inner.get(2, ())]
        return Node("other", at, args=tuple(node for entry in entries for node in _nodes(entry, [3, 4], places)))
    return Node("other", at)


def _nodes(message: dict[int, list[Any]], numbers: Sequence[int], places: dict[int, int]) -> tuple[Node, ...]:
    return tuple(_node(data, places) for number in numbers for data in message.get(number, ()))


def _constant(message: dict[int, list[Any]]) -> Any:
    """A value of Python's: None, bool, int, float, str or bytes."""
    for number, (value, *_) in message.items():
        match number:
            case 2:
                return bool(value)
            case 3:
                return value - 2 * _SIGN if value >= _SIGN else value
            case 5:
                return struct.unpack("<d", value)[0]
            case 6:
                return value.decode("utf-8")
            case 4 | 7:
                return value
    return None


def _text(message: dict[int, list[Any]], number: int) -> str:
    return str(message[number][0], "utf-8") if number in message else ""


def _message(data: bytes) -> dict[int, list[Any]]:
    """The values of a message by the numbers of its fields: numbers as int, all others as bytes."""
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value: Any
        if key & 7 == 0:
            value, at = _varint(data, at)
        else:
            length, at = _varint(data, at) if key & 7 == 2 else (8 if key & 7 == 1 else 4, at)
            value, at = data[at : at + length], at + length
        found.setdefault(key >> 3, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
