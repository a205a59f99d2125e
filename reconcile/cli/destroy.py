"""`reconcile destroy`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import (
    Command,
    Settings,
    applying_options,
    connected,
    format_option,
)

if TYPE_CHECKING:
    from reconcile.planning.select import Selection


@click.command(cls=Command)
@applying_options
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings,
    yes: bool,
    select: Selection,
    parallelism: int,
    allow_deletes: int | None,
    lock_timeout: float,
    format_: str,
) -> int:
    """Delete the live sites that are declared, with the same preview and the same safety as `apply`.

    \b
    Example:
      reconcile destroy --select old-client.ru
    """
    from reconcile import workflow
    from reconcile.cli.applying import carry_out, close_died, running
    from reconcile.planning.safety import Allowed

    project = workflow.validate(settings.root, os.environ)
    with running(project, "destroy", lock_timeout) as run, connected(project, parallelism) as providers:
        close_died(run, project, providers)
        plan = workflow.plan(project, providers, select, destroy=True)
        return carry_out(
            project, plan, providers, run, settings, parallelism=parallelism, allowed=Allowed(allow_deletes), yes=yes
        )
