"""`reconcile unlock`."""

from __future__ import annotations

import os

import click

from reconcile.cli.common import Command, Settings, completed, confirm, yes_option
from reconcile.errors import ExitCode, UsageError


@click.command(cls=Command)
@click.argument("accounts", metavar="[ACCOUNT]...", nargs=-1, shell_complete=completed("accounts"))
@yes_option
@click.pass_obj
def command(settings: Settings, accounts: tuple[str, ...], yes: bool) -> int:
    """Show which runs hold the project's accounts, or break their hold of those that are named.

    A run that is still at work notices, and sends nothing more; what it left open is closed by the next one.

    \b
    Examples:
      reconcile unlock
      reconcile unlock studio
    """
    from reconcile import workflow
    from reconcile.escaping import clean
    from reconcile.model.normalize import did_you_mean, quoted
    from reconcile.runs import account_keys
    from reconcile.store import open_store

    project = workflow.validate(settings.root, os.environ)
    known = project.desired.accounts
    for name in accounts:
        if name not in known:
            hint = did_you_mean(name, known) or f"; known are {', '.join(known)}"
            raise UsageError(f"the project has no account {quoted(name)}{hint}")
    keys = account_keys(project.desired, project.root, accounts or None)
    with open_store(project.desired.store, project.root) as store:
        held = {lease.key: lease for lease in store.leases()}
        found = [(name, held[key]) for name, key in keys.items() if key in held]
        if not found:
            click.echo(f"Nobody holds {', '.join(accounts)}." if accounts else "Nobody holds an account.")
            return ExitCode.DONE
        for name, lease in found:
            state = "" if lease.living else "; it is over, and the next run takes the account over"
            click.echo(clean(f"{name} is held by {lease}{state}"))
        if not accounts:
            return ExitCode.DONE
        if not confirm("Break this hold?", yes):
            click.echo("Nothing was changed.", err=True)
            return ExitCode.ERROR
        for name, lease in found:
            gone = "" if store.unlock(lease) else ": it was let go of meanwhile"
            click.echo(f"Nobody holds {clean(name)} any more{gone}.")
    return ExitCode.DONE
