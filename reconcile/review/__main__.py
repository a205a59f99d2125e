"""`python -P -m reconcile.review`; -P, since the current folder is that of a project, whose files are no programs."""

from __future__ import annotations

import os
import sys

import click

from reconcile.cli.boundary import ended_by
from reconcile.cli.common import Settings
from reconcile.cli.main import write_every_letter
from reconcile.review.commands import cli
from reconcile.review.running import as_text


def main(args: list[str]) -> int:
    """Runs one command, and gives its exit code."""
    write_every_letter()
    try:
        return int(cli.main(args, prog_name="python -P -m reconcile.review", standalone_mode=False) or 0)
    except click.exceptions.Exit as error:
        return error.exit_code
    except BaseException as error:  # noqa: BLE001 - the boundary: what it doesn't know, it raises again
        with as_text(os.environ):
            return ended_by(error, Settings())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
