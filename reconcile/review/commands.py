"""The commands of `python -P -m reconcile.review`, for the steps of actions and templates."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import click

from reconcile.errors import ExitCode, StalePlanError, UsageError
from reconcile.escaping import clean
from reconcile.review import flow
from reconcile.review.forge import Forge, ForgeError
from reconcile.review.github import GitHub
from reconcile.review.github import job_of as github_job
from reconcile.review.gitlab import GitLab
from reconcile.review.gitlab import job_of as gitlab_job
from reconcile.review.marker import require_name
from reconcile.review.running import Program, as_text, job_environment
from reconcile.review.texts import fence

#: Where GitLab's code quality report of `validate` goes, below the job's folder.
QUALITY: Final = "reconcile-code-quality.json"

directory_option = click.option(
    "--directory", type=click.Path(path_type=Path), default=Path(), help="The project's folder."
)
name_option = click.option(
    "--name",
    default="default",
    show_default=True,
    callback=lambda ctx, param, value: require_name(value),
    help="Tells several projects of one repository apart.",
)
out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where plan.json, plan.md and what the next step needs are kept.",
)
branch_option = click.option("--branch", default="", help="The branch that is live; the default one where left out.")
commit_option = click.option("--commit", default="", help="The commit whose files are there, if not that of the job.")
author_option = click.option("--author", default="", help="The login as which GITHUB_TOKEN writes.")


@click.group()
def cli() -> None:
    """The plan in the pull request: the steps of the actions for GitHub and of the template for GitLab."""


@cli.command()
@directory_option
def validate(directory: Path) -> int:
    """Check the files without the network, with marks at their lines; secrets that are missing don't matter.

    \b
    Example:
      python -P -m reconcile.review validate --directory clients
    """
    program = Program(directory, job_environment(placeholders=True))
    if _on_gitlab():
        return program.run("validate", "--write", f"gitlab={Path(QUALITY).resolve()}").code
    on_github = "GITHUB_ACTIONS" in os.environ
    return program.run("validate", *(("--format", "github") if on_github else ()), commands=on_github).code


@cli.command()
@directory_option
@name_option
@out_option
@branch_option
def plan(directory: Path, name: str, out: Path, branch: str) -> int:
    """Plan into a folder, and show the plan in the step's summary. Where that fails, `comment` says so and ends so.

    \b
    Example:
      python -P -m reconcile.review plan --directory clients --out /tmp/plan
    """
    made = flow.make_plan(_program(directory), _folder(out))
    job = gitlab_job(os.environ) if _on_gitlab() else github_job(os.environ)
    _summary(flow.plan_text(name, job, made, branch))
    _outputs(state=made.state, digest=made.digest)
    return ExitCode.DONE


@cli.command()
@name_option
@out_option
@author_option
@branch_option
def comment(name: str, out: Path, author: str, branch: str) -> int:
    """Make the pull request's one comment show the plan; ends as the plan did.

    \b
    Example:
      python -P -m reconcile.review comment --out /tmp/plan
    """
    made = flow.read_made(out)
    written = flow.comment(_forge(author), name, made, branch)
    click.echo(f"The comment of {name}: {written.value}.")
    return made.code if made.state in ("refused", "failed") else ExitCode.DONE


@cli.command()
@directory_option
@name_option
@out_option
@author_option
@click.option("--digest", default="", help="Apply the fresh plan, if this is its digest, and no reviewed one.")
@commit_option
@branch_option
def apply(directory: Path, name: str, out: Path, author: str, digest: str, commit: str, branch: str) -> int:
    """Apply the plan that was reviewed in the pull request that was merged as this commit, or nothing.

    \b
    Example:
      python -P -m reconcile.review apply --directory clients --out /tmp/plan
    """
    forge = _forge(author)
    done = flow.apply(forge, _program(directory), name, _folder(out), flow.Asked(digest_from(digest), commit, branch))
    _summary(f"### reconcile: apply of {name}\n\n{done.text}\n\n{done.markdown}")
    _outputs(state="done" if done.code == ExitCode.DONE else "failed", digest=done.digest)
    try:
        flow.tell(forge, done)
    except ForgeError as error:  # what was done is done, and is in the summary
        with as_text(os.environ):
            click.echo(f"warning: the pull request's comment does not say so: {clean(str(error))}", err=True)
    if done.why:
        with as_text(os.environ):
            click.echo(f"Nothing was applied: {clean(done.why)}", err=True)
    return done.code


@cli.command()
@directory_option
@name_option
@out_option
@author_option
@commit_option
@branch_option
def drift(directory: Path, name: str, out: Path, author: str, commit: str, branch: str) -> int:
    """Open or update one issue where the live account is not as the files say; close it where it is.

    \b
    Example:
      python -P -m reconcile.review drift --directory clients --out /tmp/plan
    """
    forge, heading = _forge(author), f"### reconcile: drift of {name}"
    outdated = flow.outdated(forge, commit, branch)
    if outdated:
        _summary(f"{heading}\n\n**Not looked for.**\n\n{fence(outdated)}")
        raise StalePlanError(f"nobody looked for drift: {outdated}")
    made = flow.make_plan(_program(directory), _folder(out))
    _outputs(state=made.state, digest=made.digest)
    digest = f"\n\nTo apply this plan after having read it: its digest is `{made.digest}`." * made.offered
    _summary(f"{heading}\n\n{made.markdown or fence(made.said)}{digest}")
    if made.state != "failed" or made.incomplete:
        click.echo(f"Drift of {name}: {flow.drift(forge, name, made)}.")
    return made.code if made.state == "failed" else ExitCode.DONE


def digest_from(given: str) -> str:
    """A digest as a person has copied it. Raises `UsageError`."""
    digest = given.strip().removeprefix("sha256:").lower()
    if digest and not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(
            "the digest is not that of a plan, as the summary shows it: `sha256:` and 64 hexadecimal digits"
        )
    return f"sha256:{digest}" if digest else ""


def _on_gitlab() -> bool:
    return bool(os.environ.get("GITLAB_CI")) and "GITHUB_ACTIONS" not in os.environ


def _forge(author: str) -> Forge:
    return GitLab.of(os.environ) if _on_gitlab() else GitHub.of(os.environ, author)


def _program(directory: Path) -> Program:
    return Program(directory, job_environment())


def _folder(out: Path) -> Path:
    """The folder for plans, as an absolute path: the program takes its own from the project's folder."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    return out.resolve()


def _summary(text: str) -> None:
    """Adds to the step's summary, which GitHub shows; GitLab has none."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text + "\n")


def _outputs(**values: str) -> None:
    """The step's outputs: words and digests alone, so that none can begin another."""
    path = os.environ.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())
