"""A field is described once: one that is added to a copy of the schemas works everywhere, with no other edit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import reconcile

PROJECT = """\
accounts:
  studio: {{provider: pozvonim, uid: demo, api_key: demo-key, base_url: emulator}}
managers:
  anna: {{phone: "+74951234567", nickname: {nickname}}}
sites:
  acme.ru:
    managers: [anna]
    greeting: {greeting}
    widget: {{ring_volume: {volume}, schedule: {{monday: {{from: 9, to: 18, enable: true}}}}}}
    blacklists: [{{city: {cities}}}]
"""

ADDED = {
    "site": {"greeting": {"type": ["string", "null"], "x-type": "text", "x-wire": "greating"}},
    "widget": {
        "ring_volume": {"type": ["integer", "null"], "x-type": "integer", "minimum": 0, "maximum": 11, "default": 5}
    },
    "manager": {"nickname": {"type": ["string", "null"], "x-type": "text"}},
    "blacklist": {
        "city": {"type": ["array", "null"], "items": {"type": "string"}, "x-type": "lines", "x-order": "set"}
    },
}


@pytest.fixture
def program(tmp_path):
    """The installed program with four more fields in its schemas."""
    package = Path(reconcile.__file__).parent
    copy = tmp_path / "lib" / "reconcile"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    schemas = copy / "schemas"
    if not schemas.is_dir():  # a checkout keeps them beside the package
        shutil.copytree(package.parent / "schemas", schemas)
    for name, fields in ADDED.items():
        path = schemas / f"{name}.schema.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        schema["properties"] |= fields
        path.write_text(json.dumps(schema), encoding="utf-8")
    root = tmp_path / "project"
    root.mkdir()

    def run(*arguments, expect=0, **values):
        if values:
            (root / "project.yaml").write_text(PROJECT.format(**values), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "reconcile", "-C", str(root), *arguments],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "lib")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def test_a_made_up_field_is_validated_planned_sent_kept_and_compared(program):
    wrong = program("validate", expect=1, nickname="3", greeting="[]", volume=12, cities="Тверь")
    assert "project.yaml:4:43: expected text, got 3" in wrong
    assert "project.yaml:8:15: expected text, got a list" in wrong
    assert "project.yaml:9:27: expected 11 at most, got 12" in wrong
    assert 'project.yaml:10:25: expected a list, got "Тверь"' in wrong

    created = program(
        "apply", "--yes", nickname="Анюта", greeting="Привет", volume=7, cities="[Тверь, ' Тверь ', Орёл]"
    )
    assert "+ greeting: Привет" in created
    assert "+ widget.ring_volume: 7" in created
    assert "+ blacklists.city: Орёл, Тверь" in created
    assert "nickname: Анюта" in created
    assert "No changes." in program("plan", "--detailed-exitcode")

    changed = program("plan", expect=0, nickname="Аня", greeting="Привет", volume=5, cities="[Орёл]")
    assert "~ widget.ring_volume: 7 -> 5" in changed
    assert "- Тверь" in changed
    assert "nickname: Анюта -> Анна" not in changed
    assert "nickname: Аня" in changed
    program("apply", "--yes")
    assert "No changes." in program("plan", "--detailed-exitcode")


def test_the_emulator_gives_a_made_up_field_its_default(program, tmp_path):
    program("apply", "--yes", nickname="Анюта", greeting="Привет", volume="null", cities="[]")
    assert "No changes." in program(
        "plan", "--detailed-exitcode", nickname="Анюта", greeting="Привет", volume=5, cities="[]"
    )
