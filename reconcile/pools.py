"""Threads that are waited for only as long as somebody wants to wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def pool(size: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """`size` threads for a block. An exception, such as Ctrl-C, leaves at once: what has not begun never does."""
    threads = ThreadPoolExecutor(size, thread_name_prefix=name)
    try:
        yield threads
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()
