"""`reconcile schema`."""

from __future__ import annotations

import click

from reconcile.cli.common import Command


@click.command(cls=Command)
@click.argument("kind", required=False, default="project", metavar="[KIND]")
def command(kind: str) -> None:
    """Print the JSON Schema of a project's files, or of one KIND of thing in them, complete in itself.

    \b
    Kinds: project, account, site, widget, schedule, manager, blacklist.
    Example:
      reconcile schema > reconcile.schema.json
    """
    from reconcile.errors import UsageError
    from reconcile.model.fields import SCHEMA_NAMES, bundle
    from reconcile.model.normalize import did_you_mean
    from reconcile.reports.json import text

    if kind not in SCHEMA_NAMES:
        known = ", ".join(SCHEMA_NAMES)
        raise UsageError(f'there is no kind "{kind}"; expected one of {known}{did_you_mean(kind, SCHEMA_NAMES)}')
    click.echo(text(bundle(kind)), nl=False)
