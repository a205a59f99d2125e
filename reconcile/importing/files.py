"""Puts the files of an import into a project: all of them or none, and never over one that is there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from reconcile.errors import ReconcileError

#: How the folder is called in which files are written before they get their names; hidden, so that nobody reads it.
SCRATCH: Final = ".import-"


def refuse_to_overwrite(root: Path, names: Mapping[str, object]) -> None:
    """Raises `ReconcileError` where a file is there already, or would not be inside of the project."""
    inside = root.resolve()
    taken = [name for name in names if (root / name).exists() or (root / name).is_symlink()]
    if taken:
        verb = "is there already" if len(taken) == 1 else "are there already"
        into = "; `import --into .` adds to the files that are there" if any(map(_is_yaml, taken)) else ""
        message = f"{', '.join(taken)} {verb}; nothing was written: `import` overwrites no file"
        raise ReconcileError(message + (_cut_off(root, taken) or into))
    for name in names:
        if not (root / name).parent.resolve().is_relative_to(inside):
            raise ReconcileError(f"{name} would be outside of the project, through a link; nothing was written")


def _is_yaml(name: str) -> bool:
    return name.endswith(".yaml")


def _cut_off(root: Path, taken: Sequence[str]) -> str:
    """What to do about files that an import has left which was killed: each has a second name in its folder."""
    for scratch in sorted(root.glob(f"{SCRATCH}*/")):
        theirs = set(map(_node, scratch.iterdir()))
        left = [name for name in taken if (root / name).exists() and _node(root / name) in theirs]
        if left:
            return (
                f". An import was killed while it wrote: take away the folder {scratch.name} and what it has left, "
                f"{', '.join(left)}, and import again"
            )
    return ""


def _node(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def write_new(root: Path, texts: Mapping[str, str]) -> None:
    """Writes files that are not there yet. Raises `ReconcileError`, and `OSError` where the disk does not do it."""
    refuse_to_overwrite(root, texts)
    placed: list[Path] = []
    folders: list[Path] = []
    scratch = None
    try:
        for folder in dict.fromkeys((root / name).parent for name in texts):
            if not folder.exists():
                folder.mkdir(parents=True)
                folders.append(folder)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=root))
        for number, text in enumerate(texts.values()):
            with (scratch / str(number)).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for number, name in enumerate(texts):
            _place(scratch / str(number), root / name)
            placed.append(root / name)
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        for folder in reversed(folders):
            with suppress(OSError):  # somebody else has put something in it
                folder.rmdir()
        raise
    finally:
        if scratch is not None:
            for path in scratch.iterdir():
                path.unlink()
            scratch.rmdir()


def _place(written: Path, path: Path) -> None:
    """Gives a file its name, unless somebody has taken it meanwhile."""
    try:
        os.link(written, path)
    except FileExistsError:
        raise ReconcileError(f"{path.name} has come to be meanwhile; nothing was written") from None
    except OSError:  # no links on this disk
        with path.open("xb") as file:
            file.write(written.read_bytes())
