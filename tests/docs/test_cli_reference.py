"""`docs/cli.md` says what the commands say."""

from __future__ import annotations

import re

from reconcile.cli.main import COMMANDS
from reconcile.cli.reference import cli_markdown

RENEW = "python -c 'from reconcile.cli.reference import cli_markdown as page; print(page(), end=\"\")'"


def test_the_page_is_what_the_commands_render(repository):
    page = (repository / "docs" / "cli.md").read_text(encoding="utf-8")

    assert page == cli_markdown(), f"renew it: {RENEW} > docs/cli.md"


def test_every_command_is_on_the_page_with_what_its_help_says(reconcile):
    page = cli_markdown()
    sections = dict(re.findall(r"^## ([a-z ]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))

    assert [name for name in sections if " " not in name] == [*COMMANDS]
    for command in ("transfer", "calls show"):
        said = reconcile(*command.split(), "--help").stdout
        shown = sections[command] + page.partition("## init")[0]
        for option in re.findall(r"^  (?:-\w, )?(--[\w-]+)", said, re.MULTILINE):
            assert re.search(rf"^\| `(-\w, )?{option}[ `]", shown, re.MULTILINE), option
        for example in re.findall(r"^ {4}(reconcile .*)$", said, re.MULTILINE):
            assert f"\n{example}\n" in sections[command]
