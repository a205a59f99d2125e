"""`reconcile call`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from reconcile.cli.asking import MomentType, account_option, accounts_for, now, sent_once
from reconcile.cli.asking import phone as read_phone
from reconcile.cli.common import Command, Settings, completed, confirm, format_option, yes_option
from reconcile.errors import ExitCode
from reconcile.model.capabilities import Activity
from reconcile.model.fields import schemas

if TYPE_CHECKING:
    from reconcile.model.moments import Moment


def _ip(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """An IP address."""
    import ipaddress

    if value is None:
        return None
    try:
        return str(ipaddress.ip_address(value.strip()))
    except ValueError:
        raise click.BadParameter(f'expected an IP address such as 203.0.113.7, got "{value}"', ctx, param) from None


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for everything that a call may carry, as the schemas describe it."""
    checks = {"phone": read_phone, "ip": _ip}
    described = {**schemas()["call_defaults"]["properties"], **schemas()["call"]["properties"]}
    for name, schema in reversed(described.items()):
        kind: click.ParamType[Any] = click.STRING
        if "enum" in schema:
            kind = click.Choice(schema["enum"])
        elif schema["type"] == "integer":
            kind = click.IntRange(schema.get("minimum"), schema.get("maximum"))
        option = click.option(
            "--" + name.replace("_", "-"),
            name,
            type=kind,
            metavar=None if "enum" in schema else "N" if schema["type"] == "integer" else "TEXT",
            callback=checks.get(schema.get("x-check", "")),
            help=schema["description"],
        )
        command = option(command)
    return command


@click.command(cls=Command)
@click.argument("site", metavar="SITE", shell_complete=completed("sites"))
@click.argument("phone", metavar="PHONE", callback=read_phone)
@click.option(
    "--at",
    type=MomentType("future"),
    metavar="TIME",
    help="When: 14:30 (today), +30m, or a date with a time; without an offset in the account's time zone.",
)
@account_option
@_options
@yes_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings,
    /,
    site: str,
    phone: str,
    at: Moment | None,
    account: str | None,
    yes: bool,
    format_: str,
    **given: Any,
) -> int:
    """Call the visitor at PHONE for SITE, now or at a time: the manager's phone rings first.

    SITE is an address, declared or only live. The call is sent once and never again; where no answer
    says what became of it, the exit code is 5. Which of the options below may be used depends on the service.

    \b
    Examples:
      reconcile call acme.ru "+7 495 123-45-67"
      reconcile call acme.ru 84951234567 --at 14:30 --region Москва --yes
    """
    from reconcile import activities
    from reconcile.providers.activities import CallOrder

    with accounts_for(settings, Activity.CALL, account) as (project, accounts):
        called = activities.Directory(project, accounts).find(site)
        provider = accounts[called.account]
        chosen = {name: value for name, value in given.items() if value is not None}
        options = activities.call_options(project, called, provider, chosen)
        when = None if at is None else activities.call_time(at, provider, now())
        shown = "now" if when is None else f"at {when:%Y-%m-%d %H:%M} ({when.tzinfo})"
        if not confirm(f"Call {phone} for {called.human} (account {called.account}) {shown}?", yes):
            click.echo("Nothing was sent.", err=True)
            return ExitCode.ERROR
        find_out = f"`reconcile calls --site {called.human} --since 1h --account {called.account}` may tell"
        with sent_once(provider, f"{phone} is called for {called.human}", find_out) as stopping:
            made = provider.activities.call(called.live, CallOrder(phone, when, options))
    if format_ == "json":
        from reconcile.planning.planfile import FORMAT_VERSION
        from reconcile.reports.json import text

        data = {
            "format_version": FORMAT_VERSION,
            "account": called.account,
            "site": called.live.address.name,
            "phone": phone,
            "at": when and when.isoformat(),
            "id": made or None,
        }
        click.echo(text(data), nl=False)
    else:
        which = f"Call {made}" if made else "The call (the service gives no id)"
        click.echo(f"{which}: {phone} is called for {called.human} {shown}.")
    return ExitCode.INTERRUPTED if stopping.is_set() else ExitCode.DONE
