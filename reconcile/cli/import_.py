"""`reconcile import`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconcile.cli.common import Command, Settings, completed, connected, format_option, parallelism_option
from reconcile.errors import UsageError

if TYPE_CHECKING:
    from reconcile.workflow import Project


@click.command(cls=Command)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME",
    shell_complete=completed("accounts"),
    help="Only this account of the project. May be repeated; all of them where left out.",
)
@click.option(
    "--provider",
    type=click.Choice(["pozvonim", "chaser"]),
    help="Begin a project in an empty folder, with the account's credentials as they are in the environment.",
)
@click.option("--base-url", metavar="URL", help="With --provider: where the service is, if not at its public address.")
@click.option(
    "--defaults",
    type=click.Choice(["drop", "keep"]),
    default="drop",
    show_default=True,
    help="What becomes of values that are the documented default: left out, or written.",
)
@click.option(
    "--layout",
    type=click.Choice(["auto", "kinds", "clients"]),
    default="auto",
    show_default=True,
    help="A file for each kind of thing, or for each client; auto: the second for more than 100 sites.",
)
@click.option(
    "--no-tables", is_flag=True, help="Write every site in YAML, also those that are alike but for a few values."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Add to the files in this folder of the project, where they have the section; comments and layout stay.",
)
@parallelism_option
@format_option("text", "json")
@click.pass_obj
def command(
    settings: Settings,
    accounts: tuple[str, ...],
    provider: str | None,
    base_url: str | None,
    defaults: str,
    layout: str,
    no_tables: bool,
    into: Path | None,
    parallelism: int,
    format_: str,
) -> int:
    """Write what is live, and in no file yet, into the project's folder, with what sites share written once.

    \b
    The folder declares the accounts, or is empty and --provider says of which service one is.
    No file is overwritten. Afterwards `reconcile plan` has nothing to change.
    Examples:
      reconcile import
      reconcile -C clients import --provider pozvonim
      reconcile import --account studio --defaults keep
      reconcile import --into .
      reconcile -C clients import --layout clients --format json
    """
    from reconcile import workflow
    from reconcile.beginning import begin, new_account, require_begun
    from reconcile.importing.layout import Layout
    from reconcile.importing.values import Defaults
    from reconcile.importing.whole import write
    from reconcile.reports.importing import import_json, import_text

    begun: dict[str, Any] = {}
    if provider is not None and into is not None:
        raise UsageError("--provider begins a project, and --into adds to one that is there: say one of them")
    if provider is not None:
        if len(accounts) > 1:
            raise UsageError("--provider begins a project with one account; name it with one --account")
        begun = new_account(provider, next(iter(accounts), None), base_url)
        project = begin(settings.root, begun, os.environ)
    elif base_url is not None:
        raise UsageError("--base-url goes with --provider; an account that is declared has its own `base_url:`")
    else:
        require_begun(settings.root)
        project = workflow.validate(settings.root, os.environ)
    names = _chosen(accounts, project)
    with connected(project, parallelism) as providers:
        found = workflow.imported(project, providers, names, Defaults(defaults), tables=not no_tables)
    profiles = {name: profile for name, profile in found.profiles.items() if name not in begun}
    if into is None:
        declared = {
            name: raw | ({"profile": found.profiles[name]} if name in found.profiles else {})
            for name, raw in begun.items()
        }
        report = write(settings.root, found, Layout(layout), declared)
    else:
        from reconcile.editing.into import write_into

        folder = settings.path(into)
        report = write_into(
            settings.root, folder, found, Layout(layout), lambda: workflow.validate(settings.root, os.environ)
        )
    shown = import_json if format_ == "json" else import_text
    click.echo(shown(report, profiles), nl=False)
    return 0


def _chosen(accounts: tuple[str, ...], project: Project) -> list[str]:
    """The accounts that were named, or all. Raises `UsageError`."""
    from reconcile.model.normalize import did_you_mean

    known = project.desired.accounts
    for name in accounts:
        if name not in known:
            raise UsageError(f'no account is named "{name}"{did_you_mean(name, known)}')
    if not known:
        raise UsageError("no file declares an account, so there is nothing to import from; `reconcile init` writes one")
    return list(dict.fromkeys(accounts)) or list(known)
