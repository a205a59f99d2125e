"""Files and folders for their owner's eyes only: what is written here holds people's phones and addresses.

Nothing is ever written through a link: a pull request can bring one to wherever this program is about to write.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from reconcile.errors import ReconcileError

#: What the program keeps beside a project: the emulator's database, and the store.
FOLDER = ".reconcile"


def write_private(path: Path, content: bytes) -> None:
    """Puts a file with mode 0600 in the place of whatever is at `path`, whole or not at all; a link is replaced.

    A device such as /dev/stdout is written to as it is. Raises `ReconcileError` where the folder is missing, `OSError`.
    """
    if _is_device(path):
        with path.open("wb") as device:
            device.write(content)
        return
    if not path.parent.is_dir():
        raise ReconcileError(f"{path}: there is no folder {path.parent} to write it in")
    if path.is_dir() and not path.is_symlink():
        raise ReconcileError(f"{path}: is a folder, and can't be written to")
    import tempfile  # most commands write nothing

    # A name that nobody can foresee, made with O_EXCL and 0600.
    descriptor, scratch = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(scratch).unlink()
        raise


def _is_device(path: Path) -> bool:
    if path.parent in (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")):
        return True
    try:
        return not stat.S_ISREG(mode := path.lstat().st_mode) and not stat.S_ISDIR(mode) and not stat.S_ISLNK(mode)
    except OSError:
        return False


def private_folder(root: Path) -> Path:
    """The folder `.reconcile` of a project, made where it is missing, with mode 0700, and out of Git's sight.

    Raises `ReconcileError`.
    """
    folder = root / FOLDER
    if folder.is_symlink():
        raise ReconcileError(f"{folder}: is a link, and may lead anywhere; make it a folder")
    folder.mkdir(mode=0o700, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)
    with suppress(OSError):  # it is there, whatever it says; or the folder is another user's, whose program wrote one
        descriptor = os.open(folder / ".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"*\n")
    return folder


def private_file(path: Path) -> None:
    """Makes sure that only its owner may read what is kept at `path`, before anything is. Raises `ReconcileError`."""
    if path.is_symlink():
        raise ReconcileError(f"{path}: is a link, and may lead anywhere; delete it")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            with suppress(PermissionError):  # another user's
                path.chmod(0o600)
