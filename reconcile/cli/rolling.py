"""What `apply` does in waves: the preview, the questions, the report, and the way back where a wave goes wrong."""

from __future__ import annotations

import gc
import os
import select
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING

import click
from msgspec import Struct, field
from msgspec.structs import replace

from reconcile import rollback
from reconcile.applying.report import Report
from reconcile.cli import signals
from reconcile.cli.applying import STOPPING, show_report
from reconcile.cli.common import Settings, confirm, progress, show_plan
from reconcile.errors import ExitCode, ReconcileError, UsageError, interruptions
from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.model.rollout import OnFailure
from reconcile.planning.plan import Plan
from reconcile.planning.safety import Allowed
from reconcile.planning.select import EVERYTHING
from reconcile.planning.waves import InWaves, Wave
from reconcile.reports.said import said_texts
from reconcile.resume import Earlier, Left
from reconcile.rollout import Rolling, Terminal, check_gates
from reconcile.runs import Run
from reconcile.workflow import Project, apply, check

if TYPE_CHECKING:
    from reconcile.applying.sending import Advance
    from reconcile.providers.base import Provider


class Rollout(Struct, frozen=True):
    """A rollout that is to begin, or to go on: its plan, its waves of so many, and the first run of an earlier one."""

    plan: Plan
    waves: Sequence[Wave]
    of_waves: int
    earlier: Mapping[int, Earlier] = field(default_factory=dict)
    resumes: str | None = None

    @classmethod
    def of(cls, left: Left, resumes: str) -> Rollout:
        """What is left of an earlier one."""
        return cls(left.plan, left.waves, left.of_waves, left.earlier, resumes)


def carry_out_in_waves(
    project: Project,
    rollout: Rollout,
    providers: Mapping[str, Provider],
    run: Run,
    settings: Settings,
    *,
    parallelism: int,
    allowed: Allowed,
    yes: bool,
) -> int:
    """Shows the plan and its waves, asks, carries them out and reports; gives the exit code.

    Raises `PlanError`, `SafetyError` and `PolicyError`, `UsageError` where a person would be asked later and nobody is
    there, and `StoreError` where the run can't be noted.
    """
    declared = project.desired.rollout
    assert declared is not None
    plan = rollout.plan
    if settings.format != "json":
        in_waves = InWaves.of(rollout.waves, declared, rollout.of_waves) if plan.changes else None
        show_plan(replace(plan, rollout=in_waves), settings)
    check(project, plan, allowed)
    if not plan.changes:
        return _nothing(run, settings)
    check_gates(project, declared, rollout.waves)
    if declared.asks and len(rollout.waves) > 1 and not sys.stdin.isatty():
        raise UsageError(
            "`rollout.gates` has `confirm`, which a person answers, and nobody is there to ask: standard input is no "
            "terminal, and --yes does not answer it; run it in a terminal, or take that gate away"
        )
    if not confirm("Apply this plan in waves?", yes):
        click.echo("Nothing was changed.", err=True)
        return ExitCode.ERROR
    gc.freeze()
    gc.enable()
    with signals.finishing(STOPPING) as stopping:
        journal = run.begin(plan, project.desired, rollout.waves, rollout.resumes)
        rolling = Rolling(
            project,
            declared,
            providers,
            run.name,
            rollout.of_waves,
            _terminal(settings),
            stopping,
            parallelism,
            journal,
            plan,
            rollout.earlier,
        )
        report = journal.finish(rolling.roll_out(rollout.waves))
    first = rollout.resumes or report.run
    code = report.exit_code
    if code is ExitCode.ERROR and rollout.resumes is not None:
        code = ExitCode.PARTIAL  # earlier runs have done a part
    if report.over is None or report.interrupted or declared.on_failure is OnFailure.STOP:
        show_report(report, settings)
        if code:
            way_on = f"go on with `reconcile apply --resume {first}`, or take it back with `reconcile rollback {first}`"
            click.echo(f"To {way_on}.", err=True)
        return code
    if settings.format != "json":
        show_report(report, settings)
    return _take_back(project, report, first, providers, run, settings, parallelism)


def _nothing(run: Run, settings: Settings) -> int:
    if settings.format == "json":
        show_report(Report(run.name, ()), settings)
    return ExitCode.DONE


# --- the person at the terminal ---------------------------------------------------------------------------------------


def _terminal(settings: Settings) -> Terminal:
    @contextmanager
    def wave(wave: Wave) -> Iterator[Advance]:
        with progress(len(wave.changes), f"wave {wave.number}", settings) as advance:
            yield advance

    return Terminal(
        wave,
        lambda text: click.echo(clean(text), err=True),
        lambda line: click.echo(f"  | {clean(line)}", err=True),
        _ask,
    )


def _ask(question: str, stopping: Event) -> bool | None:
    """Whether a person types `yes`; None where a signal comes first, which would not end a read from the terminal.

    What was typed before the question is no answer to it.
    """
    if os.name != "nt":
        import termios

        with suppress(termios.error):  # the terminal is gone: then a signal says so
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
    click.echo(f"{clean(question)} Only `yes` goes on: ", err=True, nl=False)
    while os.name != "nt" and not stopping.is_set():
        if select.select([sys.stdin], [], [], 0.1)[0]:
            break
    return None if stopping.is_set() else sys.stdin.readline().strip().lower() == "yes"


# --- the way back -----------------------------------------------------------------------------------------------------


def _take_back(
    project: Project,
    report: Report,
    first: str,
    providers: Mapping[str, Provider],
    run: Run,
    settings: Settings,
    parallelism: int,
) -> int:
    """Undoes all of a rollout, as `rollback` does, in a run of its own; shows what became of it."""
    back: Report | ReconcileError | None
    code = ExitCode.PARTIAL
    try:
        click.echo(f"`rollout.on_failure` is rollback: taking back run {first}, all of its waves.", err=True)
        with interruptions():
            back = _undo(project, first, providers, run, settings, parallelism)
    except ReconcileError as error:
        back = error
    except KeyboardInterrupt:  # before the first change, or for the second time; what there is to tell is still told
        back = ReconcileError("it was interrupted; `reconcile history` says how far it is")
        code = ExitCode.INTERRUPTED
    if settings.format == "json":
        from reconcile.reports.json import report_json

        click.echo(report_json(report, back), nl=False)
    elif isinstance(back, Report):
        show_report(back, settings, "Taken back")
    if back is None:
        click.echo("Nothing had been changed, so there is nothing to take back.", err=True)
    elif isinstance(back, ReconcileError):
        click.echo(f"The rollout was not taken back: {back}", err=True)
        click.echo(f"To try again, say `reconcile rollback {first}`.", err=True)
    elif back.exit_code:
        click.echo(f"The rollout was taken back in part; for the rest say `reconcile rollback {first}`.", err=True)
        code = ExitCode.INTERRUPTED if back.interrupted else code
    else:
        click.echo(f"The rollout was taken back, all of it. Why it ended: `reconcile history {first}`.", err=True)
    return code


def _undo(
    project: Project, first: str, providers: Mapping[str, Provider], run: Run, settings: Settings, parallelism: int
) -> Report | None:
    """Takes a rollout back; None where it had done nothing. Raises `ReconcileError`.

    It may delete as many sites as the rollout has created, whatever the limits say; what is protected stays. Policies
    are said, and don't hold it up: what was there before is no worse than half a rollout.
    """
    run.follow(f"rollback {first}")
    known, record = rollback.in_project(project, rollback.whole(run.store.rollout(first)))
    if not rollback.changed_anything(known, record):
        return None
    plan = rollback.plan(known, record, providers, EVERYTHING)
    if settings.format == "json":
        for text in said_texts(plan):
            click.echo(text, err=True)
    else:
        show_plan(plan, settings)
    deletes = sum(change.action is Action.DELETE for change in plan.changes)
    check(known, plan, Allowed(deletes=deletes), policies=False)
    with signals.finishing(STOPPING) as stopping, progress(len(plan.changes), "taking back", settings) as advance:
        journal = run.begin(plan, known.desired)
        return journal.finish(
            apply(
                known,
                plan,
                providers,
                run=run.name,
                parallelism=parallelism,
                stopping=stopping,
                advance=advance,
                journal=journal,
            )
        )
