"""What has to say yes before a rollout goes on: a program, the calls that came since, or a person.

A gate answers with a verdict, or with None where the run is interrupted before it could.
"""

from __future__ import annotations

import codecs
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import IO, Final

from msgspec import Struct

from reconcile.applying.report import Verdict
from reconcile.model.rollout import CallsGate, CommandGate, span

#: Seconds between two looks whether a command has ended, and until one that was told to end has to.
_LOOK: Final = 0.05
_GRACE: Final = 2.0
#: Bytes of a line that are shown as one; a command that writes no line ends must not fill the memory. Of a longer one
#: so many characters are shown with the next part, as a secret may end there.
_LINE: Final = 4096
_HELD: Final = 1024


# --- a program --------------------------------------------------------------------------------------------------------


def find_program(gate: CommandGate, folder: Path) -> str | None:
    """Where a gate's program is, if anywhere: with a slash in the project's `folder`, without one on the PATH."""
    name = gate.argv[0]
    return shutil.which(str(folder.resolve() / name) if os.path.dirname(name) else name)  # noqa: PTH120 - "./name" loses its dot


def ask_command(
    gate: CommandGate,
    folder: Path,
    report: bytes,
    say: Callable[[str], None],
    stopping: Event,
    hide: Callable[[str], str] = lambda text: text,
) -> Verdict | None:
    """Runs the program in `folder` with `report` as its standard input; `say` gets what it writes, line by line, as
    `hide` leaves it.

    It has a process group of its own, which is ended with it after the time-out, and when the run is interrupted.
    """
    program = find_program(gate, folder)
    if program is None:
        return Verdict(str(gate), passed=False, note="there is no such program")
    with tempfile.TemporaryFile() as given:  # a pipe would block where the program reads nothing
        given.write(report)
        given.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the project's own; no shell
                (program, *gate.argv[1:]),
                cwd=folder,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            text = error.strerror if isinstance(error, OSError) else str(error)
            return Verdict(str(gate), passed=False, note=f"it can't be started: {text}")
    assert process.stdout is not None
    reading = Thread(target=_read, args=(process.stdout, say, hide), name="gate", daemon=True)
    reading.start()
    deadline = time.monotonic() + gate.timeout
    try:
        while process.poll() is None and time.monotonic() < deadline and not stopping.is_set():
            stopping.wait(_LOOK)
    finally:
        code = process.poll()
        if code is None:
            _end(process)
    reading.join(_GRACE)
    if reading.is_alive():  # something that it started still has its output
        _kill(process, signal.SIGTERM)
        reading.join(_GRACE)
    if code is None and stopping.is_set():
        return None
    if code is None:
        return Verdict(str(gate), passed=False, note=f"no answer within {span(gate.timeout)}, so it was ended")
    return Verdict(str(gate), passed=code == 0, note=_ended(code))


def _ended(code: int) -> str:
    """How a program ended, unless that was well; a negative code is that of a signal, as `subprocess` has it."""
    if code < 0:
        name = next((one.name for one in signal.Signals if one == -code), f"signal {-code}")
        return f"ended by {name}"
    return f"exit code {code}" if code else ""


def _read(output: IO[bytes], say: Callable[[str], None], hide: Callable[[str], str]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    held = ""
    with output:
        for part in iter(lambda: output.readline(_LINE), b""):
            text = hide(held + decoder.decode(part))
            if part.endswith(b"\n"):
                held = ""
                say(text.rstrip("\r\n"))
            elif len(text) > _HELD:
                text, held = text[:-_HELD], text[-_HELD:]
                say(text)
            else:
                held = text
    if held:
        say(held)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and all that it started: politely, and then at once."""
    _kill(process, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _kill(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _kill(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:  # Windows has no groups of processes that could be told
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass


# --- calls ------------------------------------------------------------------------------------------------------------


class Missed(Struct, frozen=True):
    """How many calls are over, and in how many of them nobody talked."""

    finished: int
    missed: int

    @property
    def percent(self) -> float:
        """The share of missed calls."""
        return 100 * self.missed / max(self.finished, 1)

    def __str__(self) -> str:
        return f"{self.missed} of {self.finished} missed ({self.percent:.1f} %)"


def judge_calls(gate: CallsGate, before: Missed, after: Missed) -> Verdict:
    """Whether visitors still get through."""
    told = f"{before} in the {span(gate.window)} before the wave, {after} after it"
    if min(before.finished, after.finished) < gate.min_calls:
        few = f"too few calls to tell, as `min_calls` is {gate.min_calls}: {told}"
        return Verdict(str(gate), passed=not gate.strict, note=few)
    return Verdict(str(gate), passed=after.percent - before.percent <= gate.max_increase, note=told)
