"""Who applies, where, and on what revision of the project; and whether a process that held an account still lives."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

#: Seconds that Git may take; a history without a revision is better than a run that waits.
GIT_TIMEOUT: Final = 5
#: What CI systems call the person who started them, and the revision that they have checked out.
CI_USER: Final = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
CI_REVISION: Final = ("GITHUB_SHA", "CI_COMMIT_SHA")


class Holder(Struct, frozen=True):
    """A process that applies: whose, on which machine. `process` tells it from any other that had its `pid`."""

    user: str
    host: str
    pid: int
    process: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"


def holder(environ: Mapping[str, str]) -> Holder:
    """This process."""
    user = next((environ[name] for name in CI_USER if environ.get(name)), None)
    if user is None:
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container may run as a user whom nobody has named
            user = str(os.getuid()) if hasattr(os, "getuid") else "somebody"
    return Holder(user, socket.gethostname(), os.getpid(), _process(os.getpid()))


def is_dead(other: Holder) -> bool:
    """Whether a process has surely ended; False as well where that can't be told from here.

    It can be on Linux, for a process of the same boot and the same PID namespace: it has ended where its number is
    free, or was given to another process since, or is kept only until its parent has asked for it (a zombie).
    """
    place, _, began = other.process.rpartition("/")
    if not place or place != _place():
        return False
    try:
        os.kill(other.pid, 0)  # asks, sends nothing; also where /proc hides other people's processes
    except ProcessLookupError:
        return True
    except OSError:
        pass
    state = _state(other.pid)
    return state is not None and (state[1] != began or state[0] in "ZX")


def _process(pid: int) -> str:
    """The boot, the namespace and the moment in which a process began; empty where the system does not tell."""
    place, state = _place(), _state(pid)
    return f"{place}/{state[1]}" if place and state is not None else ""


def _place() -> str:
    """What tells this boot of this machine, and this container on it, from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""
    return f"{boot}/{namespace}"


def _state(pid: int) -> tuple[str, str] | None:
    """A process's state (a letter) and when it began, in ticks since the boot (proc(5)); None where it is not shown."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes().decode("utf-8", "replace")
        fields = text.rpartition(")")[2].split()  # a program's name may have spaces and brackets
        return fields[0], fields[19]
    except (OSError, IndexError):
        return None


def revision(root: Path, environ: Mapping[str, str]) -> str | None:
    """The revision of the project's files: CI's, or Git's, with `+` where files differ from it. Never an error."""
    told = next((environ[name] for name in CI_REVISION if environ.get(name)), None)
    if told is not None:
        return told
    if _holds_a_repository(root):
        return None
    head = _git(root, "rev-parse", "--verify", "HEAD")
    if not head:
        return None
    changed = _git(root, "status", "--porcelain", "--", ".", ":(exclude).reconcile")
    return head if changed == "" else f"{head}+"


def _holds_a_repository(root: Path) -> bool:
    """Whether, from the project up to the folder with `.git`, one looks like a bare repository to Git.

    Git would obey the `config` in it, and start what that names; a pull request can bring any file but a `.git`.
    """
    for folder in (root.resolve(), *root.resolve().parents):
        if (folder / ".git").exists():
            return False
        if (folder / "HEAD").exists() or (folder / "HEAD").is_symlink():
            return True
    return False


def _git(root: Path, *arguments: str) -> str | None:
    """What Git says; None where it does not work, or not in time. Nothing that the project's files name is run."""
    settings = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit")
    command = ["git", *(part for setting in settings for part in ("-c", setting)), "-C", str(root), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=GIT_TIMEOUT, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
