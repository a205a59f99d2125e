"""Every session that README.md and the pages of docs/ show is what the program prints.

A `yaml` block is a project of its own, a `csv` block after it the table of its site group, and the `console` blocks are
sessions in it, one after the other. A line `…` stands for lines that are not shown again.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = (README, *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "emulator.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Shown:
    """A project, and the commands that are shown in it with their output."""

    yaml: str
    csv: str = ""
    commands: list[tuple[str, str]] = field(default_factory=list)


def shown() -> list[Shown]:
    projects: list[Shown] = []
    for language, text in (block for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))):
        if language == "yaml":
            projects.append(Shown(text))
        elif language == "csv":
            projects[-1].csv = text
        elif language == "console":
            for session in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = session.partition("\n")
                projects[-1].commands.append((command, output))
    return [project for project in projects if project.commands]


def test_the_readme_shows_a_plan_of_ten_lines():
    first = shown()[0]

    assert len(first.yaml.splitlines()) == 10
    assert first.commands[0][0] == "reconcile plan"


def test_the_readme_fits_on_a_few_screens():
    assert len(README.read_text(encoding="utf-8").splitlines()) < 200


@pytest.mark.parametrize("project", shown(), ids=lambda project: project.commands[0][0])
def test_a_session_is_what_the_program_prints(project, reconcile, without_run_ids, tmp_path):
    (tmp_path / "reconcile.yaml").write_text(project.yaml, encoding="utf-8")
    if project.csv:
        (tmp_path / re.findall(r"from: (\S+)", project.yaml)[0]).write_text(project.csv, encoding="utf-8")

    for command, output in project.commands:
        program, *args = shlex.split(command)
        assert program == "reconcile"
        # What a terminal shows: both streams, as they come.
        made = reconcile(*args, cwd=tmp_path, stderr=subprocess.STDOUT)

        printed = without_run_ids(made.stdout)
        if "…\n" in output:
            assert re.fullmatch("(?:.*\n)+".join(map(re.escape, output.split("…\n"))), printed), printed
        else:
            assert printed == output, f"$ {command}"
