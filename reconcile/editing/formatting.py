"""`fmt`: which files of a project are not laid out as they would be, and what they would be like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from reconcile.config.load import parse, project_files
from reconcile.editing.files import Change, Source
from reconcile.editing.layout import Unusual, laid_out
from reconcile.editing.tree import Kind, tree
from reconcile.errors import ConfigError, Problem, ReconcileError


class Formatted(Struct, frozen=True):
    """The files that were looked at, those that change, and why some were left as they are."""

    files: int
    changes: tuple[Change, ...]
    left: tuple[Problem, ...]


def formatted(root: Path, paths: Sequence[Path]) -> Formatted:
    """The files at `paths`, or below them; all of the project in `root` where there are none.

    Raises `ConfigError` with all that is wrong with their YAML, and `ReconcileError` for what is no file of the
    project. Writes nothing.
    """
    if not root.is_dir():
        raise ReconcileError(f"{root}: no such folder; name the project's folder with -C DIR")
    broken: list[Problem] = []
    left: list[Problem] = []
    changes = []
    files = list(dict.fromkeys(_named(root, paths) if paths else _below(root)))
    for path in files:
        try:
            source = Source.read(root, path)
        except ConfigError as error:
            broken += error.problems
            continue
        try:
            text = source.text if _is_table(source) else formatted_text(source)
        except Unusual as error:
            left.append(_at(source, error))
            continue
        if text != source.text:
            changes.append(Change(source, text))
    if broken:
        raise ConfigError(broken)
    return Formatted(len(files), tuple(changes), tuple(left))


def formatted_text(source: Source) -> str:
    """The text of a file in its canonical layout, with its own ends of lines. Raises `Unusual`, `ReconcileError`."""
    text = laid_out(source.text)
    if _meaning(text, source.file) != _meaning(source.text, source.file) or _kept(text) != _kept(source.text):
        raise ReconcileError(
            f"{source.file}: laid out anew it would not say the same, which is a bug; please report it with the file "
            "(without its secrets). Nothing was changed"
        )
    return text.replace("\n", source.newline)


def _is_table(source: Source) -> bool:
    """Whether a file holds a list, as tables of site groups do: rows are data, and have no order but their own."""
    root = tree(source.text.removeprefix("\ufeff"))
    return root is not None and root.kind is Kind.SEQUENCE


def _meaning(text: str, file: str) -> object:
    return parse(text.encode(), file)[0]


def _kept(text: str) -> Counter[str]:
    """What no layout takes away or adds: letters, digits, and the `#` of comments."""
    return Counter(char for char in text if char.isalnum() or char == "#")


def _at(source: Source, error: Unusual) -> Problem:
    before = source.text.removeprefix("\ufeff").replace("\r\n", "\n")[: error.at]
    line, column = before.count("\n") + 1, error.at - before.rfind("\n")
    return Problem(source.file, line, column, f"left as it is: {error}")


def _below(folder: Path) -> Iterator[Path]:
    """The files of the project in a folder; a link is formatted where it leads to, if that is in the project."""
    for path in project_files(folder):
        if not path.is_symlink():
            yield path


def _named(root: Path, paths: Sequence[Path]) -> Iterator[Path]:
    inside = root.resolve()
    for path in paths:
        if not path.exists():
            raise ReconcileError(f"{path}: no such file")
        real = path.resolve()
        if not real.is_relative_to(inside):
            raise ReconcileError(f"{path}: is no file of the project in {root}; name its folder with -C DIR")
        if real.is_dir():
            yield from _below(root / real.relative_to(inside))
        elif path.is_symlink() or real.suffix.lower() in (".yaml", ".yml"):
            yield root / real.relative_to(inside) if not path.is_symlink() else path
        else:
            raise ReconcileError(f"{path}: is no *.yaml file")
