"""`reconcile init`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import click

from reconcile.cli.common import Command, Settings
from reconcile.errors import ReconcileError
from reconcile.model.editors import SCHEMA_FILE, schema_text

#: The one file that may be there already, as a new repository often has one; `.reconcile/` keeps itself out of Git.
GITIGNORE: Final = ".gitignore"
#: The files of a starter project, by the names of their templates in `starter/`.
FILES: Final = {
    "reconcile.yaml": "reconcile.yaml",
    "shared.yaml": "shared.yaml",
    "sites.yaml": "sites.yaml",
    "gitignore": GITIGNORE,
}


@click.command(cls=Command)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def command(settings: Settings, folder: Path | None) -> None:
    """Write a starter project into DIR, with comments that explain it. It is valid as it is; no file is overwritten.

    Its files name reconcile.schema.json in their first lines: editors complete and check by it. Keep it beside them.

    \b
    Examples:
      reconcile init clients
      reconcile -C clients init
    """
    root = settings.root / (folder or "")
    _refuse_to_overwrite(root)
    root.mkdir(parents=True, exist_ok=True)
    templates = resources.files("reconcile.cli") / "starter"
    for template, name in FILES.items():
        if name == GITIGNORE and _is_there(root / name):
            click.echo(f"kept {root / name}; saved plans (plan.json, *.plan.json) belong in it, too")
            continue
        with (root / name).open("xb") as file:
            file.write((templates / template).read_bytes())
        click.echo(f"wrote {root / name}")
    with (root / SCHEMA_FILE).open("x", encoding="utf-8", newline="\n") as written:
        written.write(schema_text())
    click.echo(f"wrote {root / SCHEMA_FILE}")
    chdir = "" if root == Path() else f" -C {_quoted(root)}"
    click.echo(
        f"\nNext:\n  reconcile{chdir} validate\n  reconcile{chdir} plan\n  reconcile{chdir} apply\n"
        "It uses the emulator until `base_url` in reconcile.yaml says otherwise."
    )


def _refuse_to_overwrite(root: Path) -> None:
    """Raises `ReconcileError` where a file of the project is there already."""
    names = (*FILES.values(), SCHEMA_FILE)
    taken = [str(root / name) for name in names if name != GITIGNORE and _is_there(root / name)]
    if taken:
        verb = "is there already" if len(taken) == 1 else "are there already"
        raise ReconcileError(f"{', '.join(taken)} {verb}; nothing was written: `init` overwrites no file")


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _quoted(path: Path) -> str:
    """A path as it can be pasted into a shell."""
    import shlex

    return shlex.quote(str(path))
