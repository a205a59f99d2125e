from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

PROJECT = """\
accounts:
  studio: {provider: pozvonim, uid: "1", api_key: "${env.NOT_SET_ANYWHERE}"}
  desk: {provider: chaser, uid: "2", api_key: k}
widgets:
  standard: {call_time: 28}
managers:
  anna: {phone: "+7 495 123-45-67"}
clients:
  acme: {account: studio, email: owner@acme.ru}
  Окна и двери: {account: studio, email: owner@okna.ru}
sites:
  acme.ru: {account: studio, client: acme, managers: [anna], widget: standard, labels: {tier: gold}}
  acme-shop.ru: {account: studio, client: acme, managers: [anna], labels: {tier: gold}}
  окна-мастер.рф: {account: studio, client: Окна и двери, managers: [anna], labels: {city: Нижний Новгород}}
  beta.example:8080: {account: studio, managers: [anna], labels: {tier: green, pilot: true}}
site_groups:
  dealers:
    from: dealers.csv
    address: ${each.host}
    template: {account: studio, managers: [anna]}
"""


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    """A project with a bit of everything, in which a secret is not set, and the program on a PATH of its own."""
    root = tmp_path / "my project"
    (root / "plans" / "old").mkdir(parents=True)
    (root / "reconcile.yaml").write_text(PROJECT, encoding="utf-8")
    (root / "dealers.csv").write_text("host\ndealer-one.ru\ndealer-two.ru\n", encoding="utf-8")
    for name in ("monday.json", "notes.txt", "old/last year.json"):
        (root / "plans" / name).write_text('{\n "format_version": "1.0"\n}', encoding="utf-8")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "reconcile"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m reconcile "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return root


@pytest.fixture
def at_a_terminal(declared: Path, clean_environment: dict[str, str]) -> dict[str, str]:
    """The environment of a shell in which somebody works."""
    path = f"{declared.parent / 'bin'}{os.pathsep}{clean_environment['PATH']}"
    home = declared.parent / "home"
    home.mkdir()
    return clean_environment | {"PATH": path, "HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8", "PS1": "$ "}


@pytest.fixture
def program_of():
    """A shell's program; where it is not installed, the test is left out, unless all of them have to be there."""

    def found(name: str) -> str:
        program = shutil.which(name)
        if program is None:
            assert not os.environ.get("RECONCILE_TESTS_NEED_EDITORS"), f"{name} is not installed"
            pytest.skip(f"{name} is not installed")
        return program

    return found
