"""`plan -o` and `apply PLAN`: exactly that plan, or nothing."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def saved(studio, run):
    """A saved plan of an update, a create and a delete."""
    studio.add("acme.ru", report_period=90)
    studio.add("old.ru")
    studio.declare("acme.ru:", "new.ru:", settings=", prune: true", top="safety: {max_delete_percent: 100}\n")
    assert run("plan", "-o", "plan.json").returncode == 0
    return studio


STALE = "error: the saved plan is stale, and nothing was changed; make a new one with `reconcile plan -o FILE`:\n"


def test_a_saved_plan_is_applied_as_it_is(saved, run):
    saved.declare("acme.ru: {report_period: 1}", "another.ru:", top="safety: {max_delete_percent: 50}\n")

    done = run("apply", "plan.json", "--yes")

    assert done.returncode == 0, done.stderr
    assert saved.live() == {"acme.ru": 60, "new.ru": 60}


def test_a_saved_plan_is_readable_by_its_owner_only(saved, project):
    assert (project / "plan.json").stat().st_mode & 0o777 == 0o600


def test_the_same_plan_is_saved_as_the_same_bytes(studio, run, project):
    """Also by processes in which sets have other orders."""
    top = "widgets: {a: {}, b: {extends: a}, c: {extends: b}, d: {extends: c}}\n"
    studio.declare("acme.ru: {widget: d}", "new.ru: {widget: c}", top=top)
    made = set()
    for seed in "1234":
        assert run("plan", "-o", f"{seed}.json", env={"PYTHONHASHSEED": seed}).returncode == 0
        made.add((project / f"{seed}.json").read_bytes())

    assert len(made) == 1


def test_show_says_what_plan_said(saved, run):
    for form in ("text", "json"):
        assert run("show", "plan.json", "--format", form).stdout == run("plan", "--format", form).stdout


def test_show_needs_no_project(saved, run, project, tmp_path):
    shown = run("show", str(project / "plan.json"), cwd=tmp_path)

    assert shown.returncode == 0
    assert "Plan: 1 to create, 1 to update, 1 to delete" in shown.stdout


@pytest.mark.parametrize(
    ("interfere", "said"),
    [
        (
            lambda studio: studio.emulator.change_site(1, {"site.report_period": 120}),
            "  - studio/site/acme.ru: somebody changed report_period since the plan was made\n",
        ),
        (
            lambda studio: studio.emulator.drop_site(1),
            "  - studio/site/acme.ru: site 1 was deleted since the plan was made\n",
        ),
        (
            lambda studio: studio.emulator.drop_site(2),
            "  - studio/site/old.ru: the site is gone already\n",
        ),
        (
            lambda studio: studio.emulator.change_site(2, {"widget.call_time": 5}),
            "  - studio/site/old.ru: somebody changed the site since the plan was made\n",
        ),
        (
            lambda studio: studio.add("http://NEW.ru/"),
            "  - studio/site/new.ru: somebody created it since the plan was made (id 3)\n",
        ),
        (
            lambda studio: [studio.add("new.ru"), studio.emulator.drop_site(2)],
            (
                "  - studio/site/new.ru: somebody created it since the plan was made (id 3)\n"
                "  - studio/site/old.ru: the site is gone already\n"
            ),
        ),
    ],
    ids=["field", "deleted", "delete of what is gone", "delete of what changed", "appeared", "two"],
)
def test_a_stale_plan_is_refused_with_all_that_moved(saved, run, interfere, said):
    interfere(saved)
    before = saved.live()

    done = run("apply", "plan.json", "--yes")

    assert (done.returncode, done.stdout, done.stderr) == (4, "", STALE + said)
    assert (saved.live(), saved.writes()) == (before, [])


def test_a_saved_plan_can_be_applied_only_once(saved, run):
    first = run("apply", "plan.json")
    name = first.stdout.rpartition("Run ")[2].strip(" .\n")
    assert first.returncode == 0

    again = run("apply", "plan.json", "--yes")

    said = "".join(
        f"  - studio/site/{site}: run {name} {did} it since the plan was made\n"
        for site, did in [("acme.ru", "updated"), ("new.ru", "created"), ("old.ru", "deleted")]
    )
    assert (again.returncode, again.stderr) == (4, STALE + said)
    saved.emulator.change_site(1, {"site.report_period": 120})
    assert "acme.ru: somebody changed report_period since" in run("apply", "plan.json", "--yes").stderr


def test_what_is_not_part_of_the_plan_may_move(saved, run):
    saved.add("elsewhere.ru")

    assert run("apply", "plan.json", "--yes").returncode == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace('"after": 60', '"after": 61', 1), "was edited after it was made"),
        (lambda text: text.replace('"1.0"', '"9.1"', 1), "is of format 9.1, and this version reads 1.0"),
        (lambda text: text[:200], "this is not a saved plan"),
        (lambda text: "\0\1\2", "this is not a saved plan"),
    ],
)
def test_a_damaged_plan_is_refused(saved, run, project, damage, said):
    path = project / "plan.json"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")

    for command in (("apply", "plan.json", "--yes"), ("show", "plan.json")):
        done = run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
    assert saved.writes() == []


def test_a_binary_file_is_no_plan(saved, run, project):
    (project / "plan.bin").write_bytes(bytes(range(256)))

    done = run("apply", "plan.bin", "--yes")

    assert (done.returncode, done.stderr) == (
        1,
        "error: plan.bin: this is not a saved plan; `reconcile plan -o FILE` writes one\n",
    )


def test_a_plan_of_another_project_is_refused(saved, begin, run):
    other = begin()
    other.add("acme.ru", report_period=90)
    other.declare("acme.ru:")

    done = run("apply", "plan.json", "--yes")

    assert done.returncode == 1
    assert done.stderr.startswith("error: the saved plan is from another project: its accounts are not the ones")
    assert other.writes() == saved.writes() == []


def test_a_printed_plan_can_not_be_applied(saved, run, project):
    (project / "printed.json").write_text(run("plan", "--format", "json").stdout, encoding="utf-8")

    done = run("apply", "printed.json", "--yes")

    assert (done.returncode, done.stderr) == (
        1,
        "error: this is a printed plan, not a saved one; `reconcile plan -o FILE` saves one\n",
    )


def test_safety_holds_for_saved_plans(saved, run):
    saved.declare("acme.ru:", "new.ru:", settings=", prune: true", top="safety: {protect: [old.ru]}\n")

    done = run("apply", "plan.json", "--yes")

    assert done.returncode == 3
    assert saved.writes() == []


def test_a_plan_with_errors_is_not_saved(studio, run, project):
    studio.add("acme.ru")
    studio.add("http://acme.ru")
    studio.declare("acme.ru:")

    assert run("plan", "-o", "plan.json").returncode == 1
    assert not (project / "plan.json").exists()


def test_a_plan_is_written_in_several_formats_at_once(saved, run, project):
    done = run("plan", "--write", "json=a.json", "--write", "text=a.txt")

    assert (project / "a.txt").read_text(encoding="utf-8") == done.stdout
    assert json.loads((project / "a.json").read_text(encoding="utf-8")) == json.loads(
        run("plan", "--format", "json").stdout
    )


def test_a_file_that_can_not_be_written_says_so(saved, run):
    for option, why in (
        (("-o", "nowhere/plan.json"), "there is no folder nowhere to write it in"),
        (("--write", "json=nowhere/plan.json"), "there is no folder nowhere to write it in"),
    ):
        done = run("plan", *option)
        assert done.returncode == 1
        assert done.stderr == f"error: nowhere/plan.json: {why}\n"


def test_paths_start_at_the_folder_of_chdir_wherever_the_option_stands(saved, run, project, tmp_path):
    made = run("plan", "-C", "project", "-o", "new.json", "--write", "json=printed.json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert sorted(path.name for path in project.glob("*.json")) == ["new.json", "plan.json", "printed.json"]
    assert made.stderr == "Saved. To do exactly this: reconcile -C project apply new.json\n"

    assert run("-C", "project", "show", "new.json", cwd=tmp_path).stdout == made.stdout
    assert run("-C", "project", "apply", "new.json", cwd=tmp_path).returncode == 0


def test_a_plan_that_apply_will_refuse_is_saved_to_be_looked_at(studio, run):
    studio.add("acme.ru", report_period=90)
    studio.declare("acme.ru:", top="safety: {max_update_percent: 50}\n")

    made = run("plan", "-o", "plan.json")

    assert made.stderr == (
        "Saved, to be looked at: apply will refuse it.\n"
        "warning: apply will refuse this plan: 1 of the 1 sites of account studio (100 %) would be updated, and "
        "`safety.max_update_percent` is 50; raise it, or plan and apply parts with --select\n"
    )
    assert run("apply", "plan.json").returncode == 3


def test_a_plan_is_not_saved_where_it_would_be_read_as_a_file_of_the_project(saved, run, project):
    done = run("plan", "-o", "reconcile.YAML")

    assert (done.returncode, done.stdout) == (64, "")
    assert "reconcile.YAML: would be taken for a file of the project; give it another ending" in done.stderr


def test_a_plan_with_errors_is_not_saved_and_says_so(studio, run, project):
    studio.declare("acme.ru: {id: 7}")

    done = run("plan", "-o", "plan.json")

    assert done.returncode == 1
    assert done.stderr == "plan.json was not written: a plan with errors can't be applied\n"
    assert not (project / "plan.json").exists()
