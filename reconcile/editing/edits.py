"""Small edits of a text, at the places that its tree gives, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from reconcile.config.load import Unreadable, parse
from reconcile.editing.order import Guide
from reconcile.editing.tree import Kind, Node, Trivia


class Edit(Struct, frozen=True):
    """What stands from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that don't overlap; those at one place follow each other as they are given."""
    ordered = sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end))
    for edit in reversed(ordered):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def written(text: str) -> str:
    """Text as a YAML scalar or key that means it everywhere: without quotes where it may be."""
    try:
        value, faults = parse(f"[{text}, {{{text}: {text}}}]\n".encode(), "")
    except Unreadable:
        value, faults = None, []
    plain = not faults and value == [text, {text: text}] and text == text.strip()
    return text if plain else json.dumps(text, ensure_ascii=False)


def respelled(node: Node, text: str) -> Edit:
    """A scalar that is to mean `text`, in the quotes that it has."""
    if node.style == "'":
        return Edit(node.head, node.end, "'" + text.replace("'", "''") + "'")
    return Edit(node.head, node.end, json.dumps(text, ensure_ascii=False) if node.style else written(text))


class Entries(Struct, frozen=True):
    """Puts entries into the mapping that stands as the value of a key in a text, and takes them out."""

    text: str
    newline: str
    key: Node
    value: Node
    guide: Guide

    def put(self, name: str, scalar: str) -> Edit:
        """Adds `name: scalar`, where the schema's order has it."""
        entry, value = f"{name}: {scalar}", self.value
        if value.kind is Kind.ALIAS:
            return Edit(value.start, value.end, f"{{<<: {self.text[value.start : value.end]}, {entry}}}")
        if value.kind is not Kind.MAPPING or not value.pairs:  # nothing, null or {}
            colon = "" if ":" in self.text[self.key.end : value.start] else ":"
            space = "" if self.text[value.head - 1 : value.head].isspace() else " "
            return Edit(value.head, value.end, f"{colon}{space}{{{entry}}}")
        rank = self.guide.rank(name)
        after = [position for position, (key, _) in enumerate(value.pairs) if self.guide.rank(key.value) > rank]
        position = after[0] if after else len(value.pairs)
        if not value.flow:
            return self.line(position, entry)
        if position < len(value.pairs):
            at = value.pairs[position][0].start
            return Edit(at, at, f"{entry}, ")
        at = max(node.end for node in value.pairs[-1])
        return Edit(at, at, f", {entry}")

    def line(self, position: int, entry: str) -> Edit:
        """A line of its own, below the entry before it and the comment beside that."""
        first = self.value.first
        line = " " * (first - self.text.rfind("\n", 0, first) - 1) + entry
        at = max(node.end for node in self.value.pairs[position - 1]) if position else self.key.end
        if position and self.text[at - 1 : at] == "\n":  # below a text after `|`
            return Edit(at, at, line + self.newline)
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end - (self.text[end - 1] == "\r")
        return Edit(end, end, self.newline + line)

    def take(self, name: str) -> Edit:
        """Takes an entry out, and its line with the comment beside it."""
        pairs = self.value.pairs
        position = next(at for at, (key, _) in enumerate(pairs) if key.value == name)
        start, end = pairs[position][0].start, max(node.end for node in pairs[position])
        if self.value.flow:
            if position + 1 < len(pairs):
                return Edit(start, pairs[position + 1][0].start, "")
            return Edit(max(node.end for node in pairs[position - 1]) if position else start, end, "")
        line = self.text.rfind("\n", 0, start) + 1
        stop = self.text.find("\n", Trivia.read(self.text, end).end if self.text[end - 1] == "\n" else end)
        return Edit(line, len(self.text) if stop < 0 else stop + 1, "")
