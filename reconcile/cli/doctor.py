"""`reconcile doctor`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import Command, Settings, format_option
from reconcile.errors import ExitCode

if TYPE_CHECKING:
    from reconcile.providers.base import Check, Provider


@click.command(cls=Command)
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, format_: str) -> int:
    """Check credentials, clock, and every method that reads each account. Changes nothing, and calls nobody.

    What there is nothing to try on is a skip. An error ends with exit code 1.

    \b
    Example:
      reconcile doctor
    """
    from reconcile import workflow
    from reconcile.activities import of_each
    from reconcile.providers.base import Level
    from reconcile.reports.doctor import doctor_json, doctor_text

    project = workflow.validate(settings.root, os.environ)
    with workflow.connected(project, parallelism=4) as providers:
        found = of_each(providers, _checked)
    if format_ == "json":
        click.echo(doctor_json(found), nl=False)
    else:
        click.echo(doctor_text(found, colour=settings.colour(sys.stdout)), nl=False, color=True)
    wrong = any(check.level == Level.ERROR for checks in found.values() for check in checks)
    return ExitCode.ERROR if wrong else ExitCode.DONE


def _checked(name: str, provider: Provider) -> list[Check]:
    """An account's findings; one whose provider can't even look keeps no other from being looked at."""
    from reconcile.errors import ProviderError
    from reconcile.providers.base import Check, Level

    try:
        return provider.check()
    except ProviderError as error:
        return [Check(Level.ERROR, "account", str(error))]
