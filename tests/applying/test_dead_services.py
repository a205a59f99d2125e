"""A service that dies in the middle of a run, or is slower than the person in front of it has patience."""

from __future__ import annotations

import time
from collections import Counter
from threading import Event, Thread

import pytest
from lossy import Lossy

from reconcile.applying.report import RUN_OVER, Outcome
from reconcile.reports.applied import report_text

SITES = 300


def declared(period: int, sites: int = SITES) -> str:
    return "".join(f"  site-{n:03}.ru: {{report_period: {period}}}\n" for n in range(sites))


class Dead:
    """From now on every request of these methods is answered with a 503, and counted."""

    def __init__(self, way: Lossy, methods: tuple[str, ...]) -> None:
        self.methods = methods
        self.asked: Counter[str] = Counter()
        self.next = way.next
        way.next = self.fate
        way.refused = self

    def fate(self, request):
        self.asked[request.partition(" ")[0]] += 1
        return self.next(request)

    def __contains__(self, request):
        return request.partition(" ")[0] in self.methods

    def __getitem__(self, request):
        return 503, "text/html", b"<html>down</html>"


ALL = ("GET", "POST", "PUT")


@pytest.mark.parametrize(
    ("action", "methods"), [("update", ALL), ("update", ("PUT",)), ("create", ALL)], ids=["update", "PUT", "create"]
)
def test_a_service_that_dies_ends_the_run_with_one_message(account, action, methods):
    if action == "update":
        for n in range(SITES):
            account.add(f"site-{n:03}.ru")
    account.declare(declared(70))
    began = time.monotonic()
    with account.connected(4) as (plan, apply):
        assert plan.summary[action] == SITES
        done, dead = [], []

        def advance(result):
            done.append(result)
            if len(done) == 20:
                dead.append(Dead(account.way, methods))

        report = apply(advance=advance)

    assert time.monotonic() - began < 60
    numbers = report.summary
    assert sum(numbers.values()) == SITES
    assert numbers["done"] >= 20
    assert numbers["not_attempted"] > SITES / 2
    assert sum(dead[0].asked[method] for method in methods) < 20 + 4 * 4
    (ended,) = report.ended
    text = report_text(report)
    assert text.count(ended.why) == 1
    assert f"; {numbers['not_attempted']} changes not attempted" in text
    assert len(text.splitlines()) < 30
    assert {r.error for r in report.results if r.outcome is Outcome.NOT_ATTEMPTED} == {RUN_OVER}

    account.way.refused = {}
    account.way.next = Lossy().next
    account.apply()
    assert {site["site"]["report_period"] for site in account.live().values()} == {70}
    assert len(account.emulator.sites("100")) == SITES


def test_the_first_ctrl_c_waits_for_no_turn(account):
    for n in range(40):
        account.add(f"site-{n:03}.ru")
    account.declare(declared(70, 40), settings=", requests_per_second: 2")
    stopping, reports = Event(), []
    with account.connected() as (_, apply):
        worker = Thread(target=lambda: reports.append(apply(stopping=stopping)))
        worker.start()
        time.sleep(2)
        stopping.set()
        worker.join(1)
        assert not worker.is_alive()  # although the next turns are seconds away

    (report,) = reports
    done = sum(site["site"]["report_period"] == 70 for site in account.live().values())
    assert report.interrupted
    assert report.summary == {"done": done, "failed": 0, "not_attempted": 40 - done, "unknown": 0}
    assert {r.error for r in report.results if r.outcome is Outcome.NOT_ATTEMPTED} == {"the run was interrupted"}
