"""Every folder of `examples/` is what it claims to be: valid, and as it is declared after one apply."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.fixture(params=NAMES)
def example(request, tmp_path):
    """A copy of an example, without what a user's own try may have left in it."""
    return Path(
        shutil.copytree(EXAMPLES / request.param, tmp_path / request.param, ignore=shutil.ignore_patterns(".*"))
    )


def encoded_as(encoding, folder):
    """Makes every account of a project send bodies in an encoding."""
    file = folder / "reconcile.yaml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("    base_url: emulator\n", f"    base_url: emulator\n    encoding: {encoding}\n")
    assert changed != text
    file.write_text(changed, encoding="utf-8")


def test_there_are_examples():
    assert "agency" in NAMES


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_an_example_is_empty_after_one_apply(example, encoding, reconcile):
    encoded_as(encoding, example)

    validated = reconcile("validate", cwd=example)
    planned = reconcile("plan", "--detailed-exitcode", "--format", "json", cwd=example)
    applied = reconcile("apply", "--yes", "--format", "json", cwd=example)
    again = reconcile("plan", "--detailed-exitcode", "--format", "json", cwd=example)

    assert (validated.returncode, validated.stderr) == (0, "")
    assert (planned.returncode, planned.stderr) == (2, "")
    declared = json.loads(planned.stdout)["summary"]["create"]
    assert (applied.returncode, applied.stderr) == (0, "")
    assert json.loads(applied.stdout)["summary"] == {"done": declared, "failed": 0, "not_attempted": 0, "unknown": 0}
    assert (again.returncode, again.stderr) == (0, "")
    assert json.loads(again.stdout)["summary"] == {"create": 0, "update": 0, "delete": 0, "noop": declared}


def test_the_agency_is_a_real_one(reconcile, tmp_path):
    folder = shutil.copytree(EXAMPLES / "agency", tmp_path / "agency", ignore=shutil.ignore_patterns(".*"))

    changes = json.loads(reconcile("plan", "--format", "json", cwd=folder).stdout)["changes"]

    fields = [{field["path"]: field["after"] for field in change["fields"]} for change in changes]
    zones = {values["widget.timezone"] for values in fields}
    assert len(changes) >= 14
    assert {"Europe/Kaliningrad", "Asia/Vladivostok"} <= zones
    assert any("рф" in change["address"] for change in changes)
