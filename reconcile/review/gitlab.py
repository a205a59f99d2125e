"""GitLab: the job's environment, and the calls of its REST API (docs.gitlab.com/api, v4).

A job's own token may not write notes, so that a project access token with the scope `api` is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

from reconcile.errors import UsageError
from reconcile.review.api import Api, understood
from reconcile.review.forge import Added, Job, Merged, NoSavedPlan, Note
from reconcile.workflow import MAX_PLAN_BYTES

LABEL: Final = "reconcile-drift"
#: Where a job keeps its plan, below its folder.
ARTIFACT: Final = "reconcile-plan/plan.json"
_ADVICE: Final = {
    401: "RECONCILE_GITLAB_TOKEN is not valid (any more): make a project access token with the scope `api`",
    403: "RECONCILE_GITLAB_TOKEN may not do this: it needs the scope `api` and the role Reporter, Developer for plans",
    404: "there is none, or RECONCILE_GITLAB_TOKEN may not see it: it has to belong to this project",
}


def job_of(env: Mapping[str, str]) -> Job:
    """The job that its environment describes; in a pipeline of merged results the commit is that of the branch."""
    number = env.get("CI_MERGE_REQUEST_IID", "")
    branch = env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
    return Job(
        branch or env.get("CI_COMMIT_SHA", ""),
        int(number) if number else None,
        int(env.get("CI_JOB_ID") or 0),
        env.get("CI_JOB_URL", ""),
        env.get("CI_COMMIT_BRANCH", ""),
        env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        env.get("CI_DEFAULT_BRANCH", ""),
    )


class GitLab(Struct, frozen=True):
    """A project; `me` is the id of the user whose token this is."""

    api: Api
    path: str
    job: Job
    me: int

    @classmethod
    def of(cls, env: Mapping[str, str]) -> GitLab:
        """From the environment of a job. Raises `UsageError` that names what is missing, `ForgeError`."""
        token, project = env.get("RECONCILE_GITLAB_TOKEN", ""), env.get("CI_PROJECT_ID", "")
        if not token or not project.isdecimal():
            raise UsageError(
                "RECONCILE_GITLAB_TOKEN has to be set, to a project access token with the scope `api`, as a masked "
                "variable of the project; CI_PROJECT_ID, too, which a job has"
            )
        base = env.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"
        api = Api("GitLab", base.rstrip("/"), {"PRIVATE-TOKEN": token}, _ADVICE)
        with understood("GitLab"):
            return cls(api, f"/projects/{project}", job_of(env), int(api.call("GET", "/user")["id"]))

    def head(self, number: int) -> str:
        """The commit that a merge request has now; nothing once it was merged."""
        with understood("GitLab"):
            request = self.api.call("GET", f"{self.path}/merge_requests/{number}")
            return "" if request.get("state") == "merged" else str(request["sha"])

    def live_branch(self) -> str:
        """The project's default branch."""
        with understood("GitLab"):
            return str(self.api.call("GET", self.path)["default_branch"])

    def tip(self, branch: str) -> str:
        """The commit that a branch has now."""
        with understood("GitLab"):
            return str(self.api.call("GET", f"{self.path}/repository/branches/{quote(branch, '')}")["commit"]["id"])

    def comments(self, number: int) -> Texts:
        """The notes of a merge request."""
        return Texts(self, f"{self.path}/merge_requests/{number}/notes", "?sort=asc&order_by=created_at", "id", "body")

    def issues(self) -> Texts:
        """The open issues."""
        query = "?state=opened&sort=asc&order_by=created_at"
        return Texts(self, f"{self.path}/issues", query, "iid", "description")

    def own(self, entry: Mapping[str, Any]) -> bool:
        """Whether the token's user wrote it, and no system note."""
        return (entry.get("author") or {}).get("id") == self.me and not entry.get("system")

    def merged(self) -> Merged | None:
        """The merge request whose merge is the job's commit: merged, squashed, or fast-forward."""
        commit = self.job.commit
        with understood("GitLab"):
            found = [
                entry
                for entry in self.api.pages(f"{self.path}/repository/commits/{commit}/merge_requests")
                if entry.get("state") == "merged"
                and commit in (entry.get("merge_commit_sha"), entry.get("squash_commit_sha"), entry.get("sha"))
            ]
        if len(found) > 1:
            numbers = ", ".join(f"!{entry['iid']}" for entry in found)
            raise NoSavedPlan(f"several merge requests were merged as this commit ({numbers}), each with its own plan")
        with understood("GitLab"):
            return (
                Merged(int(found[0]["iid"]), str(found[0]["sha"]), str(found[0].get("merged_at") or ""))
                if found
                else None
            )

    def saved(self, merged: Merged, run: int, name: str) -> Iterator[bytes]:
        """The plan in the artifacts of a job for the head of a merge request."""
        job = self.api.call("GET", f"{self.path}/jobs/{run}", gone=True)
        if job is None:
            raise NoSavedPlan(f"the job {run} that the note names is not there any more")
        # In a pipeline of merged results the commit is one that no branch has; its ref is that of the merge request.
        of_results = job.get("ref") == f"refs/merge-requests/{merged.number}/merge"
        if not of_results and (job.get("commit") or {}).get("id") != merged.head:
            raise NoSavedPlan(f"the job {run} that the note names is not one for commit {merged.head[:12]}")
        with understood("GitLab"):
            in_time = merged.before(str(job.get("finished_at") or ""))
        if not in_time:
            raise NoSavedPlan(f"the job {run} that the note names ended after the merge")
        content = self.api.download(f"{self.path}/jobs/{run}/artifacts/{ARTIFACT}", MAX_PLAN_BYTES, gone=True)
        if content is None:
            raise NoSavedPlan(f"the artifact of the job {run} has expired, or was never there")
        yield content


class Texts(Struct, frozen=True):
    """The notes of a merge request, or the open issues: where they are, and what the API calls their parts."""

    lab: GitLab
    path: str
    query: str
    id: str
    text: str

    def list(self) -> list[Note]:
        """All of them, the oldest first."""
        with understood("GitLab"):
            return [
                Note(
                    int(entry[self.id]),
                    str(entry.get(self.text) or ""),
                    self.lab.own(entry),
                    str(entry.get("title") or ""),
                )
                for entry in self.lab.api.pages(self.path + self.query)
            ]

    def add(self, title: str, body: str) -> Added:
        """Writes a new one."""
        content = {self.text: body}
        if self.id == "iid":
            content |= {"title": title, "labels": LABEL}
        with understood("GitLab"):
            made = self.lab.api.call("POST", self.path, content)
            whose = made.get("author") or {}
            return Added(Note(int(made[self.id]), body, self.lab.own(made), title), str(whose.get("username")))

    def change(self, note: Note, body: str) -> bool:
        """Whether there still was one to change."""
        return self.lab.api.call("PUT", f"{self.path}/{note.id}", {self.text: body}, gone=True) is not None

    def remove(self, note: Note) -> None:
        """Takes a note away; closes an issue."""
        if self.id == "iid":
            self.lab.api.call("PUT", f"{self.path}/{note.id}", {"state_event": "close"}, gone=True)
        else:
            self.lab.api.call("DELETE", f"{self.path}/{note.id}", gone=True)
