"""From the pull request to the merge, and after it: what is done with a plan, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reconcile.errors import ExitCode, PlanFileError, ReconcileError, first
from reconcile.planning.plan import Change, Plan
from reconcile.private import write_private
from reconcile.review import sticky, texts
from reconcile.review.forge import Forge, ForgeError, Job, Merged, NoSavedPlan, Note
from reconcile.review.marker import DRIFT, PLAN, Marker
from reconcile.review.running import Program
from reconcile.workflow import read_plan


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was made, or why none was: its exit code, its digest, itself as Markdown, and what was said."""

    code: int
    digest: str
    markdown: str
    said: str

    @property
    def state(self) -> str:
        """`clean`, `changes` or `failed`."""
        return {ExitCode.DONE: "clean", ExitCode.CHANGES: "changes"}.get(ExitCode(self.code), "failed")


def make_plan(program: Program, folder: Path) -> Made:
    """Plans into `folder`: plan.json, plan.md, plan.html for people, and made.json for `read_made`."""
    for name in ("plan.json", "plan.md", "plan.html", "made.json"):
        (folder / name).unlink(missing_ok=True)
    files = (folder / "plan.json", folder / "plan.md")
    writes = ("--write", f"markdown={files[1]}", "--write", f"html={folder / 'plan.html'}")
    ran = program.run("plan", "--detailed-exitcode", "-o", str(files[0]), *writes)
    code = ran.code if ran.code in set(ExitCode) else ExitCode.ERROR
    said = "".join(line for line in ran.err.splitlines(keepends=True) if not line.startswith("Saved. "))
    digest = ""
    if code in (ExitCode.DONE, ExitCode.CHANGES):
        digest = digest_of(files[0])
    markdown = files[1].read_text(encoding="utf-8") if files[1].exists() else ""
    made = Made(code, digest, markdown, said)
    data = {"code": made.code, "digest": digest, "said": said}
    write_private(folder / "made.json", json.dumps(data, ensure_ascii=False).encode())
    return made


def read_made(folder: Path) -> Made:
    """What `make_plan` has left. Raises `ReconcileError`."""
    try:
        data = json.loads((folder / "made.json").read_text(encoding="utf-8"))
        markdown = (folder / "plan.md").read_text(encoding="utf-8") if (folder / "plan.md").exists() else ""
        return Made(int(data["code"]), str(data["digest"]), markdown, str(data["said"]))
    except (OSError, ValueError, KeyError):
        raise ReconcileError(f"{folder}: no plan was made here; run `python -m reconcile.review plan` first") from None


def digest_of(path: Path) -> str:
    """The digest of a saved plan, which fits what is in it. Raises `PlanFileError`."""
    read_plan(path)
    return str(json.loads(path.read_text(encoding="utf-8"))["digest"])


# --- on the pull request ----------------------------------------------------------------------------------------------


def plan_marker(name: str, job: Job, digest: str) -> Marker:
    """The marker of this run's comment."""
    return Marker(PLAN, name, job.commit, digest, job.run, job.attempt)


def plan_text(name: str, job: Job, made: Made) -> str:
    """The comment, and the step summary."""
    lead = {
        "clean": "Nothing to change: the live account is as the files say.",
        "changes": "Merging does exactly this, and nothing else. Where the account moves until then, nothing is done.",
        "refused": "**Policies of the project refuse this plan**, so that a merge would apply nothing.",
        "failed": "**There is no plan**, so that a merge would apply nothing.",
    }["refused" if made.code == ExitCode.REFUSED else made.state]
    return texts.plan_body(plan_marker(name, job, made.digest), job, lead, made.markdown or texts.fence(made.said))


def comment(forge: Forge, name: str, made: Made) -> sticky.Written:
    """Makes the pull request's comment say this plan, unless a newer commit is there. Raises `ForgeError`."""
    job = forge.job
    if job.number is None:
        raise ForgeError("this run is not of a pull request, so that there is nowhere to comment")
    number = job.number
    return sticky.write(
        forge.comments(number),
        plan_marker(name, job, made.digest),
        texts.plan_heading(name),
        plan_text(name, job, made),
        outdated=lambda: forge.head(number) != job.commit,
    )


# --- after the merge --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The comment of the merged pull request, and the file with the plan that it shows."""

    merged: Merged
    marker: Marker
    note: Note
    path: Path


def reviewed(forge: Forge, name: str, folder: Path) -> Reviewed:
    """The plan that was reviewed: of the merged pull request's last commit, with the digest that its comment says.

    Raises `NoSavedPlan` that says why there is none, and `ForgeError`.
    """
    merged = forge.merged()
    if merged is None:
        raise NoSavedPlan(f"commit {forge.job.commit[:12]} came with no pull request, so that no plan was reviewed")
    marker = Marker(PLAN, name)
    there = sticky.ours(forge.comments(merged.number).list(), marker, texts.plan_heading(name))
    if not there or not there[-1][0].run:
        what = "its marker was edited away" if there else "it was deleted, or none was written"
        raise NoSavedPlan(f"no comment says which plan of {name} was reviewed: {what}")
    marker, note = there[-1]
    if marker.commit != merged.head:
        raise NoSavedPlan(
            f"the comment shows the plan of commit {marker.commit[:12]}, and {merged.head[:12]} was merged"
        )
    if not marker.digest:
        raise NoSavedPlan("the comment says that the plan could not be made")
    path = folder / "reviewed.json"
    for content in forge.saved(merged, marker.run, f"reconcile-plan-{name}"):
        write_private(path, content)
        try:
            if digest_of(path) == marker.digest:
                return Reviewed(merged, marker, note, path)
        except PlanFileError:
            continue
    raise NoSavedPlan(f"the saved plan of run {marker.run} is not the one that the comment shows")


def moved(reviewed: Plan, fresh: Plan) -> list[str]:
    """The changes of a reviewed plan that what was merged would not make like that now, by address.

    What else a fresh plan has was not reviewed, and is not done.
    """
    now = {change.address: _what(change) for change in fresh.changes}
    return [change.address.shown for change in reviewed.changes if now.get(change.address) != _what(change)]


def _what(change: Change) -> tuple[Any, ...]:
    """All that counts for an apply; where it is declared may change."""
    fields = [(item.field.path, item.before, item.after) for item in (*change.fields, *change.context)]
    return (
        change.action,
        change.id,
        fields,
        None if change.fingerprint is None else str(change.fingerprint),
        change.prevent_destroy,
        change.owner,
        change.client,
        change.together,
    )


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a merge: the exit code, what is said of it, the plan that is pending, if any, and why it was not
    the reviewed one that was applied, if so.
    """

    code: int
    text: str
    digest: str = ""
    markdown: str = ""
    why: str = ""
    review: Reviewed | None = None


def apply(forge: Forge, program: Program, name: str, folder: Path, approved: str) -> Applied:
    """Applies the plan that was reviewed, or the fresh one with the digest `approved`. Raises `ForgeError`."""
    review, why = None, ""
    if not approved:
        try:
            review = reviewed(forge, name, folder)
        except NoSavedPlan as error:
            why = str(error)
    fresh = make_plan(program, folder)
    why = why or _why_not(review, fresh, folder, approved)
    if fresh.state == "failed":
        text = f"**Nothing was applied**: no fresh plan could be made.\n\n{fresh.markdown or texts.fence(fresh.said)}"
        done = Applied(fresh.code, text)
    elif why and fresh.state == "clean":
        done = Applied(0, f"Nothing to do: the live account is as the files say. ({texts.inline(why)})", why=why)
    elif why:
        done = _refused(why, fresh)
    else:
        done = _carried_out(program, folder / "plan.json" if review is None else review.path, folder)
    return replace(done, review=review)


def _why_not(review: Reviewed | None, fresh: Made, folder: Path, approved: str) -> str:
    """Why a plan that is there may not be applied; nothing where it may."""
    if fresh.state == "failed":
        return ""
    if review is None:
        return "" if approved == fresh.digest else "the fresh plan does not have the digest that was approved"
    gone = moved(read_plan(review.path), read_plan(folder / "plan.json"))
    return f"it is stale: what was merged would now do something else with {first(gone)}" if gone else ""


def _carried_out(program: Program, path: Path, folder: Path) -> Applied:
    """Applies a saved plan, which the program may find stale, and looks at what is left."""
    ran = program.run("apply", str(path))
    if ran.code == ExitCode.STALE:
        return _refused(ran.err.strip().removeprefix("error: "), make_plan(program, folder))
    return _told(ran.code, ran.out, ran.err, program, folder)


def _refused(why: str, fresh: Made) -> Applied:
    how = (
        f"Below is the fresh plan. To apply it after having read it, run this workflow by hand with the digest "
        f"`{fresh.digest}`; or open a pull request."
    )
    text = f"**Nothing was applied.** The plan that was reviewed can't be:\n\n{texts.fence(why)}\n\n{how}"
    return Applied(ExitCode.STALE, text, fresh.digest, fresh.markdown, why)


def _told(code: int, out: str, err: str, program: Program, folder: Path) -> Applied:
    """What an apply did, and what is left of it."""
    last = next((line for line in reversed(out.splitlines()) if line.strip()), "")
    if code != ExitCode.DONE:
        text = f"**The apply ended with exit code {code}.**\n\n{texts.fence(last + chr(10) + err)}"
    else:
        text = f"**Applied.** {texts.inline(last)}"
    left = make_plan(program, folder)
    if left.state == "clean":
        return Applied(code, f"{text}\n\nThe live account is as the files say.")
    if left.state == "failed":
        return Applied(code, f"{text}\n\nWhat is left could not be told.")
    return Applied(
        code,
        f"{text}\n\nThe files and the account still differ; what is left was not part of this plan, or was not done.",
        left.digest,
        left.markdown,
    )


def tell(forge: Forge, done: Applied) -> None:
    """Says in the merged pull request's comment what became of its plan. Raises `ForgeError`."""
    review = done.review
    if review is None:
        return
    outcome = f"{done.text}\n\n<sub>[Run]({forge.job.url})</sub>"
    body = texts.with_outcome(review.note.body, review.marker, outcome)
    forge.comments(review.merged.number).change(review.note, body)


# --- from time to time ------------------------------------------------------------------------------------------------


def drift(forge: Forge, name: str, made: Made) -> str:
    """Opens, updates or closes the one issue about drift; gives what was done. Raises `ForgeError`."""
    job = forge.job
    marker = Marker(DRIFT, name, job.commit, made.digest, job.run, job.attempt)
    heading = texts.drift_heading(name)
    if made.state == "clean":
        closed = sticky.close(forge.issues(), marker, heading, texts.closed_body(marker, job))
        return "issue closed" if closed else "no drift, and no open issue"
    written = sticky.write(forge.issues(), marker, heading, texts.drift_body(marker, job, made.markdown))
    return f"issue {written.value}"
