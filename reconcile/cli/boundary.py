"""The one place where errors end: a message for people, or JSON where that was asked for, and the exit code."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

import click

from reconcile.cli.common import Settings
from reconcile.cli.signals import INTERRUPTED
from reconcile.errors import ConfigError, ExitCode, ReconcileError, UsageError
from reconcile.escaping import clean, clean_lines, where_it_broke


def ended_by(error: BaseException, settings: Settings) -> int:
    """Says what ended the program, and gives the exit code.

    Of an error that nobody foresaw it says where it happened, and never its text: that may hold a secret.
    """
    match error:
        case click.UsageError():
            _in_formats(UsageError(error.format_message()), settings)
            error.show(sys.stderr)
            return ExitCode.USAGE
        case click.Abort() | KeyboardInterrupt():
            click.echo(INTERRUPTED, err=True)
            return ExitCode.INTERRUPTED
        case click.ClickException():
            error.show(sys.stderr)
            return ExitCode.ERROR
        case ReconcileError():
            return _foreseen(error, settings)
        case BrokenPipeError():
            sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
            return ExitCode.ERROR
        case OSError(errno=errno.EIO, filename=None):
            return ExitCode.INTERRUPTED  # so does a terminal say that it was closed; its signal is on the way
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG, filename=None):
            return _foreseen(ReconcileError(f"what there is to say can't be written: {error.strerror}"), settings)
        case OSError() if error.filename is not None:
            return _foreseen(ReconcileError(f"{error.filename}: {error.strerror}"), settings)
        case SystemExit() | GeneratorExit():
            raise error
    return _unforeseen(error, settings)


def _unforeseen(error: BaseException, settings: Settings) -> int:
    click.echo(clean_lines(where_it_broke(error)), err=True, nl=False)
    what = f"this is a bug, here or in a provider ({type(error).__name__}); please report it with the lines above"
    return _foreseen(ReconcileError(what), settings)


def _foreseen(error: ReconcileError, settings: Settings) -> int:
    _in_formats(error, settings)
    if isinstance(error, ConfigError):
        click.echo("\n".join(clean(str(problem)) for problem in error.problems), err=True)
        wrong = len(error.problems)
        click.echo(f"{wrong} problem{'' if wrong == 1 else 's'} in the project; nothing was changed", err=True)
    else:
        mark = click.style("error:", fg="red", bold=True) if settings.colour(sys.stderr) else "error:"
        click.echo(f"{mark} {clean_lines(str(error))}", err=True)
    return int(error.exit_code)


def _in_formats(error: ReconcileError, settings: Settings) -> None:
    """Gives the error in the place of what was asked for, as far as that can be; the message for people is left."""
    if settings.format == "text" and not settings.targets:
        return
    from reconcile.cli.paths import paths_from
    from reconcile.reports.formats import error_as

    if isinstance(error, ConfigError):
        with suppress(UsageError):
            settings.spare(error.sources)
    with suppress(OSError, ReconcileError):  # such as a full disk, or a current folder that is gone
        if settings.format != "text" and not settings.printed:
            path_of = paths_from(settings.root, os.environ)
            click.echo(error_as(settings.format, error, path_of) or "", nl=False)
    with suppress(OSError, ReconcileError):
        path_of = paths_from(settings.root, os.environ)
        settings.written(lambda form: error_as(form, error, path_of) or "")
