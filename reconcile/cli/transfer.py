"""`reconcile transfer`."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from reconcile.cli.asking import account_option, accounts_for, sent_once
from reconcile.cli.common import Command, Settings, completed, format_option, yes_option
from reconcile.errors import ExitCode, UsageError
from reconcile.escaping import clean
from reconcile.model.capabilities import Activity

if TYPE_CHECKING:
    from reconcile.activities import Transfer


def _amount(text: str) -> Decimal | None:
    """Roubles, `1500` or `1500.50`; None for anything else."""
    match = re.fullmatch(r"\s*(\d{1,12})(?:[.,](\d{1,2}))?\s*", text, re.ASCII)
    amount = Decimal(f"{match[1]}.{match[2] or 0}") if match else Decimal(0)
    return amount if amount > 0 else None


def _roubles(ctx: click.Context, param: click.Parameter, value: str) -> Decimal:
    amount = _amount(value)
    if amount is None:
        raise click.BadParameter(
            f'expected an amount in roubles above 0 such as 1500 or 1500.50, got "{value}"', ctx, param
        )
    return amount


class _Transfer(Command):
    """A negative amount looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any command's, with a word for amounts below zero."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not re.fullmatch(r"-\d.*", error.option_name):
                raise
            negative = next(arg for arg in given if arg.startswith(error.option_name))
            _roubles(ctx, next(p for p in self.params if p.name == "amount"), negative)
            raise


@click.command(cls=_Transfer)
@click.argument("client", metavar="CLIENT", shell_complete=completed("clients"))
@click.argument("amount", metavar="AMOUNT", callback=_roubles)
@click.option(
    "--type", "purse", type=click.Choice(["main", "partner"]), required=True, help="The balance that the money leaves."
)
@account_option
@yes_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings, client: str, amount: Decimal, purse: str, account: str | None, yes: bool, format_: str
) -> int:
    """Move AMOUNT roubles from the studio's balance to CLIENT: a declared name, an e-mail or an id.

    Shows what will happen and asks for the amount again. The payment is sent once and never again; where no
    answer says what became of it, the exit code is 5.

    \b
    Examples:
      reconcile transfer owner@acme.ru 1500 --type main
      reconcile transfer acme 1500.50 --type partner --yes
    """
    from reconcile import activities
    from reconcile.providers.activities import Purse

    with accounts_for(settings, Activity.TRANSFER, account) as (project, accounts):
        planned = activities.prepare_transfer(project, accounts, client, amount, Purse(purse))
        click.echo(_shown(planned), err=format_ == "json")
        if not yes and not _typed_again(amount):
            click.echo("Nothing was sent.", err=True)
            return ExitCode.ERROR
        whom = planned.client.email or f"client {planned.client.id}"
        find_out = f"`reconcile clients {planned.client.id} --account {planned.account}` shows the client's balance"
        if planned.client.balance is not None:
            find_out += f", which was {planned.client.balance:.2f} before"
        provider = accounts[planned.account]
        with sent_once(provider, f"{amount:.2f} roubles went to {whom}", find_out) as stopping:
            provider.activities.transfer(planned.client.id, amount, planned.purse)
    if format_ == "json":
        from reconcile.planning.planfile import FORMAT_VERSION
        from reconcile.reports.json import text

        data = {
            "format_version": FORMAT_VERSION,
            "account": planned.account,
            "type": planned.purse.value,
            "client": {"id": planned.client.id, "email": planned.client.email},
            "amount": f"{amount:.2f}",
            "remains": None if planned.remains is None else f"{planned.remains:.2f}",
        }
        click.echo(text(data), nl=False)
    else:
        click.echo(clean(f"Sent: {amount:.2f} roubles to {whom}."))
    return ExitCode.INTERRUPTED if stopping.is_set() else ExitCode.DONE


def _shown(planned: Transfer) -> str:
    """What will happen, for people."""
    client = planned.client
    whom = ", ".join(part for part in (f"id {client.id}", planned.name) if part)
    money = (
        f"it holds {planned.available:.2f}, {planned.remains:.2f} will remain"
        if planned.available is not None and planned.remains is not None
        else "the service does not tell what it holds"
    )
    return clean(
        f"{planned.amount:.2f} roubles from the {planned.purse} balance of account {planned.account} ({money}) "
        f"to {client.email or 'a client'} ({whom})"
    )


def _typed_again(amount: Decimal) -> bool:
    """Whether a person types the amount. Raises `UsageError` where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to ask: standard input is no terminal; say --yes to go on without a question")
    answer: str = click.prompt("Type the amount again to send it", err=True, default="", show_default=False)
    return _amount(answer) == amount
