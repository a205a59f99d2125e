"""`reconcile drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconcile.cli.common import (
    Command,
    Settings,
    format_option,
    full_option,
    parallelism_option,
    reading,
    select_option,
    show_plan,
    write_option,
    write_plan,
)
from reconcile.reports.formats import PLANS

if TYPE_CHECKING:
    from reconcile.planning.select import Selection


@click.command(cls=Command)
@full_option
@select_option
@parallelism_option
@write_option(PLANS, "markdown=drift.md")
@format_option(*PLANS)
@click.pass_obj
def command(settings: Settings, select: Selection, parallelism: int, format_: str) -> int:
    """Report what differs between the files and the live account; exit 2 if anything does.

    What breaks one of the project's `policies:` is reported, too, with exit code 3.

    \b
    Examples, for a scheduler:
      reconcile drift --format json > drift.json
      reconcile drift --write markdown=drift.md --write json=drift.json
    """
    from reconcile import workflow

    with reading(settings, select, parallelism) as (project, providers):
        plan = workflow.plan(project, providers, select)
    show_plan(plan, settings)
    write_plan(plan, settings)
    return workflow.exit_code(plan, detailed=True)
