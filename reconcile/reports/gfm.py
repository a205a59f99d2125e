"""Pieces of GitHub-flavoured Markdown in which foreign text is inert: nothing in it is a tag, a link or a mention.

Whatever a service or a file says stands in a fenced block, a code span, or `<code>` of a summary. In those, GitHub and
GitLab make nothing of `@name`, `#123`, `:emoji:`, `/close` or an address, and a renderer makes nothing of mark-up.
The text is on one line and without control characters already (`escaping.clean`).
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
#: Flags, of two letters each, at the end of a text.
_FLAGS: Final = re.compile("[\U0001f1e6-\U0001f1ff]+\\Z")
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


def span(text: str) -> str:
    """A code span, between more back-ticks than are in it; the spaces beside those are no part of it."""
    ticks = "`" * (_longest_run([text]) + 1)
    space = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{ticks}{space}{text}{space}{ticks}" if text.strip() else ""


def fitting(lines: Iterable[str], room: int) -> list[str]:
    """The first lines that are, with an empty line after them, no longer than `room`."""
    made: list[str] = []
    left = room - size("\n\n")
    for line in lines:
        left -= size(line) + size("\n")
        if left < 0:
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
    while end > most // 2 and _goes_on(text, end):
        end -= 1
    kept = _CUT_ESCAPE.sub("", text[:end])
    return f"{kept}… ({len(text) - len(kept)} more characters)"


def _goes_on(text: str, at: int) -> bool:
    """Whether what stands at a place belongs to what is before it: accents, skin colours, second letters of flags."""
    char = text[at]
    if _FLAGS.match(char):
        before = text[max(at - 100, 0) : at]
        return (len(before) - len(_FLAGS.sub("", before))) % 2 == 1
    return category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff"


def _longest_run(lines: Iterable[str]) -> int:
    return max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
