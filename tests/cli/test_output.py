"""What commands print, where, and in which shape."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCHEMAS = ("project", "account", "site", "widget", "schedule", "manager", "blacklist")


@pytest.fixture
def changed(studio):
    studio.add("acme.ru", report_period=90)
    studio.declare("acme.ru:", "new.ru: {auto_payment: true}")
    return studio


PLAN_TEXT = """\
~ studio/site/acme.ru (id 1) will be updated: differs from reconcile.yaml
    ~ report_period: 90 -> 60

+ studio/site/new.ru will be created: declared in reconcile.yaml, not live
    + report_period: 60
    + auto_payment: true  (money)
    + managers: Анна +74951234567

Plan: 1 to create, 1 to update, 0 to delete; 0 unchanged.
"""
PLAN_JSON = {
    "format_version": "1.0",
    "summary": {"create": 1, "update": 1, "delete": 0, "noop": 0, "manual": 0},
    "summary_by": {
        "account": {"studio": {"create": 1, "update": 1, "delete": 0, "sites": 2}},
        "group": {},
        "shared": {"manager/anna": {"create": 1, "update": 1, "delete": 0, "sites": 2}},
    },
    "undeclared": {},
    "complete": True,
    "changes": [
        {
            "address": "studio/site/acme.ru",
            "kind": "site",
            "account": "studio",
            "action": "update",
            "reason": "differs from reconcile.yaml",
            "id": 1,
            "uses": ["manager/anna"],
            "fields": [{"path": "report_period", "before": 90, "after": 60}],
        },
        {
            "address": "studio/site/new.ru",
            "kind": "site",
            "account": "studio",
            "action": "create",
            "reason": "declared in reconcile.yaml, not live",
            "id": None,
            "uses": ["manager/anna"],
            "fields": [
                {"path": "url", "before": None, "after": "new.ru"},
                {"path": "report_period", "before": None, "after": 60},
                {"path": "auto_payment", "before": None, "after": True, "money": True},
                {"path": "managers", "before": None, "after": [{"phone": "+74951234567", "name": "Анна"}]},
            ],
        },
    ],
    "diagnostics": [],
    "manual": [],
}


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_plan_is_on_standard_output_and_nothing_else_is(changed, run, command):
    text, data = run(command), run(command, "--format", "json")

    assert (text.stdout, text.stderr) == (PLAN_TEXT, "")
    assert (json.loads(data.stdout), data.stderr) == (PLAN_JSON, "")
    assert changed.writes() == []


def test_what_a_refused_plan_would_be_refused_for_is_a_warning(studio, run):
    for n in range(6):
        studio.add(f"old-{n}.ru")
    studio.add("acme.ru")
    studio.declare("acme.ru:", settings=", prune: true", top="safety: {max_delete_percent: 100}\n")
    refusal = (
        "6 sites would be deleted, and `safety.max_deletes` is 5; if that is meant, raise it, or allow it once with "
        "--allow-deletes 6"
    )

    planned, applied = run("plan"), run("apply", "--yes")

    assert planned.stderr == f"warning: apply will refuse this plan: {refusal}\n"
    assert applied.stderr == f"error: the plan is refused, and nothing was changed:\n  - {refusal}\n"
    assert applied.stdout == planned.stdout


def test_an_apply_shows_the_plan_and_ends_with_the_report(changed, run, without_run_ids):
    done = run("apply", "--yes")

    assert without_run_ids(done.stdout) == (PLAN_TEXT + "Apply: 2 of 2 changes done. Run RUN.\n")
    assert done.stderr == ""
    assert changed.live() == {"acme.ru": 60, "new.ru": 60}


def test_an_apply_in_json_is_its_report(changed, run):
    report = json.loads(run("apply", "--yes", "--format", "json").stdout)

    assert list(report) == ["format_version", "run", "summary", "outcomes", "diagnostics"]
    assert report["summary"] == {"done": 2, "failed": 0, "not_attempted": 0, "unknown": 0}
    assert report["outcomes"] == [
        {"address": "studio/site/acme.ru", "action": "update", "outcome": "done", "id": 1, "error": None},
        {"address": "studio/site/new.ru", "action": "create", "outcome": "done", "id": 2, "error": None},
    ]


def test_an_apply_with_nothing_to_do_asks_nothing_and_sends_nothing(studio, run):
    studio.add("acme.ru")
    studio.declare("acme.ru:")

    text, data = run("apply"), run("apply", "--format", "json")

    assert text.stdout == "No changes. 1 resource as declared.\n"
    assert json.loads(data.stdout)["outcomes"] == []
    assert studio.writes() == []


def test_without_a_terminal_nothing_is_asked(changed, run):
    done = run("apply", input="yes\n", stdin=None)

    assert (done.returncode, done.stdout) == (64, PLAN_TEXT)
    assert done.stderr == (
        "error: nobody is there to ask: standard input is no terminal; say --yes to go on without a question\n"
    )
    assert changed.writes() == []


def test_destroy_deletes_what_is_declared_and_nothing_else(studio, run, without_run_ids):
    studio.add("acme.ru")
    studio.add("undeclared.ru")
    studio.declare("acme.ru:", "never-made.ru:")

    done = run("destroy", "--yes", "--allow-deletes", "1")

    assert without_run_ids(done.stdout) == (
        "- studio/site/acme.ru (id 1) will be deleted: destroy deletes what is declared\n\n"
        "Plan: 0 to create, 0 to update, 1 to delete; 0 unchanged.\n"
        "Apply: 1 of 1 change done. Run RUN.\n"
    )
    assert studio.live() == {"undeclared.ru": 60}


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_problems_are_on_standard_error_and_in_json_on_standard_output(studio, run, command):
    studio.declare("acme.ru: {colour: red, report_period: x}")
    first = 'unknown key "colour" in acme.ru; expected one of account, client, labels, id'
    second = 'expected a whole number, got "x"'

    text, data = run(command), run(command, "--format", "json")

    lines = text.stderr.splitlines()
    assert (text.stdout, len(lines)) == ("", 3)
    assert lines[0].startswith(f"reconcile.yaml:7:13: {first}")
    assert lines[1:] == [f"reconcile.yaml:7:41: {second}", "2 problems in the project; nothing was changed"]
    diagnostics = json.loads(data.stdout)["diagnostics"]
    assert [(d["severity"], d["file"], d["line"], d["column"]) for d in diagnostics] == [
        ("error", "reconcile.yaml", 7, 13),
        ("error", "reconcile.yaml", 7, 41),
    ]
    assert diagnostics[1]["message"] == second
    assert data.stderr == text.stderr


def test_a_valid_project_is_said_to_be_in_both_formats(studio, run):
    studio.declare("acme.ru:", "globex.ru:")

    assert run("validate").stdout == "Valid: 2 sites in 1 account.\n"
    assert json.loads(run("validate", "--format", "json").stdout) == {"format_version": "1.0", "diagnostics": []}
    assert studio.emulator.requests() == []


def test_the_key_is_never_printed_or_saved(changed, run, project):
    secret = "the-secret-key"
    done = [
        run("-vv", "plan", "-o", "plan.json", "--write", "json=written.json", "--write", "text=written.txt"),
        run("show", "plan.json", "--format", "json"),
        run("-vv", "doctor"),
        run("-vv", "apply", "--yes"),
        run("plan", "--format", "json", env={"KEY": "the-secret-key-2"}),
    ]

    for process in done:
        assert secret not in process.stdout + process.stderr
    for path in project.iterdir():
        if path.is_file():
            assert secret not in path.read_text(encoding="utf-8")


def test_doctor_says_what_it_found(studio, run):
    studio.add("acme.ru")
    studio.declare("acme.ru:")

    text, data = run("doctor"), run("doctor", "--format", "json")

    lines = text.stdout.splitlines()
    assert (lines[0], text.returncode) == ("studio:", 0)
    checks = json.loads(data.stdout)["checks"]
    assert [(check["level"], check["subject"]) for check in checks] == [
        (line[2:9].strip(), line[10:].split(":")[0]) for line in lines[1:]
    ]
    assert {(check["account"], check["level"]) for check in checks} == {("studio", "ok"), ("studio", "skip")}
    assert {"credentials", "clock", "sites"} <= {check["subject"] for check in checks if check["level"] == "ok"}
    requests = {check["subject"]: check["request"] for check in checks}
    assert (requests["one site"], requests["clock"]) == ("GET /sites/:id", None)
    assert any(line.endswith(" [GET /sites/:id]") for line in lines)
    assert studio.writes() == []


def test_who_forgot_a_variable_is_told_that_it_is_the_emulator(studio, run):
    note = (
        "note: account studio is at the emulator, not at the live service: "
        "its `base_url` is ${env.URL:-…}, which gives that here\n"
    )
    studio.declare("acme.ru:", url="${env.URL:-emulator}")
    for command in (("plan",), ("drift",), ("apply", "--yes"), ("rollback", "latest", "--yes"), ("statistics",)):
        assert note in run(*command).stderr, command
    assert json.loads(run("doctor", "--format", "json").stdout)["checks"][0] == {
        "account": "studio",
        "level": "warning",
        "subject": "base_url",
        "message": "the emulator, as ${env.URL:-…} says; this is not the live service",
        "request": None,
    }

    live = {"URL": studio.emulator.url}
    assert "emulator" not in run("plan", "-v", env=live).stderr
    assert f"  ok      base_url: {studio.emulator.url}\n" in run("doctor", env=live).stdout

    studio.declare("acme.ru:", url="emulator")
    assert run("plan").stderr == ""
    assert "account studio is at the emulator" in run("plan", "-v").stderr
    assert "  ok      base_url: the emulator; this is not the live service\n" in run("doctor").stdout


def test_doctor_looks_at_every_account(begin, run, project):
    studio = begin(chaser_accounts={"7": "private-key"})
    studio.emulator.put_website("7", "окна.рф")
    studio.declare("acme.ru: {account: studio}")
    path = project / "reconcile.yaml"
    accounts = "".join(
        f"  {name}: {{provider: {service}, uid: '7', api_key: {key}, base_url: '{studio.emulator.url_of(service)}'}}\n"
        for name, service, key in [("broken", "pozvonim", "wrong-key"), ("statistics", "chaser", "private-key")]
    )
    path.write_text(
        path.read_text(encoding="utf-8").replace("managers:\n", accounts + "managers:\n", 1), encoding="utf-8"
    )

    done = run("doctor", "--format", "json")

    checks = json.loads(done.stdout)["checks"]
    levels = {(check["account"], check["subject"]): check["level"] for check in checks}
    assert done.returncode == 1
    assert [place for place, level in levels.items() if level == "error"] == [("broken", "credentials")]
    assert levels["studio", "sites"] == levels["statistics", "websites"] == levels["statistics", "statistics"] == "ok"
    assert levels["statistics", "call"] == "skip"
    assert f"statistics:\n  ok      base_url: {studio.emulator.url_of('chaser')}\n" in run("doctor").stdout
    assert studio.writes() == []


def test_doctor_names_what_raw_can_declare(studio, run):
    number = studio.add("acme.ru")
    studio.emulator.change_site(number, {"widget.colour\x1b[31m": "red", "widget.size": 80})
    studio.declare("acme.ru: {widget: {raw: {size: 90}}}")

    said = "undocumented fields of widget: colour\\x1b[31m, size in 1 of 1 site; `raw:` of a widget is where they can"
    assert said in run("doctor").stdout


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_schema_is_valid_and_complete_in_itself(run, kind):
    from jsonschema import Draft202012Validator

    schema = json.loads(run("schema", kind).stdout)

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    list(Draft202012Validator(schema).iter_errors({"colour": ["red"]}))  # every reference leads somewhere


def test_the_schema_is_that_of_the_files_where_no_kind_is_said(run):
    assert run("schema").stdout == run("schema", "project").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("schema", "sit"), 'error: there is no kind "sit"; expected one of project, account, profile, client, site'),
        (("plna",), 'Error: no such command "plna"; did you mean "plan"?'),
        (("plan", "-out=plan.json"), "no such option -out; did you mean --out plan.json?"),
        (("plan", "-out", "plan.json"), "no such option -out; did you mean --out?"),
        (("fmt", "-check"), "no such option -check; did you mean --check?"),
        (("-version",), "no such option -version; did you mean --version?"),
        (("-chdir=there", "plan"), "no such option -chdir; did you mean -C there?"),
        (("plan", "-target=acme.ru"), "no such option -target; did you mean --select acme.ru?"),
        (("apply", "--target", "acme.ru"), "no such option --target; did you mean --select?"),
        (("apply", "-auto-approve"), "no such option -auto-approve; did you mean --yes?"),
        (("plan", "-json"), "no such option -json; did you mean --format json?"),
        (("plan", "acme.ru"), "Got unexpected extra argument (acme.ru); did you mean --select?"),
        (
            ("plan", "--format", "xml"),
            "Error: Invalid value for '--format': 'xml' is not one of 'text', 'json', 'markdown', ",
        ),
        (("plan", "--detailed-exitcod"), "--detailed-exitcode"),
        (("plan", "--write", "jsn=x"), "error: --write takes FORMAT=FILE with one of text, json, markdown, "),
        (("plan", "--write", "json"), "error: --write takes FORMAT=FILE with one of text, json, markdown, "),
        (("validate", "--write", "xml=x"), "error: --write takes FORMAT=FILE with one of text, json, junit, sarif, "),
        (("drift", "--write", "jsn=x"), 'not "jsn=x"; did you mean "json"?'),
        (("plan", "-o", "p.json", "--write", "json=p.json"), "error: -o and --write both name p.json; give them files"),
        (("plan", "--write", "json=-"), "error: --write json=-: writes to files; --format json prints to standard"),
        (("plan", "--write", "text=a.yml"), "error: --write text=a.yml: would be taken for a file of the project"),
        (("plan", "--write", "text=a", "--write", "json=./a"), "error: --write names ./a twice; each format needs a"),
        (("plan", "--write", "text=a", "--write", "json=no/../a"), "error: --write names no/../a twice; each format"),
        (("plan", "-o", "p.json", "--write", "json=no/../p.json"), "error: -o and --write both name p.json; give them"),
        (("show",), "Error: Missing argument 'PLAN'."),
        (("apply", "plan.json", "--select", "x"), "error: a saved plan is applied whole; --select belongs to the"),
    ],
)
def test_wrong_usage_says_what_is_right(studio, run, args, said):
    studio.declare("acme.ru:")

    done = run(*args)

    assert (done.returncode, done.stdout) == (64, "")
    assert said in done.stderr


def test_the_folder_can_be_said_before_and_after_the_command(studio, run, project, tmp_path):
    studio.declare("acme.ru:")

    for args in (("-C", str(project), "validate"), ("validate", "--chdir", "project")):
        assert run(*args, cwd=tmp_path).stdout == "Valid: 1 site in 1 account.\n"


def test_a_folder_without_a_project_says_so(run):
    done = run("plan")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: .: no *.yaml file declares anything here; `reconcile init` writes a project to start from\n"
    )


COMMANDS = [
    *("init", "validate", "plan", "apply", "drift", "show", "destroy", "doctor", "emulator", "schema"),
    *("call", "calls", "statistics", "widget", "clients", "transfer", "time", "list", "why", "import", "fmt", "move"),
    "completion",
]


def test_every_command_is_named_with_what_it_does(run):
    shown = run("--help").stdout

    for command in COMMANDS:
        assert re.search(rf"^  {command} +[A-Z].*\.$", shown, re.MULTILINE)
    assert "Exit codes: 0 done, 1 error, 2 changes pending" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(run, command):
    done = run(command, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"^ +reconcile (-C clients )?{command}\b", done.stdout, re.MULTILINE)


def test_output_that_nobody_reads_is_no_crash(studio, start):
    studio.declare(*(f"site-{n}.ru:" for n in range(200)))
    process = start("plan", "--format", "json")
    process.stdout.close()

    _, errors = process.communicate(timeout=30)

    assert b"Traceback" not in errors


# --- output that goes nowhere -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("plan",), "what there is to say can't be written"),
        (("plan", "--format", "json"), "what there is to say can't be written"),
        (("plan", "--write", "json=/dev/full"), "/dev/full"),
    ],
)
def test_a_full_disk_is_one_clear_error(studio, start, args, what):
    studio.declare("acme.ru:")
    with Path("/dev/null" if "--write" in args else "/dev/full").open("w") as output:
        process = start(*args, stdout=output)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.decode() == f"error: {what}: No space left on device\n"


@pytest.mark.parametrize(("args", "code"), [("", 64), ("--yes", 0)])
@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_lead_nowhere(studio, project, clean_environment, closed, args, code):
    studio.declare("acme.ru:")
    command = f'"$0" -m reconcile apply {args} {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        check=False,
        cwd=project,
        env=clean_environment | {"KEY": "the-secret-key"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == code
    assert "bug" not in done.stderr
    assert len(studio.writes()) == (code == 0)


def test_the_log_of_the_stores_library_is_not_shown(clean_environment):
    """Its pool logs the traceback of a Ctrl-C that comes while it closes a connection."""
    program = "import logging, reconcile.store.database; logging.getLogger('sqlalchemy.pool').error('a traceback')"

    done = subprocess.run([sys.executable, "-c", program], env=clean_environment, capture_output=True, check=True)

    assert done.stderr == b""


def test_letters_that_an_old_terminal_lacks_are_written_as_numbers(studio, project, reconcile):
    studio.declare("пример.рф:")

    done = reconcile("list", cwd=project, env={"KEY": "the-secret-key", "PYTHONIOENCODING": "latin-1"})

    assert done.returncode == 0, done.stderr
    assert r"\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444" in done.stdout
