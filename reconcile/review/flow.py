"""From the pull request to the merge, and after it: what is done with a plan, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from reconcile.errors import ExitCode, PlanFileError, ReconcileError, first
from reconcile.planning import planfile
from reconcile.planning.plan import Change, Plan
from reconcile.private import write_private
from reconcile.review import sticky, texts
from reconcile.review.forge import Forge, ForgeError, Job, Merged, NoSavedPlan, Note
from reconcile.review.marker import DRIFT, PLAN, Marker, now
from reconcile.review.running import Program
from reconcile.workflow import read_plan

#: What `plan` says on standard error of a plan that safety or a policy won't let through, and of one with errors.
_WARNING: Final = "warning: apply will refuse this plan: "
_UNSAVED: Final = " was not written: "


class Made(Struct, frozen=True):
    """A plan that was made, or why none was: its exit code, its digest if it may be applied as far as policies go,
    itself as Markdown, what was said, and when it was begun (`marker.now`). `undeclared` live sites are in no file.
    An `incomplete` one has errors, and is there to be read.
    """

    code: int
    digest: str
    markdown: str
    said: str
    at: str
    undeclared: int = 0
    incomplete: bool = False

    @property
    def state(self) -> str:
        """`clean`, `changes`, `refused` by a policy, or `failed`."""
        states = {ExitCode.DONE: "clean", ExitCode.CHANGES: "changes", ExitCode.REFUSED: "refused"}
        return states.get(ExitCode(self.code), "failed")

    @property
    def refusals(self) -> list[str]:
        """Why `apply` would refuse the plan, as `plan` warns of it; an option of the command line is no remedy here."""
        lines = self.said.splitlines() if self.state in ("changes", "refused") else []
        return [_without_option(line.removeprefix(_WARNING)) for line in lines if line.startswith(_WARNING)]

    @property
    def offered(self) -> bool:
        """Whether it can be approved by its digest."""
        return self.state == "changes" and not self.refusals


def _without_option(refusal: str) -> str:
    refusal = refusal.removesuffix(", see above")
    what, _, remedy = refusal.rpartition("; ")
    return what if what and " --" in remedy else refusal


def make_plan(program: Program, folder: Path) -> Made:
    """Plans into `folder`: plan.json, plan.md, plan.html for people, and made.json for `read_made`."""
    at = now()
    for name in ("plan.json", "plan.md", "plan.html", "made.json"):
        (folder / name).unlink(missing_ok=True)
    files = (folder / "plan.json", folder / "plan.md")
    writes = ("--write", f"markdown={files[1]}", "--write", f"html={folder / 'plan.html'}")
    ran = program.run("plan", "--detailed-exitcode", "-o", str(files[0]), *writes)
    code = ran.code if ran.code in set(ExitCode) else ExitCode.ERROR
    lines = ran.err.splitlines(keepends=True)
    unsaved = [line for line in lines if line.startswith(f"{files[0]}{_UNSAVED}")]
    errors = [line for line in ran.out.splitlines(keepends=True) if unsaved and line.startswith("error: ")]
    kept = [line for line in lines if line not in unsaved and not line.startswith(("Saved. ", "Saved, "))]
    said = "".join([*errors, *kept])
    digest, undeclared = "", 0
    if code in (ExitCode.DONE, ExitCode.CHANGES, ExitCode.REFUSED):
        undeclared = sum(read_plan(files[0]).undeclared.values())
        digest = "" if code == ExitCode.REFUSED else _digest_in(files[0])
    markdown = files[1].read_text(encoding="utf-8") if files[1].exists() else ""
    made = Made(code, digest, markdown, said, at, undeclared, bool(unsaved))
    data = {name: value for name, value in asdict(made).items() if name != "markdown"}
    write_private(folder / "made.json", json.dumps(data, ensure_ascii=False).encode())
    return made


def read_made(folder: Path) -> Made:
    """What `make_plan` has left. Raises `ReconcileError`."""
    try:
        data = json.loads((folder / "made.json").read_text(encoding="utf-8"))
        markdown = (folder / "plan.md").read_text(encoding="utf-8") if (folder / "plan.md").exists() else ""
        return Made(**data, markdown=markdown)
    except (OSError, ValueError, TypeError):
        raise ReconcileError(f"{folder}: no plan was made here; run `python -m reconcile.review plan` first") from None


def digest_of(path: Path) -> str:
    """The digest of a saved plan, which fits what is in it. Raises `PlanFileError`."""
    read_plan(path)
    return _digest_in(path)


def _digest_in(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8"))["digest"])


# --- on the pull request ----------------------------------------------------------------------------------------------


def _plan_marker(name: str, job: Job, made: Made, branch: str) -> Marker:
    """The marker of this run's comment; without a digest where a merge would apply nothing."""
    return Marker(PLAN, name, job.commit, "" if _elsewhere(job, branch) else made.digest, job.run, made.at)


def _elsewhere(job: Job, branch: str) -> str:
    """The live branch, where the pull request is for another one."""
    live = branch or job.default
    return live if job.base and job.base != live else ""


def plan_text(name: str, job: Job, made: Made, branch: str = "") -> str:
    """The comment, and the step summary. `branch` is live; the default one where left out."""
    live = _elsewhere(job, branch)
    state = "unsafe" if made.state == "changes" and made.refusals else made.state
    lead = {
        "elsewhere": (
            f"**The merge applies nothing**: this pull request is for {texts.inline(job.base)}, and "
            f"{texts.inline(live)} is live. As the files are here, the plan is:"
        ),
        "clean": f"Nothing to change: {texts.as_declared(made.undeclared)}.",
        "changes": texts.MERGING,
        "unsafe": (
            "**The merge will be refused, and would apply nothing.** Where this is meant, let the files allow it, "
            "such as under `safety:`, in this pull request; the rest is for `reconcile apply` by hand.\n\n"
            + texts.fence("\n".join(made.refusals))
        ),
        "refused": "**Policies of the project refuse this plan**, so that a merge would apply nothing.",
        "failed": "**There is no plan**, so that a merge would apply nothing.",
    }["elsewhere" if live and state != "failed" else state]
    marker = _plan_marker(name, job, made, branch)
    return texts.plan_body(marker, job, lead, made.markdown or texts.fence(made.said))


def comment(forge: Forge, name: str, made: Made, branch: str = "") -> sticky.Written:
    """Makes the pull request's comment say this plan, unless a newer commit is there, or it was merged.

    Raises `ForgeError`.
    """
    job = forge.job
    if job.number is None:
        raise ForgeError("this run is not of a pull request, so that there is nowhere to comment")
    number = job.number
    return sticky.write(
        forge.comments(number),
        _plan_marker(name, job, made, branch),
        texts.plan_heading(name),
        plan_text(name, job, made, branch),
        outdated=lambda: forge.head(number) != job.commit,
    )


# --- after the merge --------------------------------------------------------------------------------------------------


class Reviewed(Struct, frozen=True):
    """The merged pull request, its comment if there is one, and the file with the plan that this shows, if found."""

    merged: Merged
    marker: Marker
    note: Note | None
    path: Path | None = None


def commented(forge: Forge, name: str) -> Reviewed:
    """The pull request that the job's commit came with, and its comment. Raises `NoSavedPlan`, `ForgeError`."""
    merged = forge.merged()
    if merged is None:
        raise NoSavedPlan(f"commit {forge.job.commit[:12]} came with no pull request, so that no plan was reviewed")
    marker = Marker(PLAN, name)
    there = sticky.ours(forge.comments(merged.number).list(), marker, texts.plan_heading(name))
    return Reviewed(merged, *there[-1]) if there else Reviewed(merged, marker, None)


def reviewed(forge: Forge, there: Reviewed, name: str, folder: Path) -> Reviewed:
    """With the plan that was reviewed: of the merged pull request's last commit, with the digest of its comment.

    Raises `NoSavedPlan` that says why there is none, and `ForgeError`.
    """
    merged, marker = there.merged, there.marker
    if there.note is None or not marker.run:
        what = "its marker was edited away" if there.note else "it was deleted, or none was written"
        raise NoSavedPlan(f"no comment says which plan of {name} was reviewed: {what}")
    if marker.commit != merged.head:
        raise NoSavedPlan(
            f"the comment shows the plan of commit {marker.commit[:12]}, and {merged.head[:12]} was merged"
        )
    if not marker.digest:
        raise NoSavedPlan("the comment shows no plan that a merge applies")
    path = folder / "reviewed.json"
    for content in forge.saved(merged, marker.run, f"reconcile-plan-{name}"):
        write_private(path, content)
        try:
            if digest_of(path) == marker.digest:
                return replace(there, path=path)
        except PlanFileError:
            continue
    raise NoSavedPlan(f"the saved plan of run {marker.run} is not the one that the comment shows")


def moved(reviewed: Plan, fresh: Plan) -> list[str]:
    """The changes of a reviewed plan that what was merged would make in another way now, by address.

    One that a fresh plan lacks is done already, or not wanted any more. What else a fresh plan has was not reviewed,
    and is not done.
    """
    now = {change.address: _what(change) for change in fresh.changes}
    return [
        change.address.shown for change in reviewed.changes if now.get(change.address, _what(change)) != _what(change)
    ]


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


class Applied(Struct, frozen=True):
    """What became of a merge: the exit code, what is said of it, the plan that is pending, if any, and why it was not
    the reviewed one that was applied, if so. `heading` is that of the pending plan where it takes the reviewed one's
    place in the comment.
    """

    code: int
    text: str
    digest: str = ""
    markdown: str = ""
    why: str = ""
    heading: str = ""
    review: Reviewed | None = None


class Asked(Struct, frozen=True):
    """What a job is to apply: the digest of a fresh plan or nothing, the commit whose files are there, and the branch
    that is live; nothing for the job's own commit, and the default branch.
    """

    digest: str = ""
    commit: str = ""
    branch: str = ""


def apply(forge: Forge, program: Program, name: str, folder: Path, asked: Asked) -> Applied:
    """Applies the plan that was reviewed, or the fresh one with the digest that was asked for. Raises `ForgeError`."""
    review, why = None, ""
    if not asked.digest:
        try:
            review = commented(forge, name)
        except NoSavedPlan as error:
            why = str(error)
    not_live = _not_live(forge, asked)
    if not_live:
        text = f"**Nothing was applied.**\n\n{texts.fence(not_live)}"
        return Applied(ExitCode.STALE, text, why=not_live, review=review)
    if review is not None:
        try:
            review = reviewed(forge, review, name, folder)
        except NoSavedPlan as error:
            why = str(error)
        except ForgeError as error:
            text = f"**Nothing was applied**: the plan that was reviewed could not be had.\n\n{texts.fence(str(error))}"
            return Applied(ExitCode.ERROR, text, why=str(error), review=review)
    return replace(_applied(program, folder, review, why, asked.digest), review=review)


def _not_live(forge: Forge, asked: Asked) -> str:
    """Why the files that are there may not be applied at all."""
    live = asked.branch or forge.live_branch()
    if forge.job.branch != live:
        return f"this run is not of the branch {live}, which is live: merge what is to be applied, and run it there"
    return outdated(forge, asked.commit, live)


def outdated(forge: Forge, commit: str, branch: str) -> str:
    """Why the files that are there say nothing of the live account: they are not those of the live branch now.

    `commit` is theirs, and `branch` is live; the job's own, and the default one, where left out. Raises `ForgeError`.
    """
    live = branch or forge.live_branch()
    commit, tip = commit or forge.job.commit, forge.tip(live)
    if commit == tip:
        return ""
    return (
        f"the files here are those of commit {commit[:12]}, and {live} is at {tip[:12]} by now; run the job again, "
        "which takes the newest files at GitHub, or leave it to the next one of that branch, which says what is left"
    )


def _applied(program: Program, folder: Path, review: Reviewed | None, why: str, approved: str) -> Applied:
    fresh = make_plan(program, folder)
    path = None if review is None else review.path
    if fresh.state == "failed":
        text = f"**Nothing was applied**: no fresh plan could be made.\n\n{texts.fence(fresh.said)}"
        return Applied(fresh.code, text, markdown=fresh.markdown, why=why)
    if fresh.state == "clean":
        because = f" ({texts.inline(why)})" * bool(why)
        return Applied(0, f"Nothing to do: {texts.as_declared(fresh.undeclared)}.{because}", why=why)
    if approved and fresh.state == "refused":
        return replace(_refused("policies of the project refuse the fresh plan", fresh), code=ExitCode.REFUSED)
    if approved and approved != fresh.digest:
        why = "the fresh plan does not have the digest that was approved"
    if why:
        return _refused(why, fresh)
    if path is None:
        return _carried_out(program, folder / "plan.json", folder)
    wanted, current = read_plan(path), read_plan(folder / "plan.json")
    gone = moved(wanted, current)
    if gone:
        return _refused(
            f"the reviewed plan is stale: what was merged would now do something else with {first(gone)}", fresh
        )
    pending = {change.address for change in current.changes}
    left = [change.address for change in wanted.changes if change.address in pending]
    if not left:
        text = (
            "Nothing to do of the plan that was reviewed: the live account is as it says. What else differs is pending."
        )
        return Applied(0, text, fresh.digest, fresh.markdown)
    if len(left) == len(wanted.changes):
        return _carried_out(program, path, folder)
    rest = folder / "rest.json"
    write_private(rest, planfile.only(path.read_text(encoding="utf-8"), {str(address) for address in left}).encode())
    done = _carried_out(program, rest, folder)
    before = f"{len(wanted.changes) - len(left)} of {len(wanted.changes)} reviewed changes were done before."
    return replace(done, text=f"{before}\n\n{done.text}")


def _carried_out(program: Program, path: Path, folder: Path) -> Applied:
    """Applies a saved plan, which the program may find stale, and looks at what is left."""
    ran = program.run("apply", str(path))
    if ran.code == ExitCode.STALE:
        return _refused(ran.err.strip().removeprefix("error: "), make_plan(program, folder))
    return _told(ran.code, ran.out, ran.err, program, folder)


def _refused(why: str, fresh: Made) -> Applied:
    text, heading = f"**Nothing was applied.**\n\n{texts.fence(why)}", "The fresh plan:"
    if fresh.offered:
        heading = f"The fresh plan, `{fresh.digest}`:"
        text += (
            f"\n\nBelow is the fresh plan. To apply it after having read it, run this workflow by hand with the digest "
            f"`{fresh.digest}`; or open a pull request."
        )
    elif fresh.refusals:
        text += f"\n\nBelow is the fresh plan. {texts.would_be_refused(fresh.refusals)}"
    return Applied(ExitCode.STALE, text, fresh.digest, fresh.markdown, why, heading)


def _told(code: int, out: str, err: str, program: Program, folder: Path) -> Applied:
    """What an apply did, and what is left of it."""
    last = next((line for line in reversed(out.splitlines()) if line.strip()), "")
    if code != ExitCode.DONE:
        said = "\n".join([last, *map(_without_option, err.splitlines())])
        text = f"**The apply ended with exit code {code}.**\n\n{texts.fence(said)}"
    else:
        text = f"**Applied.** {texts.inline(last)}"
    left = make_plan(program, folder)
    if left.state == "clean":
        return Applied(code, f"{text}\n\n{texts.sentence(texts.as_declared(left.undeclared))}")
    if left.state == "failed":
        return Applied(code, f"{text}\n\nWhat is left could not be told.")
    return Applied(
        code,
        f"{text}\n\nThe files and the account still differ; what is left was not part of this plan, or was not done.",
        left.digest,
        left.markdown,
    )


def tell(forge: Forge, done: Applied) -> None:
    """Says in the merged pull request's comment what became of its plan; writes one where it is gone.

    Raises `ForgeError`.
    """
    review = done.review
    if review is None:
        return
    outcome = f"{done.text}\n\n<sub>[Run]({forge.job.url})</sub>"
    fresh = f"{done.heading}\n\n{done.markdown}" if done.heading and done.markdown else ""
    body = texts.with_outcome("" if review.note is None else review.note.body, review.marker, outcome, fresh)
    notes = forge.comments(review.merged.number)
    if review.note is None or not notes.change(review.note, body):
        sticky.known(notes, notes.add(texts.plan_heading(review.marker.name), body))


# --- from time to time ------------------------------------------------------------------------------------------------


def drift(forge: Forge, name: str, made: Made) -> str:
    """Opens, updates or closes the one issue about drift; gives what was done. Raises `ForgeError`."""
    job = forge.job
    marker = Marker(DRIFT, name, job.commit, made.digest, job.run, made.at)
    heading = texts.drift_heading(name)
    if made.state == "clean":
        closed = sticky.close(forge.issues(), marker, heading, texts.closed_body(marker, job, made.undeclared))
        return {
            sticky.Written.UPDATED: "issue closed",
            sticky.Written.OUTDATED: "issue left alone, which has a fresher plan",
        }.get(closed, "no drift, and no open issue")
    body = texts.drift_body(marker, job, _drifted(made), made.markdown)
    return f"issue {sticky.write(forge.issues(), marker, heading, body).value}"


def _drifted(made: Made) -> str:
    """What the issue says above the plan."""
    if made.incomplete:
        return (
            "The plan has errors, so that not all of what differs is known, and an apply would do nothing. They are "
            "below: mend the files, in a pull request, or the live account."
        )
    if made.state == "refused":
        what = "The live account is not as the files say, or it breaks policies of the project."
    else:
        what = (
            "The live account is not as the files say. Either somebody changed it by hand, or a change that was merged "
            "is not applied."
        )
    back = (
        "run the apply workflow by hand with the plan's digest, which is in the summary of the run below."
        if made.offered
        else texts.would_be_refused(made.refusals)
    )
    keep = "- To keep what is live: put it into the files, in a pull request."
    return f"{what}\n\n- To bring the account back to the files: {back}\n{keep}"
