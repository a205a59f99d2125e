"""What became of a plan, in text and in JSON, with the exit code that goes with it."""

from __future__ import annotations

import json

import pytest

from reconcile.applying.report import Outcome, Report, Result
from reconcile.errors import ConfigError, PlanError, Problem
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.reports.json import error_json, report_json
from reconcile.reports.text import report_text


def result(name, outcome, error="", action=Action.UPDATE):
    return Result(Address("studio", "site", name), action, outcome, error)


MIXED = Report(
    "RUN",
    (
        result("acme.ru", Outcome.DONE, action=Action.CREATE),
        result("xn--e1afmkfd.xn--p1ai", Outcome.FAILED, "GEN-PARAM-INVALID: \x1b[31mno\x1b[0m"),
        result("globex.ru", Outcome.NOT_ATTEMPTED, "somebody changed widget.call_time since the plan was made"),
        result("initech.ru", Outcome.UNKNOWN, "no answer in time", action=Action.CREATE),
        result("old.ru", Outcome.DONE, action=Action.DELETE),
    ),
)


def test_all_that_is_not_done_is_named_and_the_numbers_add_up():
    assert report_text(MIXED) == (
        "studio/site/пример.рф: update failed: GEN-PARAM-INVALID: \\x1b[31mno\\x1b[0m\n"
        "studio/site/globex.ru: update not attempted: somebody changed widget.call_time since the plan was made\n"
        "studio/site/initech.ru: create outcome unknown: no answer in time\n"
        "Apply: 2 of 5 changes done, 1 failed, 1 not attempted, 1 outcome unknown. Run RUN.\n"
    )


def test_a_run_that_did_everything_is_one_line():
    report = Report("RUN", (result("acme.ru", Outcome.DONE),))

    assert report_text(report) == "Apply: 1 of 1 change done. Run RUN.\n"


def test_an_interrupted_run_says_so():
    report = Report("RUN", (result("acme.ru", Outcome.NOT_ATTEMPTED, "the run was interrupted"),), interrupted=True)

    assert report_text(report) == (
        "studio/site/acme.ru: update not attempted: the run was interrupted\n"
        "Interrupted. Apply: 0 of 1 change done, 1 not attempted. Run RUN.\n"
    )


def test_json_holds_every_outcome():
    data = json.loads(report_json(MIXED))

    assert {key: data[key] for key in ("format_version", "run", "summary")} == {
        "format_version": "1.0",
        "run": "RUN",
        "summary": {"done": 2, "failed": 1, "not_attempted": 1, "unknown": 1},
    }
    assert data["outcomes"][0] == {
        "address": "studio/site/acme.ru",
        "action": "create",
        "outcome": "done",
        "id": None,
        "error": None,
    }
    assert [outcome["outcome"] for outcome in data["outcomes"]] == [
        "done",
        "failed",
        "not_attempted",
        "unknown",
        "done",
    ]
    assert sum(data["summary"].values()) == len(data["outcomes"])


DONE, FAILED, LEFT, UNKNOWN = Outcome.DONE, Outcome.FAILED, Outcome.NOT_ATTEMPTED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("outcomes", "interrupted", "code"),
    [
        ([], False, 0),
        ([DONE, DONE], False, 0),
        ([DONE, FAILED], False, 5),
        ([DONE, LEFT], False, 5),
        ([FAILED, LEFT], False, 1),
        ([LEFT], False, 1),
        ([UNKNOWN], False, 5),
        ([UNKNOWN, FAILED], False, 5),
        ([DONE, LEFT], True, 130),
        ([LEFT], True, 130),
    ],
)
def test_the_exit_code_follows_from_the_outcomes(outcomes, interrupted, code):
    report = Report("RUN", tuple(result(f"s{n}.ru", outcome) for n, outcome in enumerate(outcomes)), interrupted)

    assert report.exit_code == code


def test_errors_are_diagnostics_in_json():
    problems = ConfigError([Problem("b.yaml", 2, 3, "second"), Problem("a.yaml", 1, 1, "first")])

    assert json.loads(error_json(problems)) == {
        "format_version": "1.0",
        "diagnostics": [
            {"severity": "error", "file": "a.yaml", "line": 1, "column": 1, "message": "first"},
            {"severity": "error", "file": "b.yaml", "line": 2, "column": 3, "message": "second"},
        ],
    }
    assert json.loads(error_json(PlanError("what is wrong")))["diagnostics"] == [
        {"severity": "error", "message": "what is wrong"}
    ]
