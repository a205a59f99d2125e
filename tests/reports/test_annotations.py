"""What is wrong with a project, for those who show it beside the files: each format as its readers read it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconcile.cli.paths import paths_from
from reconcile.errors import ConfigError, PlanError, Problem, ReconcileError
from reconcile.model.policy import Policy
from reconcile.planning.plan import Diagnostic, Severity
from reconcile.reports.annotations import Annotation, Checked, checked, from_diagnostics, from_error
from reconcile.reports.formats import CHECKS, checked_as
from reconcile.reports.json import error_json

ERROR, WARNING = Severity.ERROR, Severity.WARNING
NASTY = 'a "b" <c> & ]]> 100% ::error:: , :\r\n\x1b[31m\u202e\x00\ud800\ufffe ##[add-mask]x'
VALID = checked([], "Valid: 1 site in 1 account.")
SOME = checked(
    [
        Annotation(WARNING, "is odd", "b.yaml", 3, 4, rule="saturdays", address="studio/site/a.ru"),
        Annotation(ERROR, "no", "сайты/a b,c:d.yaml", 7, 13),
        Annotation(ERROR, NASTY, "b.yaml"),
        Annotation(ERROR, "nowhere"),
    ],
    "4 problems",
)

#: What SARIF 2.1.0 says of the objects that are used here (sections 3.13 to 3.30), and no other properties.
URI = {"type": "string", "pattern": "^[!-~]+$"}
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
POSITION = {"type": "integer", "minimum": 1}


def closed(required, **properties):
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


SARIF = closed(
    "version runs",
    **{
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": closed(
                "tool results",
                tool=closed(
                    "driver",
                    driver=closed(
                        "name",
                        name={"type": "string"},
                        semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                        rules={
                            "type": "array",
                            "uniqueItems": True,
                            "items": closed("id", id={"type": "string"}, shortDescription=TEXT),
                        },
                    ),
                ),
                columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                results={
                    "type": "array",
                    "items": closed(
                        "message",
                        ruleId={"type": "string"},
                        ruleIndex={"type": "integer", "minimum": 0},
                        level={"enum": ["none", "note", "warning", "error"]},
                        message=TEXT,
                        locations={
                            "type": "array",
                            "minItems": 1,
                            "items": closed(
                                "physicalLocation",
                                physicalLocation=closed(
                                    "artifactLocation",
                                    artifactLocation=closed("uri", uri=URI, uriBaseId={"const": "%SRCROOT%"}),
                                    region=closed("startLine startColumn", startLine=POSITION, startColumn=POSITION),
                                ),
                            ),
                        },
                        partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
                    ),
                },
            ),
        },
    },
)


def sarif(found: Checked):
    data = json.loads(checked_as("sarif", found))
    Draft202012Validator(SARIF).validate(data)
    return data["runs"][0]


def commands(found: Checked):
    """What a runner makes of the output: the level, the properties and the message of each line."""
    made = []
    for line in checked_as("github", found).splitlines():
        level, properties, message = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line).groups()
        pairs = dict(part.split("=", 1) for part in properties.split(","))
        made.append((level, {key: data(value) for key, value in pairs.items()}, data(message)))
    return made


def data(text):
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


# --- GitHub -----------------------------------------------------------------------------------------------------------


def test_github_gets_a_command_for_each_at_its_line():
    shown = commands(SOME)

    assert [(level, where) for level, where, _ in shown] == [
        ("error", {"title": "reconcile"}),
        ("error", {"file": "b.yaml", "title": "reconcile"}),
        ("error", {"file": "сайты/a b,c:d.yaml", "line": "7", "col": "13", "title": "reconcile"}),
        ("warning", {"file": "b.yaml", "line": "3", "col": "4", "title": "reconcile: saturdays"}),
    ]
    assert [message for *_, message in shown] == [
        "nowhere",
        'a "b" <c> & ]]> 100% ::error:: , :\\r\\n\\x1b[31m\\u202e\\x00\\ud800\\ufffe ##[add-mask]x',
        "no",
        "studio/site/a.ru: is odd",
    ]
    assert "file=сайты/a b%2Cc%3Ad.yaml," in checked_as("github", SOME)


@pytest.mark.parametrize(
    ("errors", "warnings", "levels", "last"),
    [
        (0, 0, [], None),
        (7, 3, ["error"] * 7 + ["warning"] * 3, "warning 2"),
        (8, 3, ["error"] * 8 + ["warning"] * 2, "2 more warnings of 11 in all"),
        (12, 1, ["error"] * 10, "3 more errors and 1 more warning of 13 in all"),
        (10, 1, ["error"] * 10, "1 more error and 1 more warning of 11 in all"),
        (0, 30, ["warning"] * 10, "21 more warnings of 30 in all"),
    ],
)
def test_github_shows_ten_so_errors_come_first_and_the_rest_is_counted(errors, warnings, levels, last):
    found = [Annotation(WARNING, f"warning {n}", "a.yaml", n + 1, 1) for n in range(warnings)]
    found += [Annotation(ERROR, f"error {n}", "b.yaml", n + 1, 1) for n in range(errors)]

    shown = commands(checked(found, "said"))

    assert [level for level, *_ in shown] == levels
    assert not last or shown[-1][2].startswith(last)


# --- GitLab -----------------------------------------------------------------------------------------------------------


def test_gitlab_gets_a_code_quality_report():
    report = json.loads(checked_as("gitlab", SOME))

    assert [(one["severity"], one["location"]["path"], one["location"]["lines"]["begin"]) for one in report] == [
        ("critical", "reconcile.yaml", 1),
        ("critical", "b.yaml", 1),
        ("critical", "сайты/a b,c:d.yaml", 7),
        ("minor", "b.yaml", 3),
    ]
    assert [one["check_name"] for one in report][2:] == ["reconcile/project", "reconcile/saturdays"]
    assert json.loads(checked_as("gitlab", VALID)) == []


def test_fingerprints_are_each_its_own_and_stay_when_lines_move():
    def prints(*lines):
        found = checked([Annotation(ERROR, "no", "a.yaml", line, 1) for line in lines], "said")
        return [one["fingerprint"] for one in json.loads(checked_as("gitlab", found))]

    assert len(set(prints(1, 5))) == 2
    assert prints(1, 5) == prints(2, 9)
    assert prints(1)[0] != json.loads(checked_as("gitlab", SOME))[0]["fingerprint"]


# --- SARIF ------------------------------------------------------------------------------------------------------------


def test_sarif_has_a_result_for_each_with_its_rule_and_region():
    run = sarif(SOME)

    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert [(unquote(place["artifactLocation"]["uri"]), place.get("region")) for place in places] == [
        ("reconcile.yaml", None),
        ("b.yaml", None),
        ("сайты/a b,c:d.yaml", {"startLine": 7, "startColumn": 13}),
        ("b.yaml", {"startLine": 3, "startColumn": 4}),
    ]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["project", "saturdays"]
    assert [(one["level"], rules[one["ruleIndex"]]) for one in run["results"]] == [
        *[("error", "project")] * 3,
        ("warning", "saturdays"),
    ]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert sarif(VALID)["results"] == []


# --- JUnit ------------------------------------------------------------------------------------------------------------


def test_junit_has_a_failed_test_for_each_error():
    suites = ET.fromstring(checked_as("junit", SOME).encode())
    suite = suites.find("testsuite")

    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "3",
        "errors": "0",
    }
    assert suites.attrib == suite.attrib
    cases = [(case.get("name"), case.get("file"), case.get("line"), [part.tag for part in case]) for case in suite]
    assert cases == [
        ("reconcile.yaml", "reconcile.yaml", None, ["failure"]),
        ("b.yaml", "b.yaml", None, ["failure"]),
        ("сайты/a b,c:d.yaml:7:13", "сайты/a b,c:d.yaml", "7", ["failure"]),
        ("b.yaml:3:4 saturdays studio/site/a.ru", "b.yaml", "3", ["system-out"]),
    ]
    assert suite.findall("testcase/failure")[2].get("message") == "no"


def test_junit_has_no_two_tests_of_one_name():
    found = [Annotation(level, str(n), "a.yaml", 1, 1) for n, level in enumerate((WARNING, ERROR, ERROR))]

    suite = ET.fromstring(checked_as("junit", checked(found, "said")).encode()).find("testsuite")

    assert [case.get("name") for case in suite] == ["a.yaml:1:1", "a.yaml:1:1 (2)", "a.yaml:1:1 (3)"]


@pytest.mark.parametrize("found", [(), (Annotation(WARNING, "odd"),)])
def test_junit_passes_where_there_is_no_error(found):
    suite = ET.fromstring(checked_as("junit", checked(found, "Valid: 1 site.")).encode()).find("testsuite")

    assert (suite.get("failures"), suite.get("tests")) == ("0", str(len(found) + 1))
    assert suite[0].get("name") == "Valid: 1 site."
    assert suite.findall(".//failure") == []


# --- policies ---------------------------------------------------------------------------------------------------------


def test_a_policy_takes_the_place_of_no_rule_of_ours_and_says_what_it_is():
    named = ("project", "a\u202eb\x1b")
    said = [Diagnostic(ERROR, "studio/site/a.ru", "no", rule=name, declared="a.yaml:3:5") for name in named]

    found = from_diagnostics(said, str, "said", [Policy("project", deny="true", message="open on\x07Monday")])

    rules = {rule["id"]: rule["shortDescription"]["text"] for rule in sarif(found)["tool"]["driver"]["rules"]}
    assert rules == {
        "policy/a\\u202eb\\x1b": "The project's own rule policy/a\\u202eb\\x1b.",
        "policy/project": "open on\\x07Monday",
        "project": "The project can be used: every file, field, name and value is as documented.",
    }
    checks = [one["check_name"] for one in json.loads(checked_as("gitlab", found))]
    assert checks == ["reconcile/policy/project", "reconcile/policy/a\\u202eb\\x1b"]
    assert next(where["title"] for _, where, _ in commands(found)) == "reconcile: policy/project"


# --- all of them ------------------------------------------------------------------------------------------------------


TEXTS = st.text(st.characters(codec=None), max_size=60) | st.sampled_from([NASTY, "%", "%0A", "::"])
FOUND = st.builds(
    Annotation,
    st.sampled_from(Severity),
    TEXTS.filter(bool),
    TEXTS,
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(["project", "a"]),
    TEXTS,
)


@given(st.lists(FOUND, max_size=14))
@settings(deadline=None, max_examples=60)
def test_whatever_is_said_every_format_can_be_read(found):
    every = checked(found, "said")

    assert len(sarif(every)["results"]) == len(json.loads(checked_as("gitlab", every))) == len(found)
    suite = ET.fromstring(checked_as("junit", every).encode()).find("testsuite")
    assert len(suite.findall("testcase")) == int(suite.get("tests"))
    assert len(commands(every)) == min(len(found), 10)
    assert len(checked_as("text", every).splitlines()) == len(found) + 1
    for form in CHECKS:
        checked_as(form, every).encode()
        assert "\x1b" not in checked_as(form, every)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (
            ConfigError([Problem("b.yaml", 2, 1, "x"), Problem("a.yaml", 0, 0, "y")]),
            [("top/a.yaml", 0, "y"), ("top/b.yaml", 2, "x")],
        ),
        (
            PlanError("two", [Diagnostic(ERROR, "studio/site/a.ru", "twice")]),
            [("", 0, "studio/site/a.ru: twice")],
        ),
        (ReconcileError("no way"), [("", 0, "no way")]),
    ],
)
def test_an_error_is_what_it_says_at_its_places(error, found):
    made = from_error(error, lambda file: f"top/{file}")

    assert [(one.path, one.line, one.text) for one in made.found] == found
    assert made.errors == len(found)
    assert checked_as("json", made) == error_json(error)
    assert re.match(rf"{len(found)} problems? in the project", made.summary)


def test_paths_start_at_the_top_of_the_repository(tmp_path, monkeypatch):
    project = tmp_path / "checkout" / "клиенты"
    project.mkdir(parents=True)
    github, elsewhere = {"GITHUB_WORKSPACE": str(tmp_path / "checkout")}, {"CI_PROJECT_DIR": str(tmp_path / "other")}
    monkeypatch.chdir(project)

    assert paths_from(Path(), github)("a.yaml") == "клиенты/a.yaml"
    assert paths_from(Path(), {})("a.yaml") == paths_from(project, elsewhere)("a.yaml") == "a.yaml"
    monkeypatch.chdir(tmp_path)
    assert paths_from(Path("checkout/клиенты"), {})("b/a.yaml") == "checkout/клиенты/b/a.yaml"
    monkeypatch.chdir("/")
    assert paths_from(project, elsewhere)("a.yaml") == str(project / "a.yaml").lstrip("/")
    assert paths_from(project, github)("/etc/passwd") == "/etc/passwd"
