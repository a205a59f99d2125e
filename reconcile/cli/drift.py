"""`reconcile drift`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import (
    Command,
    Settings,
    format_option,
    full_option,
    parallelism_option,
    select_option,
    show_plan,
)

if TYPE_CHECKING:
    from reconcile.planning.select import Selection


@click.command(cls=Command)
@full_option
@select_option
@parallelism_option
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, select: Selection, parallelism: int, format_: str) -> int:
    """Report what differs between the files and the live account; exit 2 if anything does.

    What breaks one of the project's `policies:` is reported, too, with exit code 3.

    \b
    Example, for a scheduler:
      reconcile drift --format json > drift.json
    """
    from reconcile import workflow

    project = workflow.validate(settings.root, os.environ)
    with workflow.connected(project, parallelism) as providers:
        plan = workflow.plan(project, providers, select)
    show_plan(plan, settings)
    return workflow.exit_code(plan, detailed=True)
