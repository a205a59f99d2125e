"""The reference of every command, `docs/cli.md`, rendered from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

import click

from reconcile.cli.common import GLOBAL_OPTIONS, Settings
from reconcile.cli.main import cli

INTRODUCTION: Final = """\
# Every command

Rendered from the commands, and compared with them by the tests; `reconcile COMMAND --help` says the same. What ends a
command, and with which exit code, is in [errors.md](errors.md).
"""
#: Paragraphs that the help of many commands repeats, by their first line, and what stands for them here.
_ELSEWHERE: Final = {
    "What EXPR can say:": "What EXPR can say is in [selection.md](selection.md#what-an-expression-can-say)."
}
#: click's mark of a paragraph that keeps its lines.
_AS_IT_IS: Final = "\b\n"


def cli_markdown() -> str:
    """The page: what all commands take, then each with its arguments, options and examples."""
    root = click.Context(cli, info_name="reconcile", obj=Settings(), **cli.context_settings)
    options = cli.get_params(root)
    parts = [INTRODUCTION, "## What all commands take\n\n" + "\n".join(_table(root, options)) + "\n"]
    parts += ["\n".join(_section(ctx)) + "\n" for ctx in _contexts(root)]
    return "\n".join(parts)


def _contexts(parent: click.Context) -> Iterator[click.Context]:
    """Every command below one, those of groups right after their group."""
    group = parent.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is not None and not command.hidden:
            ctx = click.Context(command, info_name=name, parent=parent, obj=parent.obj)
            yield ctx
            yield from _contexts(ctx)


def _section(ctx: click.Context) -> Iterator[str]:
    """A command: what it does, how it is called, what it takes."""
    usage = " ".join(ctx.command.collect_usage_pieces(ctx))
    yield f"## {ctx.command_path.removeprefix('reconcile ')}"
    yield ""
    yield "```text"
    yield f"{ctx.command_path} {usage}"
    yield "```"
    yield from _paragraphs(ctx.command.help)
    everywhere = {param.name for param in GLOBAL_OPTIONS()}
    own = [param for param in ctx.command.params if param.name not in everywhere]
    if table := _table(ctx, own):
        yield ""
        yield from table
    yield from _paragraphs(ctx.command.epilog)


def _paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n") if text else ():
        yield ""
        yield from _paragraph(paragraph)


def _paragraph(text: str) -> Iterator[str]:
    """A paragraph of a help text; lines that are kept become a block, below the line that announces them."""
    if not text.startswith(_AS_IT_IS):
        yield _plain(" ".join(text.split()))
        return
    first, *rest = text.removeprefix(_AS_IT_IS).splitlines()
    if first in _ELSEWHERE:
        yield _ELSEWHERE[first]
        return
    while rest and not first.endswith(":") and not rest[0].startswith(" "):
        yield f"{_plain(first)}\n"
        first, *rest = rest
    yield _plain(first)
    if rest:
        yield from ("", "```text", *inspect.cleandoc("\n".join(["", *rest])).splitlines(), "```")


def _table(ctx: click.Context, params: list[click.Parameter]) -> list[str]:
    """A row for each option that is shown; arguments are told of in the text."""
    options = [param for param in params if isinstance(param, click.Option)]
    records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
    if not records:
        return []
    rows = [f"| {_code(names)} | {_plain(' '.join(what.split()))} |" for names, what in records]
    return ["| option | does |", "|---|---|", *rows]


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _plain(text: str) -> str:
    """Text in which nothing is mark-up but the code between back-ticks."""
    parts = text.split("`")
    parts[::2] = [
        part.replace("*", "\\*").replace("<", "&lt;").replace("|", "\\|").replace("[", "\\[") for part in parts[::2]
    ]
    return "`".join(parts)
