"""`reconcile calls` and `reconcile calls show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconcile.cli.asking import (
    account_option,
    accounts_for,
    now,
    phone,
    show_table,
    since_option,
    site_option,
    until_option,
)
from reconcile.cli.common import GLOBAL_OPTIONS, Command, Settings, completed, format_option
from reconcile.errors import ExitCode, UsageError
from reconcile.model.capabilities import Activity

if TYPE_CHECKING:
    from reconcile.model.moments import Moment


class _Group(click.Group):
    """A group that lists where none of its commands is called, and takes the global options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += GLOBAL_OPTIONS()


@click.group(cls=_Group, invoke_without_command=True)
@site_option
@click.option(
    "--status", "statuses", multiple=True, metavar="NAME", help="Only calls in this state, as talked. May be repeated."
)
@since_option()
@until_option("no end: delayed calls, too")
@click.option(
    "--client",
    metavar="CLIENT",
    shell_complete=completed("clients"),
    help="Only of this visitor, by phone; or of this client of the studio.",
)
@click.option("--manager", metavar="PHONE", callback=phone, help="Only with this manager.")
@account_option
@format_option("text", "json", "csv")
@click.pass_context
def command(
    ctx: click.Context,
    sites: tuple[str, ...],
    statuses: tuple[str, ...],
    since: Moment,
    until: Moment | None,
    client: str | None,
    manager: str | None,
    account: str | None,
    format_: str,
) -> int:
    """List calls, oldest first; `calls show ID` shows one with everything that the service tells of it.

    CLIENT is a visitor's phone, or the declared name, the e-mail or the id of a studio's client, whose calls
    are listed then.

    \b
    Examples:
      reconcile calls --site acme.ru --status missed --since 2026-11-01
      reconcile calls --since 30d --format csv
      reconcile calls show 1234
    """
    settings: Settings = ctx.obj
    if ctx.invoked_subcommand is not None:
        if (given := _given(ctx)) is not None:
            raise UsageError(f"{given} belongs to the list of calls; say it after `calls show`, if that takes it")
        return ExitCode.DONE
    from reconcile import activities
    from reconcile.reports.calls import calls_json, calls_table

    with accounts_for(settings, Activity.CALLS, account) as (project, accounts):
        wanted = activities.Wanted(
            sites=sites,
            statuses=statuses,
            since=since,
            until=until,
            client=activities.visitor(client) if client is not None else "",
            manager=manager or "",
        )
        period, calls = activities.list_calls(project, accounts, wanted, now())
    if format_ == "json":
        click.echo(calls_json(calls, period), nl=False)
    else:
        show_table(calls_table(calls, accounts=len(accounts) > 1), settings, f"No calls {period}.")
    return ExitCode.DONE


def _given(ctx: click.Context) -> str | None:
    """The first option of the list that stands on the command line."""
    own = ("sites", "statuses", "since", "until", "client", "manager", "account", "format_")
    said = (p for p in ctx.command.params if p.name in own)
    line = click.core.ParameterSource.COMMANDLINE
    return next((p.opts[0] for p in said if p.name and ctx.get_parameter_source(p.name) is line), None)


@command.command("show", cls=Command)
@click.argument("call_id", metavar="ID")
@click.option(
    "--client", metavar="CLIENT", shell_complete=completed("clients"), help="The studio's client whose call it is."
)
@account_option
@format_option("text", "json")
@click.pass_obj
def show(settings: Settings, call_id: str, client: str | None, account: str | None, format_: str) -> int:
    """Show a call with everything that the service tells of it.

    \b
    Example:
      reconcile calls show 1234 --client owner@acme.ru
    """
    from reconcile import activities
    from reconcile.reports.calls import Listed, call_json, call_text

    with accounts_for(settings, Activity.CALL_DETAILS, account) as (project, accounts):
        owner = None
        if client is not None:
            name, found = activities.find_client(project, accounts, client)
            owner = found.id
        else:
            name, _ = activities.only(accounts, f"call {call_id}")
        call = accounts[name].activities.call_details(call_id, owner)
        site = activities.Directory(project, accounts).name(name, call.site) if call.site else ""
    listed = Listed(name, site, call)
    click.echo(call_json(listed) if format_ == "json" else call_text(listed), nl=False)
    return ExitCode.DONE
