"""Selections on the command line: what `list` shows is what every other command keeps to; and `why`."""

from __future__ import annotations

import csv
import io
import json

import pytest

TOP = "widgets:\n  standard: {call_time: 28}\n  compact: {extends: standard, call_time: 35}\nschedules: {}\n"
GOLD = "acme.ru: {labels: {tier: gold}, widget: compact}"
IRON = "beta.ru: {labels: {tier: iron}, widget: standard}"
PLAIN = "кафе.рф:"


@pytest.fixture
def three(studio):
    """Three sites, of which nothing is live, and one that is live and in no file."""
    studio.add("old.ru")
    studio.declare(GOLD, IRON, PLAIN, top=TOP, settings=", prune: true")
    return studio


def changed_by(done):
    assert done.returncode in (0, 2), done.stderr
    return {change["address"].rpartition("/")[2]: change["action"] for change in json.loads(done.stdout)["changes"]}


def listed(done):
    assert done.returncode == 0, done.stderr
    return [one["address"].rpartition("/")[2] for one in json.loads(done.stdout)["resources"]]


def test_list_shows_what_is_declared_and_where(three, run):
    text, data, table = (run("list", "--format", form) for form in ("text", "json", "csv"))

    lines = (three.root / "reconcile.yaml").read_text(encoding="utf-8").splitlines()
    at = {
        name: 1 + next(n for n, line in enumerate(lines) if name in line) for name in ("acme.ru", "beta.ru", "кафе.рф")
    }
    assert text.stdout.splitlines() == [
        "Address              Kind  Client  Group  Labels     Declared at",
        f"studio/site/acme.ru  site                 tier=gold  reconcile.yaml:{at['acme.ru']}",
        f"studio/site/beta.ru  site                 tier=iron  reconcile.yaml:{at['beta.ru']}",
        f"studio/site/кафе.рф  site                            reconcile.yaml:{at['кафе.рф']}",
    ]
    assert json.loads(data.stdout)["resources"][0] == {
        "address": "studio/site/acme.ru",
        "kind": "site",
        "account": "studio",
        "client": None,
        "group": None,
        "labels": {"tier": "gold"},
        "uses": ["manager/anna", "widget/compact", "widget/standard"],
        "file": "reconcile.yaml",
        "line": at["acme.ru"],
    }
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert [(row["address"], row["labels"]) for row in rows] == [
        ("studio/site/acme.ru", "tier=gold"),
        ("studio/site/beta.ru", "tier=iron"),
        ("studio/site/кафе.рф", ""),
    ]
    assert three.emulator.requests() == []


def test_list_counts_by_what_sites_have_in_common(three, run):
    text = run("list", "--by", "widget")
    data = json.loads(run("list", "--by", "label", "--format", "json").stdout)

    assert text.stdout == "Widget    Resources\nstandard          2\ncompact           1\n"
    assert data["resources"] == {"tier=gold": 1, "tier=iron": 1}
    assert run("list", "--by", "blacklist").stdout == "Nothing has a blacklist.\n"


def test_a_selection_by_what_would_change_asks_the_service_and_knows_what_would_go(three, run):
    assert run("apply", "--yes", "--select", "tier=*").returncode == 0

    data = json.loads(run("list", "--select", "changed", "--format", "json").stdout)["resources"]
    same = run("list", "--select", "not changed", "--format", "json")

    assert [(one["address"], one["action"]) for one in data] == [
        ("studio/site/xn--80akn5b.xn--p1ai", "create"),
        ("studio/site/old.ru", "delete"),
    ]
    assert data[1]["file"] is None
    assert listed(same) == ["acme.ru", "beta.ru"]
    assert changed_by(run("plan", "--select", "changed and tier=*", "--format", "json")) == {}


def test_every_command_keeps_to_the_selection(three, run):
    args = ("--select", "widget=standard or old.ru", "--exclude", "tier=iron", "--format", "json")
    two = {"acme.ru": "create"}  # whether old.ru was of iron nobody knows

    assert listed(run("list", *args)) == ["acme.ru"]
    assert changed_by(run("plan", *args)) == changed_by(run("drift", *args)) == two
    applied = run("apply", "--yes", *args)
    assert {one["address"]: one["outcome"] for one in json.loads(applied.stdout)["outcomes"]} == {
        "studio/site/acme.ru": "done"
    }
    assert run("apply", "--yes", "--select", "beta.ru").returncode == 0
    assert three.live().keys() == {"old.ru", "acme.ru", "beta.ru"}
    gone = run("destroy", "--yes", "--exclude", "tier=gold", "--allow-deletes", "1")
    assert gone.returncode == 0, gone.stderr
    assert three.live().keys() == {"old.ru", "acme.ru"}
    assert run("rollback", "latest", "--yes", "--select", "tier=gold").returncode == 1
    back = run("rollback", "latest", "--yes", "--select", "tier=iron and changed")
    assert back.returncode == 0, back.stderr
    assert three.live().keys() == {"old.ru", "acme.ru", "beta.ru"}


@pytest.mark.parametrize("command", ["plan", "apply --yes", "destroy --yes", "drift", "list"])
def test_a_selection_of_nothing_is_an_error_unless_that_is_fine(three, run, command):
    args = (*command.split(), "--select", "tier=silver")

    refused, fine = run(*args), run(*args, "--allow-empty")

    assert (refused.returncode, fine.returncode) == (1, 0), fine.stderr
    assert "--select tier=silver matches nothing" in refused.stderr
    assert three.live().keys() == {"old.ru"}


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (
            ("plan", "--select", "tier=gold an beta.ru"),
            64,
            'error: --select: expected `and`, `or` or the end, got "an"; ',
        ),
        (("plan", "--select", "tier=gold an beta.ru"), 64, "\n  tier=gold an beta.ru\n            ^\n"),
        (
            ("apply", "--yes", "--exclude", "("),
            64,
            "error: --exclude: expected a term, such as label=gold or an address",
        ),
        (("drift", "--exclude", "teir=gold"), 1, 'error: --exclude: no site has a label "teir"; did you mean "tier"?'),
        (
            ("list", "--select", "widget=standart"),
            1,
            'no site uses a widget named "standart"; did you mean "standard"?',
        ),
        (("why", "acme.ro"), 64, 'error: no file declares "acme.ro"; did you mean "acme.ru"?'),
        (("why", "acme.ru", "widget.calltime"), 64, 'did you mean "widget.call_time"?'),
        (("apply", "plan.json", "--exclude", "x"), 64, "error: a saved plan is applied whole"),
    ],
)
def test_what_is_wrong_is_said_before_the_service_is_asked(three, run, args, code, said):
    done = run(*args)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert three.emulator.requests() == []


def test_why_tells_the_layers_of_a_value(three, run):
    text, data = run("why", "acme.ru", "widget.call_time"), run("why", "acme.ru", "--format", "json")

    lines = (three.root / "reconcile.yaml").read_text(encoding="utf-8").splitlines()
    number = {name: 1 + lines.index(line) for line in lines for name in [line.strip().partition(":")[0]]}
    compact, standard, site = number["compact"], number["standard"], number["acme.ru"]
    widget = GOLD.index("compact") + 3
    through = f"reconcile.yaml:{site}:{widget}"
    assert text.stdout.splitlines() == [
        f"studio/site/acme.ru  (reconcile.yaml:{site}:3)",
        "  widget.call_time: 35",
        f"      from widget compact   reconcile.yaml:{compact}:43  through {through}",
        f"      over widget standard  reconcile.yaml:{standard}:25  28  through {through}, reconcile.yaml:{compact}:22",
    ]
    fields = {one["path"]: one for one in json.loads(data.stdout)["resources"][0]["fields"]}
    assert fields["account"] == {"path": "account", "value": "studio", "source": "only account", "layers": []}
    assert fields["widget.period"]["source"] == "not managed"
    assert [layer["value"] for layer in fields["widget.call_time"]["layers"]] == [35, 28]
    assert three.emulator.requests() == []
    whole = run("why", "КАФЕ.рф").stdout
    assert "  report_period: 60\n      from defaults  " in whole
    assert "other fields mentioned nowhere, so kept as live\n" in whole
