"""`reconcile validate`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import Command, Settings, format_option, write_option
from reconcile.errors import ExitCode
from reconcile.reports.formats import CHECKS

if TYPE_CHECKING:
    from reconcile.workflow import Project

_REFUSED = "The files can be read, and what they declare is refused by policies; nothing was changed"


@click.command(cls=Command)
@write_option(CHECKS, "junit=report.xml", "checks")
@format_option(*CHECKS)
@click.pass_obj
def command(settings: Settings, format_: str) -> int:
    """Check everything that can be checked without the network.

    Every problem of every file is reported at once, as file:line:column: message. Exits 3 where what is declared breaks
    one of the project's `policies:`; what depends on the live account waits for `plan`.

    `github` prints annotations for a workflow, `gitlab` a code quality report; paths in them, in `junit` and in `sarif`
    start at the top of the repository that CI works in.

    \b
    Examples:
      reconcile -C clients validate
      reconcile validate --format json
      reconcile validate --format github --write sarif=reconcile.sarif --write junit=reconcile.xml
    """
    from reconcile.cli.paths import paths_from
    from reconcile.reports.annotations import from_diagnostics
    from reconcile.reports.formats import checked_as
    from reconcile.reports.said import diagnostics_texts
    from reconcile.workflow import judge_declared, require_resources, validate

    project = validate(settings.root, os.environ)
    settings.spare(project.sources)
    require_resources(project)
    said = judge_declared(project)
    refused = any(one.severity == "error" for one in said)
    summary = _REFUSED if refused else _valid(project)
    path_of = paths_from(settings.root, os.environ)
    found = from_diagnostics(said, path_of, summary, project.desired.policies)
    if format_ != "text":
        text = checked_as(format_, found)
        settings.printed = True
        click.echo(text, nl=False)
    for line in diagnostics_texts(said, colour=settings.colour(sys.stderr)):
        click.echo(line, err=True, color=True)
    if refused or format_ == "text":
        click.echo(summary, err=refused)
    settings.written(lambda form: checked_as(form, found))
    return ExitCode.REFUSED if refused else ExitCode.DONE


def _valid(project: Project) -> str:
    """The sentence for a project that nothing is wrong with."""
    from reconcile.model.normalize import count

    desired = project.desired
    clients = f" and {count(len(desired.clients), 'client')}" if desired.clients else ""
    return f"Valid: {count(len(desired.sites), 'site')}{clients} in {count(len(desired.accounts), 'account')}."
