"""What the commands share that ask a service for more than sites: accounts, times, phones, and how lists are shown."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import click

from reconcile.cli import signals
from reconcile.cli.common import Settings, completed, connected
from reconcile.errors import ExitCode, ReconcileError
from reconcile.model.capabilities import Activity

if TYPE_CHECKING:
    from reconcile.model.moments import Moment
    from reconcile.providers.base import Provider
    from reconcile.reports.tables import Table
    from reconcile.workflow import Project

WAITING: Final = "stopping: what has been sent is waited for, nothing more is sent"

account_option = click.option(
    "--account", metavar="NAME", shell_complete=completed("accounts"), help="Only this account of the project."
)
site_option = click.option(
    "--site",
    "sites",
    multiple=True,
    metavar="SITE",
    shell_complete=completed("sites"),
    help="Only this site, by its address. May be repeated.",
)


class MomentType(click.ParamType["Moment"]):
    """A point in time, read by a function of `model.moments`."""

    name = "time"

    def __init__(self, read: str) -> None:
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """The moment. Fails for a text that is none."""
        from reconcile.model import moments

        if isinstance(value, moments.Moment):
            return value
        read: Callable[[str], Moment] = {"past": moments.past, "future": moments.future}[self._read]
        try:
            return read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def phone(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A canonical phone, of what was written on the command line."""
    from reconcile.model.normalize import quoted, read_written_phone

    if value is None:
        return None
    try:
        number = read_written_phone(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None
    if re.fullmatch(r"\D*8\d{9}\D*", value):  # ten digits: one of eleven is missing, or the country is
        missing = f'ten digits, "{value}", may lack one; write {number} if that is meant'
        raise click.BadParameter(missing, ctx, param)
    if not number:
        raise click.BadParameter(f"expected a phone number such as +7 495 123-45-67, got {quoted(value)}", ctx, param)
    return number


def since_option(more: str = "") -> Callable[[Any], Any]:
    """`--since`, seven days where left out."""
    return click.option(
        "--since",
        type=MomentType("past"),
        default="7d",
        show_default=True,
        metavar="TIME",
        help=f"From then on: 12h or 7d ago, 2026-11-01, or with a time; in the account's time zone.{more}",
    )


def until_option(default: str) -> Callable[[Any], Any]:
    """`--until`; `default` says what is meant where it is left out."""
    return click.option(
        "--until",
        type=MomentType("past"),
        metavar="TIME",
        help=f"Up to then; a day is meant whole.  [default: {default}]",
    )


def now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@contextmanager
def accounts_for(
    settings: Settings, activity: Activity, account: str | None
) -> Iterator[tuple[Project, Mapping[str, Provider]]]:
    """The project, and the accounts of it that can do something; that of `--account` alone. Raises `UsageError`."""
    from reconcile import workflow
    from reconcile.activities import able

    project = workflow.validate(settings.root, os.environ)
    with connected(project, parallelism=8) as providers:
        yield project, able(project, providers, activity, account)


@contextmanager
def sent_once(provider: Provider, what: str, find_out: str) -> Iterator[Event]:
    """Around the one sending of a call or payment, whose answer the first Ctrl-C waits for.

    What has not been sent by then is not sent any more. The event says whether there was a signal: then the exit code
    is 130, whatever became of it. Raises as `activities.sent_once`.
    """
    from reconcile import activities
    from reconcile.providers.base import Stoppable

    stop = provider.stop if isinstance(provider, Stoppable) else lambda: None
    with signals.finishing(WAITING, stop) as stopping:
        try:
            with activities.sent_once(what, find_out):
                yield stopping
        except ReconcileError as error:
            if stopping.is_set():
                error.exit_code = ExitCode.INTERRUPTED
            raise


def show_table(table: Table, settings: Settings, nothing: str) -> None:
    """Prints a table in the format that was asked for, CSV or text; `nothing` is said of one without rows."""
    from reconcile.reports.tables import table_csv, table_text

    if settings.format == "csv":
        click.echo(table_csv(table), nl=False)
    elif not table.rows:
        click.echo(nothing)
    else:
        click.echo(table_text(table, colour=settings.colour(sys.stdout)), nl=False, color=True)
