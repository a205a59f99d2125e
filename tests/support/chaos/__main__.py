"""`python -m chaos -n 500 --seed 1`: plays schedules in several processes, and says what happened."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from chaos.play import Figures
from chaos.worker import attempt, prepare


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description="Plays schedules of faults, kills and signals.")
    parser.add_argument("-n", type=int, default=500, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first one's seed; the others' follow it")
    parser.add_argument(
        "-p", "--processes", type=int, default=3 * (os.cpu_count() or 1), help="at once; most of their time is waiting"
    )
    given = parser.parse_args()
    started, total, failed = time.monotonic(), Figures(), []
    seeds = range(given.seed, given.seed + given.n)
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn"), initializer=prepare) as processes:
        for played, ended in enumerate(as_completed([processes.submit(attempt, seed) for seed in seeds]), start=1):
            seed, figures, wrong = ended.result()
            if played % 100 == 0:
                print(f"{played} schedules, {len(failed)} failed", file=sys.stderr, flush=True)
            if wrong:
                failed.append(seed)
                print(f"--- seed {seed}\n{wrong}\n", flush=True)
            else:
                total += figures
    print("\n".join(shown(total)))
    print(f"{given.n - len(failed)} of {given.n} schedules in {time.monotonic() - started:.0f} s")
    if failed:
        print(f"failed: {' '.join(map(str, sorted(failed)))}; to repeat one: make chaos N=1 SEED={failed[0]}")
    return 1 if failed else 0


def shown(total: Figures) -> list[str]:
    """The figures, those that have to be none first."""
    counts = {"duplicates": 0, "lost updates": 0} | dict(sorted(total.counts.items()))
    lines = [f"{name:28} {count:>8}" for name, count in counts.items()]
    lines.append(f"{'faults':28} {total.faults.total():>8}")
    return lines + [f"  {name:26} {count:>8}" for name, count in sorted(total.faults.items())]


if __name__ == "__main__":
    sys.exit(main())
