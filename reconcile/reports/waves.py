"""Rollouts in words: the waves that are to come, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import click

from reconcile.applying.report import Outcome, Report, Verdict, WaveReport
from reconcile.escaping import clean
from reconcile.model.normalize import count
from reconcile.model.rollout import OnFailure, span
from reconcile.planning.waves import InWaves
from reconcile.reports.words import some


def waves_text(made: InWaves, most: int | None = None) -> str:
    """The waves of a plan: how many sites each has, the first of them, and what comes between; `most` of the waves."""
    lines = [f"Waves ({_terms(made)}):", *islice(_waves(made), most)]
    if most is not None and len(made.waves) > most:
        lines.append(f"  and {count(len(made.waves) - most, 'wave')} more")
    if made.left_out:
        ungated = ", and no gate is asked, as there is one wave only" if len(made.waves) == 1 and made.gates else ""
        lines.append(f"  left out, as no change of this plan is for them: {clean(', '.join(made.left_out))}{ungated}")
    return "\n".join(lines)


def _terms(made: InWaves) -> str:
    """What comes between the waves, and what a failure does."""
    between = [f"a pause of {span(made.pause)}"] if made.pause else []
    between += [f"gate {clean(gate)}" for gate in made.gates]
    after = f"between them {', '.join(between)}; " if between and len(made.waves) > 1 else ""
    borne = f"{count(made.max_failures, 'failure')} of a wave borne; " if made.max_failures else ""
    ends = "takes all waves back" if made.on_failure is OnFailure.ROLLBACK else "stops the rollout"
    return f"{after}{borne}a failure {ends}"


def _waves(made: InWaves) -> Iterator[str]:
    total, upto = sum(wave.sites for wave in made.waves), 0
    for wave in made.waves:
        upto += wave.sites
        names = [clean(change.address.human or str(change.address)) for change in wave.changes]
        reached = f"{count(wave.sites, 'site')}" + (f", {upto} of {total}" if upto > wave.sites else "")
        more = len(wave.changes) - wave.sites
        besides = f" and {count(more, 'other change')}" if more else ""
        what = f"{reached}{besides}: {some(names, 3)}" if names else "carried out before; its gates are asked again"
        yield f"  {wave.number} of {made.of_waves} ({clean(wave.name)}): {what}"


def wave_lines(report: Report, *, colour: bool = False) -> Iterator[str]:
    """What became of each wave, and what ended the rollout."""
    for wave in report.waves:
        yield f"Wave {wave.number} of {report.of_waves} ({clean(wave.name)}): {_became(wave)}."
    over = report.over
    if over is not None:
        held = sum(result.held_back for result in report.results)
        left = f"; {count(held, 'change')} of later waves not attempted" if held else ""
        mark = click.style("error", fg="red", bold=True) if colour else "error"
        yield f"{mark}: the rollout ended with wave {over.number} of {report.of_waves}: {clean(over.why)}{left}"


def _became(wave: WaveReport) -> str:
    total = count(len(wave.results), "change")
    done = f"{wave.summary[Outcome.DONE]} of {total} done" if wave.results else "carried out before"
    return "; ".join([done, *map(verdict_text, wave.verdicts)])


def verdict_text(verdict: Verdict) -> str:
    """`gate command ./check.sh: no (exit code 1)`."""
    note = f" ({clean(verdict.note)})" if verdict.note else ""
    return f"gate {clean(verdict.gate)}: {'yes' if verdict.passed else 'no'}{note}"
