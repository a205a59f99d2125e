"""The files that others use as they are: actions, workflows, template, hooks, image, and the repository to copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from reconcile.review import commands

from .conftest import ROOT

ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITOPS = ROOT / "examples" / "gitops"
COPIED = sorted((GITOPS / ".github" / "workflows").glob("*.yml"))
#: What each reusable workflow's jobs may do, and nothing more.
MAY = {
    "reconcile-plan.yml": [{"contents": "read"}, {"contents": "read", "pull-requests": "write"}],
    "reconcile-apply.yml": [{"actions": "read", "contents": "read", "pull-requests": "write"}],
    "reconcile-drift.yml": [{"contents": "read", "issues": "write"}],
}


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # `on` is a text


@pytest.mark.parametrize("path", [*ACTIONS, *WORKFLOWS, *COPIED], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_used_is_named_by_its_commit(path):
    text = path.read_text(encoding="utf-8")
    used = [one for one in re.findall(r"uses: (\S+)", text) if not one.startswith("./")]

    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []
    assert not re.search(r"run:[^\n]*\$\{\{", text)
    assert "pull_request_target" not in text


@pytest.mark.parametrize("name", MAY)
def test_a_reusable_workflow_may_do_what_it_needs(name):
    workflow = read(ROOT / ".github" / "workflows" / name)

    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == MAY[name]


@pytest.mark.parametrize("name", MAY)
def test_a_copy_of_the_program_may_be_private(name):
    workflow = read(ROOT / ".github" / "workflows" / name)

    assert "tool-token" in workflow["on"]["workflow_call"]["secrets"]
    for job in workflow["jobs"].values():
        (step,) = [one for one in job["steps"] if one.get("with", {}).get("repository") == "${{ inputs.tool }}"]
        assert step["with"]["token"] == "${{ secrets.tool-token || github.token }}"
        assert step["with"]["persist-credentials"] == "false"


def test_a_fork_gets_no_secrets_and_no_plan():
    jobs = read(ROOT / ".github" / "workflows" / "reconcile-plan.yml")["jobs"]

    secrets = [where for where in jobs["validate"]["steps"] if "secrets." in yaml.dump(where)]
    assert [(one["with"]["path"], one["with"]["token"]) for one in secrets] == [
        (".reconcile-tool", "${{ secrets.tool-token || github.token }}")  # to read the program, and no more
    ]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in jobs["plan"]["if"]


def test_a_plan_is_made_where_validate_fails_too():
    jobs = read(ROOT / ".github" / "workflows" / "reconcile-plan.yml")["jobs"]

    assert jobs["plan"]["if"].startswith("!cancelled() && ")
    for page in ("docs/github.md", "examples/gitops/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert "`plan / validate` and `plan / plan`" in text


@pytest.mark.parametrize(
    ("name", "ref"), [("apply", "${{ github.ref }}"), ("drift", "${{ inputs.branch || github.ref }}")]
)
def test_what_is_live_is_compared_with_the_branch_as_it_is_now(name, ref):
    (job,) = read(ROOT / ".github" / "workflows" / f"reconcile-{name}.yml")["jobs"].values()

    (files,) = [step for step in job["steps"] if step.get("id") == "files"]
    assert files["with"]["ref"] == ref
    given = job["steps"][-1]["with"]
    assert (given["commit"], given["branch"]) == ("${{ steps.files.outputs.commit }}", "${{ inputs.branch }}")


def test_only_what_the_live_branch_will_have_is_planned():
    on = read(GITOPS / ".github" / "workflows" / "plan.yml")["on"]
    jobs = read(ROOT / "gitlab" / "reconcile.yml")

    assert (
        on["pull_request"]["branches"] == read(GITOPS / ".github" / "workflows" / "apply.yml")["on"]["push"]["branches"]
    )
    for job, branch in (("plan", "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), ("drift", "$CI_COMMIT_BRANCH")):
        assert all(f"{branch} == $CI_DEFAULT_BRANCH" in rule["if"] for rule in jobs[f"reconcile:{job}"]["rules"])


def test_gitlab_gets_marks_at_lines():
    job = read(ROOT / "gitlab" / "reconcile.yml")["reconcile:validate"]

    assert job["artifacts"] == {"when": "always", "reports": {"codequality": commands.QUALITY}}


def test_applies_to_one_account_wait_for_each_other():
    (job,) = read(ROOT / ".github" / "workflows" / "reconcile-apply.yml")["jobs"].values()

    assert job["concurrency"] == {"group": "reconcile-${{ inputs.account }}", "cancel-in-progress": "false"}


@pytest.mark.parametrize("name", ["plan", "drift"])
def test_what_only_reads_waits_for_none_of_another_project(name):
    """GitHub keeps one waiting run of a group, and cancels the others without a word."""
    jobs = read(ROOT / ".github" / "workflows" / f"reconcile-{name}.yml")["jobs"]

    assert "${{ inputs.name }}" in jobs[name]["concurrency"]["group"]


@pytest.mark.parametrize("path", WORKFLOWS[1:], ids=lambda path: path.name)
def test_workflows_give_actions_inputs_that_they_have(path):
    for job in read(path)["jobs"].values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("./.reconcile-tool/"):
                action = read(ROOT / step["uses"].removeprefix("./.reconcile-tool/") / "action.yml")
                assert set(step["with"]) <= set(action["inputs"])


@pytest.mark.parametrize("path", COPIED, ids=lambda path: path.name)
def test_the_repository_to_copy_calls_workflows_as_they_are(path):
    (job,) = read(path)["jobs"].values()
    name = job["uses"].partition("@")[0].rpartition("/")[2]
    called = read(ROOT / ".github" / "workflows" / name)
    inputs = called["on"]["workflow_call"]["inputs"]

    assert {key for key, about in inputs.items() if about.get("required") == "true"} <= set(job["with"]) <= set(inputs)
    assert set(job["secrets"]) <= set(called["on"]["workflow_call"]["secrets"])
    needed = {key: value for may in MAY[name] for key, value in may.items()}
    assert job["permissions"] == needed
    assert job["with"]["tool"] == job["uses"].partition("/.github")[0]
    assert job["with"]["tool-ref"] == job["uses"].partition("@")[2]


def test_the_repository_to_copy_is_tidy_and_includes_the_template(reconcile):
    done = reconcile("fmt", "--check", cwd=GITOPS)

    assert done.returncode == 0, done.stdout
    (included,) = read(GITOPS / ".gitlab-ci.yml")["include"]
    assert (ROOT / included["file"].lstrip("/")).is_file()
    assert set(read(GITOPS / ".gitlab-ci.yml")["variables"]) >= {"RECONCILE_IMAGE", "RECONCILE_ACCOUNT"}


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_steps_call_commands_with_options_that_they_have(path):
    scripts = [step["run"] for step in read(path)["runs"]["steps"] if "run" in step]
    template = yaml.dump(read(ROOT / "gitlab" / "reconcile.yml"), width=10_000)
    called = re.findall(r"reconcile\.review (\w+)(.*)", "\n".join([*scripts, template]).replace("\n--", " --"))

    assert called
    for name, options in called:
        known = {option for param in commands.cli.commands[name].params for option in param.opts}
        assert set(re.findall(r"--[a-z]+", options)) <= known


def test_the_image_is_small_pinned_and_nobodys():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    stages = [line.split()[1] for line in lines if line.startswith("FROM ")]
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert len(stages) == 2
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", stage) for stage in stages)
    assert "USER 10001:10001" in last
    assert not any(line.startswith(("ADD ", "COPY .")) for line in lines)
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert ignored[0] == "*"
    assert set(copied) == {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


GIT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@a.example", "GIT_CONFIG_GLOBAL": "/dev/null"}


@pytest.fixture
def git(clean_environment, tmp_path):
    """Runs git in a folder, without anybody's settings."""
    names = {key.replace("AUTHOR", "COMMITTER"): value for key, value in GIT.items()}

    def run(folder, *args):
        env = clean_environment | names | GIT | {"HOME": str(tmp_path)}
        done = subprocess.run(["git", *args], cwd=folder, env=env, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.strip()

    return run


def indexes():
    """The package index that the machine is set up for; the program itself is that of the checkout."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()}


@pytest.mark.long
def test_an_action_installs_the_program_of_its_own_checkout(clean_environment, tmp_path):
    folder = tmp_path / "checkout"
    for name in (".github", "reconcile", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    (step,) = [
        step for step in read(ROOT / ".github/actions/plan/action.yml")["runs"]["steps"] if step["name"] == "Install"
    ]
    files = {"RUNNER_TEMP": str(tmp_path), "GITHUB_PATH": str(tmp_path / "path")}
    env = clean_environment | indexes() | files | {"GITHUB_ACTION_PATH": str(folder / ".github/actions/plan")}
    env = {name: value for name, value in env.items() if name not in ("PYTHONPATH", "PYTHONWARNINGS")}

    # The second adds to it; the third finds all there, and could get nothing from an index.
    for more in ({}, {"RECONCILE_EXTRAS": "postgresql"}, {"RECONCILE_EXTRAS": "postgresql", "PIP_NO_INDEX": "1"}):
        subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=env | more, timeout=600, check=True)

    (first,) = set((tmp_path / "path").read_text(encoding="utf-8").splitlines())
    for line in (
        ["reconcile", "--version"],
        ["python", "-P", "-m", "reconcile.review", "--help"],
        ["python", "-c", "import psycopg"],
    ):
        subprocess.run([f"{first}/{line[0]}", *line[1:]], cwd=tmp_path, env=env, timeout=60, check=True)


@pytest.mark.long
def test_pre_commit_formats_and_validates(git, tmp_path, clean_environment):
    """The real one: it clones this repository, installs it, and runs both hooks in a project."""
    tool, project = tmp_path / "tool", tmp_path / "project"
    ignore = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".reconcile", ".fuzz")
    shutil.copytree(ROOT, tool, ignore=ignore)
    git(tool, "init", "-q")
    git(tool, "add", "-A")
    git(tool, "commit", "-qm", "all")
    shutil.copytree(GITOPS, project)
    file = project / ".pre-commit-config.yaml"
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    config["repos"][0] |= {"repo": str(tool), "rev": git(tool, "rev-parse", "HEAD")}
    file.write_text(yaml.dump(config), encoding="utf-8")
    git(project, "init", "-q")
    git(project, "add", "-A")

    def hooks():
        # With the package index that the machine is set up for; the program itself is that of the clone.
        indexes = {
            name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()
        }
        env = clean_environment | indexes | GIT | {"HOME": str(tmp_path), "PRE_COMMIT_HOME": str(tmp_path / "cache")}
        env = {name: value for name, value in env.items() if name not in ("PYTHONPATH", "PYTHONWARNINGS")}
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files"],
            cwd=project,
            env=env,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )

    done = hooks()
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(.+?)\.{3,}Passed$", done.stdout, re.MULTILINE) == ["reconcile fmt", "reconcile validate"]

    (project / "sites" / "tyres.yaml").write_text("sites:\n    tyres.example: {}\n", encoding="utf-8")
    (project / "sites" / "flowers.yaml").write_text("sites: {a.example: {no_such_field: 1}}\n", encoding="utf-8")
    wrong = hooks()

    assert wrong.returncode == 1
    assert re.search(r"reconcile fmt\.+Failed\n(.*\n)*.*files were modified", wrong.stdout)
    assert "sites/flowers.yaml:1:" in wrong.stdout
