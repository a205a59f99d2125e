"""Every folder of `examples/` is what it claims to be: valid, and as it is declared after one apply."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir() and not path.name.startswith("."))


@pytest.fixture(params=NAMES)
def example(request, tmp_path):
    """A copy of an example, without what a user's own try may have left in it."""
    return Path(
        shutil.copytree(EXAMPLES / request.param, tmp_path / request.param, ignore=shutil.ignore_patterns(".*"))
    )


@pytest.fixture
def emulator_process(tmp_path, clean_environment):
    """Starts `reconcile emulator` on a free port; gives the process and its URL."""
    started = []

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-m", "reconcile", "emulator", "--port", "0", *options],
            cwd=tmp_path,
            env=clean_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(process)
        greeting = process.stdout.readline()
        return process, re.search(r"http://\S+/v2u", greeting)[0]

    yield start
    for process in started:
        process.kill()
        process.communicate()


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
    assert json.loads(again.stdout)["summary"] == {"create": 0, "update": 0, "delete": 0, "noop": declared, "manual": 0}


def test_the_agency_is_a_real_one(reconcile, tmp_path):
    folder = shutil.copytree(EXAMPLES / "agency", tmp_path / "agency", ignore=shutil.ignore_patterns(".*"))

    changes = json.loads(reconcile("plan", "--format", "json", cwd=folder).stdout)["changes"]

    fields = [{field["path"]: field["after"] for field in change["fields"]} for change in changes]
    zones = {values["widget.timezone"] for values in fields}
    assert len(changes) >= 14
    assert {"Europe/Kaliningrad", "Asia/Vladivostok"} <= zones
    assert any("/xn--" in change["address"] for change in changes)


def test_the_starter_project_is_empty_after_one_apply(reconcile, tmp_path):
    written = reconcile("init", "clients")
    folder = tmp_path / "clients"
    validated = reconcile("validate", cwd=folder)
    applied = reconcile("apply", "--yes", cwd=folder)
    again = reconcile("plan", "--detailed-exitcode", cwd=folder)

    assert (written.returncode, written.stderr) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == [
        ".gitignore",
        ".reconcile",
        "reconcile.yaml",
        "shared.yaml",
        "sites.yaml",
    ]
    assert (validated.returncode, validated.stdout) == (0, "Valid: 2 sites in 1 account.\n")
    assert applied.returncode == 0
    assert (again.returncode, again.stdout) == (0, "No changes. 2 resources as declared.\n")


def test_the_starter_project_keeps_plans_out_of_git(reconcile, tmp_path):
    reconcile("init")

    ignored = (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".reconcile/", "plan.json", "*.plan.json"} <= set(ignored)


def test_init_overwrites_nothing(reconcile, tmp_path):
    (tmp_path / "shared.yaml").write_text("mine", encoding="utf-8")

    refused = reconcile("init")

    assert refused.returncode == 1
    assert refused.stderr == "error: shared.yaml is there already; nothing was written: `init` overwrites no file\n"
    assert [path.name for path in tmp_path.iterdir()] == ["shared.yaml"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_the_agency_lives_at_the_emulator_of_the_command_line(reconcile, emulator_process, tmp_path):
    folder = shutil.copytree(EXAMPLES / "agency", tmp_path / "agency", ignore=shutil.ignore_patterns(".*"))
    process, url = emulator_process("--personality", "numbers-as-strings,phones-bare", "--personality", "flat-sites")
    file = folder / "reconcile.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("base_url: emulator", f"base_url: {url}"), encoding="utf-8"
    )

    applied = reconcile("apply", "--yes", cwd=folder)
    again = reconcile("plan", "--detailed-exitcode", cwd=folder)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert (applied.returncode, applied.stderr) == (0, "")
    assert (again.returncode, again.stdout) == (0, "No changes. 15 resources as declared.\n")
    assert (process.returncode, said) == (0, "stopped\n")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--account", "demo"), 'expected UID:KEY such as demo:demo-key, got "demo"'),
        (("--account", "a:b", "--account", "a:c"), 'account "a" is given twice'),
        (
            ("--personality", "hours-pad"),
            'no personality "hours-pad"; did you mean "hours-padded"? (--list-personalities names them all)',
        ),
    ],
)
def test_the_emulator_refuses_what_makes_no_sense(option, message, reconcile):
    refused = reconcile("emulator", "--port", "0", *option)

    assert refused.returncode == 64
    assert refused.stderr.endswith(f"Error: Invalid value for '{option[0]}': {message}\n")


def test_the_emulator_says_that_its_port_is_taken(reconcile):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = reconcile("emulator", "--port", str(port))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"error: port {port} is in use by another program; choose another with --port, or 0 for any free one\n"
    )
