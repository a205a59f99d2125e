"""Values that stand beside their keys: scalars, aliases, and `{…}` and `[…]` on one line where they fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from reconcile.editing.order import Guide
from reconcile.editing.tree import Kind, Node, free

#: A line that a flow collection fits in, in characters.
WIDTH: Final = 120
STEP: Final = 2
_HEADER: Final = re.compile(r"([|>])([-+0-9]*)(.*)")


def requoted(text: str, node: Node) -> str:
    """A scalar, alias or key as it is written; in double quotes for single ones where that needs no escapes."""
    written = text[node.start : node.end]
    if node.style != "'" or '"' in node.value or "\\" in node.value or not node.value.isprintable():
        return written
    return f'{text[node.start : node.head]}"{node.value}"'


class Flow(Struct, frozen=True):
    """Writes values of one text."""

    text: str

    def lines(self, value: Node, prefix: str, indent: int, guide: Guide, column: int) -> list[str]:
        """The lines of `prefix` and a value; those after the first are indented deeper than `indent`.

        `column` is the one that the entry began in, in the text.
        """
        if value.literal:
            return self.literal(value, prefix, indent, column)
        if not value.flow:
            return self.scalar(value, prefix, indent)
        one = self.one_line(value, guide)
        if one is None:
            return self.as_written(value, prefix, indent, column)
        start = f"{prefix} " if prefix else ""
        if len(start) + len(one) <= WIDTH or not (value.pairs or value.items):
            return [start + one]
        return self.spread(value, start, indent, guide, "")

    def scalar(self, value: Node, prefix: str, indent: int) -> list[str]:
        first, *rest = requoted(self.text, value).split("\n")
        return [
            f"{prefix} {first}",
            *(" " * (indent + STEP) + line.strip(" \t") if line.strip() else "" for line in rest),
        ]

    def literal(self, value: Node, prefix: str, indent: int, column: int) -> list[str]:
        """Text after `|` or `>`: its lines move together."""
        first, *lines = self.text[value.head : value.end].split("\n")
        header = _HEADER.fullmatch(first)
        assert header is not None
        style, how, comment = header.groups()
        if lines and (not lines[-1] or (not lines[-1].strip() and value.value[-1:] in ("", "\n"))):
            lines.pop()
        elif "-" not in how:  # the text ends without the end of a line, which the file is about to get
            how = how.replace("+", "") + "-"
        if "+" not in how:
            while lines and not lines[-1].strip():
                lines.pop()
        digits = "".join(char for char in how if char.isdigit())
        full = [line for line in lines if line.strip()]
        if digits:
            was, now = column + int(digits), indent + int(digits)
        else:
            was, now = min((len(line) - len(line.lstrip(" ")) for line in full), default=0), indent + STEP
        props = self.text[value.start : value.head]
        moved = [" " * now + line[was:] if line[was:] else "" for line in lines]
        return [f"{prefix} {' '.join([*props.split(), style + how])}{comment.rstrip()}", *moved]

    def as_written(self, value: Node, prefix: str, indent: int, column: int) -> list[str]:
        """A flow collection with comments in it: its lines move together."""
        first, *rest = self.text[value.start : value.end].split("\n")
        moved = []
        for line in rest:
            stripped = line.strip(" \t")
            depth = len(line) - len(line.lstrip(" ")) - column + indent
            moved.append(" " * max(depth, indent + 1) + stripped if stripped else "")
        return [f"{prefix} {first.rstrip()}" if prefix else first.rstrip(), *moved]

    # --- on one line --------------------------------------------------------------------------------------------------

    def one_line(self, value: Node, guide: Guide) -> str | None:
        """A value on one line; None where it has comments, or what can't be on one line."""
        written = self.text[value.start : value.end]
        if not value.flow:
            return None if "\n" in written else requoted(self.text, value)
        entries = self.entries(value, guide)
        if entries is None or any("\n" in entry for entry in entries):
            return None
        opening, closing = "{}" if value.kind is Kind.MAPPING else "[]"
        return f"{self.properties(value)}{opening}{', '.join(entries)}{closing}"

    def properties(self, value: Node) -> str:
        props = self.text[value.start : value.head].split()
        return " ".join([*props, ""])

    def entries(self, value: Node, guide: Guide) -> list[str] | None:
        """The entries of a flow collection, in order, each on one line."""
        if not self.plain(value):
            return None
        made = []
        for key, child, inner in self.ordered(value, guide):
            text = "" if child.empty else self.one_line(child, inner)
            if text is None:
                return None
            made.append(self.named(key, child) + text)
        return made

    def ordered(self, value: Node, guide: Guide) -> Sequence[tuple[Node | None, Node, Guide]]:
        if value.kind is Kind.SEQUENCE:
            return [(None, item, guide.item()) for item in value.items]
        pairs = list(value.pairs)
        if free(pairs):
            pairs.sort(key=lambda pair: guide.rank(pair[0].value))
        return [(key, child, guide.entry(key.value)) for key, child in pairs]

    def plain(self, value: Node) -> bool:
        """Whether nothing but commas, colons and blanks stand between the entries, and every key is plain text."""
        if any(key.kind is not Kind.SCALAR or key.empty for key, _ in value.pairs):
            return False
        opening, at, between = value.head, value.head + 1, ""
        if self.text[opening] not in "{[":
            return False  # a pair in a list without braces
        for child in value.children:
            between += self.text[at : child.start]
            at = child.end
        return re.fullmatch(r"[\s,:]*", between + self.text[at : value.end - 1]) is not None

    def named(self, key: Node | None, value: Node) -> str:
        """A key with its colon, where it was written with one; nothing for an entry of a list."""
        if key is None:
            return ""
        colon = ": " if not value.empty or ":" in self.text[key.end : value.start] else ""
        return requoted(self.text, key) + colon

    # --- on several lines ---------------------------------------------------------------------------------------------

    def spread(self, value: Node, start: str, indent: int, guide: Guide, end: str) -> list[str]:
        """A flow collection with an entry a line, the longer ones spread in turn."""
        opening, closing = "{}" if value.kind is Kind.MAPPING else "[]"
        inner = indent + STEP
        lines = [f"{start}{self.properties(value)}{opening}"]
        for key, child, child_guide in self.ordered(value, guide):
            text = "" if child.empty else self.one_line(child, child_guide)
            assert text is not None  # the whole could be on one line
            begin = " " * inner + self.named(key, child)
            if len(begin) + len(text) + 1 <= WIDTH or not (child.pairs or child.items):
                lines.append(f"{begin}{text},")
            else:
                lines += self.spread(child, begin, inner, child_guide, ",")
        return [*lines, f"{' ' * indent}{closing}{end}"]
