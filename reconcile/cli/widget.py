"""`reconcile widget`."""

from __future__ import annotations

import click

from reconcile.cli.asking import account_option, accounts_for
from reconcile.cli.common import Command, Settings, completed, format_option
from reconcile.errors import ExitCode, UsageError
from reconcile.model.capabilities import Activity


@click.command(cls=Command)
@click.argument("site", metavar="SITE", shell_complete=completed("sites"))
@click.option("--snippet", is_flag=True, help="Only the code that the site's pages need, ready to be pasted.")
@click.option("--json", "settings_only", is_flag=True, help="Only the settings, to be served from the site's own host.")
@account_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings, site: str, snippet: bool, settings_only: bool, account: str | None, format_: str
) -> int:
    """Show the code that puts a site's widget on its pages, and the settings that initialise it.

    \b
    Examples:
      reconcile widget acme.ru
      reconcile widget acme.ru --snippet >> footer.html
      reconcile widget acme.ru --json > widget.json
    """
    from reconcile import activities
    from reconcile.escaping import clean
    from reconcile.planning.planfile import FORMAT_VERSION
    from reconcile.reports.json import text
    from reconcile.reports.tables import flat, pairs_text

    if snippet + settings_only + (format_ == "json") > 1:
        raise UsageError("--snippet, --json and --format json are different outputs; say one of them")
    with accounts_for(settings, Activity.WIDGET, account) as (project, accounts):
        found = activities.Directory(project, accounts).find(site)
        widget = accounts[found.account].activities.widget(found.live)
    code = "\n".join(clean(line) for line in widget.snippet.splitlines())
    if snippet:
        click.echo(code)
    elif settings_only:
        click.echo(text(dict(widget.settings)), nl=False)
    elif format_ == "json":
        data = {
            "format_version": FORMAT_VERSION,
            "account": found.account,
            "site": found.live.address.name,
            "id": widget.id,
            "snippet": widget.snippet,
            "settings": dict(widget.settings),
        }
        click.echo(text(data), nl=False)
    else:
        told = [(f"  {name}", value) for name, value in flat(dict(widget.settings))]
        click.echo(
            f"Widget {widget.id} of {found.live.address.shown}\n\n{code}\n\nsettings:\n{pairs_text(told)}", nl=False
        )
    return ExitCode.DONE
