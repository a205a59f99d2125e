"""What a run that died left behind, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reconcile.reports.words import clean
from reconcile.store.closing import Closed


def died_lines(closed: Closed) -> Iterator[str]:
    """What a run was, and what was found of each step that it left open."""
    run = closed.run
    began = datetime.fromtimestamp(run.started).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    who = clean(f"`{run.command}` by {run.user}@{run.host}")
    if not closed.findings:
        yield f"Run {run.name} ({who}, {began}) died, and left nothing open."
        return
    yield f"Run {run.name} ({who}, {began}) died. What it left open:"
    for step, finding in closed.findings:
        yield f"  {step.action} {clean(step.address.shown)}: {finding.note}"
