"""`reconcile show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconcile.cli.common import Command, Settings, completed, format_option, full_option, show_plan


@click.command(cls=Command)
@click.argument(
    "plan_file", metavar="PLAN", type=click.Path(dir_okay=False, path_type=Path), shell_complete=completed("plans")
)
@full_option
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, plan_file: Path, format_: str) -> None:
    """Show a saved plan.

    \b
    Examples:
      reconcile show plan.json --full
      reconcile show plan.json --format json
    """
    from reconcile.workflow import read_plan

    show_plan(read_plan(settings.path(plan_file)), settings)
