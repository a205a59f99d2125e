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
    completed,
    connected,
    format_option,
)
from reconcile.errors import UsageError

if TYPE_CHECKING:
    from reconcile.planning.safety import Allowed
    from reconcile.planning.select import Selection
    from reconcile.workflow import Project


@click.command(cls=Command)
@click.argument(
    "plan_file",
    metavar="[PLAN]",
    required=False,
    type=click.Path(dir_okay=False, path_type=Path),
    shell_complete=completed("plans"),
)
@applying_options
@allow_lockout_option
@click.option(
    "--waves/--no-waves",
    "in_waves",
    default=None,
    help="In the waves of `rollout:`, or all at once.  [default: in waves, where `rollout:` is declared]",
)
@click.option(
    "--resume",
    metavar="RUN",
    shell_complete=completed("runs"),
    help="Go on with the rollout of this run where it stopped; RUN as for `rollback`.",
)
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
    in_waves: bool | None,
    resume: str | None,
    format_: str,
) -> int:
    """Make the live account as it is declared: show the plan, ask, do it, and report.

    With PLAN, does what that saved plan says, without a question, unless the live account has moved since.

    Where the project declares `rollout:`, this goes in waves, with a pause and gates between them. A rollout that was
    stopped, interrupted or killed goes on with --resume: what is left is planned anew, and has to be what it was.

    \b
    Examples:
      reconcile apply
      reconcile apply --yes --select tier=gold
      reconcile apply plan.json
      reconcile apply --no-waves --select acme.ru
      reconcile apply --resume 20261122T101112Z-0a1b2c
    """
    from reconcile import workflow
    from reconcile.cli.applying import carry_out, close_died, running
    from reconcile.planning import safety
    from reconcile.resume import unfinished

    if plan_file is not None and (select or select.allow_empty):
        raise UsageError("a saved plan is applied whole; --select belongs to the `plan` that saves it")
    if resume is not None and (plan_file is not None or select or select.allow_empty or in_waves is False):
        raise UsageError("--resume goes on with a rollout as it was planned: in waves, without a PLAN or --select")
    project = workflow.validate(settings.root, os.environ)
    allowed = safety.Allowed(allow_deletes, allow_lockout)
    if resume is not None:
        return _resumed(project, resume, settings, parallelism, allowed, lock_timeout, yes=yes)
    if in_waves and project.desired.rollout is None:
        raise UsageError("--waves needs `rollout:`, which no file of the project declares")
    saved = None
    if plan_file is not None:
        saved, project = workflow.load_plan(settings.path(plan_file), project)
    accounts = None if saved is None else {change.address.account for change in saved.changes}
    with (
        running(project, "apply", lock_timeout, accounts) as run,
        connected(project, parallelism) as providers,
    ):
        close_died(run, project, providers)
        stopped = unfinished(run)
        if stopped is not None:
            click.echo(
                f"note: the rollout of run {stopped} is not over: `reconcile apply --resume {stopped}` goes on with "
                "it, and this apply plans anew what is left",
                err=True,
            )
        if saved is None:
            plan = workflow.plan(project, providers, select)
        else:
            plan = saved
            workflow.check_fresh(project, plan, providers, run.last)
            plan = workflow.judged(project, plan)
        yes = yes or saved is not None
        if project.desired.rollout is None or in_waves is False:
            return carry_out(project, plan, providers, run, settings, parallelism=parallelism, allowed=allowed, yes=yes)
        from reconcile.cli.rolling import Rollout, carry_out_in_waves
        from reconcile.rollout import waves_of

        waves = () if plan.errors else waves_of(project, plan, allow_empty=select.allow_empty)
        rollout = Rollout(plan, waves, len(waves))
        return carry_out_in_waves(
            project, rollout, providers, run, settings, parallelism=parallelism, allowed=allowed, yes=yes
        )


def _resumed(
    project: Project,
    name: str,
    settings: Settings,
    parallelism: int,
    allowed: Allowed,
    lock_timeout: float,
    *,
    yes: bool,
) -> int:
    """Goes on with a rollout where it stopped."""
    from reconcile import history, resume, rollback
    from reconcile.cli.applying import close_died, running
    from reconcile.cli.rolling import Rollout, carry_out_in_waves

    known = history.rollout(project, name)
    first = known[0].name
    resume.require_rollout(project, known)
    _, record = rollback.in_project(project, known[0])
    accounts = {step.address.account for step in record.steps}
    with (
        running(project, f"apply --resume {first}", lock_timeout, accounts) as run,
        connected(project, parallelism) as reached,
    ):
        close_died(run, project, reached)
        runs = run.store.rollout(first)  # it may be one of those
        resume.require_rollout(project, runs)
        providers = {account: reached[account] for account in accounts}
        rollout = Rollout.of(resume.left(project, runs, providers), first)
        return carry_out_in_waves(
            project, rollout, providers, run, settings, parallelism=parallelism, allowed=allowed, yes=yes
        )
