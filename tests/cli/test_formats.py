"""`--format` and `--write`: results, and errors, in every format, on standard output and in files."""

from __future__ import annotations

import json
import stat
from xml.etree import ElementTree as ET

import pytest

from reconcile.reports.formats import CHECKS, PLANS

WRONG = "acme.ru: {colour: red, report_period: x}"


@pytest.fixture
def changed(studio):
    studio.add("acme.ru", report_period=90)
    studio.declare("acme.ru:", "new.ru: {auto_payment: true}")
    return studio


def written(*forms):
    return [part for form in forms for part in ("--write", f"{form}=out.{form}")]


def begins(form, text, *, wrong=False):
    """Whether a text is a document of a format, of a result or of an error."""
    starts = {
        "text": "reconcile.yaml:7:13: unknown key" if wrong else ("~ ", "Valid: "),
        "json": '{\n  "format_version": "1.0"',
        "markdown": "### No plan: 2 problems" if wrong else "### Plan: 1 to create, 1 to update",
        "terraform": '{"format_version":"1.2"',
        "html": "<!doctype html>",
        "junit": "<?xml",
        "sarif": '{\n  "$schema"',
        "gitlab": "[\n  {" if wrong else "[]",
        "github": "::error file=reconcile.yaml,line=7,col=13,title=reconcile::unknown key" if wrong else "",
    }
    return text.startswith(starts[form])


def test_a_plan_is_printed_in_one_format_and_written_in_all(changed, run, project):
    for command in (("plan", "-o", "saved.json"), ("drift",), ("show", "saved.json")):
        done = run(*command, "--format", "markdown", *written(*PLANS))

        assert begins("markdown", done.stdout)
        assert [form for form in PLANS if not begins(form, (project / f"out.{form}").read_text(encoding="utf-8"))] == []
        assert (project / "out.markdown").read_text(encoding="utf-8") == done.stdout
        for form in PLANS:
            path = project / f"out.{form}"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            path.unlink()


@pytest.mark.parametrize("form", ["markdown", "terraform"])
def test_every_format_has_the_exit_code_of_the_text(changed, run, form):
    done = run("drift", "--format", form)

    assert (done.returncode, begins(form, done.stdout), done.stderr) == (2, True, "")


@pytest.mark.parametrize("form", CHECKS)
def test_a_valid_project_is_said_to_be_in_every_format(studio, run, project, form):
    studio.declare("acme.ru:")

    done = run("validate", "--format", form, *written(form))

    assert (done.returncode, begins(form, done.stdout), done.stderr) == (0, True, "")
    assert (project / f"out.{form}").read_text(encoding="utf-8") == done.stdout


@pytest.mark.parametrize(("command", "forms"), [("validate", CHECKS), ("plan", PLANS)])
def test_an_error_is_a_document_of_every_format_and_a_message(studio, run, project, command, forms):
    studio.declare(WRONG)
    for form in forms:
        (project / f"out.{form}").write_text("of yesterday", encoding="utf-8")

    printed = {form: run(command, "--format", form) for form in forms}
    done = run(command, *written(*forms))

    for form in forms:
        text = (project / f"out.{form}").read_text(encoding="utf-8")
        assert begins(form, text, wrong=True), text
        assert printed[form].stdout == ("" if form == "text" else text)
        assert (printed[form].returncode, printed[form].stderr) == (1, done.stderr)
    assert done.stderr.endswith("2 problems in the project; nothing was changed\n")


@pytest.mark.parametrize("wrong", [("--select", "(("), ("--parallelism", "0")])
def test_wrong_usage_is_a_document_too(run, project, wrong):
    (project / "out.json").write_text("of yesterday", encoding="utf-8")

    done = run("plan", *wrong, "--format", "json", *written("json"))

    assert done.returncode == 64
    assert begins("json", done.stdout, wrong=True)
    assert (project / "out.json").read_text(encoding="utf-8") == done.stdout


def test_what_the_project_and_the_program_keep_is_written_over_by_nothing(studio, run, project):
    groups = """site_groups:
  one: {from: one.json, address: "${each.host}", template: {managers: [{phone: "+74951234567"}]}}
"""
    kept = {"one.json": '[{"host": "one.ru"}]', "two.csv": "host\ntwo.ru\n", "saved.json": "{}", "key.txt": "a@b.ru"}
    for name, text in kept.items():
        (project / name).write_text(text, encoding="utf-8")

    refused = {
        ("plan", "-o", "two.csv"): "-o two.csv: would be taken for a file of the project; give",
        ("drift", "--write", "text=.reconcile/x"): "--write text=.reconcile/x: .reconcile holds what the program",
        ("show", "saved.json", "--write", "json=saved.json"): "PLAN and --write both name saved.json; give them",
    }
    read = {
        ("plan", "--write", "json=one.json"): "one.json is a file that the project reads",
        ("plan", "-o", "key.txt"): "key.txt is a file that the project reads",
        ("validate", "--write", "json=./key.txt"): "key.txt is a file that the project reads",
    }
    studio.declare('acme.ru: {report_email: "${file.key.txt}"}', top=groups)
    for args, said in {**refused, **read}.items():
        done = run(*args)
        assert (done.returncode, done.stdout) == (64, "")
        assert said in done.stderr
    studio.declare('acme.ru: {colour: "${file.key.txt}"}', top=groups)  # an error is not written there, either
    for args in read:
        assert run(*args).returncode == 1

    assert {name: (project / name).read_text(encoding="utf-8") for name in kept} == kept
    assert not (project / ".reconcile").exists()


def test_a_file_that_can_not_be_written_keeps_no_other_from_its_plan(changed, run, project):
    (project / "folder").mkdir()
    (project / "plan.md").write_text("of yesterday", encoding="utf-8")
    files = ["json=plan.json", "text=none/plan.txt", "html=folder", "markdown=plan.md"]

    done = run("plan", *(part for file in files for part in ("--write", file)))

    assert (done.returncode, done.stderr) == (
        1,
        "error: none/plan.txt: there is no folder none to write it in\nfolder: is a folder, and can't be written to\n",
    )
    assert len(json.loads((project / "plan.json").read_text(encoding="utf-8"))["changes"]) == 2
    assert begins("markdown", (project / "plan.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("command", "form", "more"),
    [
        ("validate", "sarif", ("--write", "text=none/out")),
        ("plan", "html", ("--write", "text=none/out")),
        ("plan", "json", ("-o", "none/plan.json")),
    ],
)
def test_standard_output_has_one_document_whatever_fails_after_it(changed, run, command, form, more):
    good, done = run(command, "--format", form), run(command, "--format", form, *more)

    assert (done.returncode, done.stdout) == (1, good.stdout)
    assert "there is no folder none to write it in" in done.stderr


def test_problems_are_at_their_paths_in_the_repository(studio, run, project, tmp_path):
    studio.declare(WRONG)

    done = run(
        *("-C", str(project), "validate", "--format", "github", "--write", "junit=report.xml"),
        cwd="/",
        env={"GITHUB_WORKSPACE": str(tmp_path)},
    )

    assert done.stdout.startswith("::error file=project/reconcile.yaml,line=7,col=13,")
    cases = ET.fromstring((project / "report.xml").read_bytes()).iter("testcase")
    assert [(case.get("file"), case.get("line")) for case in cases] == [("project/reconcile.yaml", "7")] * 2


def test_a_plan_that_apply_would_refuse_says_so_in_a_comment(studio, run, project):
    for n in range(6):
        studio.add(f"old-{n}.ru")
    studio.add("acme.ru")
    studio.declare("acme.ru:", settings=", prune: true", top="safety: {max_delete_percent: 100}\n")

    done = run("plan", "--format", "markdown", "--write", "markdown=plan.md")

    assert (
        "- **warning:** ``apply will refuse this plan: 6 sites would be deleted, and `safety.max_deletes` is 5; "
        in done.stdout
    )
    assert done.stderr.startswith("warning: apply will refuse this plan: 6 sites would be deleted")
    assert (project / "plan.md").read_text(encoding="utf-8") == done.stdout


def test_the_whole_of_a_plan_is_in_a_comment_with_full(studio, run):
    for n in range(30):
        studio.add(f"site-{n:02}.ru", report_period=90)
    studio.declare(*(f"site-{n:02}.ru:" for n in range(30)))

    short, full = (run("plan", "--format", "markdown", *more).stdout for more in ((), ("--full",)))

    assert "and 18 more" in short
    assert [n for n in range(30) if f"site-{n:02}.ru" not in full] == []


def test_a_key_is_in_no_format(changed, run, project):
    done = run("plan", *written(*PLANS), "--format", "terraform")

    assert done.returncode == 0
    for form in PLANS:
        assert "the-secret-key" not in (project / f"out.{form}").read_text(encoding="utf-8")


def test_what_a_policy_refuses_is_where_the_resource_is_declared(studio, run, project):
    policy = "policies: {reports: {deny: site.report_period < 90, message: reports are rare}}\n"
    studio.declare("acme.ru:", "окна.рф: {report_period: 90}", top=policy)

    printed = {form: run("validate", "--format", form) for form in CHECKS}
    done = run("validate", *written(*CHECKS))

    assert {form: one.returncode for form, one in printed.items()} == dict.fromkeys(CHECKS, 3)
    assert done.returncode == 3
    github = printed["github"].stdout
    assert github.startswith("::error file=reconcile.yaml,line=")
    assert github.count("::error") == 1
    assert "title=reconcile%3A policy/reports::studio/site/acme.ru: " in github
    for form in CHECKS:
        text = (project / f"out.{form}").read_text(encoding="utf-8")
        assert "reports are rare" in text
        assert printed[form].stdout == ("" if form == "text" else text)
    rules = json.loads(printed["sarif"].stdout)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["policy/reports", "project"]
    assert rules[0]["shortDescription"]["text"] == "reports are rare"
