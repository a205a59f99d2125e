"""A sample of the schedules of faults, kills and signals; `make chaos` plays many more."""

from __future__ import annotations

import pytest
from chaos.play import play
from chaos.schedules import schedule

SEEDS = range(1, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_done_twice(zygote, seed):
    figures = play(schedule(seed), zygote)

    assert (figures.counts["duplicates"], figures.counts["lost updates"]) == (0, 0)


def test_a_seed_is_always_the_same_schedule():
    assert [schedule(seed) for seed in SEEDS] == [schedule(seed) for seed in SEEDS]
    assert len({str(schedule(seed)) for seed in SEEDS}) == len(SEEDS)
