"""What may reach a terminal or a log: text without anything that those would obey, and tracebacks without values.

The one place for it: what came from a service, a file of the project or a saved plan passes here before it is shown.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Final

#: What JSON may hold as it is and a terminal would obey, or show in another order: escaped, it is the same JSON.
_UNSAFE_IN_JSON: Final = re.compile(r"[^\x00-\x7e]")


def clean(text: str) -> str:
    """Text on one line, with control characters, line ends and turns of direction as escapes such as `\\x1b`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def clean_lines(text: str) -> str:
    """Text of several lines, each of them clean."""
    return "\n".join(map(clean, text.split("\n")))


def clean_json(text: str) -> str:
    """JSON text that means the same, with what is not printable in its texts as `\\u` escapes."""
    if text.replace("\n", "").isprintable():
        return text
    return _UNSAFE_IN_JSON.sub(lambda match: match[0] if match[0].isprintable() else _json_escape(match[0]), text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))


def where_it_broke(error: BaseException) -> str:
    """The traceback of an error and of those that it came from: types and places.

    Never what the exceptions say, which may hold a URL with its signature, or a value that somebody else's code quotes.
    """
    parts = []
    for cause in _chain(error):
        parts += traceback.format_tb(cause.__traceback__)
        parts.append(f"{type(cause).__module__}.{type(cause).__qualname__} (what it says is not shown)\n")
    return "".join(parts)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The errors that led to this one, the first of them first."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if any(one is known for known in found):
            continue
        found.append(one)
        context = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [cause for cause in (context, *inner) if cause is not None]
    return reversed(found)
