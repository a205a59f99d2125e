"""`reconcile plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

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
from reconcile.errors import PlanError
from reconcile.escaping import clean
from reconcile.reports.formats import PLANS

if TYPE_CHECKING:
    from reconcile.planning.plan import Plan
    from reconcile.planning.select import Selection
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

    if out is not None:
        from reconcile.reports.files import require_ours

        require_ours(out, f"-o {out}")
        settings.keep_apart(out, "-o")
    with reading(settings, select, parallelism, out) as (project, providers):
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
