"""What comments, issues and step summaries say. Pure.

The plan in it comes from the report `markdown`, in which nothing of the plan's values is mark-up. What else comes from
outside, the program's messages, stands in fences that it can't end.
"""

from __future__ import annotations

import re
from typing import Final

from reconcile.escaping import clean, clean_lines
from reconcile.review.forge import Job
from reconcile.review.marker import Marker

#: Characters that a comment may have at GitHub; GitLab allows a million.
LIMIT: Final = 65_536
#: Characters of a message that is quoted.
_QUOTED: Final = 3_000
_OUTCOME: Final = re.compile(r"<!-- reconcile:outcome -->\n.*?<!-- reconcile:outcome end -->\n\n", re.DOTALL)


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


def drift_body(marker: Marker, job: Job, plan: str) -> str:
    """An issue: what differs, and what can be done about it."""
    head = (
        f"{marker}\nThe live account is not as the files say. Either somebody changed it by hand, or a change that was "
        "merged is not applied.\n\n"
        "- To bring the account back to the files: run the apply workflow by hand with the plan's digest, which is in "
        "the summary of the run below.\n"
        "- To keep what is live: put it into the files, in a pull request.\n\n"
        "This text is renewed by every run, and the issue is closed by the first that finds nothing.\n\n"
    )
    return _fitting(head, plan, foot(job, marker), job)


def closed_body(marker: Marker, job: Job) -> str:
    """The last text of an issue."""
    return f"{marker}\nThe live account is as the files say again.\n\n{foot(job, marker)}\n"


def with_outcome(body: str, marker: Marker, outcome: str) -> str:
    """A comment that says what became of its plan, in place of what it said of that before."""
    body = _OUTCOME.sub("", body.replace("\r\n", "\n"))
    block = f"<!-- reconcile:outcome -->\n{outcome}\n<!-- reconcile:outcome end -->\n\n"
    heading = plan_heading(marker.name)
    before, found, after = body.partition(heading + "\n\n")
    made = f"{before}{found}{block}{after}" if found else f"{marker}\n{heading}\n\n{block}"
    return made if size(made) <= LIMIT else f"{marker}\n{heading}\n\n{block}The plan is in the artifacts of its run.\n"


def _fitting(head: str, plan: str, foot: str, job: Job) -> str:
    """All of it, or a plan's first line where all is too long: half a block of mark-up would swallow what follows."""
    made = f"{head}{plan.strip()}\n\n{foot}\n"
    if size(made) <= LIMIT:
        return made
    where = f"The plan is too long for a comment; all of it is in the artifacts of its [run]({job.url})."
    return f"{head}{where}\n\n{foot}\n"
