"""What comments, issues and step summaries say. Pure.

The plan in it comes from the report `markdown`, in which nothing of the plan's values is mark-up. What else comes from
outside, the program's messages, stands in fences that it can't end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from reconcile.escaping import clean, clean_lines
from reconcile.model.normalize import count
from reconcile.review.forge import Job
from reconcile.review.marker import Marker

#: Characters that a comment may have at GitHub; GitLab allows a million.
LIMIT: Final = 65_536
#: Characters of a message that is quoted.
_QUOTED: Final = 3_000
_OUTCOME: Final = re.compile(r"<!-- reconcile:outcome -->\n(.*?)\n<!-- reconcile:outcome end -->\n\n", re.DOTALL)
#: The first line of what is below the outcomes once that is not the reviewed plan any more.
_FRESH: Final = "<!-- reconcile:fresh -->\n"
#: Reasons of a refusal that are each said.
_APART: Final = 5
#: How many earlier outcomes stay readable.
_EARLIER: Final = 4
#: What a comment promises until the merge, and what it says in place of that afterwards.
MERGING: Final = "Merging does exactly this, and nothing else. Where the account moves until then, nothing is done."
REVIEWED: Final = "The plan that was reviewed:"


def plan_heading(name: str) -> str:
    """The line below the marker of a comment."""
    return f"### reconcile: plan of {name}"


def drift_heading(name: str) -> str:
    """The title of an issue."""
    return f"reconcile: drift of {name}"


def size(text: str) -> int:
    """Characters as a forge may count them: those beyond the first plane count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fence(text: str, most: int = _QUOTED) -> str:
    """Text as it is, in a fence longer than any run of back-ticks in it; the end of a long one is left out."""
    text = clean_lines(text.strip())
    if len(text) > most:
        text = text[:most].rstrip() + "\n… the rest is in the job's log"
    ticks = "`" * max((3, *(len(run) + 1 for run in re.findall("`+", text))))
    return f"{ticks}text\n{text}\n{ticks}"


def inline(text: str) -> str:
    """Text as it is, within a line."""
    text = clean(text.strip())[:500]
    ticks = "`" * max((len(run) + 1 for run in re.findall("`+", text)), default=1)
    return f"{ticks} {text} {ticks}" if text else ""


def foot(job: Job, marker: Marker) -> str:
    """Where it comes from."""
    plan = f" · plan `{marker.digest[:19]}…`" if marker.digest else ""
    return f"<sub>Commit {job.commit[:12]} · [run]({job.url}){plan}</sub>"


def plan_body(marker: Marker, job: Job, lead: str, plan: str) -> str:
    """A comment: what a merge does, and the plan."""
    return _fitting(f"{marker}\n{plan_heading(marker.name)}\n\n{lead}\n\n", plan, foot(job, marker), job)


def drift_body(marker: Marker, job: Job, what: str, plan: str) -> str:
    """An issue: what is wrong, with what can be done about it, and the plan."""
    until = "This text is renewed by every run, and the issue is closed by the first that finds nothing."
    return _fitting(f"{marker}\n{what}\n\n{until}\n\n", plan, foot(job, marker), job)


def closed_body(marker: Marker, job: Job, undeclared: int) -> str:
    """The last text of an issue."""
    what = sentence(as_declared(undeclared)) if undeclared else "The live account is as the files say again."
    return f"{marker}\n{what}\n\n{foot(job, marker)}\n"


def as_declared(undeclared: int) -> str:
    """What a plan without changes means, where that many live sites are in no file."""
    if not undeclared:
        return "the live account is as the files say"
    sites = f"{count(undeclared, 'live site')} {'is' if undeclared == 1 else 'are'}"
    return f"what the files declare is live as they say; {sites} declared in no file, and left alone"


def would_be_refused(refusals: Sequence[str]) -> str:
    """That `apply` would refuse a plan, why, and what to do, within a line."""
    why = "; ".join([inline(one) for one in refusals[:_APART]] + ["…"] * (len(refusals) > _APART))
    remedy = (
        "Let the files allow it, such as under `safety:`, in a pull request; the rest is for `reconcile apply` by hand."
    )
    return f"`apply` would refuse this plan: {why}. {remedy}"


def sentence(text: str) -> str:
    """Text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def with_outcome(body: str, marker: Marker, outcome: str, fresh: str = "") -> str:
    """A comment that says what became of its plan, above what it said of that before. `fresh` is a plan that takes the
    reviewed one's place in it, to be read before it is approved.
    """
    body = body.replace("\r\n", "\n")
    heading = f"{plan_heading(marker.name)}\n\n"
    texts = [outcome.replace("<!-- reconcile:", "<!- - reconcile:")]
    texts += ["Earlier: " + text.removeprefix("Earlier: ") for text in _OUTCOME.findall(body)][:_EARLIER]
    _, found, below = _OUTCOME.sub("", body).partition(heading)
    elsewhere = f"{_FRESH}The plan that was reviewed is in the artifacts of its run.\n"
    if fresh:
        below = f"{_FRESH}{fresh.strip()}\n"
        elsewhere = f"{_FRESH}The fresh plan is too long for a comment: read it in the summary of the run above.\n"
    elif not found or below.startswith(_FRESH):
        below = elsewhere
    elif below.startswith(MERGING):
        below = REVIEWED + below.removeprefix(MERGING)
    made = ""
    for most in range(len(texts), 0, -1):
        blocks = "".join(
            f"<!-- reconcile:outcome -->\n{text}\n<!-- reconcile:outcome end -->\n\n" for text in texts[:most]
        )
        for end in (below, elsewhere):
            made = f"{marker}\n{heading}{blocks}{end}"
            if size(made) <= LIMIT:
                return made
    return made


def _fitting(head: str, plan: str, foot: str, job: Job) -> str:
    """All of it, or a plan's first line where all is too long: half a block of mark-up would swallow what follows."""
    made = f"{head}{plan.strip()}\n\n{foot}\n"
    if size(made) <= LIMIT:
        return made
    where = f"The plan is too long for a comment; all of it is in the artifacts of its [run]({job.url})."
    return f"{head}{where}\n\n{foot}\n"
