"""`reconcile move`."""

from __future__ import annotations

import os
from functools import partial

import click

from reconcile.cli.common import Command, Settings, completed
from reconcile.escaping import clean, clean_lines


@click.command(cls=Command)
@click.argument("old", metavar="OLD", shell_complete=completed("movable"))
@click.argument("new", metavar="NEW")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change.")
@click.pass_obj
def command(settings: Settings, old: str, new: str, dry_run: bool) -> None:
    """Change a site's address in the files, and leave `previous_address`, so that the plan renames the live site.

    OLD and NEW are addresses of sites in any spelling, or names of shared objects and clients: those are renamed
    together with everything that refers to them. Comments and layout stay as they are.

    \b
    Examples:
      reconcile move acme.ru acme-group.ru
      reconcile move studio/site/окна.рф окна-мастер.рф --dry-run
      reconcile move widget/standard widget/base
    """
    from reconcile import workflow
    from reconcile.editing import files
    from reconcile.editing.move import moved
    from reconcile.editing.rename import renamed, shared
    from reconcile.history import was_renamed
    from reconcile.model.normalize import count

    project = workflow.validate(settings.root, os.environ)
    named = shared(old)
    if named is not None:
        result = renamed(settings.root, named, new)
    else:
        result = moved(settings.root, project.desired, old, new, partial(was_renamed, project))
    if not dry_run:
        files.write(result.changes)
        try:
            workflow.validate(settings.root, os.environ)
        except BaseException:  # what is wrong now is said, and that nothing was changed
            files.put_back(result.changes)
            raise
    for change in result.changes:
        click.echo(clean_lines(change.diff()), nl=False)
    for note in result.notes:
        click.echo(clean(f"note: {note}"), err=True)
    chdir = "" if str(settings.root) == "." else f" -C {settings.root}"
    where = count(len(result.changes), "file")
    if dry_run:
        click.echo(clean(f"{result.old} would be {result.new} in {where}."), err=True)
    else:
        click.echo(
            clean(f"{result.old} is now {result.new} in {where}. What that means: reconcile{chdir} plan"), err=True
        )
