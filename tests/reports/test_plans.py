"""Plans as people read them: each folder of `cases/` is a project, the live sites, and the text, word for word."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from reconcile.planning.planfile import dump
from reconcile.reports.files import save_plan
from reconcile.reports.json import plan_json
from reconcile.reports.markdown import plan_markdown
from reconcile.reports.text import plan_text

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_this_word_for_word(name, plan_of):
    assert plan_text(plan_of(name)) == (CASES / name / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_colour_adds_nothing_but_colour(name, plan_of):
    plan = plan_of(name)

    coloured = plan_text(plan, colour=True)

    assert COLOUR.sub("", coloured) == plan_text(plan)
    assert bool(COLOUR.search(coloured)) is bool(plan.changes or plan.diagnostics or plan.manual)


@pytest.mark.parametrize(("name", "sign", "code"), [("create", "+", 32), ("delete", "-", 31), ("update", "~", 33)])
def test_signs_have_their_colours(name, sign, code, plan_of):
    assert plan_text(plan_of(name), colour=True).startswith(f"\x1b[{code}m{sign} ")


@pytest.mark.parametrize("name", NAMES)
def test_no_text_holds_a_character_that_a_terminal_obeys(name, plan_of):
    text = plan_text(plan_of(name))

    assert [c for c in text if not c.isprintable() and c != "\n"] == []


@pytest.mark.parametrize(
    ("undeclared", "live", "said"),
    [
        (0, 10, []),
        (1, 1, ["note: studio: 1 of 1 live site is declared in no file, and left alone; `import` declares it"]),
        (
            2,
            1000,
            ["note: studio: 2 of 1000 live sites are declared in no file, and left alone; `import` declares them"],
        ),
    ],
)
def test_live_sites_in_no_file_are_a_line(undeclared, live, said, plan_of):
    plan = replace(plan_of("update"), undeclared={"studio": undeclared}, sizes={"studio": live})

    assert plan_text(plan).splitlines()[-1 - len(said) : -1] == said
    assert [line for line in plan_markdown(plan).splitlines() if "no file" in line] == [
        f"- **note:** ``{line.removeprefix('note: ')}``" for line in said
    ]
    assert json.loads(plan_json(plan))["undeclared"] == {"studio": undeclared}


def test_json_is_complete_where_text_is_short(plan_of):
    plan = json.loads(plan_json(plan_of("grouping")))

    updated = [change["address"] for change in plan["changes"] if change["action"] == "update"]
    assert updated == [*(f"studio/site/client-{n:02}.ru" for n in range(1, 13)), "studio/site/other.ru"]
    assert plan["summary"] == {"create": 3, "update": 13, "delete": 0, "noop": 0, "manual": 0}


def test_json_has_the_documented_shape(plan_of):
    plan = json.loads(plan_json(plan_of("diagnostics")))

    assert list(plan) == [
        "format_version",
        "summary",
        "summary_by",
        "undeclared",
        "complete",
        "changes",
        "diagnostics",
        "manual",
    ]
    assert plan["changes"] == [
        {
            "address": "studio/site/new.ru",
            "kind": "site",
            "account": "studio",
            "action": "update",
            "reason": "differs from reconcile.yaml",
            "id": 4,
            "uses": ["manager/anna"],
            "fields": [{"path": "report_period", "before": None, "after": 60}],
        }
    ]
    assert [(d["severity"], d["address"]) for d in plan["diagnostics"]] == [
        ("error", "studio/site/acme.ru"),
        ("error", "studio/site/no-managers.xn--p1ai"),
        ("warning", "studio/site/new.ru"),
    ]


def test_a_saved_plan_is_for_its_owner_only_and_replaces_the_old_one_whole(tmp_path, plan_of):
    path = tmp_path / "plan.json"
    path.write_text("old")
    path.chmod(0o644)

    save_plan(plan_of("create"), "project", path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text(encoding="utf-8") == dump(plan_of("create"), "project")
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]
