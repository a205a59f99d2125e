"""`reconcile clients`."""

from __future__ import annotations

import click

from reconcile.cli.asking import account_option, accounts_for, show_table
from reconcile.cli.common import Command, Settings, completed, format_option
from reconcile.errors import ExitCode
from reconcile.model.capabilities import Activity


@click.command(cls=Command)
@click.argument("client", metavar="[CLIENT]", required=False, shell_complete=completed("clients"))
@account_option
@format_option("text", "json", "csv")
@click.pass_obj
def command(settings: Settings, client: str | None, account: str | None, format_: str) -> int:
    """List a studio's clients, or show one, by declared name, e-mail or id, with everything that the service tells.

    \b
    Examples:
      reconcile clients --format csv
      reconcile clients owner@acme.ru
    """
    from reconcile import activities
    from reconcile.reports.clients import Owned, client_json, client_text, clients_json, clients_table

    with accounts_for(settings, Activity.CLIENTS, account) as (project, accounts):
        if client is not None:
            name, found = activities.find_client(project, accounts, client)
            extended = accounts[name].activities.client(found.id)
            owned = [Owned(name, activities.declared_as(project, name, extended), extended)]
        else:
            everywhere = activities.of_each(accounts, lambda name, provider: provider.activities.clients())
            owned = [
                Owned(name, activities.declared_as(project, name, one), one)
                for name, clients in everywhere.items()
                for one in clients
            ]
    if format_ == "csv" or (client is None and format_ == "text"):
        show_table(clients_table(owned, accounts=len(accounts) > 1), settings, "No clients.")
    elif client is None:
        click.echo(clients_json(owned), nl=False)
    else:
        click.echo(client_json(owned[0]) if format_ == "json" else client_text(owned[0]), nl=False)
    return ExitCode.DONE
