"""The first Ctrl-C: what is in flight ends, and waits for nothing else than its answer."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

from reconcile.providers.base import Provider, Stoppable

#: Seconds between two looks whether the run is to be stopped.
_LOOKS: Final = 0.1


@contextmanager
def told_to_stop(providers: Collection[Provider], stopping: Event) -> Iterator[None]:
    """Within the block, `stop` of every provider that has one is called soon after `stopping` is set.

    By a thread that looks: a signal handler, which sets `stopping`, must not wait for a lock that it interrupted.
    """
    over = Event()

    def watch() -> None:
        while not over.wait(_LOOKS):
            if stopping.is_set():
                for provider in providers:
                    if isinstance(provider, Stoppable):
                        provider.stop()
                return

    watching = threading.Thread(target=watch, name="stopping", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
