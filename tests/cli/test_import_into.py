"""`import --into` over HTTP: what somebody made in the dashboard is declared beside the rest, and the plan is empty."""

from __future__ import annotations


def test_what_came_to_be_live_is_added_to_the_files(studio, run, project):
    studio.declare("acme.ru: {report_period: 60}   # Окна", "  # to be: b.ru")
    assert run("apply", "--yes").returncode == 0
    studio.add("окна.рф", report_email="o@acme.ru")
    file = project / "reconcile.yaml"
    before = file.read_text("utf-8")

    result = run("import", "--into", ".")

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("wrote reconcile.yaml\n")
    after = file.read_text("utf-8")
    assert after.startswith(before)
    assert after.removeprefix(before).startswith("  окна.рф:")
    assert sorted(path.name for path in project.iterdir() if not path.name.startswith(".")) == ["reconcile.yaml"]
    assert run("plan", "--detailed-exitcode").returncode == 0
    again = run("import", "--into", ".")
    assert "Nothing to import" in again.stdout
    assert file.read_text("utf-8") == after


def test_a_folder_that_is_not_the_project_s_is_refused(studio, run, project):
    studio.declare("acme.ru:")
    studio.add("b.ru")

    result = run("import", "--into", "..")

    assert result.returncode == 1
    assert "..: is no folder of the project in .; name the project's with -C DIR" in result.stderr
    assert sorted(path.name for path in project.parent.glob("*.yaml")) == []
