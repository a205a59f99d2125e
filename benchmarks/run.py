"""Measures what the product promises, each figure beside its floor in the same run.

`python benchmarks/run.py [--only NAME] [--quick]` prints a table. Every figure is the median of several runs that
alternate with those of its floor; the spread is the middle half of the runs, in percent of the median.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import projects

HERE = Path(__file__).resolve().parent
PROGRAM = [str(Path(sys.executable).with_name("reconcile"))]


@dataclass(frozen=True)
class Measured:
    """One command: wall seconds, and peak memory of its process in MiB."""

    seconds: float
    mebibytes: float
    output: str


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    floor: str
    ratio: str
    limit: str
    met: bool


def measure(command: list[str]) -> Measured:
    """Runs a command to its end; one that fails ends the benchmark."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=HERE)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(f"{command} exited with {process.returncode}:\n{text[-2000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024, text)


def alternate(times: int, *runs: Callable[[], Measured]) -> list[list[Measured]]:
    """Each run several times, taking turns, so that a slow moment of the machine hits all of them."""
    found: list[list[Measured]] = [[] for _ in runs]
    for _ in range(times):
        for place, run in zip(found, runs, strict=True):
            place.append(run())
    return found


def median(runs: list[Measured]) -> float:
    """The median wall time in seconds."""
    return statistics.median(run.seconds for run in runs)


def spread(runs: list[Measured]) -> str:
    """`1.23 s ±4 %`."""
    seconds = sorted(run.seconds for run in runs)
    middle = statistics.median(seconds)
    quarter = len(seconds) // 4
    width = seconds[-1 - quarter] - seconds[quarter]
    return f"{middle:.3f} s ±{50 * width / middle:.0f} %"


@contextmanager
def server(folder: Path, *personalities: str, latency: float = 0.0) -> Iterator[str]:
    """The URL of an emulator whose database is in `folder`."""
    command = [sys.executable, str(HERE / "server.py"), str(folder / "emulator.db"), str(latency), *personalities]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def requests_made(folder: Path, method: str | None = None) -> int:
    """How many requests the emulator in `folder` has answered, tokens included."""
    with sqlite3.connect(folder / "emulator.db") as connection:
        where = "" if method is None else f" where method = '{method}'"
        return int(connection.execute(f"select count(*) from requests{where}").fetchone()[0])  # noqa: S608


def clear_requests(folder: Path) -> None:
    """Forgets the requests so far."""
    with sqlite3.connect(folder / "emulator.db") as connection:
        connection.execute("delete from requests")


def reconcile(folder: Path, *arguments: str) -> Measured:
    """A command of the program on the project in `folder`."""
    return measure([*PROGRAM, "-C", str(folder), *arguments])


def fill(work: Path, project: Callable[[Path, int, str], None], sites: int, url: str) -> Path:
    """A project of `sites` sites, with the same live, and a plan that says so."""
    project(work / "one", 1, url)
    reconcile(work / "one", "apply", "--yes")
    projects.copy_rows(work / "emulator.db", sites)
    project(work / "all", sites, url)
    output = reconcile(work / "all", "plan").output
    assert f"No changes. {sites} resource" in output, output[-1000:]
    return work / "all"


def made(folder: Path) -> Path:
    """The folder, made."""
    folder.mkdir()
    return folder


# --- the figures ------------------------------------------------------------------------------------------------------


def version(_work: Path, quick: bool) -> Iterator[Row]:
    """Start-up."""
    runs, floor = alternate(
        10 if quick else 40,
        lambda: measure([*PROGRAM, "--version"]),
        lambda: measure([sys.executable, "-c", "import click"]),
    )
    ratio = median(runs) / median(floor)
    yield Row(
        "reconcile --version, over `import click`", spread(runs), spread(floor), f"{ratio:.2f}x", "1.5x", ratio <= 1.5
    )


def full(work: Path, quick: bool) -> Iterator[Row]:
    """A plan of many full files, nothing changed."""
    sites = 1_000 if quick else 10_000
    with server(work) as url:
        folder = fill(work, projects.full_files, sites, url)
        runs, floor = alternate(
            3 if quick else 7,
            lambda: reconcile(folder, "plan"),
            lambda: measure([sys.executable, str(HERE / "floor.py"), str(folder), url]),
        )
    ratio = median(runs) / median(floor)
    peak = max(run.mebibytes for run in runs)
    yield Row(
        f"plan, {sites} full files, over loading and fetching",
        spread(runs),
        spread(floor),
        f"{ratio:.2f}x",
        "1.25x",
        ratio <= 1.25,
    )
    below = max(run.mebibytes for run in floor)
    yield Row(
        "the same, peak memory", f"{peak:.0f} MiB", f"{below:.0f} MiB", f"{peak / below:.2f}x", "400 MiB", peak <= 400
    )


def growth(work: Path, quick: bool) -> Iterator[Row]:
    """How the time of a plan grows with the number of sites that share one widget."""
    small, large = (100, 1_000) if quick else (1_000, 10_000)
    with ExitStack() as stack:
        folders = [
            fill(place, projects.shared_widget, sites, stack.enter_context(server(place)))
            for sites in (1, small, large)
            if (place := made(work / str(sites)))
        ]
        one, few, many = alternate(5 if quick else 21, *(partial(reconcile, folder, "plan") for folder in folders))
    per_few = (median(few) - median(one)) / small * 1e6
    per_many = (median(many) - median(one)) / large * 1e6
    ratio = per_many / per_few
    yield Row(
        f"plan, one shared widget: µs a site at {large}, over {small}",
        f"{per_many:.0f} µs ({spread(many)})",
        f"{per_few:.0f} µs ({spread(few)})",
        f"{ratio:.2f}x",
        "1.10x",
        ratio <= 1.10,
    )


def group(work: Path, quick: bool) -> Iterator[Row]:
    """A plan of one field of a shared widget changed, over the rows of a table."""
    sites = 1_000 if quick else 10_000
    with server(work) as url:
        folder = fill(work, projects.group, sites, url)
        text = (folder / "reconcile.yaml").read_text(encoding="utf-8")
        (folder / "reconcile.yaml").write_text(text.replace("call_time: 28", "call_time: 35"), encoding="utf-8")
        runs, floor = alternate(
            3 if quick else 11,
            lambda: reconcile(folder, "plan"),
            lambda: measure([sys.executable, str(HERE / "floor.py"), str(folder), url]),
        )
    ratio = median(runs) / median(floor)
    yield Row(
        f"plan, {sites} rows of a table, one field of their widget changed, over loading and fetching",
        spread(runs),
        spread(floor),
        f"{ratio:.2f}x",
        "1.25x",
        ratio <= 1.25,
    )


def brief(work: Path, quick: bool) -> Iterator[Row]:
    """Requests of a plan where the list is brief."""
    sites = 1_000 if quick else 10_000
    with server(work, "brief-lists") as url:
        folder = fill(work, projects.shared_widget, sites, url)
        clear_requests(work)
        reconcile(folder, "plan")
        made = requests_made(work)
    allowed = sites // 50 + 3
    yield Row(
        f"requests of a plan, {sites} sites, brief list", str(made), str(sites // 50), "", f"{allowed}", made <= allowed
    )


def creates(work: Path, quick: bool) -> Iterator[Row]:
    """An apply of many creates at 50 ms, and its requests."""
    sites, latency, parallelism = 1_000, 0.05, 32

    def emptied() -> None:
        shutil.rmtree(work / "p" / ".reconcile", ignore_errors=True)  # else, what is gone would be looked for
        with sqlite3.connect(work / "emulator.db") as connection:
            connection.execute("delete from sites")
        clear_requests(work)

    with server(work, latency=latency) as url:
        projects.shared_widget(work / "p", sites, url)
        reconcile(work / "p", "plan")

        def applied() -> Measured:
            emptied()
            return reconcile(work / "p", "apply", "--yes", "--parallelism", str(parallelism))

        def planned() -> Measured:
            emptied()
            return reconcile(work / "p", "plan", "--parallelism", str(parallelism))

        planning, applying = alternate(2 if quick else 7, planned, applied)
        posts, all_of_them = requests_made(work, "POST"), requests_made(work)
    floor = sites / parallelism * latency
    # What an apply does beyond its plan: it reads the list once more, and sends.
    sending = median(applying) - median(planning) - latency
    yield Row(
        f"apply, {sites} creates at 50 ms, {parallelism} at once: the sending",
        f"{sending:.3f} s",
        f"{floor:.3f} s",
        f"{sending / floor:.2f}x",
        "1.25x",
        sending / floor <= 1.25,
    )
    yield Row(
        "its whole command, with start, files and reads",
        spread(applying),
        f"{median(planning) + latency + floor:.3f} s",
        f"{median(applying) / (median(planning) + latency + floor):.2f}x",
        "1.25x",
        median(applying) / (median(planning) + latency + floor) <= 1.25,
    )
    yield Row(
        f"requests of {sites} creates",
        f"{posts}",
        f"{sites}",
        f"+{all_of_them - posts} reads",
        "1 a site",
        posts == sites,
    )


def updates(work: Path, quick: bool) -> Iterator[Row]:
    """The requests of an apply that changes every site."""
    sites = 200 if quick else 1_000
    with server(work) as url:
        folder = fill(work, projects.shared_widget, sites, url)
        text = (folder / "reconcile.yaml").read_text(encoding="utf-8")
        (folder / "reconcile.yaml").write_text(text.replace("call_time: 28", "call_time: 35"), encoding="utf-8")
        clear_requests(work)
        reconcile(folder, "apply", "--yes")
        puts, all_of_them = requests_made(work, "PUT"), requests_made(work)
    yield Row(
        f"requests of {sites} updates", f"{puts}", f"{sites}", f"+{all_of_them - puts} reads", "1 a site", puts == sites
    )


def imports(work: Path, quick: bool) -> Iterator[Row]:
    """An import of many sites, and how much it writes. The floor reads them: a plan of a project of one site."""
    sites = 1_000 if quick else 10_000
    with server(work) as url:
        fill(work, projects.full_files, sites, url)
        account = (work / "one" / "reconcile.yaml").read_text(encoding="utf-8")
        written: list[Measured] = []

        def imported() -> Measured:
            folder = Path(tempfile.mkdtemp(dir=work))
            (folder / "reconcile.yaml").write_text(account, encoding="utf-8")
            written.append(reconcile(folder, "import", "--format", "json"))
            return written[-1]

        runs, floor = alternate(3 if quick else 7, imported, lambda: reconcile(work / "one", "plan"))
    ratio = median(runs) / median(floor)
    yield Row(
        f"import of {sites} sites, over reading them",
        spread(runs),
        spread(floor),
        f"{ratio:.2f}x",
        "2x",
        ratio <= 2,
    )
    found = json.loads(written[-1].output)["summary"]
    lines, rows, alone = found["lines"], found["table_rows"], found["lines_one_file_per_site"]
    yield Row(
        "lines that it writes, over a file for each site",
        f"{lines}, and {rows} rows",
        f"{alone}",
        f"{lines / alone:.2%}, {(lines + rows) / alone:.2%} with the rows",
        "3 %",
        lines <= 0.03 * alone,
    )


FIGURES = {f.__name__: f for f in (version, full, growth, group, brief, creates, updates, imports)}


def main() -> None:
    """Prints the table; exits 1 where a figure is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=FIGURES, action="append", help="one figure; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer sites and runs: a look, not a figure")
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.only or FIGURES:
        work = Path(tempfile.mkdtemp(prefix=f"reconcile-{name}-"))
        try:
            rows += FIGURES[name](work, options.quick)
        finally:
            shutil.rmtree(work)
        print(f"{name}: done", file=sys.stderr)
    print("| what | measured | floor | ratio | at most | met |\n|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.what} | {row.measured} | {row.floor} | {row.ratio} | {row.limit} | {'yes' if row.met else 'NO'} |"
        )
    if options.json:
        options.json.write_text(json.dumps([vars(row) for row in rows]), encoding="utf-8")
    sys.exit(0 if all(row.met for row in rows) else 1)


if __name__ == "__main__":
    main()
