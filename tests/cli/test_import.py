"""`reconcile import`, as people run it."""

from __future__ import annotations

import json
import stat

import pytest

UID = "100"
ACCOUNT = "accounts:\n  studio: {{provider: pozvonim, uid: '{uid}', api_key: '${{env.KEY}}', base_url: '{url}'}}\n"
WRITTEN = ["shared.yaml", "clients.yaml", "sites.yaml"]


@pytest.fixture
def live(studio):
    """An account that somebody filled by hand, and a project that only says how to reach it."""
    for number, period in enumerate((60, 60, 120)):
        studio.add(f"http://site-{number}.ru/", report_period=period)
    client = studio.emulator.put_client(UID, "owner@acme.ru")
    studio.emulator.put_site(UID, {"site": {"url": "окна.рф"}, "managers": [{"phone": "+74951234567"}]}, client)
    text = ACCOUNT.format(uid=UID, url=studio.emulator.url)
    (studio.root / "reconcile.yaml").write_text(text, encoding="utf-8")
    return studio


def test_an_account_becomes_a_project_whose_plan_is_empty(live, run):
    done = run("import")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:3] == [f"wrote {name}" for name in WRITTEN]
    assert "Imported 4 sites and 1 client" in done.stdout
    assert live.writes() == []
    assert all(stat.S_IMODE((live.root / name).stat().st_mode) & 0o444 == 0o444 for name in WRITTEN)
    assert not [path.name for path in live.root.iterdir() if path.name.startswith(".import")]
    assert run("plan", "--detailed-exitcode").returncode == 0
    assert run("fmt", "--check", *WRITTEN).returncode == 0
    again = run("import")
    assert again.stdout.startswith("4 sites declared already.\n")
    assert again.stdout.endswith("Nothing to import: everything that is live is declared.\n")


def test_what_comes_later_goes_beside_what_is_declared_and_over_no_file(live, run):
    run("import")
    live.add("later.ru")
    before = {path: path.read_bytes() for path in live.root.iterdir() if path.is_file()}

    refused = run("import")

    assert (refused.returncode, refused.stdout) == (1, "")
    said = "error: sites.yaml is there already; nothing was written: `import` overwrites no file; "
    assert refused.stderr.removeprefix(said) == "`import --into .` adds to the files that are there\n"
    assert {path: path.read_bytes() for path in live.root.iterdir() if path.is_file()} == before
    (live.root / "sites.yaml").rename(live.root / "first.yaml")
    assert run("import").returncode == 0
    assert "later.ru" in (live.root / "sites.yaml").read_text(encoding="utf-8")
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_the_report_as_json_adds_up(live, run):
    said = json.loads(run("import", "--format", "json", "--defaults", "keep").stdout)

    texts = [(live.root / name).read_text(encoding="utf-8") for name in said["files"]]
    assert said["summary"]["lines"] == sum(text.count("\n") for text in texts)
    assert (said["summary"]["sites"], said["summary"]["clients"]) == (4, 1)
    assert said["summary"]["lines_one_file_per_site"] > said["summary"]["sites"] * 3
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_a_file_for_each_client(live, run):
    assert run("import", "--layout", "clients").returncode == 0
    assert "окна.рф" in (live.root / "clients/acme.yaml").read_text(encoding="utf-8")
    assert run("plan", "--detailed-exitcode").returncode == 0
    assert run("fmt", "--check", "clients", "shared.yaml").returncode == 0


def test_nothing_is_written_through_a_link(live, run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (live.root / "clients").symlink_to(tmp_path / "elsewhere")

    done = run("import", "--layout", "clients")

    assert done.returncode == 1
    assert "leads out of the project" in done.stderr
    assert not list((tmp_path / "elsewhere").iterdir())
    assert not (live.root / "shared.yaml").exists()


def test_an_empty_folder_becomes_a_project(studio, run):
    studio.add("acme.ru")
    credentials = {"POZVONIM_UID": UID, "POZVONIM_API_KEY": "the-secret-key"}
    begin = ("import", "--provider", "pozvonim", "--account", "studio", "--base-url", studio.emulator.url)

    empty = run("import")
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "`reconcile import --provider pozvonim` begins a project with what is live" in empty.stderr
    both = "POZVONIM_UID and POZVONIM_API_KEY"
    for env, missing in ({}, both), ({"POZVONIM_UID": UID, "POZVONIM_API_KEY": ""}, "POZVONIM_API_KEY"):
        unset = run(*begin, env=env)
        said = f"error: set {missing} first: they are what the account is read with\n"
        assert (unset.returncode, unset.stdout, unset.stderr) == (1, "", said)
    wrong = run("import", "--provider", "pozvonim", "--base-url", "ftp://x", env=credentials)
    assert wrong.returncode == 1
    assert "error: there is something wrong with the account: " in wrong.stderr
    assert "reconcile.yaml:" not in wrong.stderr
    assert not list(studio.root.iterdir())
    assert run(*begin, env=credentials).returncode == 0

    text = (studio.root / "reconcile.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=reconcile.schema.json\nversion: 1\n")
    assert (studio.root / "reconcile.schema.json").is_file()
    assert "the-secret-key" not in text
    assert 'api_key: "${env.POZVONIM_API_KEY}"' in text
    assert "profile: {timezone: Europe/Moscow}" in text
    assert run("plan", "--detailed-exitcode", env=credentials).returncode == 0
    assert run("fmt", "--check").returncode == 0
    again = run(*begin, env=credentials)
    assert (again.returncode, again.stdout) == (64, "")
    assert "reconcile.yaml is there already" in again.stderr


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--account", "studoi"], 64, 'no account is named "studoi"; did you mean "studio"?'),
        (["--base-url", "http://127.0.0.1:1"], 64, "--base-url goes with --provider"),
        (["--defaults", "perhaps"], 64, "'perhaps' is not one of 'drop', 'keep'"),
    ],
)
def test_wrong_usage(live, run, args, code, said):
    done = run("import", *args)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_an_account_that_can_not_be_read_is_not_imported_by_half(live, run):
    live.emulator.stop()

    done = run("import")

    assert (done.returncode, done.stdout) == (1, "")
    assert "the account can't be read, so nothing is imported" in done.stderr
    assert [path.name for path in live.root.iterdir()] == ["reconcile.yaml"]
