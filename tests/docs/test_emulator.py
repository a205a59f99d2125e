"""docs/emulator.md names every fault, its command can be run, and its program does what the page says."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import requests

from reconcile.emulator import FAULTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_fault_is_named():
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", PAGE, re.MULTILINE)

    assert rows == [(name, kind.description) for name, kind in FAULTS.items()]


def test_the_command_is_one_that_there_is(reconcile):
    (line,) = blocks("console")
    program, *options = shlex.split(line.removeprefix("$ "))

    assert program == "reconcile"
    assert reconcile(*options, "--list-faults").returncode == 0
    assert reconcile(*options, "--website", "nobody:acme.ru").stderr.startswith("error: --website nobody:acme.ru")


def test_the_program_does_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program,) = blocks("python")

    def ask(url):
        with contextlib.suppress(requests.ConnectionError):
            requests.get(url, timeout=5)

    exec(compile(program, "docs/emulator.md", "exec"), {"ask": ask, "__name__": "page"})

    assert capsys.readouterr().out.splitlines() == [
        "request 1: GET /auth/token is committed",
        "{'reset-after': 1, '502-before': 1}",
        "request 1, GET /auth/token: reset-after",
        "request 2, GET /auth/token: 502-before",
    ]
