"""Pieces of GitHub-flavoured Markdown in which foreign text is inert: nothing in it is a tag, a link or a mention.

Whatever a service or a file says stands in a fenced block, or in `<code>` of a summary. In those, GitHub and GitLab
make nothing of `@name`, `#123`, `:emoji:`, `/close` or an address, and a renderer makes nothing of mark-up. The text is
on one line and without control characters already (`escaping.clean`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import category

#: Characters of a line, beyond which the rest of it is counted.
LINE: Final = 2000
#: Characters of a name in a summary.
NAME: Final = 200
_TICKS: Final = re.compile("`+")
#: The beginning of an escape that a cut would leave without its end.
_CUT_ESCAPE: Final = re.compile(r"\\(?:x[0-9a-f]?|u[0-9a-f]{0,3}|U[0-9a-f]{0,7})?\Z")


def size(text: str) -> int:
    """The length of a text as a comment, by the strictest count: in UTF-16 units, and a line end is two characters.

    A text of n of them has at most n characters and 3n bytes, however GitHub (65,536 characters) or GitLab counts.
    """
    return len(text) + sum(char > "\uffff" for char in text) + text.count("\n")


def fence(lines: Sequence[str], language: str) -> str:
    """A fenced block, whose fence is longer than any run of back-ticks in it."""
    ticks = "`" * max(3, _longest_run(lines) + 1)
    return "\n".join([f"{ticks}{language}", *lines, ticks])


def fitting(lines: Sequence[str], room: int) -> list[str]:
    """The first lines whose fenced block, with an empty line after it, is not longer than `room`."""
    made: list[str] = []
    used, ticks = size(fence([], "language") + "\n\n"), 0
    for line in lines:
        used, ticks = used + size(line) + size("\n"), max(ticks, _longest_run([line]))
        if used + 2 * ticks > room:
            break
        made.append(line)
    return made


def name(text: str) -> str:
    """A name in a line of HTML, such as a summary."""
    return f"<code>{html.escape(clip(text, NAME))}</code>"


def details(summary: str, parts: Iterable[str], *, shown: bool) -> str:
    """Parts that are folded away below a summary, or `shown`. Each is apart from the HTML by an empty line."""
    head = f"<details{' open' if shown else ''}>\n<summary>{summary}</summary>"
    return "\n\n".join([head, *parts, "</details>"])


def clip(text: str, most: int) -> str:
    """The beginning of a text that is too long, with how much more there is; never cut inside of a character."""
    if len(text) <= most:
        return text
    end = most
    while end > most // 2 and _goes_on(text[end]):
        end -= 1
    kept = _CUT_ESCAPE.sub("", text[:end])
    return f"{kept}… ({len(text) - len(kept)} more characters)"


def _goes_on(char: str) -> bool:
    """Whether a character belongs to the one before it: accents, variants, colours of skin, letters of a flag."""
    return (
        category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U0001f1e6" <= char <= "\U0001f1ff"
    )


def _longest_run(lines: Iterable[str]) -> int:
    return max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
