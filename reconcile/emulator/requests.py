"""What arrived, read as PHP would read it, and whether its signature is right (api.md 1.1).

Everything here is pure. Parameters are nested, ordered mappings: in a form and in a query string every value is a text,
in JSON each has its own type.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import orjson
from msgspec import Struct

from reconcile.emulator.refused import Refused
from reconcile.providers.http.query import http_build_query
from reconcile.providers.pozvonim.signing import ksort, signature

#: Verbs whose parameters travel in the body; those of the others are in the query string (api.md 1.1, point 5).
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class Request(Struct, frozen=True):
    """One HTTP request; `path` is without the service's prefix, `query` still encoded, `client` the IP that asks."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    client: str


def parameters(request: Request) -> dict[str, Any]:
    """All parameters of a request, nested. Raises `Refused`: 400 for what can't be read, 415 for another encoding."""
    if request.method not in BODY_METHODS:
        return parse_form(request.query)
    if not request.body:
        return {}
    if request.content_type == "application/x-www-form-urlencoded":
        return parse_form(request.body.decode("utf-8", "replace"))
    if request.content_type == "application/json":
        return parse_json(request.body)
    expected = "application/x-www-form-urlencoded or application/json"
    raise Refused(415, "GEN-CONTENT-TYPE", f"The body is {request.content_type}, expected {expected}")


def signature_base(params: Mapping[str, Any]) -> str:
    """What a signature is made of, apart from the token: all parameters except `sign`, sorted at the top level."""
    return http_build_query(ksort({name: value for name, value in params.items() if name != "sign"}))


def is_signed(token: str, base: str, sign: Any) -> bool:
    """Whether `sign` is the signature of `base` with this token; PHP writes hashes in small letters."""
    return bool(signature(token, base) == sign)


# --- bodies -----------------------------------------------------------------------------------------------------------


def parse_json(body: bytes) -> dict[str, Any]:
    """The members of a JSON object, in the order in which they were sent."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "GEN-BODY-INVALID", f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refused(400, "GEN-BODY-INVALID", "The body is not a JSON object")
    return value


class PhpArray(dict[str, Any]):
    """A nested level of a form: remembers which number the next `[]` gets."""

    __slots__ = ("next_index",)

    def __init__(self) -> None:
        super().__init__()
        self.next_index = 0

    def key(self, part: str) -> str:
        """The key that a part in brackets stands for."""
        if not part:
            part = str(self.next_index)
        if part.isascii() and part.isdigit() and (part == "0" or part[0] != "0"):
            self.next_index = max(self.next_index, int(part) + 1)
        return part


def parse_form(text: str) -> dict[str, Any]:
    """PHP's `parse_str`: `a[b][]=v&c=w` is `{"a": {"b": {"0": "v"}}, "c": "w"}`."""
    top = PhpArray()
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        parts = key_parts(name)
        if not parts[0]:
            continue
        level = top
        for part in parts[:-1]:
            key = level.key(part)
            inner = level.get(key)
            if not isinstance(inner, PhpArray):
                inner = level[key] = PhpArray()
            level = inner
        level[level.key(parts[-1])] = unquote_plus(value)
    return top


@functools.lru_cache(maxsize=4096)
def key_parts(encoded: str) -> tuple[str, ...]:
    """`a[b][]` as `("a", "b", "")`. As in PHP, dots and spaces of the first part, and an unclosed bracket, become `_`.

    Remembered, because every site is sent with the same names.
    """
    name = unquote_plus(encoded).lstrip(" ")
    first, bracket, rest = name.partition("[")
    if bracket and "]" not in rest:
        first, rest = f"{first}_{rest}", ""
    parts = [first.replace(".", "_").replace(" ", "_")]
    while "]" in rest:
        part, _, rest = rest.partition("]")
        parts.append(part)
        if not rest.startswith("["):
            break
        rest = rest[1:]
    return tuple(parts)
