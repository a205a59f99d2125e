"""`reconcile why`."""

from __future__ import annotations

import os

import click

from reconcile.cli.common import Command, Settings, completed, format_option
from reconcile.errors import ExitCode


@click.command(cls=Command)
@click.argument("address", shell_complete=completed("addresses"))
@click.argument("field", required=False, shell_complete=completed("fields"))
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, address: str, field: str | None, format_: str) -> int:
    """Show which layer and line the values of a site, a client or a profile come from, and what they shadow.

    FIELD is one field, or what several are below, such as `widget` or `widget.schedule`; without it, all that any
    layer mentions. Asks no service.

    \b
    Examples:
      reconcile why acme.ru widget.call_time
      reconcile why acme.ru widget.schedule
      reconcile why studio/client/acme
      reconcile why studio/profile --format json
    """
    from reconcile import inventory
    from reconcile.reports.why import why_json, why_text

    loaded = inventory.read(settings.root, os.environ)
    found = inventory.explain(settings.root, loaded, address, field)
    if format_ == "json":
        click.echo(why_json(found), nl=False)
    else:
        click.echo(why_text(found, every=field is not None), nl=False)
    return ExitCode.DONE
