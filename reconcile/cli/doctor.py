"""`reconcile doctor`."""

from __future__ import annotations

import os
import sys

import click

from reconcile.cli.common import Command, Settings, format_option
from reconcile.errors import ExitCode


@click.command(cls=Command)
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, format_: str) -> int:
    """Check credentials, clock, and how each account is read. Changes nothing.

    \b
    Example:
      reconcile doctor
    """
    from reconcile import workflow
    from reconcile.reports.words import clean

    project = workflow.validate(settings.root, os.environ)
    with workflow.connected(project, parallelism=4) as providers:
        checks = {name: provider.check() for name, provider in providers.items()}
    wrong = any(check.level == "error" for found in checks.values() for check in found)
    if format_ == "json":
        from reconcile.planning.planfile import FORMAT_VERSION
        from reconcile.reports.json import text

        data = [
            {"account": name, "level": check.level, "subject": check.subject, "message": check.message}
            for name, found in checks.items()
            for check in found
        ]
        click.echo(text({"format_version": FORMAT_VERSION, "checks": data}), nl=False)
    else:
        colours = {"ok": "green", "warning": "yellow", "error": "red"}
        for name, found in checks.items():
            click.echo(f"{name}:")
            for check in found:
                mark = check.level.ljust(7)
                mark = click.style(mark, fg=colours[check.level]) if settings.colour(sys.stdout) else mark
                click.echo(f"  {mark} {check.subject}: {clean(check.message)}")
    return ExitCode.ERROR if wrong else ExitCode.DONE
