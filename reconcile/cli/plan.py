"""`reconcile plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
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
from reconcile.errors import PlanError, UsageError
from reconcile.escaping import clean
from reconcile.reports.formats import PLANS

if TYPE_CHECKING:
    from reconcile.planning.select import Selection

if TYPE_CHECKING:
    from reconcile.planning.plan import Plan
    from reconcile.workflow import Project


@click.command(cls=Command)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Save the plan for `apply`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes, or steps by hand.")
@click.option("--destroy", is_flag=True, help="Plan to delete what is declared.")
@write_option(PLANS, "markdown=plan.md")
@full_option
@select_option
@parallelism_option
@format_option(*PLANS)
@click.pass_obj
def command(
    settings: Settings,
    out: Path | None,
    detailed_exitcode: bool,
    destroy: bool,
    writes: tuple[str, ...],
    select: Selection,
    parallelism: int,
    format_: str,
) -> int:
    """Show what would change in the live account, and why. Changes nothing.

    Exits 3 where the plan breaks one of the project's `policies:`, each with its place, and the resource.

    \b
    Examples:
      reconcile plan
      reconcile plan --select '*.spb.ru' --select tier=gold
      reconcile plan -o plan.json && reconcile apply plan.json
      reconcile plan --format markdown > comment.md
      reconcile plan -o plan.json --write markdown=plan.md --write terraform=plan.tf.json
    """
    from reconcile import workflow

    settings.write_to(writes, PLANS)
    if out is not None and out.suffix.lower() in (".yaml", ".yml"):
        raise UsageError(f"{out} would be read as a file of the project; save the plan as {out.with_suffix('.json')}")
    if out is not None and settings.targets:
        from reconcile.reports.files import is_same

        if any(is_same(target.path, settings.path(out)) for target in settings.targets):
            settings.targets = []  # nobody knows which of them is meant, so neither is written
            raise UsageError(f"-o and --write both name {out}; give them files of their own")
    with reading(settings, select, parallelism) as (project, providers):
        plan = workflow.plan(project, providers, select, destroy=destroy)
    plan, unmatched = (plan, []) if destroy else _in_waves(project, plan)
    refused = [*workflow.refusals(project, plan), *unmatched]
    show_plan(plan, settings, refused)
    write_plan(plan, settings, refused)
    if out is not None and not plan.errors:
        from reconcile.reports.files import save_plan

        save_plan(plan, project.identity, settings.path(out))
        chdir = "" if settings.root == Path() else f" -C {settings.root}"
        then = f"Saved. To do exactly this: reconcile{chdir} apply {out}"
        click.echo("Saved, to be looked at: apply will refuse it." if refused else then, err=True)
    elif out is not None:
        click.echo(f"{out} was not written: a plan with errors can't be applied", err=True)
    for text in refused:
        click.echo(clean(f"warning: apply will refuse this plan: {text}"), err=True)
    return workflow.exit_code(plan, detailed=detailed_exitcode)


def _in_waves(project: Project, plan: Plan) -> tuple[Plan, list[str]]:
    """The plan with the waves in which `apply` would go, if in any; and why it would not, if so."""
    rollout = project.desired.rollout
    if rollout is None or plan.errors or not plan.changes:
        return plan, []
    from reconcile.planning.waves import InWaves, require_matches, waves

    try:
        require_matches(rollout.waves, project.desired, plan)
    except PlanError as error:
        return plan, [str(error)]
    made = waves(plan, rollout.waves)
    return replace(plan, rollout=InWaves.of(made, rollout, len(made))), []
