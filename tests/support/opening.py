"""How long a big report takes to open, beside a page of the same size that only reads its data: `make bench`.

    python -m opening

A figure is the median of several openings, from asking for the page to the first frame after everything is drawn; and
of how long a filter takes from the change to the next frame.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import browser as browsers
import html_plans

from reconcile.planning.plan import Plan
from reconcile.reports.html import plan_html

TIMES = 5
#: A person waits that long and calls it at once; in seconds.
LIMITS = {"open": 2.0, "filter": 0.5}
PLANS: dict[str, Callable[[], Plan]] = {
    "1,000 sites, each with its own values": lambda: html_plans.different(1000),
    "10,000 sites that are alike": lambda: html_plans.alike(10_000),
}
FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"
FILTER = """async () => {
  const select = document.getElementById("facet-field");
  const begin = performance.now();
  select.selectedIndex = 1;
  select.dispatchEvent(new Event("change"));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - begin;
}"""


def main() -> int:
    """Prints the figures; 1 where a limit is not met."""
    met = True
    print(f"{'':40} {'opens':>8} {'floor':>8} {'filter':>8}   limits: {LIMITS['open']} s, {LIMITS['filter']} s")
    with tempfile.TemporaryDirectory() as folder, browsers.browser() as browser:
        for what, make in PLANS.items():
            page = plan_html(make())
            report = browsers.written(Path(folder), "report", page)
            floor = browsers.written(Path(folder), "floor", floor_of(page))
            opened, filtered, bare = [], [], []
            for _ in range(TIMES):
                bare.append(seconds(browser, floor)[0])
                both = seconds(browser, report, FILTER)
                opened.append(both[0])
                filtered.append(both[1])
            figures = [statistics.median(times) for times in (opened, bare, filtered)]
            print(f"{what:40} {figures[0]:6.2f} s {figures[1]:6.2f} s {figures[2]:6.2f} s")
            met &= figures[0] <= LIMITS["open"] and figures[2] <= LIMITS["filter"]
    return not met


def floor_of(page: str) -> str:
    """A page with the same data that only reads it."""
    data = page.partition('<script type="application/json" id="report-data">')[2].partition("</script>")[0]
    read = "window.data = JSON.parse(document.getElementById('data').textContent)"
    return (
        f'<!doctype html><meta charset="utf-8"><script type="application/json" id="data">{data}</script>'
        f"<script>{read}</script>"
    )


def seconds(browser: Any, address: str, then: str = "") -> tuple[float, float]:
    """How long a page takes to open in a new tab, and what is done in it after that."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        tab = context.new_page()
        tab.goto(address)
        opened = tab.evaluate(FRAME) / 1000
        return opened, tab.evaluate(then) / 1000 if then else 0.0
    finally:
        context.close()


if __name__ == "__main__":
    raise SystemExit(main())
