"""Real processes on one account: they exclude each other, and what one leaves when it is killed the next puts right."""

from __future__ import annotations

import json
import re
import signal
import time

import pytest

from reconcile.store import open_store
from reconcile.store.leases import TTL

pytestmark = pytest.mark.long  # processes that wait for one another

SITES = [f"site-{n:02}.ru:" for n in range(40)]
DEFAULT = "sqlite:///.reconcile/history.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request) -> str:
    """What a project's `store:` says."""
    return DEFAULT if request.param == "sqlite" else request.getfixturevalue("postgresql_server").database()


@pytest.fixture
def slow(begin, store_url):
    """A studio of many sites, whose service takes its time."""
    studio = begin(latency=0.1)
    studio.declare(*SITES, top=f"store: '{store_url}'\n")
    return studio


def history(project, url=DEFAULT):
    with open_store(url, project) as store:
        return [store.run(run.name) for run in store.runs()]


def test_of_two_that_apply_at_the_same_time_one_waits_or_is_refused(slow, start, run, project, store_url):
    first = start("apply", "--yes", "--parallelism", "1", "--format", "json")
    slow.wait_for("POST")
    commands = (
        ["apply", "--yes"],
        ["unlock"],
        ["plan"],
        ["apply", "--yes", "--lock-timeout", "60", "--format", "json"],
    )
    others = [start(*command) for command in commands]
    output, errors = first.communicate(timeout=60)
    texts = [[text.decode() for text in other.communicate(timeout=60)] for other in others]
    (refusal, held, _, waited), said = zip(*texts, strict=True)
    codes = [other.returncode for other in others]

    report = json.loads(output)
    assert (first.returncode, errors, codes) == (0, b"", [1, 0, 0, 0])
    since, name = "[-0-9]+ [:0-9]+ [-+0-9]+", re.escape(report["run"])
    who = rf"studio is held by \S+@\S+ \(process {first.pid}\) since {since}, for run {name} \(`apply`\); "
    who += r"its last sign of life was \d+ s ago"
    assert refusal == ""
    assert re.fullmatch(rf"error: account {who}; .* break its hold with `reconcile unlock studio`\n", said[0])
    assert re.fullmatch(rf"{who}\n", held)
    assert re.fullmatch(rf"waiting: account {who}\n", said[3])
    assert json.loads(waited)["outcomes"] == []
    assert len(slow.emulator.sites("100")) == len(SITES)
    assert [(one.name, one.status, one.summary["done"]) for one in history(project, store_url)] == [
        (report["run"], "done", len(SITES))
    ]


def test_after_kill_9_the_next_run_goes_on_at_once_and_says_what_it_found(slow, start, run, project, store_url):
    first = start("apply", "--yes", "--parallelism", "4")
    slow.wait_for("POST")
    first.send_signal(signal.SIGKILL)
    first.wait()
    time.sleep(0.3)  # what had been sent is done
    began = time.monotonic()
    again = run("apply", "--yes", "--format", "json")

    assert again.returncode == 0, again.stderr
    assert time.monotonic() - began < TTL / 2
    [second, dead] = history(project, store_url)
    title, *found = again.stderr.splitlines()
    assert re.fullmatch(rf"Run {dead.name} \(`apply` by \S+@\S+, .*\) died\. What it left open:", title)
    left = r"  create studio/site/(\S+): (is there \(id \d+\)|is not there, or the service does not list it yet)"
    said = [re.fullmatch(left, line).groups() for line in found]
    assert (dead.status, dead.summary.get("open")) == ("died", None)
    assert [(step.address.name, step.note) for step in dead.steps if step.note] == said
    assert 0 < len(said) <= 4
    assert {step.outcome for step in dead.steps if step.intended is None} == {"not_attempted"}
    assert dead.summary["done"] + second.summary["done"] == len(SITES)
    assert len(slow.emulator.sites("100")) == len(SITES)
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_a_run_whose_hold_is_broken_sends_nothing_more_and_says_so_once(slow, start, run, project, store_url):
    first = start("apply", "--yes", "--parallelism", "1")
    slow.wait_for("POST")
    broken = run("unlock", "studio", "--yes")
    output, _ = first.communicate(timeout=60)

    assert broken.returncode == 0
    assert broken.stdout.splitlines()[-1] == "Nobody holds studio any more."
    sent = len(slow.emulator.sites("100"))
    assert 0 < sent < len(SITES)
    text = output.decode()
    assert first.returncode == 5
    assert text.count("this run's hold of account studio is gone: somebody broke it with `reconcile unlock`") == 1
    assert f"Apply: {sent} of 40 changes done, {40 - sent} not attempted." in text
    [dead] = history(project, store_url)
    assert (dead.status, dead.summary["done"], dead.summary["not_attempted"]) == ("partial", sent, 40 - sent)
    assert run("apply", "--yes").returncode == 0
    assert run("plan", "--detailed-exitcode").returncode == 0


def test_what_changes_nothing_leaves_no_run(studio, run, project):
    studio.declare("acme.ru:")
    assert run("apply").returncode == 64  # nobody is there to be asked
    studio.declare("acme.ru:", "b.ru:", top="safety: {max_deletes: 0}\n")
    assert history(project) == []
    assert run("apply", "--yes").returncode == 0
    assert run("apply", "--yes").returncode == 0  # an empty plan
    assert run("destroy", "--yes").returncode == 3
    assert run("destroy", "--yes", "--allow-deletes", "2").returncode == 0

    assert [(one.command, one.summary["done"]) for one in history(project)] == [("destroy", 2), ("apply", 2)]
    assert run("unlock").stdout == "Nobody holds an account.\n"


@pytest.mark.parametrize("command", ["apply", "destroy"])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://team:canary@127.0.0.1:1/db", "error: the history in PostgreSQL at 127.0.0.1:1, database db"),
        ("sqlite:///reconcile.yaml/history.db", "error: the history in "),
    ],
)
def test_without_a_store_nothing_is_read_or_sent(studio, run, command, url, said):
    studio.declare("acme.ru:", top=f"store: '{url}'\n")

    done = run(command, "--yes")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert "canary" not in done.stderr
    assert studio.emulator.requests() == []
    assert run("plan").returncode == 0  # which needs none


def test_a_store_that_is_no_url_is_found_by_validate(studio, run):
    studio.declare("acme.ru:", top="store: ${env.STORE}\n")

    done = run("validate", env={"STORE": "canary"})

    assert done.returncode == 1
    assert done.stderr.startswith("reconcile.yaml:6:8: expected something like postgresql+psycopg://")
    assert "canary" not in done.stderr


def test_no_secret_is_in_any_file_of_the_store(studio, run, project):
    key, password = "canary-of-a-key", "canary-of-a-password"
    studio.declare(
        "acme.ru: {client: acme}",
        "b.ru:",
        settings=", profile: {api_key: '${env.NEW}', timezone: Asia/Omsk}",
        top="clients: {acme: {email: owner@acme.ru, password: '${env.PASSWORD}'}}\n",
    )

    done = run("apply", "--yes", env={"NEW": key, "PASSWORD": password})

    assert done.returncode == 0, done.stderr + done.stdout
    raw = b"".join(path.read_bytes() for path in sorted((project / ".reconcile").iterdir()))
    assert b"owner@acme.ru" in raw
    for secret in (key, password, "the-secret-key"):
        assert secret.encode() not in raw


def test_who_applied_on_which_revision(studio, run, project):
    import subprocess

    def git(*arguments):
        identity = ["-c", "user.name=anna", "-c", "user.email=anna@acme.ru"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=project, check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    studio.declare("a.ru:")
    run("apply", "--yes")
    git("init", "-q")
    git("add", "reconcile.yaml")
    git("commit", "-qm", "first")
    studio.declare("a.ru:", "b.ru:")
    run("apply", "--yes")
    git("commit", "-qam", "second")
    studio.declare("a.ru:", "b.ru: {report_period: 1}")
    git("commit", "-qam", "third")
    run("apply", "--yes")
    studio.declare("a.ru: {report_period: 1}", "b.ru: {report_period: 1}")
    run("apply", "--yes", env={"GITHUB_SHA": "0f" * 20, "GITHUB_ACTOR": "octocat"})

    third, second, first = git("log", "--format=%H").split()
    assert second != third
    assert [one.commit for one in history(project)] == ["0f" * 20, third, f"{first}+", None]
    assert history(project)[0].user == "octocat"


def test_an_account_that_is_not_there_can_t_be_unlocked(studio, run):
    studio.declare("acme.ru:")

    done = run("unlock", "studo", "--yes")

    assert done.returncode == 64
    assert 'the project has no account "studo"; did you mean "studio"?' in done.stderr
    assert run("unlock", "studio").stdout == "Nobody holds studio.\n"
