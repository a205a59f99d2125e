"""A rollout: one wave after the other, and after each a pause and the gates. Where it goes wrong, the rest is left.

What a wave does is the executor's; this says when the next one begins. The clock, the processes and the person at the
terminal are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

from msgspec import Struct

from reconcile.applying.journal import WaveJournal
from reconcile.applying.report import ROLLOUT_OVER, Outcome, Report, Result, Verdict, WaveReport
from reconcile.errors import StoreError, interruptions
from reconcile.model.normalize import count
from reconcile.model.rollout import Gate, Rollout
from reconcile.planning.plan import Plan
from reconcile.planning.waves import Wave


class Edges(Struct, frozen=True):
    """What a rollout needs of the world; each of these returns early once `stopping` is set.

    `carry_out` does what a wave says, `rest` waits until so many seconds after it are over, and `ask` asks one of the
    gates: None where it was interrupted.
    """

    carry_out: Callable[[Wave], Report]
    rest: Callable[[Wave, float], None]
    ask: Callable[[Gate, Wave, Report], Verdict | None]
    stopping: Event


def roll_out(
    plan: Plan, waves: Sequence[Wave], rollout: Rollout, *, run: str, of_waves: int, journal: WaveJournal, edges: Edges
) -> Report:
    """Carries out `waves`, which are all of `plan`, of a rollout of `of_waves`; says what became of every change.

    A wave without changes was carried out by an earlier run, and only its gates are asked. Once `stopping` is set, or
    at a `KeyboardInterrupt` between waves, no other one begins.
    """
    made: list[tuple[Wave, Report, WaveReport]] = []
    for wave in waves:
        ended = _wave(wave, rollout, run, journal, edges, last=wave is waves[-1])
        made.append((wave, *ended))
        if made[-1][2].why or edges.stopping.is_set():
            break
    results = {
        id(change): result
        for wave, report, _ in made
        for change, result in zip(wave.changes, report.results, strict=True)
    }
    reports = [report for _, report, _ in made]
    return Report(
        run,
        tuple(
            results.get(id(c)) or Result(c.address, c.action, Outcome.NOT_ATTEMPTED, ROLLOUT_OVER, c.id)
            for c in plan.changes
        ),
        interrupted=edges.stopping.is_set(),
        warnings=tuple(dict.fromkeys(text for report in reports for text in report.warnings)),
        ended=tuple({one.account: one for report in reports for one in report.ended}.values()),
        waves=tuple(told for _, _, told in made),
        of_waves=of_waves,
    )


def _wave(
    wave: Wave, rollout: Rollout, run: str, journal: WaveJournal, edges: Edges, *, last: bool
) -> tuple[Report, WaveReport]:
    """Carries out one wave, and asks the gates after it, unless it is the last one."""
    verdicts: list[Verdict] = []
    report = Report(run, ())
    why = ""
    try:
        journal.wave_began(wave.number)
        if wave.changes:
            report = edges.carry_out(wave)
            journal.wave_carried_out(wave.number)
        told = WaveReport(wave.number, wave.name, report.results)
        if not edges.stopping.is_set():
            why = _too_many(told, rollout)
        if not why and not last:
            _asked(wave, report, rollout, edges, verdicts)
            said_no = next((verdict for verdict in verdicts if not verdict.passed), None)
            why = "" if said_no is None else f"gate {said_no.gate} said no{said_no.note and f': {said_no.note}'}"
        if not edges.stopping.is_set():
            journal.wave_ended(wave.number, verdicts, passed=not why)
    except StoreError as error:
        why = f"how far it is can't be noted: {error}"
        if not report.results:
            report = Report(run, tuple(_held_back(wave)))
    return report, WaveReport(wave.number, wave.name, report.results, tuple(verdicts), why)


def _held_back(wave: Wave) -> list[Result]:
    return [Result(c.address, c.action, Outcome.NOT_ATTEMPTED, ROLLOUT_OVER, c.id) for c in wave.changes]


def _too_many(told: WaveReport, rollout: Rollout) -> str:
    if told.failures <= rollout.max_failures:
        return ""
    total = count(len(told.results), "change")
    return f"{told.failures} of {total} not done, and `rollout.max_failures` is {rollout.max_failures}"


def _asked(wave: Wave, report: Report, rollout: Rollout, edges: Edges, verdicts: list[Verdict]) -> None:
    """Waits, and asks one gate after the other, until one says no; `verdicts` gets what they say."""
    try:
        with interruptions():
            if rollout.pause:
                edges.rest(wave, rollout.pause)
            for gate in rollout.gates:
                verdict = None if edges.stopping.is_set() else edges.ask(gate, wave, report)
                if verdict is None:
                    break
                verdicts.append(verdict)
                if not verdict.passed:
                    return
            else:
                return
    except KeyboardInterrupt:
        pass
    edges.stopping.set()
