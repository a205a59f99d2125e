"""Files that are about to be edited: read whole, written whole, and put back where the edit turns out wrong."""

from __future__ import annotations

import difflib
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from reconcile.config.load import checked_text
from reconcile.editing.secrets import masked
from reconcile.errors import ReconcileError


class Source(Struct, frozen=True):
    """A file of the project in `root`: its name relative to that, and its text with BOM and ends of lines."""

    root: Path
    file: str
    text: str
    encoding: str = "utf-8"

    @classmethod
    def read(cls, root: Path, path: Path) -> Source:
        """A file that is valid YAML. Raises `ConfigError`, and `ReconcileError` for a link."""
        file = path.relative_to(root).as_posix()
        if path.is_symlink():
            raise ReconcileError(f"{file}: is a link, and links are not written through; name the file itself")
        return cls(root, file, checked_text(root, path))

    @property
    def path(self) -> Path:
        return self.root / self.file

    @property
    def newline(self) -> str:
        """How the first line of the file ends."""
        first, found, _ = self.text.partition("\n")
        return "\r\n" if found and first.endswith("\r") else "\n"


class Change(Struct, frozen=True):
    """A file with the text that it is to have; a new one must not be there yet."""

    source: Source
    text: str
    new: bool = False

    def diff(self) -> str:
        """What changes, as `diff -u` shows it, without secrets."""
        hide = masked if self.source.path.suffix.lower() in (".yaml", ".yml") else str
        before, after = (_lines(hide(text)) for text in (self.source.text, self.text))
        old = "/dev/null" if self.new else f"a/{self.source.file}"
        return "".join(_shown(difflib.unified_diff(before, after, old, f"b/{self.source.file}")))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").splitlines(keepends=True)


def _shown(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def write(changes: Sequence[Change]) -> None:
    """Writes files, each of them whole or not at all; where one can't be, those before it are put back.

    Raises `ReconcileError` where a file is no longer what it was, `OSError`.
    """
    done: list[Change] = []
    try:
        for change in changes:
            _write(change)
            done.append(change)
    except BaseException:
        put_back(done)
        raise


def put_back(changes: Sequence[Change]) -> None:
    """Undoes `write`."""
    for change in changes:
        if change.new:
            change.source.path.unlink()
        else:
            _replace(change.source, change.source.text)


def _write(change: Change) -> None:
    source = change.source
    if not change.new:
        if source.path.is_symlink() or source.path.read_bytes() != source.text.encode(source.encoding):
            raise ReconcileError(f"{source.file}: somebody else changed it just now; nothing was changed, run it again")
        _replace(source, change.text)
        return
    if not source.path.parent.resolve().is_relative_to(source.root.resolve()):
        raise ReconcileError(f"{source.file}: would be outside of the project, through a link; nothing was changed")
    source.path.parent.mkdir(parents=True, exist_ok=True)
    with source.path.open("xb") as file:
        file.write(change.text.encode())


def _replace(source: Source, text: str) -> None:
    """Puts a file with another text, and the same mode and encoding, in the place of one."""
    path = source.path
    mode = stat.S_IMODE(path.stat().st_mode)
    descriptor, scratch = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode(source.encoding))
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(mode)
        Path(scratch).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(scratch).unlink()
        raise
