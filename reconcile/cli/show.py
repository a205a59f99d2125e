"""`reconcile show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconcile.cli.common import (
    Command,
    Settings,
    completed,
    format_option,
    full_option,
    show_plan,
    write_option,
    write_plan,
)
from reconcile.escaping import clean
from reconcile.reports.formats import PLANS


@click.command(cls=Command)
@click.argument(
    "plan_file", metavar="PLAN", type=click.Path(dir_okay=False, path_type=Path), shell_complete=completed("plans")
)
@full_option
@write_option(PLANS, "markdown=plan.md")
@format_option(*PLANS)
@click.pass_obj
def command(settings: Settings, plan_file: Path, format_: str) -> None:
    """Show a saved plan.

    That policies refuse it is said as when it was saved; what `safety` refuses is in the project, which is not read.

    \b
    Examples:
      reconcile show plan.json --full
      reconcile show plan.json --format json
      reconcile show plan.json --format markdown --write terraform=plan.tf.json
    """
    from reconcile.workflow import policy_refusals, read_plan

    settings.keep_apart(plan_file, "PLAN")
    plan = read_plan(settings.path(plan_file))
    refused = policy_refusals(plan)
    show_plan(plan, settings, refused)
    write_plan(plan, settings, refused)
    for text in refused:
        click.echo(clean(f"warning: apply will refuse this plan: {text}"), err=True)
