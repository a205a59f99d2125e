"""GitHub: the job's environment, and the calls of its REST API (docs.github.com/rest, version 2022-11-28)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

from reconcile.errors import UsageError
from reconcile.review import archive
from reconcile.review.api import Api, understood
from reconcile.review.forge import Added, Job, Merged, NoSavedPlan, Note
from reconcile.workflow import MAX_PLAN_BYTES

#: The user as whom a workflow's own token writes.
AUTHOR: Final = "github-actions[bot]"
LABEL: Final = "reconcile-drift"
_ADVICE: Final = {
    401: "the token is not valid (any more): give the workflow's own, `github.token`",
    403: "the token may not do this: give the job the `permissions:` that docs/github.md names",
    404: "there is none, or the token may not see it: check the job's `permissions:` and the repository",
    410: "issues are switched off in this repository: switch them on, or take the drift workflow out",
}


def job_of(env: Mapping[str, str]) -> Job:
    """The run that the environment of a step describes. Raises `UsageError`."""
    path = env.get("GITHUB_EVENT_PATH", "")
    event = _event(path)
    pull = event.get("pull_request")
    number, commit, base = None, env.get("GITHUB_SHA", ""), ""
    try:
        if pull is not None:
            number, commit = int(pull["number"]), str(pull["head"]["sha"])
            base = str((pull.get("base") or {}).get("ref") or "")
        default = str((event.get("repository") or {}).get("default_branch") or "")
    except (LookupError, TypeError, ValueError, AttributeError):
        raise UsageError(f"GITHUB_EVENT_PATH: {path} describes no pull request of a repository") from None
    repository, run = env.get("GITHUB_REPOSITORY", ""), env.get("GITHUB_RUN_ID", "0")
    return Job(
        commit,
        number,
        int(run),
        f"{env.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}/actions/runs/{run}",
        env.get("GITHUB_REF", "").removeprefix("refs/heads/") if "refs/heads/" in env.get("GITHUB_REF", "") else "",
        base,
        default,
    )


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"GITHUB_EVENT_PATH: {path} is not the event of a workflow") from None
    return data if isinstance(data, dict) else {}


class GitHub(Struct, frozen=True):
    """A repository; `author` is the login of the user whose token this is."""

    api: Api
    repository: str
    job: Job
    author: str

    @classmethod
    def of(cls, env: Mapping[str, str], author: str) -> GitHub:
        """From the environment of a step. Raises `UsageError` that names what is missing."""
        token = env.get("GITHUB_TOKEN", "")
        if not token or not env.get("GITHUB_REPOSITORY"):
            raise UsageError("GITHUB_TOKEN and GITHUB_REPOSITORY have to be set, as a workflow's step has them")
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        base = env.get("GITHUB_API_URL") or "https://api.github.com"
        api = Api("GitHub", base.rstrip("/"), headers, _ADVICE)
        return cls(api, env["GITHUB_REPOSITORY"], job_of(env), author or AUTHOR)

    @property
    def path(self) -> str:
        """Where the calls of this repository begin."""
        return f"/repos/{quote(self.repository)}"

    def head(self, number: int) -> str:
        """The commit that a pull request has now; nothing once it was merged."""
        with understood("GitHub"):
            pull = self.api.call("GET", f"{self.path}/pulls/{number}")
            return "" if pull.get("merged_at") else str(pull["head"]["sha"])

    def live_branch(self) -> str:
        """The repository's default branch."""
        with understood("GitHub"):
            return str(self.api.call("GET", self.path)["default_branch"])

    def tip(self, branch: str) -> str:
        """The commit that a branch has now."""
        with understood("GitHub"):
            return str(self.api.call("GET", f"{self.path}/git/ref/heads/{quote(branch)}")["object"]["sha"])

    def comments(self, number: int) -> Comments:
        """The comments of a pull request, which is an issue to this API."""
        return Comments(self, number)

    def issues(self) -> Issues:
        """The open issues."""
        return Issues(self)

    def own(self, entry: Mapping[str, Any]) -> bool:
        """Whether the token's user wrote a comment or an issue; of a user who was deleted there is nothing left."""
        user = entry.get("user")
        return isinstance(user, dict) and user.get("login") == self.author

    def merged(self) -> Merged | None:
        """The pull request whose merge is the job's commit, be it a merge commit, squashed or the last of a rebase."""
        with understood("GitHub"):
            found = [
                (int(pull["number"]), Merged(int(pull["number"]), str(pull["head"]["sha"]), str(pull["merged_at"])))
                for pull in self.api.pages(f"{self.path}/commits/{self.job.commit}/pulls")
                if pull.get("merged_at") and pull.get("merge_commit_sha") == self.job.commit
            ]
        if len(found) > 1:
            numbers = ", ".join(f"#{number}" for number, _ in found)
            raise NoSavedPlan(f"several pull requests were merged as this commit ({numbers}), each with its own plan")
        return found[0][1] if found else None

    def saved(self, merged: Merged, run: int, name: str) -> Iterator[bytes]:
        """The plans in the artifacts of a run for the head of a pull request."""
        path = f"{self.path}/actions/runs/{run}"
        made = self.api.call("GET", path, gone=True)
        if made is None:
            raise NoSavedPlan(f"the run {run} that the comment names is not there any more")
        # A run of a fork belongs to this repository, too, and runs what the fork says.
        with understood("GitHub"):
            whose, head = (made.get("head_repository") or {}).get("full_name"), made["head_sha"]
        if whose != self.repository or head != merged.head:
            raise NoSavedPlan(f"the run {run} that the comment names is not one for commit {merged.head[:12]}")
        artifacts = list(self.api.pages(f"{path}/artifacts?name={quote(name)}", "artifacts"))
        with understood("GitHub"):
            there = [entry for entry in artifacts if entry.get("name") == name and not entry.get("expired")]
            ids = [int(entry["id"]) for entry in there if merged.before(str(entry.get("created_at") or ""))]
        if not ids:
            why = "was made after the merge" if there else "has expired" if artifacts else "is not there"
            raise NoSavedPlan(f"the artifact {name} of the run {run} {why}")
        broken = None
        for id_ in sorted(ids, reverse=True):
            content = self.api.download(f"{self.path}/actions/artifacts/{id_}/zip", MAX_PLAN_BYTES, True)
            if content is None:
                continue
            try:
                plan = archive.only_file(content, "plan.json")
            except NoSavedPlan as error:
                broken = error
                continue
            yield plan
        if broken is not None:
            raise broken


class Comments(Struct, frozen=True):
    """The comments of a pull request."""

    hub: GitHub
    number: int

    def list(self) -> list[Note]:
        """All of them, the oldest first."""
        path = f"{self.hub.path}/issues/{self.number}/comments"
        with understood("GitHub"):
            return [
                Note(int(entry["id"]), str(entry.get("body") or ""), self.hub.own(entry))
                for entry in self.hub.api.pages(path)
            ]

    def add(self, title: str, body: str) -> Added:
        """Writes a new one."""
        with understood("GitHub"):
            made = self.hub.api.call("POST", f"{self.hub.path}/issues/{self.number}/comments", {"body": body})
            return Added(Note(int(made["id"]), body, self.hub.own(made)), str((made.get("user") or {}).get("login")))

    def change(self, note: Note, body: str) -> bool:
        """Whether there still was one to change."""
        path = f"{self.hub.path}/issues/comments/{note.id}"
        return self.hub.api.call("PATCH", path, {"body": body}, gone=True) is not None

    def remove(self, note: Note) -> None:
        """Takes one away."""
        self.hub.api.call("DELETE", f"{self.hub.path}/issues/comments/{note.id}", gone=True)


class Issues(Struct, frozen=True):
    """The open issues of the repository; pull requests among them are left out."""

    hub: GitHub

    def list(self) -> list[Note]:
        """All of them, the oldest first."""
        path = f"{self.hub.path}/issues?state=open&sort=created&direction=asc"
        with understood("GitHub"):
            return [
                Note(
                    int(entry["number"]),
                    str(entry.get("body") or ""),
                    self.hub.own(entry),
                    str(entry.get("title") or ""),
                )
                for entry in self.hub.api.pages(path)
                if "pull_request" not in entry
            ]

    def add(self, title: str, body: str) -> Added:
        """Opens a new one."""
        content = {"title": title, "body": body, "labels": [LABEL]}
        with understood("GitHub"):
            made = self.hub.api.call("POST", f"{self.hub.path}/issues", content)
            note = Note(int(made["number"]), body, self.hub.own(made), title)
            return Added(note, str((made.get("user") or {}).get("login")))

    def change(self, note: Note, body: str) -> bool:
        """Whether there still was one to change."""
        path = f"{self.hub.path}/issues/{note.id}"
        return self.hub.api.call("PATCH", path, {"body": body}, gone=True) is not None

    def remove(self, note: Note) -> None:
        """Closes one."""
        content = {"state": "closed", "state_reason": "completed"}
        self.hub.api.call("PATCH", f"{self.hub.path}/issues/{note.id}", content, gone=True)
