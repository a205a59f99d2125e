"""`reconcile doctor`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import Command, Settings, format_option
from reconcile.errors import ExitCode

if TYPE_CHECKING:
    from reconcile.model.state import Account
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
        checked = of_each(providers, _checked)
    found = {name: [_reached(project.desired.accounts[name]), *checks] for name, checks in checked.items()}
    if format_ == "json":
        click.echo(doctor_json(found), nl=False)
    else:
        click.echo(doctor_text(found, colour=settings.colour(sys.stdout)), nl=False, color=True)
    wrong = any(check.level == Level.ERROR for checks in found.values() for check in checks)
    return ExitCode.ERROR if wrong else ExitCode.DONE


def _reached(account: Account) -> Check:
    """Which service this is about, as two of them look alike; the emulator by a variable may not be meant."""
    from urllib.parse import urlsplit

    from reconcile.model.hosts import origin
    from reconcile.providers.base import Check, Level

    url = account.base_url
    if url != "emulator":  # a user's password may be in it, in more than one place
        return Check(Level.OK, "base_url", origin(url) + ("" if "@" in url else urlsplit(url).path))
    why = f", as {account.base_url_from} says" if account.base_url_from else ""
    level = Level.WARNING if why else Level.OK
    return Check(level, "base_url", f"the emulator{why}; this is not the live service")


def _checked(name: str, provider: Provider) -> list[Check]:
    """An account's findings; one whose provider can't even look keeps no other from being looked at."""
    from reconcile.errors import ProviderError
    from reconcile.providers.base import Check, Level

    try:
        return provider.check()
    except ProviderError as error:
        return [Check(Level.ERROR, "account", str(error))]
