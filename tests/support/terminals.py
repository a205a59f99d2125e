"""A shell at a terminal, in which somebody types a line and presses Tab."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

SECONDS = 20
#: Prints each word of a line that was completed; the marks are not in what is typed.
WORDS = "words() { printf '%s' BE'GIN'; printf '<%s>' \"$@\"; printf '%s\\n' E'ND'; }"


class Shell:
    """A shell that reads from a terminal of ours."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.read = ""

    def run(self, command: str) -> None:
        """Runs a command, and waits for its end."""
        self.type(f"{command}\r")
        self.type("printf '%s\\n' DO'NE'\r")
        self.until("DONE")

    def type(self, keys: str) -> None:
        """Types, as fast as it can be read."""
        os.write(self.terminal, keys.encode())

    def until(self, mark: str) -> str:
        """What is shown before a mark."""
        end = time.monotonic() + SECONDS
        while mark not in self.read:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{mark} does not come, only {self.read!r}"
            self.read += os.read(self.terminal, 65536).decode(errors="replace")
        before, _, self.read = self.read.partition(mark)
        return before

    def words(self, line: str) -> list[str]:
        """The words that a line has when it was completed at its end, as the shell gives them to a program."""
        self.type(f"{line}\t")
        self.type("\x01words \x05\r")
        self.until("BEGIN")
        return re.findall(r"<(.*?)>", self.until("END"), re.DOTALL)


@contextlib.contextmanager
def shell(argv: Sequence[str], environ: Mapping[str, str], cwd: Path) -> Iterator[Shell]:
    """A shell that ends with the block."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(cwd)
        os.execvpe(argv[0], list(argv), dict(environ))
    try:
        yield Shell(terminal)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
