"""`move` of what has a name: a shared object or a client is renamed, and so is every place that refers to it.

Which places those are is said by the schemas (`x-ref`). Nothing of it reaches a service: names are the project's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from reconcile.config.load import project_files
from reconcile.editing.edits import respelled
from reconcile.editing.order import Guide
from reconcile.editing.texts import Moved, Texts
from reconcile.editing.tree import Kind, Node, walk
from reconcile.errors import ReconcileError
from reconcile.model.normalize import did_you_mean, quoted

#: The kinds of what can be renamed, and their sections.
SECTIONS: Final = {
    "schedule": "schedules",
    "widget": "widgets",
    "manager": "managers",
    "blacklist": "blacklists",
    "client": "clients",
}


def shared(text: str) -> tuple[str, str] | None:
    """The kind and name of `widget/standard`, or of `studio/client/acme`; None for what is an address of a site."""
    _, found, name = text.partition("/client/")
    if found and "/" not in text.removesuffix(found + name):
        return "client", name
    kind, found, name = text.partition("/")
    return (kind, name) if found and name and kind in SECTIONS else None


def renamed(root: Path, old: tuple[str, str], new: str) -> Moved:
    """What gives the object `old` the name `new`, of the same kind. Raises `ReconcileError`; writes nothing."""
    kind, name = old
    other, target = shared(new) or (kind, new)
    if other != kind:
        raise ReconcileError(f"a {kind} can't become a {other}; write {kind}/{target}")
    if not target.strip() or "${" in target or not target.isprintable():
        raise ReconcileError(f"expected a name such as {kind}/office, got {quoted(new)}")
    if target == name:
        raise ReconcileError(f"{kind}/{name} has this name; nothing was changed")
    return _Rename(Texts(root), kind, name, target).run()


class _Rename(Struct):
    texts: Texts
    kind: str
    old: str
    new: str
    notes: list[str] = field(default_factory=list)

    def run(self) -> Moved:
        section, declared = SECTIONS[self.kind], False
        names = set()
        for file, root in self.files():
            found = root.get(section)
            for key, _ in found[1].pairs if found is not None else ():
                names.add(key.value)
                if key.value == self.old:
                    declared = True
                    self.texts.edit(file, respelled(key, self.new))
            for node in _references(root, Guide.project(), section):
                if node.value == self.old:
                    self.texts.edit(file, respelled(node, self.new))
            self.look_at(file, root)
        if not declared:
            hint = did_you_mean(self.old, names)
            raise ReconcileError(f"no file declares a {self.kind} {quoted(self.old)}{hint or '; nothing was changed'}")
        if self.new in names:
            raise ReconcileError(f"there is a {self.kind} {quoted(self.new)} already; nothing was changed")
        return Moved(
            self.texts.changes(), f"{self.kind}/{self.old}", f"{self.kind}/{self.new}", tuple(dict.fromkeys(self.notes))
        )

    def files(self) -> Iterator[tuple[str, Node]]:
        for path in project_files(self.texts.root):
            if path.is_symlink() and path.is_file():
                self.notes.append(f"{path.relative_to(self.texts.root)} is a link, and was not looked at")
        yield from self.texts.all("")

    def look_at(self, file: str, root: Node) -> None:
        """Selections name objects, too, but are texts of their own: a person has to look at them."""
        pattern = re.compile(rf"\b{self.kind}\s*[=~]\s*[\"']?{re.escape(self.old)}(?![\w-])")
        for node in walk(root):
            if node.kind is Kind.SCALAR and pattern.search(node.value):
                line = self.texts.text(file).count("\n", 0, node.start) + 1
                self.notes.append(f"{file}:{line}: a selection names {self.kind} {quoted(self.old)}; change it by hand")


def _references(node: Node, guide: Guide, section: str) -> Iterator[Node]:
    """The scalars below a node that name an entry of a section."""
    if node.kind is Kind.SCALAR and guide.ref == section:
        yield node
    for key, value in node.pairs:
        if key.value == "<<" and not key.style:
            yield from _references(value, guide, section)
        else:
            yield from _references(value, guide.entry(key.value), section)
    for item in node.items:
        yield from _references(item, guide.item(), section)
