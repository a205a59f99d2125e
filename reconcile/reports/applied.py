"""What became of a plan, for a terminal: everything that is not done, and the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import click

from reconcile.applying.report import Outcome, Report, Result
from reconcile.escaping import clean
from reconcile.model.normalize import count
from reconcile.planning.plan import Severity
from reconcile.reports.behind import NAMED
from reconcile.reports.said import said_text
from reconcile.reports.waves import wave_lines
from reconcile.reports.words import some

#: What each outcome is called, and its colour.
OUTCOMES = {
    Outcome.DONE: ("done", "green"),
    Outcome.FAILED: ("failed", "red"),
    Outcome.NOT_ATTEMPTED: ("not attempted", "yellow"),
    Outcome.UNKNOWN: ("outcome unknown", "red"),
}


#: Changes that failed in the same way and are told each by itself.
APART: Final = 3


def report_text(report: Report, *, colour: bool = False, full: bool = False, said: str = "Apply") -> str:
    """What became of the plan: everything that is not done, and the numbers; where many failed in the same way, that
    is said once, with how many they are. With `full`, each is told by itself. `said` is what it was.
    """
    made = []
    for error, results in _failed(report.results, apart=len(report.results) if full else APART):
        first = results[0]
        word, fg = OUTCOMES[first.outcome]
        mark = click.style(word, fg=fg) if colour else word
        if len(results) == 1:
            made.append(f"{clean(first.address.shown)}: {first.action} {mark}: {clean(error)}")
            continue
        names = some(results, NAMED, lambda result: clean(result.address.human))
        sites = f"{len(results)} {first.address.kind}s ({names})"
        made.append(f"{clean(first.address.account)}: {first.action} {mark} on {sites}: {clean(error)}")
    made += [f"warning: {clean(warning)}" for warning in report.warnings]
    for ended in report.ended:
        left = sum(result.left for result in report.results if result.address.account == ended.account)
        why = f"{ended.why}; {count(left, 'change')} not attempted"
        made.append(said_text(Severity.ERROR, why, [ended.account], colour=colour))
    made += wave_lines(report, colour=colour)
    numbers = report.summary
    rest = [f", {numbers[o]} {word}" for o, (word, _) in OUTCOMES.items() if numbers[o] and o is not Outcome.DONE]
    done = f"{numbers[Outcome.DONE]} of {count(len(report.results), 'change')} done"
    interrupted = "Interrupted. " if report.interrupted else ""
    made.append(f"{interrupted}{said}: {done}{''.join(rest)}. Run {report.run}.")
    return "\n".join(made) + "\n"


def _failed(results: Sequence[Result], apart: int) -> list[tuple[str, list[Result]]]:
    """What is not done, by how: an error, and more than `apart` that have it, or one."""
    same: dict[object, list[Result]] = {}
    for result in results:
        if result.outcome is not Outcome.DONE and not result.left and not result.held_back:
            address = result.address
            how = (address.account, address.kind, result.action, result.outcome, without_id(result.error, result.id))
            same.setdefault(how, []).append(result)
    made: list[tuple[str, list[Result]]] = []
    for found in same.values():
        if len(found) <= apart:
            made += [(result.error, [result]) for result in found]
        else:
            made.append((without_id(found[0].error, found[0].id), found))
    return made


def without_id(error: str, known: int | None) -> str:
    """An error without the id of the resource that it is about, so that it is the same as that of others."""
    return error if known is None else re.sub(rf"(?<=/){known}\b|(?<=site ){known}\b", "…", error)
