"""What is offered for a line that has begun, asked as the function of zsh does."""

from __future__ import annotations

import time

import pytest

from reconcile.cli import main
from reconcile.model.normalize import read_address


@pytest.fixture
def offered(declared, monkeypatch, capfdbinary):
    """The candidates for the words that have been typed, the last of which has begun; `+` where one is finished."""
    monkeypatch.setenv("_RECONCILE_COMPLETE", "zsh")

    def offered(*words, cwd=declared):
        monkeypatch.chdir(cwd)
        main.run(list(words))
        shown = capfdbinary.readouterr()
        assert shown.err == b""
        return [line.partition("\t")[0] for line in shown.out.decode().splitlines()]

    return offered


WHOLE = {
    ("",): {"+plan", "+apply", "+completion"},
    ("--",): {"+--chdir", "+--no-color"},
    ("plan", "--"): {"+--select", "+--write", "+--chdir"},
    ("plan", "--progress", ""): {"+auto", "+never"},
    ("plan", "--select", ""): {"-tier=", "-group=", "+acme.ru", "+окна-мастер.рф", "+changed", "+dealer-one.ru"},
    ("plan", "--exclude", "not g"): {"-not group="},
    ("plan", "--select", "(tier=gold) "): {"-(tier=gold) and ", "-(tier=gold) or "},
    ("plan", "--select", "group="): {"+group=dealers"},
    ("plan", "--select", "account!="): {"+account!=studio", "+account!=desk"},
    ("plan", "--select", "widget~"): {"+widget~standard"},
    ("plan", "--select", "manager = an"): {"+manager = anna"},
    ("plan", "--select", "label="): {"+label=gold", "+label=green", "+label=pilot", '+label="Нижний Новгород"'},
    ("plan", "--select", "client='О"): {"+client='Окна и двери'"},
    ("plan", "--select", "nothing="): set(),
    ("plan", "--write", "js"): {"-json="},
    ("plan", "--write", "text=pl"): {"-text=plans/"},
    ("plan", "--format=m"): {"+--format=markdown"},
    ("plan", "--select=ti"): {"---select=tier="},
    ("plan", "--select=tier=g"): {"+--select=tier=gold"},
    ("plan", "--write=ma"): {"---write=markdown="},
    ("plan", "--write=text=pl"): {"---write=text=plans/"},
    ("fmt", "rec"): {"+reconcile.yaml"},
    ("fmt", "plans/n"): set(),
    ("list", "--by", "la"): {"+label"},
    ("why", "studio/"): {"+studio/client/acme", "+studio/site/acme.ru", "+studio/site/окна-мастер.рф"},
    ("why", "xn--"): {f"+{read_address('окна-мастер.рф')}"},
    ("why", "studio/client/acme", ""): {"+email", "+password"},
    ("why", "acme.ru", "widget.sch"): {"+widget.schedule", "+widget.schedule.monday", "+widget.schedule_night"},
    ("move", "m"): {"+manager/anna"},
    ("calls", "--site", "dealer-t"): {"+dealer-two.ru"},
    ("unlock", "st"): {"+studio"},
    ("schema", "call"): {"+call", "+call_defaults"},
    ("show", "plans/"): {"+plans/monday.json", "-plans/old/"},
    ("plan", "-o", "plans/n"): {"+plans/notes.txt"},
    ("completion", ""): {"+bash", "+zsh", "+fish"},
    ("rollback", ""): set(),
}


@pytest.mark.parametrize(("words", "expected"), WHOLE.items(), ids=[" ".join(words) for words in WHOLE])
def test_these_are_among_what_is_offered(offered, words, expected):
    found = set(offered(*words))

    assert expected <= found
    assert found if expected else not found
    assert all(line[1:].startswith(words[-1].replace("'", "")[:3]) for line in found)


def test_a_file_that_is_broken_hides_only_what_is_in_it(offered, declared):
    (declared / "broken.yaml").write_text("sites: {more.ru: [", encoding="utf-8")
    (declared / "wrong.yaml").write_text("sites:\n  wrong.ru: {manager: [anna]}\n  7: 8\n", encoding="utf-8")

    assert {"+acme.ru", "+acme-shop.ru"} <= set(offered("why", "acme"))


@pytest.mark.parametrize("text", ["", ": : :", "\x00", "sites: 7", "site_groups: {a: {from: none.csv}}", "- a"])
def test_a_project_that_is_none_completes_nothing_and_says_nothing(offered, tmp_path, text):
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "a.yaml").write_text(text, encoding="utf-8")

    for words in (("why", "a"), ("plan", "--select", "tier="), ("rollback", "2"), ("-C", "../nowhere", "why", "a")):
        assert offered(*words, cwd=folder) == []
    assert offered("appl", cwd=folder) == ["+apply"]


def test_a_site_is_offered_once_as_it_was_begun(offered):
    name = read_address("окна-мастер.рф")

    assert [line for line in offered("why", "studio/site/") if line.endswith((".рф", name))] == [
        "+studio/site/окна-мастер.рф"
    ]
    assert offered("why", "studio/site/xn--") == [f"+studio/site/{name}"]


def test_saved_plans_are_offered_and_no_other_json(offered, declared, reconcile):
    (declared / "reconcile.yaml").unlink()
    assert reconcile("init", cwd=declared).returncode == 0
    files = ("-o", "saved.json", "--write", "json=report.json", "--write", "terraform=tf.json")
    assert reconcile("plan", *files, cwd=declared).returncode == 0
    (declared / "link.json").symlink_to("nowhere")

    for command in ("apply", "show"):
        assert offered(command, "") == ["-plans/", "+saved.json"]


def test_runs_are_offered_newest_first_and_nothing_is_made(offered, declared, reconcile):
    (declared / "reconcile.yaml").unlink()
    assert reconcile("init", cwd=declared).returncode == 0
    assert offered("rollback", "") == []
    assert not (declared / ".reconcile").exists()

    assert reconcile("apply", "--yes", cwd=declared).returncode == 0
    first, latest = offered("rollback", "")

    assert first[:3] == "+20"
    assert latest == "+latest"
    assert offered("history", first[1:12]) == [first]
    assert offered("apply", "--resume", "lat") == ["+latest"]


def test_a_name_that_would_end_its_line_or_be_obeyed_is_not_offered(offered, declared):
    evil = (
        'clients:\n  "evil\\nrm -rf": {account: studio, email: a@b.ru}\n  "\\e[2Jx": {account: studio, email: c@b.ru}\n'
    )
    (declared / "evil.yaml").write_text(evil + "  $(touch x): {account: studio, email: d@b.ru}\n", encoding="utf-8")

    assert set(offered("clients", "")) >= {"+acme", "+$(touch x)"}
    assert not [line for line in offered("clients", "") if "evil" in line or "rm" in line or "\x1b" in line]


def test_nothing_is_asked_of_a_service_and_nobody_waits_for_long(offered, declared):
    """The account's address leads nowhere, and its credentials are not there."""
    text = (declared / "reconcile.yaml").read_text(encoding="utf-8")
    nowhere = "base_url: https://192.0.2.1, uid"
    (declared / "reconcile.yaml").write_text(text.replace("uid", nowhere), encoding="utf-8")
    rows = "".join(f"dealer-{number}.ru\n" for number in range(1000))
    (declared / "dealers.csv").write_text("host\n" + rows, encoding="utf-8")
    began = time.monotonic()

    assert len(offered("why", "dealer-99")) == 11
    assert time.monotonic() - began < 5
