"""Texts of files as they may be shown: secrets that are written in them, and not as `${env.NAME}`, are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconcile.editing.order import secret_keys
from reconcile.editing.tree import Kind, Node, tree, walk

HIDDEN: Final = "(sensitive)"
_REFERENCE: Final = re.compile(r"\$\{(?:env|each)\.\w+\}|\$\{file\.[^}]*\}")


def masked(text: str) -> str:
    """The text with secrets hidden, also those of commented lines such as `# api_key: …`."""
    text = text.removeprefix("\ufeff")
    root = tree(text)
    if root is not None:
        spans = sorted({(node.head, node.end) for node in _secrets(root)}, reverse=True)
        for start, end in spans:
            text = text[:start] + HIDDEN + ("\n" if text[start:end].endswith("\n") else "") + text[end:]
    keys = "|".join(sorted(map(re.escape, secret_keys())))
    return re.sub(rf"(#[^\n]*?\b(?:{keys})[\"']?\s*:\s*)[^\s#][^\n]*", rf"\g<1>{HIDDEN}", text)


def _secrets(root: Node) -> Iterator[Node]:
    """The scalars that are secrets, or that an alias makes one."""
    keys, named = secret_keys(), set()
    for mapping in walk(root):
        for key, value in mapping.pairs:
            if key.value in keys:
                for node in walk(value):
                    if node.kind is Kind.ALIAS:
                        named.add(node.value)
                    elif node.kind is Kind.SCALAR and not _REFERENCE.fullmatch(node.value) and not node.empty:
                        yield node
    for node in walk(root) if named else ():
        if node.anchor in named:
            yield from (inner for inner in walk(node) if inner.kind is Kind.SCALAR)
