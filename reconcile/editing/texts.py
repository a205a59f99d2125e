"""The files of a project that one edit is about, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from reconcile.config.load import project_files
from reconcile.editing.edits import Edit, edited
from reconcile.editing.files import Change, Source
from reconcile.editing.tree import Kind, Node, tree


class Texts(Struct):
    """The files of a project that are being edited, each read once."""

    root: Path
    sources: dict[str, Source] = field(default_factory=dict)
    trees: dict[str, Node | None] = field(default_factory=dict)
    edits: dict[str, list[Edit]] = field(default_factory=dict)

    def tree(self, file: str) -> tuple[str, Node]:
        """A file's text without its BOM, and its root."""
        root = self.root_of(file)
        assert root is not None
        return self.text(file), root

    def root_of(self, file: str) -> Node | None:
        """A file's root; None where nothing is in it but comments."""
        if file not in self.sources:
            self.sources[file] = Source.read(self.root, self.root / file)
            self.trees[file] = tree(self.text(file))
        return self.trees[file]

    def all(self, word: str) -> Iterator[tuple[str, Node]]:
        """The files that hold a mapping, and somewhere in it a word, with their roots."""
        for path in project_files(self.root):
            if path.is_file() and not path.is_symlink() and word.encode() in path.read_bytes():
                file = path.relative_to(self.root).as_posix()
                root = self.root_of(file)
                if root is not None and root.kind is Kind.MAPPING:
                    yield file, root

    def text(self, file: str) -> str:
        return self.sources[file].text.removeprefix("\ufeff")

    def newline(self, file: str) -> str:
        return self.sources[file].newline

    def edit(self, file: str, edit: Edit) -> None:
        self.edits.setdefault(file, []).append(edit)

    def changes(self) -> tuple[Change, ...]:
        """What becomes of the files."""
        made = []
        for file, edits in sorted(self.edits.items()):
            source = self.sources[file]
            bom = "\ufeff" if source.text.startswith("\ufeff") else ""
            made.append(Change(source, bom + edited(self.text(file), edits)))
        return tuple(made)


class Moved(Struct, frozen=True):
    """The files that change, what is called what now, and what a person has to look at."""

    changes: tuple[Change, ...]
    old: str
    new: str
    notes: tuple[str, ...] = ()
