"""Rollouts in words: the waves that are to come, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from reconcile.applying.report import Outcome, Report, Verdict, WaveReport
from reconcile.escaping import clean
from reconcile.model.normalize import count
from reconcile.model.rollout import OnFailure, Rollout, span
from reconcile.planning.waves import Wave
from reconcile.reports.words import some


def waves_text(waves: Sequence[Wave], rollout: Rollout, of_waves: int) -> str:
    """The waves of a plan: how many sites each has, the first of them, and what comes between."""
    between = [f"a pause of {span(rollout.pause)}"] if rollout.pause else []
    between += [f"gate {clean(str(gate))}" for gate in rollout.gates]
    after = f"between them {', '.join(between)}; " if between and len(waves) > 1 else ""
    borne = f"{count(rollout.max_failures, 'failure')} of a wave borne; " if rollout.max_failures else ""
    ends = "takes all waves back" if rollout.on_failure is OnFailure.ROLLBACK else "stops the rollout"
    total, upto, made = sum(wave.sites for wave in waves), 0, []
    for wave in waves:
        upto += wave.sites
        names = [clean(change.address.human or str(change.address)) for change in wave.changes]
        reached = f"{count(wave.sites, 'site')}" + (f", {upto} of {total}" if upto > wave.sites else "")
        more = len(wave.changes) - wave.sites
        besides = f" and {count(more, 'other change')}" if more else ""
        what = f"{reached}{besides}: {some(names, 3)}" if names else "carried out before; its gates are asked again"
        made.append(f"  {wave.number} of {of_waves} ({clean(wave.name)}): {what}")
    left_out = [str(size) for size in rollout.waves if str(size) not in {wave.name for wave in waves}]
    if left_out and len(waves) == of_waves:
        ungated = ", and no gate is asked, as there is one wave only" if len(waves) == 1 and rollout.gates else ""
        made.append(f"  left out, as no change of this plan is for them: {clean(', '.join(left_out))}{ungated}")
    return "\n".join([f"Waves ({after}{borne}a failure {ends}):", *made]) + "\n"


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
