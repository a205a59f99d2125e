"""`reconcile list`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconcile.cli.asking import show_table
from reconcile.cli.common import Command, Settings, format_option, parallelism_option, select_option
from reconcile.errors import ExitCode

if TYPE_CHECKING:
    from reconcile.planning.select import Selection

#: What `--by` counts; `reports.listing` has the same, and is not loaded for `--help`.
BY = ("account", "kind", "client", "group", "label", "widget", "schedule", "manager", "blacklist")


@click.command(cls=Command)
@select_option
@click.option("--by", type=click.Choice(BY), help="Count the resources of each account, client, label, widget or so.")
@parallelism_option
@format_option("text", "json", "csv")
@click.pass_obj
def command(settings: Settings, select: Selection, by: str | None, parallelism: int, format_: str) -> int:
    """List what the files declare, or as much of it as a selection holds, and where.

    Asks no service, unless the selection says `changed`: then what is only live and would be deleted is listed, too.

    \b
    Examples:
      reconcile list --select 'client=acme and not label=pilot'
      reconcile list --select widget=standard --by group
      reconcile list --select changed --format csv
    """
    from reconcile import inventory
    from reconcile.reports import listing

    loaded = inventory.read(settings.root, os.environ)
    select.require_known(loaded.state)
    plan = inventory.planned(settings.root, loaded, select, parallelism) if select.asks_for_changes else None
    entries = inventory.held(settings.root, loaded, select, plan)
    if by is not None:
        counted = listing.counts(entries, by)
        if format_ == "json":
            click.echo(listing.counts_json(counted, by), nl=False)
        else:
            show_table(listing.counts_table(counted, by), settings, f"Nothing has a {by}.")
    elif format_ == "json":
        click.echo(listing.listing_json(entries, planned=plan is not None), nl=False)
    else:
        show_table(listing.listing_table(entries, planned=plan is not None), settings, "Nothing is selected.")
    return ExitCode.DONE
