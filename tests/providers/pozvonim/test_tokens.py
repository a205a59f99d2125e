"""The token's life, with a clock of our own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconcile.errors import ConnectionFailed
from reconcile.providers.pozvonim.protocol import GivenToken
from reconcile.providers.pozvonim.tokens import Tokens

THREADS = 16


class Source:
    """Gives t1, t2, … that live for `lifetime` seconds; moves the clock only when told."""

    def __init__(self, lifetime: float = 14400) -> None:
        self.lifetime = lifetime
        self.now = 0.0
        self.given = 0
        self.tokens = Tokens(self.fetch, lambda: self.now)

    def fetch(self) -> GivenToken:
        self.given += 1
        return GivenToken(f"t{self.given}", self.lifetime)


def test_obtained_when_first_needed() -> None:
    source = Source()
    assert source.given == 0
    assert [source.tokens.current().text for _ in range(3)] == ["t1"] * 3


@pytest.mark.parametrize(("lifetime", "good_for"), [(14400, 14100), (600, 300), (60, 30)])
def test_replaced_before_it_ends(lifetime: float, good_for: float) -> None:
    source = Source(lifetime)
    source.tokens.current()
    source.now = good_for - 1
    assert source.tokens.current().text == "t1"
    source.now = good_for
    assert source.tokens.current().text == "t2"


def together(work: object, threads: int = THREADS) -> list[str]:
    barrier = threading.Barrier(threads)

    def run(_: int) -> str:
        barrier.wait()
        assert callable(work)
        return str(work().text)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_obtained_once_for_all_threads() -> None:
    source = Source()
    assert set(together(source.tokens.current)) == {"t1"}
    assert source.given == 1


def test_renewed_once_for_all_threads() -> None:
    source = Source()
    rejected = source.tokens.current()
    assert set(together(lambda: source.tokens.renew(rejected))) == {"t2"}
    assert source.given == 2


def test_a_late_rejection_of_an_old_token_renews_nothing() -> None:
    source = Source()
    old = source.tokens.current()
    source.tokens.renew(old)
    assert source.tokens.renew(old).text == "t2"


def test_a_new_token_of_the_same_text_is_a_new_one() -> None:
    source = Source()
    source.fetch = lambda: GivenToken("same", 14400)  # type: ignore[method-assign]
    tokens = Tokens(source.fetch, lambda: 0.0)
    assert tokens.renew(tokens.current()) is tokens.current()


def test_a_failure_leaves_the_next_one_to_try() -> None:
    answers = [ConnectionFailed("down"), None]

    def fetch() -> GivenToken:
        error = answers.pop(0)
        if error:
            raise error
        return GivenToken("t", 14400)

    tokens = Tokens(fetch, lambda: 0.0)
    with pytest.raises(ConnectionFailed):
        tokens.current()
    assert tokens.current().text == "t"
