"""Where a character of a text stands in the YAML that it was written in: plain, quoted, or a block of lines."""

from __future__ import annotations

from collections.abc import Iterator

import yaml


def inside(text: str, node: yaml.ScalarNode, offset: int) -> tuple[int, int]:
    """The line and column, from 1, of a character of a scalar; one beyond its end is right after the last.

    The value is followed through the text as it is written. Where that does not work out, as with escapes of
    characters, it is the beginning of the scalar.
    """
    first = node.start_mark.line + 1, node.start_mark.column + 1
    written = _written(text.split("\n"), node)
    found = first
    after = False
    for char in node.value[: offset + 1]:
        after = False
        for line, column, there in written:
            if there == char or (char.isspace() and there.isspace()):
                found = line, column
                after = True
                break
            if not there.isspace() and there not in "'\"\\":
                return first
        if not after:
            break
    beyond = offset >= len(node.value) or not after
    return (found[0], found[1] + 1) if beyond and found != first else found


def _written(lines: list[str], node: yaml.ScalarNode) -> Iterator[tuple[int, int, str]]:
    """The characters of a scalar as they are written, each with its line and column; a block begins below its sign."""
    start, end = node.start_mark, node.end_mark
    number, column = (start.line + 1, 0) if node.style in ("|", ">") else (start.line, start.column)
    while number <= min(end.line, len(lines) - 1):
        line = lines[number].removesuffix("\r")
        last = end.column if number == end.line else len(line)
        for at in range(column, last):
            yield number + 1, at + 1, line[at]
        if number < end.line:
            yield number + 1, len(line) + 1, "\n"
        number, column = number + 1, 0
