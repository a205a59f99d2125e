"""`reconcile schema`."""

from __future__ import annotations

from typing import Final

import click

from reconcile.cli.common import Command, completed
from reconcile.model.fields import SCHEMA_NAMES

_HELP: Final = f"""Print the JSON Schema of a project's files, or of one KIND of thing in them, complete in itself.

It is the schema of what is written: `${{env.NAME}}` may stand for a number or a flag, too. Editors complete and check
by it; a file names it in its first line, as those do that `reconcile init` and `reconcile import` write.

Kinds: {", ".join(SCHEMA_NAMES)}.

\b
Example:
  reconcile schema > reconcile.schema.json
"""


@click.command(cls=Command, help=_HELP)
@click.argument("kind", required=False, default="project", metavar="[KIND]", shell_complete=completed("kinds"))
def command(kind: str) -> None:
    """Prints the schema of a kind."""
    from reconcile.errors import UsageError
    from reconcile.model.editors import schema_text
    from reconcile.model.normalize import did_you_mean

    if kind not in SCHEMA_NAMES:
        known = ", ".join(SCHEMA_NAMES)
        raise UsageError(f'there is no kind "{kind}"; expected one of {known}{did_you_mean(kind, SCHEMA_NAMES)}')
    click.echo(schema_text(kind), nl=False)
