"""The canonical layout of a file: where what was written stands, and nothing about what it means.

Scalars are copied as they were written; only what stands between them is made anew. A comment above a key goes with
the key, one beside it stays beside it, one below the last entry of a block stays at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from msgspec import Struct

from reconcile.editing.flow import STEP, Flow, requoted
from reconcile.editing.order import Guide
from reconcile.editing.tree import Kind, Node, Trivia, free, tree

#: What libyaml takes for the end of a line beside those of an editor.
_OTHER_BREAKS: Final = re.compile("[\r\x85\u2028\u2029]")
_MARKERS: Final = re.compile(r"(?:%[^\n]*\n|[ \t]*(?:#[^\n]*)?\n)*---(?=\s)|")
#: Comments and blank lines before anything else, and the one among them that tells editors the file's schema.
_HEADER: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_MODELINE: Final = re.compile(r"^[ \t]*(#[ \t]+(?:yaml-language-server[ \t]*:|\$schema:)[^\n]*\n)", re.MULTILINE)
_PROPERTIES: Final = re.compile(r"[&!]\S*(?:[ \t]+[&!]\S*)*")

#: Comments and blank lines with their columns.
Lines = tuple[tuple[int, str], ...]


class Unusual(Exception):
    """The file has what there is no canonical layout for; says what, and where: `at` is its position."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Chunk(Struct, frozen=True):
    """An entry of a block with its comments, as lines that are indented already."""

    rank: tuple[int, int]
    blank: bool
    leading: list[str]
    body: list[str]
    keeps: bool = False


class Entry(Struct, frozen=True):
    """An entry of a block: `prefix` is its key and colon, or a dash, which began at `start` and ended at `after`."""

    prefix: str
    start: int
    after: int
    indent: int
    value: Node
    guide: Guide
    rank: tuple[int, int] = (0, 0)


def laid_out(text: str) -> str:
    """A text that can be read without an error, in its canonical layout. Raises `Unusual`."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if odd := _OTHER_BREAKS.search(text):
        raise Unusual(f"the character U+{ord(odd[0]):04X} ends a line for some programs only", odd.start())
    first = _modeline(text)
    if first is None:
        return _laid_out(text)
    without = text[: first.start()] + text[first.end() :]
    try:
        rest = _laid_out(without).lstrip("\n")
    except Unusual as error:
        behind = error.at >= first.start()
        raise Unusual(str(error), error.at + (first.end() - first.start() if behind else 0)) from None
    return first[1].rstrip() + "\n" + ("\n" if rest and without.startswith("\n") else "") + rest


def _modeline(text: str) -> re.Match[str] | None:
    """The line that names the schema: it stays the first one, whichever section it stood above."""
    header = _HEADER.match(text)
    assert header is not None
    return _MODELINE.search(text, 0, header.end())


def _laid_out(text: str) -> str:
    root = tree(text)
    if root is None:
        lines = _trimmed(_collapsed([line.strip() for line in text.splitlines()]))
        return "\n".join(lines) + "\n" if lines else ""
    if root.kind is Kind.SCALAR or (root.block and root.head != root.start):
        raise Unusual("a file begins with a section such as `sites:`", root.start)
    return _Layout(text, Flow(text)).document(root)


class _Layout(Struct):
    """Writes one text anew; `at` is how far it has been read, `pending` the lines since the last entry."""

    text: str
    flow: Flow
    at: int = 0
    pending: Lines = ()

    def document(self, root: Node) -> str:
        markers = _MARKERS.match(self.text)
        assert markers is not None
        before = [line.rstrip() for line in markers[0].splitlines()]
        self.past(Trivia.read(self.text, markers.end(), new_line=not before))
        if before:
            before[-1] += Trivia.read(self.text, markers.end()).tail
            if "\n" not in self.text[markers.end() : root.start]:
                raise Unusual("the document begins on the line of its `---`", root.start)
        if root.block:
            lines, keeps = self.sections(root)
        else:
            lines, keeps = [text for _, text in self.pending], False
            lines += self.beside(Entry("", root.start, root.start, 0, root, Guide.project()))
            lines += [text for _, text in self.pending]
        if not keeps:
            lines = _trimmed(lines)
        ending = [line.rstrip() for line in self.text[self.at :].splitlines()]
        return "\n".join([*before, *lines, *_trimmed(ending)]) + "\n"

    def sections(self, root: Node) -> tuple[list[str], bool]:
        """The whole file, and whether it ends with blank lines that mean something.

        A comment at its top with a blank line below is one of the file; any other goes with its section.
        """
        lines = [text for _, text in self.pending]
        blank = max((index for index, line in enumerate(lines) if not line), default=-1)
        header = _trimmed(_collapsed(lines[: max(blank, 0)]))
        self.pending = self.pending[blank + 1 :]
        chunks, footer = self.block(root, 0, Guide.project(), 0)
        footer += _collapsed([text for _, text in self.pending])
        footer = footer if any(footer) else []
        return [*header, *([""] if header else []), *_joined(chunks, apart=True), *footer], _ends(chunks, footer)

    # --- blocks -------------------------------------------------------------------------------------------------------

    def block(self, node: Node, indent: int, guide: Guide, floor: int) -> tuple[list[Chunk], list[str]]:
        """The entries of a mapping or list, and the comments below the last of them.

        `self.at` is at the first entry, `self.pending` what stands above it; comments from column `floor` on belong
        to this block, if they don't stand farther out than it does.
        """
        column = self.column(self.at)
        chunks = []
        for entry in (
            self.mapping(node, indent, guide) if node.kind is Kind.MAPPING else self.items(node, indent, guide)
        ):
            if entry.start != self.at:
                raise Unusual("a key that is written with `?`", self.at)
            blank, leading = self.leading(indent)
            body, keeps = self.nested(entry, leading) if entry.value.block else self.single(entry, leading)
            deeper = self.indented(self.pending_of(column + 1), _below(entry))
            chunks.append(Chunk(entry.rank, blank, leading, [*body, *deeper], keeps and not deeper))
        if free(node.pairs):
            chunks.sort(key=lambda chunk: chunk.rank)
        return chunks, self.indented(self.pending_of(max(floor, column)), indent)

    def mapping(self, node: Node, indent: int, guide: Guide) -> Iterator[Entry]:
        for key, value in node.pairs:
            colon = Trivia.read(self.text, key.end).end
            if key.kind is not Kind.SCALAR or key.literal or "\n" in self.text[key.start : colon]:
                raise Unusual("a key written with `?`, or not on one line with its colon", key.start)
            prefix = " " * indent + requoted(self.text, key) + ":"
            inner = guide.entry(key.value)
            yield Entry(prefix, key.start, colon + 1, indent, value, inner, guide.rank(key.value))

    def items(self, node: Node, indent: int, guide: Guide) -> Iterator[Entry]:
        at = node.head
        for item in node.items:
            dash = Trivia.read(self.text, at).end
            yield Entry(" " * indent + "-", dash, dash + 1, indent, item, guide.item())
            at = item.end

    def nested(self, entry: Entry, leading: list[str]) -> tuple[list[str], bool]:
        """The lines of an entry whose value is a block, and whether they end with blank lines that mean something."""
        value, prefix = entry.value, entry.prefix
        after = Trivia.read(self.text, entry.after)
        tail, above = after.tail, after.lines
        if value.head != value.start:
            named = _PROPERTIES.match(self.text, value.start)
            assert named is not None
            prefix += " " + " ".join(named[0].split())
            after = Trivia.read(self.text, named.end())
            if tail and after.tail:
                raise Unusual("comments before and after an anchor", value.start)
            tail, above = tail or after.tail, (*above, *after.lines)
        self.at, self.pending = after.end, above
        chunks, footer = self.block(value, entry.indent + STEP, entry.guide, self.column(entry.start) + 1)
        lines = _joined(chunks)
        if prefix.endswith("-") and not tail and not chunks[0].leading:
            lines[0] = f"{prefix} {lines[0].lstrip(' ')}"
        else:
            lines.insert(0, prefix + tail)
        return [*lines, *footer], _ends(chunks, footer)

    def single(self, entry: Entry, leading: list[str]) -> tuple[list[str], bool]:
        """The same for an entry whose value is none; comments that find no place in them go into `leading`."""
        value, body = entry.value, self.beside(entry)
        if not value.empty:
            before = Trivia.read(self.text, entry.after)
            comments = [text for text in (before.tail.strip(), *(text for _, text in before.lines)) if text]
            if len(comments) == len(body) == 1 and not Trivia.read(self.text, value.end).tail:
                body[0] += f"  {comments[0]}"
            else:
                leading += [" " * entry.indent + text for text in comments]
        return body, value.literal and self.keeps(value)

    def beside(self, entry: Entry) -> list[str]:
        """The lines of an entry and the comment beside it, and of that one's continuation in the lines below."""
        value = entry.value
        if value.empty:
            lines, after = [entry.prefix], Trivia.read(self.text, entry.after)
        else:
            lines = self.flow.lines(value, entry.prefix, entry.indent, entry.guide, self.column(entry.start))
            after = Trivia.read(self.text, self.end(value), new_line=value.literal)
        self.past(after)
        if not after.tail:
            return lines
        lines[-1] += after.tail.replace("\t", "  ")
        margin = " " * (len(lines[-1]) - len(after.tail.lstrip()))
        below = list(takewhile(lambda line: line == (after.column, line[1]) and line[1], after.lines))
        self.pending = after.lines[len(below) :]
        return [*lines, *(margin + text for _, text in below)]

    def end(self, value: Node) -> int:
        """Where a value ends; blank lines below a text after `|` or `>` mean nothing, unless it says `+`."""
        if not value.literal or self.keeps(value):
            return value.end
        last = len(self.text[: value.end].rstrip())
        return min(self.text.find("\n", last) + 1 or value.end, value.end)

    def keeps(self, value: Node) -> bool:
        """Whether blank lines at the end of a text after `|` or `>` are part of it."""
        header, ended, _ = self.text[value.head : value.end].partition("\n")
        return "+" in header.partition("#")[0] and bool(ended) and value.value[-1:] in ("", "\n")

    # --- comments -----------------------------------------------------------------------------------------------------

    def past(self, trivia: Trivia) -> None:
        self.at, self.pending = trivia.end, trivia.lines

    def leading(self, indent: int) -> tuple[bool, list[str]]:
        """Whether a blank line is above the next entry, and the comments that go with it."""
        lines = self.indented(self.pending, indent)
        self.pending = ()
        blank = bool(lines) and not lines[0]
        return blank, lines[1:] if blank else lines

    def indented(self, lines: Lines, indent: int) -> list[str]:
        return _collapsed([" " * indent + text if text else "" for _, text in lines])

    def pending_of(self, floor: int) -> Lines:
        """Takes the comments that stand at column `floor` or deeper, up to the first that does not."""
        taken = 0
        for position, (column, text) in enumerate(self.pending):
            if text and column < floor:
                break
            if text:
                taken = position + 1
        lines, self.pending = self.pending[:taken], self.pending[taken:]
        return lines

    def column(self, at: int) -> int:
        return at - (self.text.rfind("\n", 0, at) + 1)


def _below(entry: Entry) -> int:
    """The column of comments below an entry and deeper than it: where they are no part of a text after `|` or `>`."""
    if not entry.value.literal:
        return entry.indent + STEP
    return entry.indent + (1 if entry.value.value.strip() else 0)  # the first line says how deep a text is


def _ends(chunks: Sequence[Chunk], footer: Sequence[str]) -> bool:
    """Whether the last lines of a block are blank ones that mean something."""
    return chunks[-1].keeps and not footer


def _joined(chunks: Sequence[Chunk], *, apart: bool = False) -> list[str]:
    """The lines of entries, with a blank line between them where there was one, or everywhere."""
    lines: list[str] = []
    for position, chunk in enumerate(chunks):
        if position and (chunk.blank or apart) and not chunks[position - 1].keeps:
            lines.append("")
        lines += [*chunk.leading, *chunk.body]
    return lines


def _collapsed(lines: Sequence[str]) -> list[str]:
    """With one blank line for several, and none at the end of an empty list."""
    return [line for position, line in enumerate(lines) if line or (position == 0 or lines[position - 1])]


def _trimmed(lines: Sequence[str]) -> list[str]:
    """Without blank lines at the beginning and the end."""
    made = list(lines)
    while made and not made[-1]:
        made.pop()
    while made and not made[0]:
        made.pop(0)
    return made
