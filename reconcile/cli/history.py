"""`reconcile history`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from reconcile.cli.asking import account_option
from reconcile.cli.common import LANGUAGE, Command, Settings, completed, format_option, full_option
from reconcile.errors import UsageError

if TYPE_CHECKING:
    from reconcile.planning.select import Selection


def _selection(texts: tuple[str, ...]) -> Selection:
    from reconcile.planning.select import selection

    return selection(texts)


@click.command(cls=Command, epilog=LANGUAGE)
@click.argument("run_name", metavar="[RUN]", required=False, shell_complete=completed("runs"))
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the newest N runs.  [default: all]",
)
@account_option
@click.option(
    "--select",
    "select",
    multiple=True,
    metavar="EXPR",
    shell_complete=completed("selections"),
    help="Only runs that changed these: 'tier=gold', '*.ru', 'client=acme and not group=dealers'; see below. May be "
    "repeated, which adds up.",
    callback=lambda ctx, param, value: _selection(value),
)
@full_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings,
    run_name: str | None,
    limit: int | None,
    account: str | None,
    select: Selection,
    format_: str,
) -> int:
    """List what was applied, newest first; or show one run with all that it did.

    RUN is the name of a run, the beginning of one, or `latest`.

    \b
    Examples:
      reconcile history --limit 10
      reconcile history --select acme.ru
      reconcile history --select 'client=acme and tier=gold' --limit 1
      reconcile history latest --full
    """
    from reconcile import history, workflow
    from reconcile.reports.history import run_json, run_text, runs_json, runs_text

    if run_name is not None and (limit is not None or account is not None or select):
        raise UsageError("RUN is one run; --limit, --account and --select belong to the list")
    project = workflow.validate(settings.root, os.environ)
    json, colour = format_ == "json", settings.colour(sys.stdout)
    if run_name is not None:
        run = history.run(project, run_name)
        click.echo(run_json(run) if json else run_text(run, colour=colour, full=settings.full), nl=False, color=True)
        return 0
    runs = history.runs(project, limit=limit, account=account, select=select)
    if json:
        click.echo(runs_json(runs), nl=False)
    elif runs:
        click.echo(runs_text(runs, colour=colour), nl=False, color=True)
    else:
        click.echo(history.nothing(project, filtered=bool(account or select)))
    return 0
