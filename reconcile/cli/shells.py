"""What a shell asks when somebody presses Tab, and the answer as that shell takes it.

The functions that ask are in `functions/`: they give what has been typed as arguments. zsh and fish put quotes on by
themselves. bash does not: it gives the line, and replaces what stands behind the last of its word breaks (`=` and `:`
among them), or behind a quote that is open, by what we print.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem, ShellComplete
from msgspec import Struct

from reconcile.cli.common import Settings
from reconcile.cli.completing import paths

if TYPE_CHECKING:
    Items = list[CompletionItem[str]]

#: The shells, and the files of their functions.
SCRIPTS: Final = {"bash": "reconcile.bash", "zsh": "_reconcile", "fish": "reconcile.fish"}
#: What a candidate may not hold: it would end the line that it is printed on, or be obeyed by a terminal.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: How often an unfinished candidate that is the only one is completed further.
_FURTHER: Final = 5


def complete(cli: click.Command, settings: Settings, shell: str, args: Sequence[str]) -> int:
    """Prints what can stand next. Never says what is wrong with a project: that would be in the midst of the line."""
    try:
        lines = _ANSWERS[shell](_Program(cli, settings), args)
        click.echo("".join(f"{line}\n" for line in lines).encode(), nl=False)
    except BaseException:  # noqa: BLE001 - whatever it is, the person is typing, and has not asked for a message
        return 1
    return 0


class _Program(Struct, frozen=True):
    """The program as completion sees it: words in, candidates out."""

    cli: click.Command
    settings: Settings

    def items(self, words: Sequence[str], begun: str) -> Items:
        """The candidates for the word that has begun; `words` stand between the program's name and it.

        What begins as `--format=m` is completed as one word, of which click gives only what stands behind the `=`.
        """
        option, equals, _ = begun.partition("=")
        joined = f"{option}=" if equals and option.startswith("--") and "--" not in words else ""
        core = ShellComplete(self.cli, {"obj": self.settings}, "reconcile", "")
        made: Items = []
        for one in core.get_completions(list(words), begun):
            if one.type in ("file", "dir"):
                made += paths(self.settings.root, one.value, ends="" if one.type == "file" else None)
            else:
                made.append(one)
        for one in made:
            one.value = joined + one.value
        return [one for one in made if not _UNPRINTABLE.search(one.value)]


def _finished(one: CompletionItem[Any]) -> bool:
    return one.finished is not False


# --- zsh and fish -----------------------------------------------------------------------------------------------------


def _fish(program: _Program, args: Sequence[str]) -> list[str]:
    """As for zsh, but that fish leaves the quotes on the word that has begun."""
    *words, begun = args or [""]
    return _zsh(program, [*words, bash_words(begun)[-1].text])


def _zsh(program: _Program, args: Sequence[str]) -> list[str]:
    """For each candidate a line: `+` where it is finished and `-` where not, the candidate, a tab, and what it is."""
    *words, begun = args or [""]
    return [f"{'+' if _finished(one) else '-'}{one.value}\t{_about(one)}" for one in program.items(words, begun)]


def _about(one: CompletionItem[Any]) -> str:
    return _UNPRINTABLE.sub(" ", one.help or "")


# --- bash -------------------------------------------------------------------------------------------------------------


class Word(Struct, frozen=True):
    """A word of a line of bash: its text without quotes, where it stands, and the quote in it that is still open."""

    text: str
    raw: str
    quote: str = ""


def bash_words(line: str) -> list[Word]:
    """The words of a line up to the cursor; the last one, which may be empty, is the one that is being typed."""
    words: list[Word] = []
    text, start, quote, at = "", 0, "", 0
    while at < len(line):
        char = line[at]
        if quote == "" and char in " \t\n":
            words += [Word(text, line[start:at])] if at > start else []
            text, start = "", at + 1
        elif char == quote:
            quote = ""
        elif quote == "" and char in "'\"":
            quote = char
        elif char == "\\" and quote != "'" and (quote == "" or line[at + 1 : at + 2] in ('"', "$", "`", "\\")):
            at += 1
            text += line[at : at + 1]
        else:
            text += char
        at += 1
    return [*words, Word(text, line[start:], quote)]


def _bash(program: _Program, args: Sequence[str]) -> list[str]:
    """The line up to the cursor and bash's word breaks in; a line for each candidate as it is to be inserted.

    Before it stands `+` where a space may follow, and `-` where not. In quotes bash closes the quote behind the only
    candidate, so that one which is not finished is completed further at once.
    """
    line, breaks = args
    _, *words, last = bash_words(line)
    before = [word.text for word in words]
    items = program.items(before, last.text)
    for _ in range(_FURTHER):
        if not (last.quote and len(items) == 1 and not _finished(items[0])):
            break
        items = program.items(before, items[0].value)
    kept = _kept(last, breaks)
    lines = [
        ("+" if _finished(one) else "-") + inserted(one.value.removeprefix(kept), last.quote)
        for one in items
        if one.value.startswith(kept)
    ]
    if last.quote and len(lines) == 1 and lines[0].endswith(last.quote):
        lines[0] += last.quote  # bash takes the one in the text for the one that closes it
    return lines


def _kept(word: Word, breaks: str) -> str:
    """The beginning of a word's text that bash leaves as it is."""
    if word.quote:
        behind = word.raw.rfind(word.quote) + 1
        return bash_words(word.raw[:behind])[-1].text
    cut, quote, at = 0, "", 0
    while at < len(word.raw):
        char = word.raw[at]
        if char == quote:
            quote = ""
        elif quote == "" and char in "'\"":
            quote = char
        elif char == "\\" and quote != "'":
            at += 1
        elif quote == "" and char in breaks:
            cut = at + 1
        at += 1
    return bash_words(word.raw[:cut])[-1].text


def inserted(text: str, quote: str) -> str:
    """A text as it can stand on a line, behind a quote that is open or without one."""
    match quote:
        case "'":
            return text.replace("'", "'\\''")
        case '"':
            return re.sub(r'(["$`\\])', r"\\\1", text)
        case _:
            return re.sub(r"(^~|[^\w@%+=:,./~-])", r"\\\1", text)


_ANSWERS: Final[dict[str, Callable[[_Program, Sequence[str]], list[str]]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
