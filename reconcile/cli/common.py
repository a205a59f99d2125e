"""What commands share: the global options, output, questions and progress."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from inspect import cleandoc
from itertools import takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

import click

from reconcile.errors import ReconcileError, UsageError
from reconcile.escaping import clean

if TYPE_CHECKING:
    from reconcile.ahead import Ahead
    from reconcile.applying.report import Result
    from reconcile.applying.sending import Advance
    from reconcile.planning.plan import Plan
    from reconcile.planning.select import Selection
    from reconcile.providers.base import Provider
    from reconcile.reports.files import Target
    from reconcile.workflow import Project

T = TypeVar("T")


class Settings:
    """The global options, and those of showing: `format` is that of the command, so that errors come in it, too.

    `targets` are the files of `--write` that are not written yet; an error is written to those. `printed`: standard
    output has its document, and no error may follow as another.
    """

    def __init__(self) -> None:
        self.root = Path()
        self.no_color = False
        self.progress = "auto"
        self.format = "text"
        self.full = False
        self.targets: list[Target] = []
        self.printed = False

    def write_to(self, writes: Sequence[str], formats: Collection[str]) -> None:
        """Remembers the files that `--write` names. Raises `UsageError`."""
        if writes:
            from reconcile.reports.files import targets

            self.targets = targets(writes, formats)

    def keep_apart(self, path: Path, said: str) -> None:
        """Raises `UsageError` where `--write` names a file that another option or argument does."""
        if self.targets:
            from reconcile.reports.files import is_same

            if any(is_same(self.path(target.path), self.path(path)) for target in self.targets):
                self.targets = []  # nobody knows which of them is meant, so neither is written
                raise UsageError(f"{said} and --write both name {path}; give them files of their own")

    def spare(self, sources: Collection[str], out: Path | None = None) -> None:
        """Raises `UsageError` where a file of `--write`, or `out`, is one of its `sources`; those are left alone."""
        named = [target.path for target in self.targets] + ([] if out is None else [out])
        if not named:
            return
        from reconcile.reports.files import real

        wrong = [path for path in named if real(self.path(path)) in sources]
        self.targets = [target for target in self.targets if target.path not in wrong]
        if wrong:
            raise UsageError(f"{wrong[0]} is a file that the project reads; write to another one")

    def written(self, render: Callable[[str], str]) -> None:
        """Writes them, each in its format, all that can be written. Raises `ReconcileError` with those that can't."""
        failed: list[str] = []
        while self.targets:
            from reconcile.reports.files import write_text

            text = render(self.targets[0].format)
            path = self.path(self.targets.pop(0).path)
            try:
                write_text(path, text)
            except ReconcileError as error:
                failed.append(str(error))
            except OSError as error:
                failed.append(f"{path}: {error.strerror or error}")
        if failed:
            raise ReconcileError("\n".join(failed))

    def path(self, path: Path) -> Path:
        """A path of the command line: like the project, it starts at the folder of -C."""
        return self.root / path

    def colour(self, stream: IO[str]) -> bool:
        """Whether a stream gets colour: terminals do, unless NO_COLOR or --no-color says otherwise."""
        return not self.no_color and not os.environ.get("NO_COLOR") and stream.isatty()


def completed(what: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """What a parameter completes to in a shell: one of `completing.KNOWN`, which is imported when it is asked for."""

    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> Any:
        from reconcile.cli.completing import completions

        return completions(what, ctx, param, begun)

    return complete


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """An option's callback that keeps its value in the settings, whether it stands before or after the command."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is not None and value is not False and (not param.multiple or value):
            setattr(ctx.ensure_object(Settings), name, value)
        return value

    return keep


def _verbosity(ctx: click.Context, param: click.Parameter, value: int) -> None:
    if value:
        from reconcile.cli.logs import log_to

        log_to(sys.stderr, verbose=value > 1)


def GLOBAL_OPTIONS() -> list[click.Parameter]:  # noqa: N802 - a table that click wants made anew for every command
    """The options that every command takes."""
    return [
        click.Option(
            ["-C", "--chdir", "root"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            is_eager=True,
            expose_value=False,
            callback=_remember("root"),
            shell_complete=completed("folders"),
            help="The project's folder, at which other paths start, too; the current one where left out.",
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            expose_value=False,
            callback=_verbosity,
            help="Say more on standard error; twice for every request.",
        ),
        click.Option(
            ["--no-color"],
            is_flag=True,
            expose_value=False,
            callback=_remember("no_color"),
            help="No colour; NO_COLOR too.",
        ),
        click.Option(
            ["--progress"],
            type=click.Choice(["auto", "never"]),
            expose_value=False,
            callback=_remember("progress"),
            help="A progress bar on a terminal, or never.",
        ),
    ]


class Command(click.Command):
    """A command that takes the global options as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += GLOBAL_OPTIONS()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; where an argument is too many, and a selection is what may be meant, that is said."""
        try:
            refuse_terraform(self, ctx, takewhile(lambda arg: arg != "--", args))
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "unexpected extra argument" in error.message and any(param.name == "select" for param in self.params):
                raise click.UsageError(f"{error.message}; did you mean --select?", ctx) from None
            raise


#: Terraform's options that have another name here.
_TERRAFORM: Final = {"target": "--select", "auto-approve": "--yes", "json": "--format json", "chdir": "-C"}


def refuse_terraform(command: click.Command, ctx: click.Context, args: Iterable[str]) -> None:
    """Raises for an option in Terraform's spelling that the command has under a name of its own.

    Terraform has long options with one hyphen, too, which would be read as a short one and its value.
    """
    known = {name for param in command.get_params(ctx) for name in param.opts}
    for arg in args:
        name, equals, value = arg.partition("=")
        word = name.lstrip("-")
        own = _TERRAFORM.get(word, f"--{word}" if name == f"-{word}" and len(word) > 1 else "")
        if name.startswith("-") and own.partition(" ")[0] in known and name not in known:
            raise click.UsageError(f"no such option {name}; did you mean {f'{own} {value}' if equals else own}?", ctx)


def format_option(*formats: str) -> Callable[[Any], Any]:
    """`--format`, remembered for errors, before any other option can be wrong."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=None,
        is_eager=True,
        callback=lambda ctx, param, value: _remember("format")(ctx, param, value) or "text",
        help="The form of the output.  [default: text]",
    )


def write_option(formats: Collection[str], example: str, complete: str = "targets") -> Callable[[Any], Any]:
    """`--write`, for `Settings.write_to`, before any other option can be wrong."""
    return click.option(
        "--write",
        "writes",
        multiple=True,
        metavar="FORMAT=FILE",
        is_eager=True,
        expose_value=False,
        callback=lambda ctx, param, value: ctx.ensure_object(Settings).write_to(value, formats),
        shell_complete=completed(complete),
        help=f"Also write it to a file, such as {example}. FORMAT is one of {', '.join(formats)}. May be repeated.",
    )


full_option = click.option(
    "--full",
    is_flag=True,
    expose_value=False,
    callback=_remember("full"),
    help="Every site by name and with its own values, also where thousands change alike.",
)
_SELECTING: Final = (
    click.option(
        "--select",
        "select",
        multiple=True,
        metavar="EXPR",
        shell_complete=completed("selections"),
        help="Only these: 'tier=gold', '*.ru', 'client=acme and not group=dealers'; see above. "
        "May be repeated, which adds up.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="EXPR",
        shell_complete=completed("selections"),
        help="Not these. May be repeated.",
    ),
    click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error."),
)
#: The end of the help of commands that take a selection.
LANGUAGE: Final = """
\b
What EXPR can say:
  acme.ru  '*.spb.ru'          an address, a glob of addresses, in Cyrillic or not
  tier=gold                    the label tier has the value gold, or one that a glob such as g* means
  label=gold                   any label has that value, or is named so and true
  address  account  client  group  kind            = exactly, ~ with a glob: address~*.ru
  widget  schedule  manager  blacklist             who uses that shared one, also through another
  changed                      what the plan would change
  and  or  not  (  )  !=  !~   not binds closest, then and; 'city="Nizhny Novgorod"' for what has spaces
"""
parallelism_option = click.option(
    "--parallelism", type=click.IntRange(1, 256), default=8, show_default=True, metavar="N", help="Connections at once."
)
yes_option = click.option("--yes", is_flag=True, help="Don't ask.")
allow_lockout_option = click.option(
    "--allow-lockout", is_flag=True, help="Allow to turn the account's API off, which locks this program out."
)
_allow_deletes_option = click.option(
    "--allow-deletes", type=click.IntRange(min=0), metavar="N", help="Allow N deletes, whatever `safety` says."
)
_lock_timeout_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another run on the account.",
)


def applying_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options of every command that carries out a plan."""
    for option in (
        _lock_timeout_option,
        full_option,
        _allow_deletes_option,
        parallelism_option,
        select_option,
        yes_option,
    ):
        command = option(command)
    return command


def select_option(command: Callable[..., T]) -> Callable[..., T]:
    """`--select`, `--exclude` and `--allow-empty`: the command gets a `Selection`, and tells of the language."""

    @functools.wraps(command)
    def with_selection(
        *args: Any, select: tuple[str, ...], exclude: tuple[str, ...], allow_empty: bool, **options: Any
    ) -> T:
        from reconcile.planning.select import selection

        return command(*args, select=selection(select, exclude, allow_empty=allow_empty), **options)

    with_selection.__doc__ = cleandoc(command.__doc__ or "") + "\n" + LANGUAGE
    made: Callable[..., T] = with_selection
    for option in reversed(_SELECTING):
        made = option(made)
    return made


def show_plan(plan: Plan, settings: Settings, refused: Sequence[str] = ()) -> None:
    """Prints a plan in the format that was asked for. `refused` is why `apply` would not carry it out."""
    if settings.format == "text":
        from reconcile.reports.text import plan_text

        click.echo(plan_text(plan, colour=settings.colour(sys.stdout), full=settings.full), nl=False, color=True)
    else:
        from reconcile.reports.formats import plan_as

        text = plan_as(settings.format, plan, full=settings.full, refused=refused)
        settings.printed = True
        click.echo(text, nl=False)


def write_plan(plan: Plan, settings: Settings, refused: Sequence[str] = ()) -> None:
    """Writes a plan to the files of `--write`. Raises `ReconcileError`."""
    from reconcile.reports.formats import plan_as

    settings.written(lambda form: plan_as(form, plan, full=settings.full, refused=refused))


@contextmanager
def reading(
    settings: Settings, select: Selection, parallelism: int, out: Path | None = None
) -> Iterator[tuple[Project, dict[str, Provider]]]:
    """The project and its providers, for a command that changes nothing: it begins to read before all is checked.

    Not where something is selected: what is wrong with that is said before the service is asked. Raises `UsageError`
    where what it would write, to `out` too, is a file of the project.
    """
    from reconcile import workflow
    from reconcile.ahead import reading_ahead

    with reading_ahead(parallelism) as ahead:
        project = workflow.validate(settings.root, os.environ, None if select else ahead)
        settings.spare(project.sources, out)
        with connected(project, parallelism, ahead) as providers:
            yield project, providers


@contextmanager
def connected(project: Project, parallelism: int, ahead: Ahead | None = None) -> Iterator[dict[str, Provider]]:
    """As `workflow.connected`; says which accounts are at the emulator though the live service may be meant."""
    from reconcile import workflow

    for said in _at_emulator(project):
        click.echo(clean(f"note: {said}"), err=True)
    with workflow.connected(project, parallelism, ahead) as providers:
        yield providers


def _at_emulator(project: Project) -> Iterator[str]:
    """What to say of accounts at the emulator: where a file says so plainly, it is told only to who asks for more."""
    for name, account in sorted(project.desired.accounts.items()):
        if account.base_url != "emulator":
            continue
        said = f"account {name} is at the emulator, not at the live service"
        if account.base_url_from:
            yield f"{said}: its `base_url` is {account.base_url_from}, which gives that here"
        else:
            logging.getLogger(__name__).info(said)


def confirm(question: str, yes: bool) -> bool:
    """Whether a person types `yes`; `--yes` says it beforehand. Raises `UsageError` where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to ask: standard input is no terminal; say --yes to go on without a question")
    answer: str = click.prompt(f"{question} Only `yes` goes on", err=True, default="", show_default=False)
    return answer.strip().lower() == "yes"


@contextmanager
def progress(length: int, label: str, settings: Settings) -> Iterator[Advance]:
    """A progress bar on standard error, where that is a terminal."""
    if not length or settings.progress == "never" or not sys.stderr.isatty():
        yield lambda result: None
        return
    from reconcile.applying.report import Outcome

    with click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True) as bar:

        def advance(result: Result) -> None:
            if result.outcome is not Outcome.NOT_ATTEMPTED:  # a bar that runs to its end would look like all of it
                with suppress(OSError):  # a terminal that was closed ends no run in the middle of a change
                    bar.update(1)

        yield advance
