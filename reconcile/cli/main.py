"""The entry point: finds the command, and turns every error into one message and an exit code."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import keyword
import os
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from reconcile import __version__
from reconcile.cli import signals
from reconcile.cli.common import GLOBAL_OPTIONS, Settings, refuse_terraform
from reconcile.errors import interruptions

#: What each command does, for `--help`, which imports none of them. Order is that of a day's work.
COMMANDS: Final = {
    "init": "Write a starter project.",
    "validate": "Check everything that can be checked without the network.",
    "fmt": "Bring the files into their canonical order and layout.",
    "move": "Change a site's address, or a name, in the files.",
    "plan": "Show what would change in the live account.",
    "apply": "Make the live account as it is declared.",
    "import": "Write the live account as a project.",
    "drift": "Report what differs, for schedulers; exit 2 if anything does.",
    "list": "List what is declared, or what a selection holds.",
    "why": "Show which layer and line each value of a site comes from.",
    "show": "Show a saved plan.",
    "destroy": "Delete what is declared.",
    "history": "List what was applied, or show one run.",
    "rollback": "Undo what a run did.",
    "unlock": "Show who holds which account, or break a hold.",
    "doctor": "Check credentials, clock and how each account is read.",
    "call": "Call a visitor for a site.",
    "calls": "List calls, or show one.",
    "statistics": "Count calls by site and day.",
    "widget": "Show the code that puts a site's widget on its pages.",
    "clients": "List a studio's clients, or show one.",
    "transfer": "Move money to a client.",
    "time": "Show what the service's clock says.",
    "emulator": "Run the services locally.",
    "schema": "Print the JSON Schema of the files.",
    "completion": "Print what makes bash, zsh or fish complete this program.",
}
#: Set by the functions of `reconcile completion`, to the shell that asks: then arguments are what has been typed.
COMPLETE: Final = "_RECONCILE_COMPLETE"


class Commands(click.Group):
    """A group whose commands are modules of this package, imported when they are called."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        refuse_terraform(self, ctx, takewhile(lambda arg: arg.startswith("-"), args))
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = f"{name}_" if keyword.iskeyword(name) else name
        command: click.Command = importlib.import_module(f"reconcile.cli.{module}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The commands by their table, which imports none of them, and the options."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=said) for name, said in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from reconcile.model.normalize import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f'no such command "{args[0]}"{hint}', ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    params=[*GLOBAL_OPTIONS()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 2 changes pending, 3 refused by safety or a policy, "
    "4 saved plan is stale, "
    "5 applied in part, or a call or payment whose outcome is unknown, 64 wrong usage, 130 interrupted.",
)
@click.version_option(__version__, message="reconcile %(version)s")
def cli() -> None:
    """Callback-widget accounts as code.

    \b
    Describe clients, sites, managers, widgets and schedules in YAML, then:
      reconcile plan     see exactly what would change
      reconcile apply    do that, and nothing else
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Runs the program and exits."""
    _open_what_is_closed()
    write_every_letter()
    signals.interrupt_by_all()
    code = run(sys.argv[1:] if args is None else args)
    _leave_nothing_unwritten()
    # At once: to take thousands of objects apart costs as much as half of the imports; and after an interrupt, threads
    # may still wait for answers that nobody wants any more, for which the interpreter would wait.
    os._exit(code)


def _open_what_is_closed() -> None:
    """Standard streams that the program was started without (`<&-`, some schedulers) lead nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the program


def write_every_letter() -> None:
    """A letter that a stream's encoding lacks is written as its number (`PYTHONIOENCODING=latin-1`, an old locale)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave_nothing_unwritten() -> None:
    """What can't be written was said already; the interpreter would try again, and end with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # full, or whoever read it has gone
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(args: list[str]) -> int:
    """Runs one command line and gives its exit code."""
    # What a command reads lives until it has ended: to look for garbage in it costs a third of a large plan's time.
    # Those that go on for long switch it on again.
    gc.disable()
    settings = Settings()
    shell = os.environ.get(COMPLETE)
    if shell:
        from reconcile.cli.shells import complete

        return complete(cli, settings, shell, args)
    try:
        with interruptions():
            result: Any = cli.main(args, prog_name="reconcile", standalone_mode=False, obj=settings)
        return int(result or 0)
    except click.exceptions.Exit as error:
        return error.exit_code
    except BaseException as error:  # noqa: BLE001 - the boundary: what it doesn't know, it raises again
        from reconcile.cli.boundary import ended_by

        return ended_by(error, settings)
