"""`reconcile statistics`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconcile.cli.asking import account_option, accounts_for, now, show_table, since_option, site_option, until_option
from reconcile.cli.common import Command, Settings, format_option
from reconcile.errors import ExitCode, ReconcileError
from reconcile.model.capabilities import Activity

if TYPE_CHECKING:
    from reconcile.model.moments import Moment


def _picture(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """A file that can be drawn."""
    if value is not None and value.suffix.lower() not in (".png", ".svg"):
        raise click.BadParameter(f'expected a file that ends in .png or .svg, got "{value}"', ctx, param)
    return value


@click.command(cls=Command)
@site_option
@since_option(" The first day is counted whole.")
@until_option("now")
@click.option("--by", type=click.Choice(["day", "site"]), help="One row a day, or one a site; else one for each pair.")
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    callback=_picture,
    help="Draw the calls of every day, too: a .png or .svg file.",
)
@account_option
@format_option("text", "json", "csv")
@click.pass_obj
def command(
    settings: Settings,
    sites: tuple[str, ...],
    since: Moment,
    until: Moment | None,
    by: str | None,
    picture: Path | None,
    account: str | None,
    format_: str,
) -> int:
    """Count calls by site and day, and the share of the finished ones in which people talked.

    \b
    Examples:
      reconcile statistics --site acme.ru --since 30d --plot acme.svg
      reconcile statistics --by site --since 2026-11-01 --until 2026-11-30 --format csv
    """
    from reconcile import activities
    from reconcile.reports.statistics import statistics_json, statistics_of, statistics_table

    target = None if picture is None else settings.path(picture)
    if target is not None and not target.parent.is_dir():
        raise ReconcileError(f"{target}: there is no folder {target.parent} to draw in")
    with accounts_for(settings, Activity.STATISTICS, account) as (project, accounts):
        wanted = activities.Wanted(sites=sites, since=since, until=until, statistics=True)
        period, calls = activities.list_calls(project, accounts, wanted, now())
    made = statistics_of(calls, period, by)
    if format_ == "json":
        click.echo(statistics_json(made), nl=False)
    else:
        show_table(statistics_table(made, accounts=len(accounts) > 1), settings, f"No calls {period}.")
    if target is not None:
        from reconcile.reports.plot import plot
        from reconcile.reports.words import some

        shown = sorted({listed.place for listed in calls})
        plot(statistics_of(calls, period, "day"), f"Calls: {some(shown, 3) or 'none'}", target)
        click.echo(f"drawn: {target}", err=True)
    return ExitCode.DONE
