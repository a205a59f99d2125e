"""`reconcile rollback`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import (
    Command,
    Settings,
    allow_lockout_option,
    applying_options,
    completed,
    connected,
    format_option,
)

if TYPE_CHECKING:
    from reconcile.planning.select import Selection


@click.command(cls=Command)
@click.argument("run_name", metavar="RUN", shell_complete=completed("runs"))
@applying_options
@allow_lockout_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings,
    run_name: str,
    yes: bool,
    select: Selection,
    parallelism: int,
    allow_deletes: int | None,
    allow_lockout: bool,
    lock_timeout: float,
    format_: str,
) -> int:
    """Undo what a run did: show the plan back, ask, do it, and report.

    RUN is the name of a run, the beginning of one, or `latest`; `reconcile history` lists them. What the run deleted is
    created anew, what it changed gets its former values, and what it created is deleted. The files stay as they are.
    A rollout is undone with all of its waves, also those of runs that went on with it.

    \b
    Examples:
      reconcile rollback latest
      reconcile rollback 20261122T101112Z-0a1b2c --select acme.ru
    """
    from reconcile import history, rollback, workflow
    from reconcile.cli.applying import carry_out, close_died, running
    from reconcile.planning.safety import Allowed
    from reconcile.reports.said import said_texts

    project = workflow.validate(settings.root, os.environ)
    project, record = rollback.in_project(project, rollback.whole(history.rollout(project, run_name)))
    accounts = {step.address.account for step in record.steps}
    with (
        running(project, f"rollback {record.name}", lock_timeout, accounts) as run,
        connected(project, parallelism) as providers,
    ):
        close_died(run, project, providers)
        known = rollback.whole(run.store.rollout(record.name))  # it may be one of those
        _, record = rollback.in_project(project, known)
        rollback.require_deeds(project, record)
        plan = rollback.plan(project, record, providers, select)
        if format_ == "json":  # the report alone does not tell what can't come back
            for text in said_texts(plan):
                click.echo(text, err=True)
        return carry_out(
            project,
            plan,
            providers,
            run,
            settings,
            parallelism=parallelism,
            allowed=Allowed(allow_deletes, allow_lockout),
            yes=yes,
        )
