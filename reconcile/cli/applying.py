"""What `apply` and `destroy` share: asking, carrying out under Ctrl-C, and reporting."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from reconcile.applying.report import Report
from reconcile.cli import signals
from reconcile.cli.common import Settings, confirm, progress, show_plan
from reconcile.errors import ExitCode
from reconcile.escaping import clean
from reconcile.planning.plan import Plan
from reconcile.planning.safety import Allowed
from reconcile.reports.died import died_lines
from reconcile.runs import Run, holding
from reconcile.workflow import Project, apply, check

if TYPE_CHECKING:
    from reconcile.providers.base import Provider

STOPPING: Final = "stopping: what is in flight finishes, the rest is left"


def carry_out(
    project: Project,
    plan: Plan,
    providers: Mapping[str, Provider],
    run: Run,
    settings: Settings,
    *,
    parallelism: int,
    allowed: Allowed,
    yes: bool,
) -> int:
    """Shows the plan, asks, applies it and reports; gives the exit code.

    Raises `PlanError`, `SafetyError` and `PolicyError`, and `StoreError` where the run can't be noted.
    """
    if settings.format != "json":
        show_plan(plan, settings)
    check(project, plan, allowed)
    if plan.changes and not confirm("Apply this plan?", yes):
        click.echo("Nothing was changed.", err=True)
        return ExitCode.ERROR
    gc.freeze()
    gc.enable()
    with signals.finishing(STOPPING) as stopping:
        with progress(len(plan.changes), "applying", settings) as advance:
            journal = run.begin(plan, project.desired) if plan.changes else None
            report = apply(
                project,
                plan,
                providers,
                run=run.name,
                parallelism=parallelism,
                stopping=stopping,
                advance=advance,
                journal=journal,
            )
        report = report if journal is None else journal.finish(report)
        if plan.changes or settings.format == "json":
            show_report(report, settings)
    return report.exit_code


@contextmanager
def running(
    project: Project, command: str, lock_timeout: float, accounts: Collection[str] | None = None
) -> Iterator[Run]:
    """A run of `command` that holds these accounts of the project; says whom it waits for."""
    desired, root = project.desired, project.root
    with holding(
        desired,
        root,
        os.environ,
        command=command,
        accounts=accounts,
        timeout=lock_timeout,
        waiting=lambda text: click.echo(clean(text), err=True),
    ) as run:
        yield run


def close_died(run: Run, project: Project, providers: Mapping[str, Provider]) -> None:
    """Closes the runs that died on these accounts, and says what they left open and what became of it."""
    for closed in run.close_died(project.desired, providers):
        for line in died_lines(closed):
            click.echo(line, err=True)


def show_report(report: Report, settings: Settings, said: str = "Apply") -> None:
    """Prints what became of the plan; `said` is what it was."""
    if settings.format == "json":
        from reconcile.reports.json import report_json

        click.echo(report_json(report), nl=False)
    else:
        from reconcile.reports.applied import report_text

        text = report_text(report, colour=settings.colour(sys.stdout), full=settings.full, said=said)
        click.echo(text, nl=False, color=True)
