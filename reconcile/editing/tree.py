"""What stands where in a YAML text: every node with its first and last position, aliases where they are written.

libyaml's events are what the loader reads, too, so that what is edited here is what is read there. Its nodes won't do:
they put the anchored node in the place of an alias, and end a block where the next thing begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

import yaml
from msgspec import Struct

_LITERAL: Final = ("|", ">")


class Kind(Enum):
    """What a node is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    ALIAS = "alias"


class Node(Struct, frozen=True):
    """A value or key in a text: `start` is that of its anchor or tag, `head` that of what follows those.

    `end` is after its last character; where the value is left out, all three are one position. `value` is the text
    that a scalar means, or the anchor's name that an alias gives. `style` is that of a scalar: `'`, `"`, `|`, `>` or
    nothing. Mappings have `pairs`, sequences `items`.
    """

    kind: Kind
    start: int
    head: int
    end: int
    value: str = ""
    style: str = ""
    flow: bool = False
    anchor: str | None = None
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the value is left out, as after `acme.ru:`."""
        return self.start == self.end

    @property
    def block(self) -> bool:
        """Whether this is a mapping or a list with an entry a line."""
        return self.kind in (Kind.MAPPING, Kind.SEQUENCE) and not self.flow

    @property
    def literal(self) -> bool:
        """Whether this is text after `|` or `>`."""
        return self.style in _LITERAL

    @property
    def first(self) -> int:
        """Where the first entry of a mapping that has some begins: its key, or the `?` before that."""
        return min(self.head, self.pairs[0][0].start)

    @property
    def children(self) -> Iterator[Node]:
        """Keys, values and items, as they stand."""
        for pair in self.pairs:
            yield from pair
        yield from self.items

    def get(self, key: str) -> tuple[Node, Node] | None:
        """The key and the value of an entry of a mapping; None where it has none."""
        return next((pair for pair in self.pairs if pair[0].value == key), None)


def tree(text: str) -> Node | None:
    """The root of a text that has been read without an error; None where nothing is in it."""
    events = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            return _Reader(text, events).node(event)
    return None


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, as they stand."""
    yield node
    for child in node.children:
        yield from walk(child)


class _Reader:
    def __init__(self, text: str, events: Iterator[yaml.Event]) -> None:
        self.text = text
        self.events = events

    def node(self, event: yaml.Event) -> Node:
        start, end = _span(event)
        match event:
            case yaml.AliasEvent():
                return Node(Kind.ALIAS, start, start, end, value=str(event.anchor))
            case yaml.ScalarEvent():
                head, style = self.head(start, end), event.style or ""
                return Node(Kind.SCALAR, start, head, end, event.value, style, anchor=event.anchor)
            case yaml.MappingStartEvent():
                return self.mapping(event)
        assert isinstance(event, yaml.SequenceStartEvent)
        return self.sequence(event)

    def mapping(self, opening: yaml.MappingStartEvent) -> Node:
        pairs = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event)
            pairs.append((key, self.node(next(self.events))))
        flow = bool(opening.flow_style)
        start, _ = _span(opening)
        end = _span(event)[1] if flow or not pairs else max(pairs[-1][0].end, pairs[-1][1].end)
        return Node(
            Kind.MAPPING, start, self.head(start, end), end, flow=flow, anchor=opening.anchor, pairs=tuple(pairs)
        )

    def sequence(self, opening: yaml.SequenceStartEvent) -> Node:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event))
        flow = bool(opening.flow_style)
        start, _ = _span(opening)
        end = _span(event)[1] if flow or not items else items[-1].end
        return Node(
            Kind.SEQUENCE, start, self.head(start, end), end, flow=flow, anchor=opening.anchor, items=tuple(items)
        )

    def head(self, start: int, end: int) -> int:
        """Where what follows an anchor and a tag begins."""
        at = start
        while at < end and self.text[at] in "&!":
            while at < end and not self.text[at].isspace():
                at += 1
            at = Trivia.read(self.text, at).end
        return min(at, end)


def _span(event: yaml.Event) -> tuple[int, int]:
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


def free(pairs: Sequence[tuple[Node, Node]]) -> bool:
    """Whether the entries of a mapping may change places: none has an anchor that another one names, too."""
    seen: set[str] = set()
    for pair in pairs:
        below = [node for half in pair for node in walk(half)]
        names = {name for n in below if (name := n.value if n.kind is Kind.ALIAS else n.anchor)}
        if names & seen:
            return False
        seen |= names
    return True


class Trivia(Struct, frozen=True):
    """What stands between two tokens: blanks, the comment on the same line, and the lines up to the next token.

    `tail` is the comment with the blanks before it, `column` that of its `#`. Each of `lines` is a comment and its
    column, or nothing where the line is blank. `end` is where the next token begins.
    """

    tail: str
    column: int
    lines: tuple[tuple[int, str], ...]
    end: int

    @classmethod
    def read(cls, text: str, at: int, *, new_line: bool = False) -> Trivia:
        """What stands from `at`, which is outside of any token, and may be the beginning of a line of its own."""
        lines: list[tuple[int, str]] = []
        tail, column, begin = "", 0, at
        while True:
            blank = at
            while blank < len(text) and text[blank] in " \t\r":
                blank += 1
            stop = text.find("\n", blank)
            stop = len(text) if stop < 0 else stop
            comment = text[blank:stop].rstrip() if text[blank : blank + 1] == "#" else ""
            if not comment and blank < stop:
                return cls(tail, column, tuple(lines), blank)
            if at == begin and not new_line:
                if comment:
                    tail, column = text[begin:blank] + comment, blank - text.rfind("\n", 0, blank) - 1
            elif comment or stop < len(text):
                lines.append((blank - at, comment))
            if stop == len(text):
                return cls(tail, column, tuple(lines), stop)
            at = stop + 1
