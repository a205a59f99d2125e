"""PHP's `http_build_query`, as PHP 8.2 computes it: what the services sign is what is sent. Pure.

Reproduces `tests/data/php_vectors.json`, which real PHP made, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_plus

Params = Mapping[str, Any] | Sequence[Any]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]*")
_PRECISION: Final = ".14G"  # `precision` of php.ini, which http_build_query obeys (not `serialize_precision`)


def http_build_query(params: Params) -> str:
    """PHP's `http_build_query`: nested arrays as `a[b][0]`, RFC 1738 (a space is `+`), nulls and empty arrays left out.

    Raises `TypeError` for a value that PHP has no spelling for.
    """
    pairs: list[str] = []
    for key, value in array_items(params):
        _append(pairs, _urlencode(str(key)), value)
    return "&".join(pairs)


def array_items(params: Params) -> Iterable[tuple[Any, Any]]:
    """The keys and values of a PHP array: a list's keys are its positions."""
    return params.items() if isinstance(params, dict | Mapping) else enumerate(params)


def _append(pairs: list[str], name: str, value: Any) -> None:
    """Adds the `name=value` pairs of one value, which may be an array."""
    if isinstance(value, str | int | float):
        pairs.append(_pair(name, value))
    elif isinstance(value, dict | list | tuple | Mapping):
        for key, item in array_items(value):
            _append(pairs, _nested(name, key), item)
    elif value is not None:
        raise TypeError(f"{type(value).__name__} can't be sent as a parameter")


@lru_cache(maxsize=16384, typed=True)  # most fields of most sites are the same
def _pair(name: str, value: str | float) -> str:
    if isinstance(value, str):
        return f"{name}={value if _PLAIN.fullmatch(value) else _urlencode(value)}"
    if isinstance(value, int):  # a flag, too: PHP spells it 1 or 0
        return f"{name}={int(value)}"
    return f"{name}={_float(value)}"


@lru_cache(maxsize=4096)
def _nested(name: str, key: int | str) -> str:
    return f"{name}%5B{_urlencode(str(key))}%5D"


def _urlencode(text: str) -> str:
    return quote_plus(text).replace("~", "%7E")


def _float(value: float) -> str:
    """PHP's spelling: at most 14 digits, `1` for 1.0, `1.0E+25`, `1.0E-7`, `INF`, `NAN`; the plus is encoded."""
    digits, exponent, power = format(value, _PRECISION).partition("E")
    if not exponent:
        return digits
    sign_of_power = "-" if power[0] == "-" else "%2B"
    return f"{digits if '.' in digits else digits + '.0'}E{sign_of_power}{power[1:].lstrip('0')}"
