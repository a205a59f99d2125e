"""What Ctrl-C, SIGTERM and a terminal that is closed do: the same, wherever the system knows them.

A command ends at the first one with `KeyboardInterrupt`. Where something is under way that had better end well
(`finishing`), the first one only asks for that, and the second ends it. What the user's shell has told the program to
ignore (`nohup`, `&` in a script) stays ignored.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Event, Thread, current_thread, main_thread
from types import FrameType
from typing import Any, Final, NoReturn

from reconcile.errors import ExitCode

#: Windows has no SIGHUP, and a SIGBREAK of its own for Ctrl-Break and a window that is closed.
SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
INTERRUPTED: Final = "interrupted; nothing more is done"
#: Seconds within which the system and the shell send the hang-ups that are one.
_AT_ONCE: Final = 1.0
_HANG_UP: Final = getattr(signal, "SIGHUP", None)
#: Seconds between a signal and each reminder of it.
_REMINDERS: Final = (0.05, 0.2, 0.8)


def interrupt_by_all() -> None:
    """From now on the first of the signals interrupts the program, as Ctrl-C does, and the second one ends it.

    So does an interruption that nobody gets, as it hit a finalizer, from which Python lets no exception go on. One that
    comes right before a question is answered can get lost, too; then a hang-up that comes later is the second.
    """
    unraisable = sys.unraisablehook

    def interrupt(number: int, frame: FrameType | None) -> None:
        late = _program.seen > 0 and time.monotonic() - _program.since > _AT_ONCE
        if _counts(number, _program.seen) or late:
            _program.seen += 1
            if _program.seen > 1:
                _end()
            _program.since = time.monotonic()
            raise KeyboardInterrupt

    def lost(what: sys.UnraisableHookArgs) -> None:
        if isinstance(what.exc_value, KeyboardInterrupt):
            _end()
        unraisable(what)

    _program.seen, _program.since = 0, float("inf")
    sys.unraisablehook = lost
    _remind()
    _handle(interrupt)


def _remind() -> None:
    """Has a signal that the main thread has missed reach it, where the system can.

    Python runs no handler before the main thread runs on. A signal that comes right before that thread begins to wait
    for another one (or that the system gives to another one) wakes nobody: it would be seen only when the answer that
    is waited for has come. So a thread that sees signals at once sends another one after them, which does nothing but
    interrupt the wait.
    """
    if not hasattr(signal, "pthread_kill"):
        return
    seen, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    waiting = current_thread().ident or 0

    def remind() -> None:
        while came := os.read(seen, 1):
            for seconds in _REMINDERS if came[0] in SIGNALS else ():
                time.sleep(seconds)
                signal.pthread_kill(waiting, signal.SIGURG)

    signal.signal(signal.SIGURG, lambda number, frame: None)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    Thread(target=remind, name="reminder", daemon=True).start()


class _Program:
    """How many signals the program has got, and when the first came that interrupted it, on the monotonic clock.

    Those that something was finished after count as one.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.since = float("inf")


_program = _Program()


@contextmanager
def finishing(notice: str, ask: Callable[[], object] = lambda: None) -> Iterator[Event]:
    """An event that the first signal sets, which says `notice` on standard error; the second one interrupts the block.

    `ask` is called then, too, in another thread. Outside the main thread, which alone gets signals, nothing sets it.
    """
    stopping = Event()
    if current_thread() is not main_thread():
        yield stopping
        return
    # The lock of an event may be held by the very code that a signal interrupts, but a SimpleQueue may be put into at
    # any moment; so another thread sets the event.
    asked: SimpleQueue[bool] = SimpleQueue()
    seen = 0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        if not _counts(number, seen):
            return
        seen += 1
        if seen == 1:
            asked.put(True)
            _say(f"\n{notice}; once more to stop at once\n")
        elif seen == 2:
            raise KeyboardInterrupt
        else:
            _end()

    def set_event() -> None:
        if asked.get():
            stopping.set()
            ask()

    setter = Thread(target=set_event, name="signals", daemon=True)
    setter.start()
    before = _handle(stop)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _program.seen += seen > 0
        asked.put(False)
        setter.join()


def _handle(handler: Any) -> Mapping[int, Any]:
    """Handles the signals that are not ignored; gives what handled them before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    for number in handled:
        signal.signal(number, handler)
    return handled


def _counts(number: int, seen: int) -> bool:
    """Whether a signal is one more. A hang-up never is the second: the system and the shell may both send one."""
    if number == _HANG_UP:
        _forget_terminal()
    return not (seen and number == _HANG_UP)


def _end() -> NoReturn:
    """Ends the program at once, wherever it is: whatever is open is put right by the next run."""
    _say(f"\n{INTERRUPTED}\n")
    os._exit(ExitCode.INTERRUPTED)


def _forget_terminal() -> None:
    """After a hang-up: what would be said to the terminal that is gone goes nowhere, instead of being an error."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            with suppress(OSError):
                if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                    os.dup2(nowhere, stream)
        os.close(nowhere)


def _say(text: str) -> None:
    """Past Python's buffers, in which the signal may have interrupted a write."""
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), text.encode())
