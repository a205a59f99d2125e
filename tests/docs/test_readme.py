"""Every session that README.md and the pages of docs/ show is what the program prints.

A `yaml` block is a project of its own, a `csv` block after it the table of its site group, and the `console` blocks are
sessions in it, one after the other. A block with `title="FILE"` is written to that file of the project, where the
session has come to. A line `…` stands for lines that are not shown again. The names of runs, of machines, and times
with seconds, differ every time.

Pages in Russian show the same: theirs are compared with those in English, and so run with them.
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
IN_RUSSIAN = (ROOT / "README.ru.md", *sorted((ROOT / "docs").glob("*.ru.md")))
PAGES = (README, *sorted({*(ROOT / "docs").glob("*.md")} - {*IN_RUSSIAN, ROOT / "docs" / "emulator.md"}))
BLOCK = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
#: What a session may use beside the program.
PROGRAMS = ("cat", "mv", "rm", "sed")
#: What the history notes in a pipeline, where it does not depend on the machine; the commit, where a page shows one.
ACTOR, COMMIT = {"GITHUB_ACTOR": "anna"}, "3fa9c21b07"
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}")


@dataclass
class Shown:
    """A project, and what is shown in it: files by their names, and commands with their output."""

    yaml: str
    csv: str = ""
    steps: list[tuple[str, str]] = field(default_factory=list)

    @property
    def commands(self) -> list[tuple[str, str]]:
        return [(what, output) for what, output in self.steps if not what.startswith("file ")]


def shown() -> list[Shown]:
    projects: list[Shown] = []
    for language, file, text in (block for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))):
        if file:
            projects[-1].steps.append((f"file {file}", text))
        elif language == "yaml":
            projects.append(Shown(text))
        elif language == "csv":
            projects[-1].csv = text
        elif language == "console":
            for session in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = session.partition("\n")
                projects[-1].steps.append((command, output))
    return [project for project in projects if project.commands]


def test_the_readme_shows_a_plan_of_ten_lines():
    first = shown()[0]

    assert len(first.yaml.splitlines()) == 10
    assert first.commands[0][0] == "reconcile plan"


def test_the_readme_fits_on_a_few_screens():
    assert len(README.read_text(encoding="utf-8").splitlines()) < 200


@pytest.mark.parametrize("page", IN_RUSSIAN, ids=lambda page: page.name)
def test_a_page_in_russian_shows_what_its_page_in_english_shows(page):
    def blocks(path):
        """Without the comments of a shell, which are in the language of the page."""
        found = BLOCK.findall(path.read_text(encoding="utf-8"))
        return [(*kind, text if kind[0] else re.sub(" *# .*", "", text)) for *kind, text in found]

    assert blocks(page) == blocks(page.with_name(page.name.replace(".ru.md", ".md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_looks_like_a_session_is_run(page):
    """What needs two machines or a power cut to be shown is `text`."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))

    assert [text for language, _, text in blocks if language not in ("console", "text") and text.startswith("$ ")] == []


@pytest.mark.parametrize("project", shown(), ids=lambda project: project.commands[0][0])
def test_a_session_is_what_the_program_prints(project, reconcile, without_run_ids, tmp_path):
    (tmp_path / "reconcile.yaml").write_text(project.yaml, encoding="utf-8")
    if project.csv:
        (tmp_path / re.findall(r"from: (\S+)", project.yaml)[0]).write_text(project.csv, encoding="utf-8")

    def normal(text):
        text = TIME.sub("TIME", without_run_ids(text))
        # A table of the history is as wide as the machine's name is long.
        return re.sub(" {2,}", "  ", re.sub(r"anna@[\w.-]+", "anna@HOST", text)) if "anna@" in text else text

    env = ACTOR | ({"GITHUB_SHA": COMMIT} if any(COMMIT in output for _, output in project.commands) else {})
    for step, output in project.steps:
        program, *args = shlex.split(step)
        if program == "file":
            (tmp_path / args[0]).write_text(output, encoding="utf-8")
        elif program == "export":
            env.update(arg.split("=", 1) for arg in args)
        elif program in PROGRAMS:
            made = subprocess.run([program, *args], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
            assert made.stdout == output, f"$ {step}"
        else:
            assert program == "reconcile"
            # What a terminal shows: both streams, as they come.
            made = reconcile(*args, cwd=tmp_path, env=env, stderr=subprocess.STDOUT)

            printed, promised = normal(made.stdout), normal(output)
            if "…\n" in promised:
                assert re.fullmatch("(?:.*\n)+".join(map(re.escape, promised.split("…\n"))), printed), printed
            else:
                assert printed == promised, f"$ {step}"
