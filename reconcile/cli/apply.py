"""`reconcile apply`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import (
    Command,
    Settings,
    allow_lockout_option,
    applying_options,
    format_option,
)
from reconcile.errors import UsageError

if TYPE_CHECKING:
    from reconcile.planning.select import Selection


@click.command(cls=Command)
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@applying_options
@allow_lockout_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings,
    plan_file: Path | None,
    yes: bool,
    select: Selection,
    parallelism: int,
    allow_deletes: int | None,
    allow_lockout: bool,
    lock_timeout: float,
    format_: str,
) -> int:
    """Make the live account as it is declared: show the plan, ask, do it, and report.

    With PLAN, does what that saved plan says, without a question, unless the live account has moved since.

    \b
    Examples:
      reconcile apply
      reconcile apply --yes --select tier=gold
      reconcile apply plan.json
    """
    from reconcile import workflow
    from reconcile.cli.applying import carry_out, close_died, running
    from reconcile.planning.safety import Allowed

    if plan_file is not None and (select or select.allow_empty):
        raise UsageError("a saved plan is applied whole; --select belongs to the `plan` that saves it")
    project = workflow.validate(settings.root, os.environ)
    saved = None
    if plan_file is not None:
        saved, project = workflow.load_plan(settings.path(plan_file), project)
    accounts = None if saved is None else {change.address.account for change in saved.changes}
    with (
        running(project, "apply", lock_timeout, accounts) as run,
        workflow.connected(project, parallelism) as providers,
    ):
        close_died(run, project, providers)
        if saved is None:
            plan = workflow.plan(project, providers, select)
        else:
            plan = saved
            workflow.check_fresh(project, plan, providers)
        return carry_out(
            project,
            plan,
            providers,
            run,
            settings,
            parallelism=parallelism,
            allowed=Allowed(allow_deletes, allow_lockout),
            yes=yes or saved is not None,
        )
