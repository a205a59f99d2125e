"""`reconcile emulator`, and the file that it keeps everything in."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys

import pytest
import requests
import yaml

from reconcile.emulator import FAULTS, Emulator, Options
from reconcile.errors import ReconcileError


@pytest.fixture
def run(tmp_path, clean_environment):
    """Runs the command until it has said how it can be used; gives that as YAML."""

    def begin(*options):
        command = [sys.executable, "-m", "reconcile", "emulator", "--port", "0", "--db", "e.db", *options]
        with subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment, stdout=subprocess.PIPE, encoding="utf-8"
        ) as process:
            try:
                said = _greeting(process.stdout)
                for account in yaml.safe_load(said)["accounts"].values():
                    assert requests.get(account["base_url"] + "/nothing", timeout=5).status_code == 404
            finally:
                process.send_signal(signal.SIGTERM)
        assert process.returncode == 0
        return yaml.safe_load(said)["accounts"]

    return begin


def _greeting(output):
    first = output.readline()
    assert re.match(r"The emulator answers at http://\S+/v2u\. Ctrl-C ends it\.", first)
    lines = []
    while not lines or "emulated_chaser" not in "".join(lines) or "api_key" not in lines[-1]:
        lines.append(output.readline())
    return "".join(lines)


def test_it_says_how_each_service_is_used(run):
    accounts = run("--account", "100:007", "--chaser-account", "77:private", "--history", "2")
    host = accounts["emulated"].pop("base_url").removesuffix("/v2u")
    assert accounts["emulated_chaser"].pop("base_url") == host + "/v1"
    assert accounts == {
        "emulated": {"provider": "pozvonim", "uid": "100", "api_key": "007"},
        "emulated_chaser": {"provider": "chaser", "uid": "77", "api_key": "private"},
    }


def test_it_says_the_key_that_an_account_has_by_now(run, tmp_path):
    run()
    with Emulator(Options({}, tmp_path / "e.db")) as emulator:
        emulator.set_profile("demo", api_key="rotated")
    accounts = run()
    assert (accounts["emulated"]["api_key"], accounts["emulated_chaser"]["api_key"]) == ("rotated", "demo-key")


def test_it_does_what_a_person_does_in_chasers_dashboard(run, tmp_path):
    def websites():
        with Emulator(Options({}, tmp_path / "e.db")) as emulator:
            return [(site["name"], site["title"]) for site in emulator.websites("77")]

    user = ("--chaser-account", "77:private")
    run(*user, "--website", "77:окна.рф=Окна: «Акме» = окна", "--website", "77:acme.ru")
    assert websites() == [("окна.рф", "Окна: «Акме» = окна"), ("acme.ru", "")]
    run(*user, "--website", "77:http://xn--80atjc.xn--p1ai/=Окна")
    assert websites() == [("окна.рф", "Окна"), ("acme.ru", "")]


@pytest.mark.parametrize(
    ("website", "said"),
    [
        ("acme.ru=Acme", 'expected ID:NAME[=TITLE] such as demo:acme.ru or demo:acme.ru=Acme, got "acme.ru=Acme"'),
        ("demo:=Acme", 'expected ID:NAME[=TITLE] such as demo:acme.ru or demo:acme.ru=Acme, got "demo:=Acme"'),
        ("dema:acme.ru", '--website dema:acme.ru: there is no user "dema"; add --chaser-account dema:KEY'),
    ],
)
def test_a_website_that_makes_no_sense_is_refused(website, said, reconcile):
    refused = reconcile("emulator", "--port", "0", "--website", website)
    assert refused.returncode == 64
    assert refused.stderr.endswith(f"{said}\n")


def test_a_database_of_another_version_is_not_touched(tmp_path, reconcile):
    file = tmp_path / "e.db"
    with sqlite3.connect(file) as older:
        older.execute("CREATE TABLE accounts (uid TEXT PRIMARY KEY, api_key TEXT NOT NULL)")
    older.close()
    before = file.read_bytes()
    with pytest.raises(ReconcileError, match="made by another version"):
        Emulator(Options({"100": "key"}, file)).start()
    refused = reconcile("emulator", "--port", "0", "--db", "e.db")
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: e.db: this database was made by another version of the emulator; delete it, or choose another file\n"
    )
    assert file.read_bytes() == before


def test_what_is_no_database_is_said_to_be_none(tmp_path, reconcile):
    file = tmp_path / ".reconcile" / "emulator.db"
    file.parent.mkdir()
    file.write_text("spoilt " * 100)
    account = "accounts: {demo: {provider: pozvonim, uid: demo, api_key: demo-key, base_url: emulator}}\n"
    (tmp_path / "p.yaml").write_text(account + "sites: {a.ru: {managers: [{phone: '+74951234567'}]}}\n")

    for command in (("emulator", "--port", "0"), ("plan",)):
        refused = reconcile(*command)
        assert refused.returncode == 1
        assert refused.stderr == (
            "error: .reconcile/emulator.db: can't be used as the emulator's database: file is not a database; "
            "delete it, or choose another file\n"
        )


def test_it_tells_how_often_which_fault_struck(tmp_path, clean_environment):
    options = ["--fault", "502-after=1,cut=0", "--fault", "slow=1", "--slow", "0.3", "--seed", "7"]
    command = [sys.executable, "-m", "reconcile", "emulator", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean_environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            account = yaml.safe_load(_greeting(process.stdout))["accounts"]["emulated"]
            for _ in range(3):
                answer = requests.get(f"{account['base_url']}/sites", timeout=5)
                assert answer.status_code == 502
                assert answer.elapsed.total_seconds() >= 0.3
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "Faults that struck:\n  502-after  3\n  slow       3\n"


def test_faults_by_name(reconcile):
    listed = reconcile("emulator", "--list-faults")
    assert listed.returncode == 0
    assert [line.split(maxsplit=1) for line in listed.stdout.splitlines()] == [
        [name, kind.description] for name, kind in FAULTS.items()
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--fault", "resetafter"],
            'no fault "resetafter"; did you mean "reset-after"? (--list-faults names them all)',
        ),
        (["--fault", "cut=2"], "fault cut: the rate is 2, expected 0 to 1"),
        (["--fault", "cut=often"], 'fault cut: the rate is "often", expected 0 to 1'),
        (["--fault", "cut,429=0.5", "--fault", "cut=1"], "fault cut is given twice"),
        (["--fault", "cut", "--slow", "70"], "--slow 70: the fault it belongs to is not on; add --fault slow"),
        (["--lag", "1.5"], "--lag 1.5: the fault it belongs to is not on; add --fault lagging-list"),
    ],
)
def test_faults_that_make_no_sense_are_refused(options, said, reconcile):
    refused = reconcile("emulator", "--port", "0", *options)
    assert refused.returncode == 64
    assert refused.stderr.endswith(f"{said}\n")
