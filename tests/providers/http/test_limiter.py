"""The rate of one account's requests, by a clock of the test's own."""

from __future__ import annotations

import pytest

from reconcile.providers.http.limiter import LEAST, RECOVERY, Limiter


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def seconds(limiter: Limiter, time: Time, turns: int) -> list[float]:
    """When the next turns are, from now."""
    return [round(limiter.turn() - time.now, 6) for _ in range(turns)]


def test_turns_are_spaced_and_idle_time_is_not_saved_up(time: Time) -> None:
    limiter = Limiter(4, time)
    assert seconds(limiter, time, 4) == [0, 0.25, 0.5, 0.75]
    time.now += 100
    assert seconds(limiter, time, 3) == [0, 0.25, 0.5]


def test_without_a_limit_nobody_waits(time: Time) -> None:
    assert seconds(Limiter(None, time), time, 100) == [0] * 100


def test_a_pause_is_everybodys_and_spaces_those_who_waited(time: Time) -> None:
    limiter = Limiter(2, time)
    first, second = limiter.turn(), limiter.turn()
    limiter.pause(10)
    limiter.pause(3)  # a shorter one takes nothing back
    assert [limiter.confirmed(turn) - time.now for turn in (first, second)] == [10, 10.5]
    assert seconds(limiter, time, 1) == [11]
    later = limiter.turn()
    assert limiter.confirmed(later) == later


def test_too_many_halve_the_rate_once_for_all_that_were_under_way(time: Time) -> None:
    limiter = Limiter(8, time)
    assert limiter.slow_down(time.now)
    assert not any(limiter.slow_down(time.now - under_way) for under_way in (0, 0.1, 5))
    assert limiter.rate == 4
    time.now += 1
    assert not limiter.slow_down(time.now)
    time.now += 0.1
    assert limiter.slow_down(time.now)
    assert limiter.rate == 2


def test_there_is_a_least_rate(time: Time) -> None:
    for most, least in ((8.0, LEAST), (0.1, 0.1)):  # a slower account stays as slow as it is
        limiter = Limiter(most, time)
        for _ in range(50):
            time.now += 2
            limiter.slow_down(time.now)
        assert limiter.rate == least


def test_an_account_without_a_limit_starts_from_what_it_was_sending(time: Time) -> None:
    limiter = Limiter(None, time)
    for _ in range(60):  # a second ago, and long forgotten
        limiter.turn()
    for _ in range(20):
        time.now += 0.1
        limiter.turn()
    limiter.slow_down(time.now)
    assert limiter.rate == pytest.approx(5, abs=1)


def test_a_burst_is_not_taken_for_a_slow_account(time: Time) -> None:
    limiter = Limiter(None, time)
    for _ in range(16):
        limiter.turn()
    time.now += 0.02
    limiter.slow_down(time.now)
    assert limiter.rate == 80


def test_the_rate_recovers_slowly_and_never_beyond_the_limit(time: Time) -> None:
    limiter = Limiter(10, time)
    limiter.slow_down(time.now)
    limiter.recover(time.now)  # had begun before
    assert limiter.rate == 5
    began = time.now
    while limiter.rate < 10:
        time.now = limiter.turn()
        limiter.recover(time.now + 1e-6)
        assert limiter.rate <= 10
    assert time.now - began == pytest.approx(RECOVERY / 2, rel=0.1)
