"""Every folder of `examples/` is what it claims to be: valid, and as it is declared after one apply."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir() and not path.name.startswith("."))
DEMO = (EXAMPLES / "demo.sh").read_text(encoding="utf-8")
#: What a person does by hand, as options of the emulator.
BY_HAND = {"studio": [option for text in re.findall("--website '(.+)'", DEMO) for option in ("--website", text)]}


#: Those that take long have a thousand sites.
MARKED = [pytest.param(name, marks=pytest.mark.long if name == "dealers" else ()) for name in NAMES]


@pytest.fixture(params=MARKED)
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
    """Makes the accounts of a project that can choose send bodies in an encoding."""
    file = folder / "reconcile.yaml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("    provider: pozvonim\n", f"    provider: pozvonim\n    encoding: {encoding}\n")
    assert changed != text
    file.write_text(changed, encoding="utf-8")


def test_there_are_examples():
    assert {"agency", "studio", "dealers"} <= set(NAMES)


@pytest.mark.parametrize("encoding", ["form", pytest.param("json", marks=pytest.mark.long)])
def test_an_example_is_empty_after_one_apply(example, encoding, reconcile, emulator_process):
    encoded_as(encoding, example)
    by_hand = BY_HAND.get(example.name, [])

    validated = reconcile("validate", cwd=example)
    planned = reconcile("plan", "--detailed-exitcode", "--format", "json", cwd=example)
    applied = reconcile("apply", "--yes", "--format", "json", cwd=example)
    if by_hand:
        left = reconcile("plan", "--detailed-exitcode", "--format", "json", cwd=example)
        assert (left.returncode, json.loads(left.stdout)["changes"]) == (2, [])
        process, _ = emulator_process("--db", str(example / ".reconcile" / "emulator.db"), *by_hand)
        process.terminate()
        process.wait(timeout=20)
    again = reconcile("plan", "--detailed-exitcode", "--format", "json", cwd=example)

    assert (validated.returncode, validated.stderr) == (0, "")
    # Those that take the service's address from the environment say that it is the emulator.
    by_variable = "${env.POZVONIM_URL" in (example / "reconcile.yaml").read_text(encoding="utf-8")
    note = planned.stderr
    assert (planned.returncode, note.count("is at the emulator"), note.count("\n")) == (2, by_variable, by_variable)
    plan = json.loads(planned.stdout)
    done, steps = len(plan["changes"]), len(by_hand) // 2
    assert (plan["summary"]["manual"], plan["summary"]["noop"]) == (steps, 0)
    assert applied.stderr.startswith(note)
    lines = applied.stderr.removeprefix(note).splitlines()
    told = [line for line in lines if not re.match(r"Wave \d of \d|gate |  \| ", line)]
    assert (applied.returncode, told) == (0, [])
    assert json.loads(applied.stdout)["summary"] == {"done": done, "failed": 0, "not_attempted": 0, "unknown": 0}
    assert (again.returncode, again.stderr) == (0, note)
    summary = {"create": 0, "update": 0, "delete": 0, "noop": done + steps, "manual": 0}
    assert json.loads(again.stdout)["summary"] == summary


def test_the_agency_is_a_real_one(reconcile, tmp_path):
    folder = shutil.copytree(EXAMPLES / "agency", tmp_path / "agency", ignore=shutil.ignore_patterns(".*"))

    changes = json.loads(reconcile("plan", "--format", "json", cwd=folder).stdout)["changes"]

    fields = [{field["path"]: field["after"] for field in change["fields"]} for change in changes]
    zones = {values["widget.timezone"] for values in fields}
    assert len(changes) >= 14
    assert {"Europe/Kaliningrad", "Asia/Vladivostok"} <= zones
    assert any("/xn--" in change["address"] for change in changes)


def test_the_studio_has_what_a_studio_has(reconcile, tmp_path):
    folder = shutil.copytree(EXAMPLES / "studio", tmp_path / "studio", ignore=shutil.ignore_patterns(".*"))

    plan = json.loads(reconcile("plan", "--format", "json", cwd=folder).stdout)

    kinds = Counter(change["kind"] for change in plan["changes"])
    under = Counter(change.get("client") for change in plan["changes"] if change["kind"] == "site")
    assert 4 <= kinds["client"] <= 5
    assert kinds["profile"] == 1
    assert {1, 2, 4} <= {number for client, number in under.items() if client}
    assert under[None] == 1
    assert any("/xn--" in change["address"] for change in plan["changes"])
    assert any(field.get("undocumented") for change in plan["changes"] for field in change["fields"])
    assert {step["address"].split("/")[0] for step in plan["manual"]} == {"desk"}


def test_the_dealers_are_a_thousand_from_one_sheet(reconcile, tmp_path):
    folder = shutil.copytree(EXAMPLES / "dealers", tmp_path / "dealers", ignore=shutil.ignore_patterns(".*"))
    sheet = (folder / "dealers.csv").read_bytes()
    yaml = [line for path in folder.glob("*.yaml") for line in path.read_text(encoding="utf-8").splitlines()]

    text = reconcile("plan", cwd=folder).stdout
    changes = json.loads(reconcile("plan", "--format", "json", cwd=folder).stdout)["changes"]

    assert len(yaml) < 60
    assert sheet.decode("cp1251").startswith("Сайт;Город;")
    assert sheet.count(b"\r\n") == sheet.count(b"\n") == 1001
    assert len(changes) == 1000
    assert {change["group"] for change in changes} == {"dealers"}
    assert sum("/xn--" in change["address"] for change in changes) > 200
    assert len({field["after"] for c in changes for field in c["fields"] if field["path"] == "widget.timezone"}) > 15
    assert len(text.splitlines()) < 60
    assert "all 1000 sites of group dealers" in text


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
        "reconcile.schema.json",
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


def test_init_keeps_the_gitignore_of_a_new_repository(reconcile, tmp_path):
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")

    done = reconcile("init")

    assert (done.returncode, done.stderr) == (0, "")
    assert "kept .gitignore; saved plans" in done.stdout
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "sites.yaml").is_file()


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
        (("--account", "demo"), "expected UID:KEY such as demo:demo-key"),
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
