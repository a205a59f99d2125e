"""One run of the history over many sites: short, as its plan was, and in full on request."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from reconcile.applying.report import Outcome
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.reports.history import run_text
from reconcile.store.records import FieldRecord, RunRecord, Status, StepRecord

EXPECTED = Path(__file__).parent / "history.txt"


def step(number, action=Action.UPDATE, *, error="", outcome=Outcome.DONE, path="widget.call_time", before=28):
    fields = () if action is Action.DELETE else (FieldRecord(path, before, 35),)
    name, why = f"s{number:03}.ru", "differs from a.yaml"
    address = Address("studio", "site", name)
    return StepRecord(number, address, action, why, id=number + 1000, fields=fields, outcome=outcome, error=error)


def run(*steps):
    numbers = {"done": sum(one.outcome is Outcome.DONE for one in steps)}
    return RunRecord("RUN", "apply", "anna", "pc", None, ("studio",), 0.0, 2.0, Status.PARTIAL, numbers, steps)


MANY = run(
    *(step(n, before=30 if n == 7 else 28) for n in range(60)),
    *(step(n, outcome=Outcome.FAILED, error=f"PUT /sites/{n + 1000}: busy") for n in range(60, 80)),
    *(step(n, outcome=Outcome.FAILED, error="other") for n in range(80, 82)),
    *(step(n, path="widget.of_another_version") for n in range(82, 90)),
    *(step(n, Action.DELETE) for n in range(90, 108)),
)


def test_what_was_done_alike_is_one_block_and_what_failed_alike_is():
    assert run_text(MANY, zone=UTC) == EXPECTED.read_text(encoding="utf-8")


def test_in_full_every_site_is_named():
    text = run_text(MANY, zone=UTC, full=True)

    assert [one.address.name for one in MANY.steps if one.address.name not in text] == []
    assert "/sites/…" not in text
    assert " more" not in text
