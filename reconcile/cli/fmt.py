"""`reconcile fmt`."""

from __future__ import annotations

from pathlib import Path

import click

from reconcile.cli.common import Command, Settings, completed
from reconcile.errors import ExitCode
from reconcile.escaping import clean, clean_lines


@click.command(cls=Command)
@click.argument(
    "paths",
    metavar="[FILE]...",
    nargs=-1,
    type=click.Path(path_type=Path),
    shell_complete=completed("sources"),
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit 2 where a file is not as it would be, 1 where that can't be told.",
)
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_obj
def command(settings: Settings, paths: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Bring the project's files into their canonical order and layout. Comments are kept, and so is what is meant.

    FILE is a file or folder of the project; all of its files where left out.

    \b
    Examples:
      reconcile fmt
      reconcile fmt sites/moscow.yaml --diff
      reconcile fmt --check      in CI: exit 2 where somebody forgot to
    """
    from reconcile.editing.files import write
    from reconcile.editing.formatting import formatted
    from reconcile.model.normalize import count

    found = formatted(settings.root, [settings.path(path) for path in paths])
    for problem in found.left:
        click.echo(clean(f"{'error' if check else 'warning'}: {problem}"), err=True)
    dry = check or diff
    if not dry:
        write(found.changes)
    for change in found.changes:
        if diff:
            click.echo(clean_lines(change.diff()), nl=False)
        else:
            click.echo(clean(f"{'would format' if dry else 'formatted'} {change.source.file}"))
    for problem in found.left if check and not diff else ():
        click.echo(clean(f"can't format {problem.file}"))
    changed, left = len(found.changes), len(found.left)
    if not diff:
        rest = f"{found.files - changed - left} unchanged"
        if left:
            rest += f", {left} left as {'it is' if left == 1 else 'they are'}"
        click.echo(f"{count(changed, 'file')} {'to format' if dry else 'formatted'}, {rest}.")
    if check and left:
        return ExitCode.ERROR
    return ExitCode.CHANGES if check and changed else ExitCode.DONE
