"""`reconcile validate`."""

from __future__ import annotations

import os

import click

from reconcile.cli.common import Command, Settings, format_option, write_option
from reconcile.reports.formats import CHECKS


@click.command(cls=Command)
@write_option(CHECKS, "junit=report.xml", "checks")
@format_option(*CHECKS)
@click.pass_obj
def command(settings: Settings, writes: tuple[str, ...], format_: str) -> None:
    """Check everything that can be checked without the network.

    \b
    Every problem of every file is reported at once, as file:line:column: message.
    `github` prints annotations for a workflow, `gitlab` a code quality report; paths in them, in `junit`
    and in `sarif` start at the top of the repository that CI works in.
    Examples:
      reconcile -C clients validate
      reconcile validate --format github --write sarif=reconcile.sarif --write junit=reconcile.xml
    """
    from reconcile.model.normalize import count
    from reconcile.reports.annotations import checked
    from reconcile.reports.formats import checked_as
    from reconcile.workflow import require_resources, validate

    settings.write_to(writes, CHECKS)
    project = validate(settings.root, os.environ)
    require_resources(project)
    desired = project.desired
    clients = f" and {count(len(desired.clients), 'client')}" if desired.clients else ""
    accounts = count(len(desired.accounts), "account")
    valid = checked([], f"Valid: {count(len(desired.sites), 'site')}{clients} in {accounts}.")
    click.echo(checked_as(format_, valid), nl=False)
    settings.written(lambda form: checked_as(form, valid))
