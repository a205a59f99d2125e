"""`reconcile schema`."""

from __future__ import annotations

import click

from reconcile.cli.common import Command, completed


@click.command(cls=Command)
@click.argument("kind", required=False, default="project", metavar="[KIND]", shell_complete=completed("kinds"))
def command(kind: str) -> None:
    """Print the JSON Schema of a project's files, or of one KIND of thing in them, complete in itself.

    It is the schema of what is written: `${env.NAME}` may stand for a number or a flag, too. Editors complete and check
    by it; a file names it in its first line, as those do that `reconcile init` and `reconcile import` write.

    \b
    Kinds: project, account, profile, client, site, site_group, widget, schedule, manager, blacklist,
    call_defaults, call, rollout, gate.
    Example:
      reconcile schema > reconcile.schema.json
    """
    from reconcile.errors import UsageError
    from reconcile.model.editors import schema_text
    from reconcile.model.fields import SCHEMA_NAMES
    from reconcile.model.normalize import did_you_mean

    if kind not in SCHEMA_NAMES:
        known = ", ".join(SCHEMA_NAMES)
        raise UsageError(f'there is no kind "{kind}"; expected one of {known}{did_you_mean(kind, SCHEMA_NAMES)}')
    click.echo(schema_text(kind), nl=False)
