"""The calls of every day as a picture, PNG or SVG; the same calls give the same bytes.

Importing this module imports matplotlib: only the command that draws does so.
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from reconcile.escaping import clean
from reconcile.private import write_private
from reconcile.reports.statistics import Count, Statistics

#: Colours that people who see few of them can tell apart (Okabe and Ito).
_TALKED: Final = "#009E73"
_FAILED: Final = "#D55E00"
_OPEN: Final = "#BBBBBB"
_RATE: Final = "#000000"
#: matplotlib's own: a file `matplotlibrc` in the folder of a project would draw otherwise, and may start programs.
_SETTINGS: Final = {key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if not key.startswith("backend")}
#: How many days have their names below the picture, at most.
_NAMED_DAYS: Final = 12


def plot(statistics: Statistics, title: str, path: Path) -> None:
    """Draws statistics by day into a file, whose suffix is .png or .svg. Raises `OSError`."""
    by_day: dict[date | None, Count] = {count.day: count for count in statistics.counts}
    counts = [by_day.get(day, Count(day, None, None)) for day in statistics.days]
    positions = range(len(counts))
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": "reconcile", "svg.fonttype": "path"}):
        figure = Figure(figsize=(10, 5), layout="constrained")
        axes = figure.add_subplot()
        below = [0] * len(counts)
        for label, colour, heights in (
            ("talked", _TALKED, [count.talked for count in counts]),
            ("did not talk", _FAILED, [count.finished - count.talked for count in counts]),
            ("not over", _OPEN, [count.calls - count.finished for count in counts]),
        ):
            if any(heights) or label != "not over":
                axes.bar(positions, heights, bottom=below, color=colour, label=label)
            below = [low + height for low, height in zip(below, heights, strict=True)]
        rates = axes.twinx()
        rated = [(at, count.rate) for at, count in zip(positions, counts, strict=True) if count.rate is not None]
        rates.plot(
            [at for at, _ in rated], [rate for _, rate in rated], color=_RATE, marker="o", markersize=3, label="success"
        )
        rates.set_ylim(0, 1.02)
        rates.yaxis.set_major_formatter(PercentFormatter(1.0))
        rates.set_ylabel("success rate")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(bottom=0, top=max(below, default=0) * 1.05 or 1)
        axes.set_ylabel("calls")
        step = -(-len(counts) // _NAMED_DAYS) or 1
        names = [f"{day:%Y-%m-%d}" for day in statistics.days]
        axes.set_xticks(list(positions)[::step], names[::step], rotation=30, ha="right", rotation_mode="anchor")
        axes.set_title(clean(title), parse_math=False)
        figure.legend(loc="outside lower center", ncols=4)
        write_private(path, _bytes(figure, path.suffix.lower().removeprefix(".")))


def _bytes(figure: Figure, form: str) -> bytes:
    file = io.BytesIO()
    # Neither the moment nor the library's version: the same calls are the same file.
    figure.savefig(file, format=form, dpi=120, metadata={"Date": None} if form == "svg" else {"Software": None})
    return file.getvalue()
