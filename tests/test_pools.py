"""Threads are waited for, unless somebody wants to leave."""

from __future__ import annotations

from threading import Event

import pytest

from reconcile.pools import pool


def test_a_block_that_ends_has_done_everything():
    done = []
    with pool(2, "test") as threads:
        for n in range(10):
            threads.submit(done.append, n)
    assert sorted(done) == list(range(10))


def test_a_block_that_is_interrupted_waits_for_nothing_and_begins_nothing_more():
    begun, release, done = Event(), Event(), []

    def work(n):
        begun.set()
        assert release.wait(timeout=30)
        done.append(n)

    with pytest.raises(KeyboardInterrupt), pool(1, "test") as threads:  # noqa: PT012 - the block is what is tested
        first, second = threads.submit(work, 1), threads.submit(work, 2)
        assert begun.wait(timeout=30)
        raise KeyboardInterrupt
    assert done == []  # it has left while the first was under way
    release.set()
    assert first.result(timeout=30) is None
    assert second.cancelled()
    assert done == [1]
