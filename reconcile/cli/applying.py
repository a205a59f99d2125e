"""What `apply` and `destroy` share: asking, carrying out under Ctrl-C, and reporting."""

from __future__ import annotations

import gc
import secrets
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import click

from reconcile.applying.report import Report
from reconcile.cli import signals
from reconcile.cli.common import Settings, confirm, progress, show_plan
from reconcile.errors import ExitCode
from reconcile.planning.plan import Plan
from reconcile.planning.safety import Allowed
from reconcile.workflow import Project, apply, check

if TYPE_CHECKING:
    from reconcile.providers.base import Provider

STOPPING: Final = "stopping: what is in flight finishes, the rest is left"


def carry_out(
    project: Project,
    plan: Plan,
    providers: Mapping[str, Provider],
    settings: Settings,
    *,
    parallelism: int,
    allowed: Allowed,
    yes: bool,
) -> int:
    """Shows the plan, asks, applies it and reports; gives the exit code. Raises `PlanError` and `SafetyError`."""
    if settings.format != "json":
        show_plan(plan, settings)
    check(project, plan, allowed)
    if plan.changes and not confirm("Apply this plan?", yes):
        click.echo("Nothing was changed.", err=True)
        return ExitCode.ERROR
    gc.freeze()
    gc.enable()
    run = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"
    with signals.finishing(STOPPING) as stopping:
        with progress(len(plan.changes), "applying", settings) as advance:
            report = apply(
                project, plan, providers, run=run, parallelism=parallelism, stopping=stopping, advance=advance
            )
        if plan.changes or settings.format == "json":
            show_report(report, settings)
    return report.exit_code


def show_report(report: Report, settings: Settings) -> None:
    """Prints what became of the plan."""
    if settings.format == "json":
        from reconcile.reports.json import report_json

        click.echo(report_json(report), nl=False)
    else:
        from reconcile.reports.text import report_text

        click.echo(report_text(report, colour=settings.colour(sys.stdout)), nl=False, color=True)
