"""Files of a project are read here, and none outside of it, whatever links and names a pull request brings."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

#: Folders whose files are not the project's own: they hold credentials of others.
_NOT_OURS: Final = (".git", ".reconcile")
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Outside(Exception):
    """The path leads out of the project."""


class NoFile(Exception):
    """What is there is a folder, a pipe or a device."""


class TooLarge(Exception):
    """The file is larger than is allowed; `size` is in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def read_inside(root: Path, path: Path, limit: int) -> bytes:
    """What is in a file below `root` of at most `limit` bytes. Links are followed as long as they stay inside.

    What was checked is what is read: from `root` on, each folder is opened in the one before it and never through a
    link, so that nobody can put one there in between. Raises `Outside`, `NoFile`, `TooLarge`, `OSError`, and
    `ValueError` for what is no path.
    """
    base = os.path.realpath(root)
    real = os.path.realpath(path)
    parts = Path(real).relative_to(base).parts if Path(real).is_relative_to(base) else None
    if parts is None or parts[:1] in [(name,) for name in _NOT_OURS]:
        raise Outside
    descriptor = _opened(base, parts)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NoFile
        if status.st_size > limit:
            raise TooLarge(status.st_size)
        data = file.read(limit + 1)
    if len(data) > limit:  # it grows
        raise TooLarge(len(data))
    return data


def _opened(base: str, parts: tuple[str, ...]) -> int:
    """A descriptor of the file at these names below `base`."""
    if not parts:
        raise NoFile
    if os.open not in os.supports_dir_fd:
        return os.open(Path(base, *parts), _FLAGS)
    folder = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in parts[:-1]:
            inner = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        mode = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):  # one that leads to itself, or that came just now
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not stat.S_ISREG(mode):
            raise NoFile  # to open a device may do something
        return os.open(parts[-1], _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
