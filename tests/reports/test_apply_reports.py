"""What became of a plan, in text and in JSON, with the exit code that goes with it."""

from __future__ import annotations

import json

import pytest

from reconcile.applying.report import RUN_OVER, Ended, Outcome, Report, Result
from reconcile.errors import ConfigError, PlanError, Problem
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.reports.applied import report_text
from reconcile.reports.json import error_json, report_json


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


def test_what_ended_the_run_of_an_account_is_said_once_with_its_count():
    left = [result(f"s{n}.ru", Outcome.NOT_ATTEMPTED, RUN_OVER) for n in range(1000)]
    failed = result("acme.ru", Outcome.FAILED, "HTTP 503")
    report = Report("RUN", (failed, *left), ended=(Ended("studio", "all of the last 20 tries failed"),))

    assert report_text(report) == (
        "studio/site/acme.ru: update failed: HTTP 503\n"
        "error: studio: all of the last 20 tries failed; 1000 changes not attempted\n"
        "Apply: 0 of 1001 changes done, 1 failed, 1000 not attempted. Run RUN.\n"
    )
    data = json.loads(report_json(report))
    assert data["diagnostics"] == [
        {"severity": "error", "address": "studio", "message": "all of the last 20 tries failed"}
    ]
    assert report_json(report).count("all of the last 20") == 1
    assert data["summary"] == {"done": 0, "failed": 1, "not_attempted": 1000, "unknown": 0}


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


def test_many_failures_of_one_kind_are_said_once_with_their_number_and_some_names():
    busy = [
        Result(
            Address("studio", "site", f"s{n}.ru"), Action.UPDATE, Outcome.FAILED, f"PUT /sites/{n}: busy (HTTP 503)", n
        )
        for n in range(500, 520)
    ]
    other = Result(
        Address("studio", "site", "o.ru"), Action.UPDATE, Outcome.FAILED, "PUT /sites/503: no (HTTP 503)", 503
    )
    lost = [result(f"l{n}.ru", Outcome.UNKNOWN, "no answer in time", action=Action.CREATE) for n in range(3)]
    report = Report("RUN", (*busy, other, *lost))

    assert report_text(report) == (
        "studio: update failed on 20 sites (s500.ru, s501.ru, s502.ru, s503.ru, s504.ru, s505.ru, s506.ru, s507.ru, "
        "s508.ru, s509.ru, s510.ru, s511.ru and 8 more): PUT /sites/…: busy (HTTP 503)\n"
        "studio/site/o.ru: update failed: PUT /sites/503: no (HTTP 503)\n"
        "studio/site/l0.ru: create outcome unknown: no answer in time\n"
        "studio/site/l1.ru: create outcome unknown: no answer in time\n"
        "studio/site/l2.ru: create outcome unknown: no answer in time\n"
        "Apply: 0 of 24 changes done, 21 failed, 3 outcome unknown. Run RUN.\n"
    )
    full = report_text(report, full=True).splitlines()
    assert full[3] == "studio/site/s503.ru: update failed: PUT /sites/503: busy (HTTP 503)"
    assert len(full) == len(report.results) + 1
