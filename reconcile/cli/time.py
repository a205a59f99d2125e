"""`reconcile time`."""

from __future__ import annotations

import click

from reconcile.cli.asking import account_option, accounts_for, show_table
from reconcile.cli.common import Command, Settings, format_option
from reconcile.errors import ExitCode
from reconcile.model.capabilities import Activity


@click.command(cls=Command)
@account_option
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, account: str | None, format_: str) -> int:
    """Show what the service's clock says, and by how much it differs from this machine's.

    \b
    Example:
      reconcile time
    """
    from reconcile import activities
    from reconcile.planning.planfile import FORMAT_VERSION
    from reconcile.reports.json import text
    from reconcile.reports.tables import Column, Table

    with accounts_for(settings, Activity.TIME, account) as (_, accounts):
        times = activities.of_each(accounts, lambda name, provider: provider.activities.time())
    if format_ == "json":
        data = [
            {"account": name, "time": time.shown, "ahead": None if time.ahead is None else round(time.ahead, 1)}
            for name, time in times.items()
        ]
        click.echo(text({"format_version": FORMAT_VERSION, "times": data}), nl=False)
    else:
        columns = [Column("account", "Account"), Column("time", "Time"), Column("ahead", "Clock", show=_difference)]
        show_table(Table(columns, [(name, time.shown, time.ahead) for name, time in times.items()]), settings, "")
    return ExitCode.DONE


def _difference(ahead: float) -> str:
    """`40 s behind`, to the second: an answer's way takes part of one."""
    seconds = round(abs(ahead))
    return f"{seconds} s {'ahead' if ahead > 0 else 'behind'}" if seconds > 1 else "agrees with this machine's"
