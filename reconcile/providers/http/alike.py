"""Long lists of JSON, of which equal parts are read once: sites that share a widget have all of it alike."""

from __future__ import annotations

import functools
from typing import Any, Final

import orjson

#: An answer that is shorter is read as it comes.
LONG: Final = 65_536


def loads(body: bytes) -> Any:
    """The JSON value. In a long list of objects, also within one wrapper, what is written alike is one value, so that
    nobody may change it, and who asks for its identity knows that it is the same.

    Raises `orjson.JSONDecodeError` where it is not JSON, not UTF-8, or nested too deeply.
    """
    if len(body) < LONG:
        return orjson.loads(body)
    import msgspec  # here, because most answers are short

    try:
        found = _parts().decode(body)
        if isinstance(found, list):
            return _joined(found)
        return {
            key: _joined(_items().decode(part)) if len(part) >= LONG and bytes(part[:1]) == b"[" else orjson.loads(part)
            for key, part in ((key, memoryview(part)) for key, part in found.items())
        }
    except (msgspec.MsgspecError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return orjson.loads(body)  # another shape, or what is wrong with it is to be said of the whole


def _joined(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with all their parts read, those that are written alike once."""
    known: dict[bytes, Any] = {}
    made = []
    for item in items:
        whole = {}
        for key, part in item.items():
            written = bytes(part)
            if written not in known:
                known[written] = orjson.loads(written)
            whole[key] = known[written]
        made.append(whole)
    return made


@functools.cache
def _parts() -> Any:
    from msgspec import Raw
    from msgspec.json import Decoder

    return Decoder(list[dict[str, Raw]] | dict[str, Raw])


@functools.cache
def _items() -> Any:
    from msgspec import Raw
    from msgspec.json import Decoder

    return Decoder(list[dict[str, Raw]])
