"""`reconcile import`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconcile.cli.common import Command, Settings, format_option, parallelism_option

if TYPE_CHECKING:
    from reconcile.workflow import Project


@click.command(cls=Command)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME",
    help="Only this account of the project. May be repeated; all of them where left out.",
)
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
    defaults: str,
    layout: str,
    no_tables: bool,
    into: Path | None,
    parallelism: int,
    format_: str,
) -> int:
    """Write what is live, and in no file yet, into the project's folder, with what sites share written once.

    \b
    The folder declares the accounts, as after `reconcile init`; no file is overwritten.
    Afterwards `reconcile plan` has nothing to change.
    Examples:
      reconcile import
      reconcile import --account studio --defaults keep
      reconcile import --into .      what came to be live since, beside what is declared
      reconcile -C clients import --layout clients --format json
    """
    from reconcile import workflow
    from reconcile.importing.layout import Layout
    from reconcile.importing.values import Defaults
    from reconcile.importing.whole import write
    from reconcile.reports.importing import import_json, import_text

    project = workflow.validate(settings.root, os.environ)
    names = _chosen(accounts, project)
    with workflow.connected(project, parallelism) as providers:
        found = workflow.imported(project, providers, names, Defaults(defaults), tables=not no_tables)
    if into is None:
        report = write(settings.root, found, Layout(layout))
    else:
        from reconcile.editing.into import write_into

        folder = settings.path(into)
        report = write_into(
            settings.root, folder, found, Layout(layout), lambda: workflow.validate(settings.root, os.environ)
        )
    shown = import_json if format_ == "json" else import_text
    click.echo(shown(report, found.profiles), nl=False)
    return 0


def _chosen(accounts: tuple[str, ...], project: Project) -> list[str]:
    """The accounts that were named, or all. Raises `UsageError`."""
    from reconcile.errors import UsageError
    from reconcile.model.normalize import did_you_mean

    known = project.desired.accounts
    for name in accounts:
        if name not in known:
            raise UsageError(f'no account is named "{name}"{did_you_mean(name, known)}')
    if not known:
        raise UsageError("no file declares an account, so there is nothing to import from; `reconcile init` writes one")
    return list(dict.fromkeys(accounts)) or list(known)
