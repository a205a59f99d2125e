"""Stand-ins for GitHub's and GitLab's APIs: strict about paths, tokens, versions and bodies, with pages and faults.

What they know is what the real ones document. A call that they don't know is answered with 404 and noted in `strange`,
which a test looks at in the end.
"""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "the-forge-token"
BOT = "github-actions[bot]"
#: The most that a comment may have (GitHub).
LONGEST = 65_536


@dataclass(frozen=True)
class Fault:
    """An answer in place of the next one to a call that matches."""

    method: str
    path: str
    status: int = 502
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Oops"
    #: Whether the work is done nevertheless.
    done: bool = False


@dataclass
class Forge:
    """What both have in common: a server, what it was asked, and who is at it, too."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: Called before a call is answered, once, with the call; for what a person or another run does in between.
    meanwhile: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: Entries on a page, however many are asked for; real ones give up to a hundred.
    page: int = 100
    lock: threading.RLock = field(default_factory=threading.RLock)
    last: int = 100

    def next(self) -> int:
        with self.lock:
            self.last += 1
            return self.last

    def begins(self, call: str) -> None:
        """Notes a call, and lets happen what is to happen before its answer."""
        self.asked.append(call)
        for entry in [one for one in self.meanwhile if re.search(one[0], call)][:1]:
            self.meanwhile.remove(entry)
            entry[1]()

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault of this call, which is over with it."""
        found = next((one for one in self.faults if one.method == method and re.search(one.path, path)), None)
        if found is not None:
            self.faults.remove(found)
        return found

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """The status, and what is the body: JSON, or bytes."""
        for pattern, handle in self.routes(method):
            match = re.fullmatch(pattern, path)
            if match is not None:
                return handle(*match.groups(), query, body)
        self.strange.append(f"{method} {path}")
        return 404, {"message": "Not Found"}

    def routes(self, method: str) -> list[tuple[str, Callable[..., tuple[int, Any]]]]:
        raise NotImplementedError

    def refusal(self, headers: Any) -> str:
        """Why a call is refused by its headers."""
        raise NotImplementedError


def found(entries: list[dict[str, Any]], key: str, value: str) -> dict[str, Any] | None:
    return next((entry for entry in entries if str(entry[key]) == value), None)


@dataclass
class GitHub(Forge):
    """One repository with pull requests, runs and artifacts."""

    repository: str = "studio/widgets"
    #: The commit of the branch main, and as whom the token writes.
    tip: str = "0" * 40
    writes_as: str = BOT
    #: How many listings of comments do not show yet what was written.
    lag: int = 0
    before: list[dict[str, Any]] = field(default_factory=list)
    #: By number: head, merged (a commit) and its repository.
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)

    def pull(self, number: int, head: str) -> None:
        """Opens a pull request, or pushes to it."""
        self.pulls.setdefault(number, {"merged": None, "repository": self.repository})["head"] = head

    def merge(self, number: int, commit: str) -> None:
        self.pulls[number]["merged"] = commit
        self.tip = commit

    def begin(self, run: int, commit: str, repository: str = "") -> None:
        self.runs[run] = {"head_sha": commit, "repository": repository or self.repository}

    def upload(self, run: int, name: str, files: dict[str, bytes]) -> int:
        """What actions/upload-artifact does, with `overwrite`."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, data in files.items():
                archive.writestr(file, data)
        for id_ in [i for i, one in self.artifacts.items() if (one["run"], one["name"]) == (run, name)]:
            del self.artifacts[id_]
        id_ = self.next()
        self.artifacts[id_] = {"run": run, "name": name, "expired": False, "content": content.getvalue()}
        return id_

    def refusal(self, headers: Any) -> str:
        if headers.get("X-GitHub-Api-Version") != "2022-11-28":
            return "no version"
        return "" if headers.get("Authorization") == f"Bearer {TOKEN}" else "Bad credentials"

    def routes(self, method: str) -> list[tuple[str, Callable[..., tuple[int, Any]]]]:
        repo = f"/repos/{re.escape(self.repository)}"
        return {
            "GET": [
                (repo, lambda q, b: (200, {"default_branch": "main"})),
                (rf"{repo}/git/ref/heads/main", lambda q, b: (200, {"object": {"sha": self.tip}})),
                (rf"{repo}/pulls/(\d+)", self._pull),
                (rf"{repo}/commits/([0-9a-f]{{40}})/pulls", self._pulls_of),
                (rf"{repo}/issues/(\d+)/comments", lambda n, q, b: (200, self._comments_of(int(n)))),
                (rf"{repo}/issues", self._issues),
                (rf"{repo}/actions/runs/(\d+)", self._run),
                (rf"{repo}/actions/runs/(\d+)/artifacts", self._artifacts),
                (rf"{repo}/actions/artifacts/(\d+)/zip", self._zip),
            ],
            "POST": [
                (rf"{repo}/issues/(\d+)/comments", self._comment),
                (rf"{repo}/issues", self._open),
            ],
            "PATCH": [
                (rf"{repo}/issues/comments/(\d+)", self._change),
                (rf"{repo}/issues/(\d+)", self._change_issue),
            ],
            "DELETE": [(rf"{repo}/issues/comments/(\d+)", self._delete)],
        }.get(method, [])

    def comment(self, number: int, login: str, body: str) -> int:
        """What anybody writes."""
        entry = {"id": self.next(), "number": number, "body": body, "user": {"login": login}}
        self.comments.append(entry)
        return int(entry["id"])

    def texts(self, number: int, login: str = BOT) -> list[str]:
        return [one["body"] for one in self.comments if (one["number"], one["user"]["login"]) == (number, login)]

    def _comments_of(self, number: int) -> list[dict[str, Any]]:
        there = self.comments
        if self.lag:
            self.lag, there = self.lag - 1, self.before
        return [one for one in there if one["number"] == number]

    def _data(self, number: int) -> dict[str, Any]:
        pull = self.pulls[number]
        return {
            "number": number,
            "head": {"sha": pull["head"], "repo": {"full_name": pull["repository"]}},
            "merged_at": "2026-11-22T12:00:00Z" if pull["merged"] else None,
            "merge_commit_sha": pull["merged"] or "f" * 40,
        }

    def _pull(self, number: str, query: Any, body: Any) -> tuple[int, Any]:
        return (200, self._data(int(number))) if int(number) in self.pulls else (404, {"message": "Not Found"})

    def _pulls_of(self, commit: str, query: Any, body: Any) -> tuple[int, Any]:
        return 200, [self._data(n) for n, pull in self.pulls.items() if commit in (pull["merged"], pull["head"])]

    def _issues(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        assert query["state"] == "open"
        pulls = [{"number": number, "pull_request": {}, "body": "", "user": {"login": BOT}} for number in self.pulls]
        return 200, [*pulls, *(one for one in self.issues if one["state"] == "open")]

    def _run(self, run: str, query: Any, body: Any) -> tuple[int, Any]:
        made = self.runs.get(int(run))
        if made is None:
            return 404, {"message": "Not Found"}
        return 200, {"head_sha": made["head_sha"], "head_repository": {"full_name": made["repository"]}}

    def _artifacts(self, run: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        there = [
            {"id": id_, "name": one["name"], "expired": one["expired"], "created_at": one.get("at")}
            for id_, one in self.artifacts.items()
            if one["run"] == int(run) and one["name"] == query.get("name", one["name"])
        ]
        return 200, {"total_count": len(there), "artifacts": there}

    def _zip(self, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        if int(id_) not in self.artifacts or self.artifacts[int(id_)]["expired"]:
            return 410, {"message": "Artifact has expired"}
        return 302, f"/blobs/{id_}"

    def _comment(self, number: str, query: Any, body: Any) -> tuple[int, Any]:
        if set(body) != {"body"} or not 0 < len(body["body"]) <= LONGEST:
            return 422, {"message": "Validation Failed"}
        self.before = [dict(one) for one in self.comments]
        return 201, {"id": self.comment(int(number), self.writes_as, body["body"]), "user": {"login": self.writes_as}}

    def _change(self, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        entry = found(self.comments, "id", id_)
        if entry is None:
            return 404, {"message": "Not Found"}
        if set(body) != {"body"} or not 0 < len(body["body"]) <= LONGEST:
            return 422, {"message": "Validation Failed"}
        self.before = [dict(one) for one in self.comments]
        entry["body"] = body["body"]
        return 200, {"id": int(id_)}

    def _delete(self, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        entry = found(self.comments, "id", id_)
        if entry is None:
            return 404, {"message": "Not Found"}
        self.comments.remove(entry)
        return 204, None

    def _open(self, query: Any, body: Any) -> tuple[int, Any]:
        if set(body) != {"title", "body", "labels"} or not 0 < len(body["body"]) <= LONGEST:
            return 422, {"message": "Validation Failed"}
        self.issues.append(body | {"number": self.next(), "state": "open", "user": {"login": BOT}})
        return 201, {"number": self.last, "user": {"login": BOT}}

    def _change_issue(self, number: str, query: Any, body: Any) -> tuple[int, Any]:
        entry = found(self.issues, "number", number)
        if entry is None:
            return 404, {"message": "Not Found"}
        if not set(body) <= {"body", "state", "state_reason"}:
            return 422, {"message": "Validation Failed"}
        entry.update(body)
        return 200, {"number": int(number)}


@dataclass
class GitLab(Forge):
    """One project with merge requests and jobs."""

    project: int = 7
    me: int = 31
    tip: str = "0" * 40
    requests: dict[int, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)

    def refusal(self, headers: Any) -> str:
        return "" if headers.get("PRIVATE-TOKEN") == TOKEN else "401 Unauthorized"

    def routes(self, method: str) -> list[tuple[str, Callable[..., tuple[int, Any]]]]:
        path = f"/projects/{self.project}"
        return {
            "GET": [
                (path, lambda q, b: (200, {"default_branch": "главная"})),
                (rf"{path}/repository/branches/%[%0-9A-F]+", lambda q, b: (200, {"commit": {"id": self.tip}})),
                ("/user", lambda q, b: (200, {"id": self.me, "username": "project_7_bot"})),
                (rf"{path}/merge_requests/(\d+)", lambda n, q, b: (200, self.requests[int(n)])),
                (rf"{path}/merge_requests/(\d+)/notes", lambda n, q, b: (200, self._notes(int(n)))),
                (rf"{path}/repository/commits/([0-9a-f]{{40}})/merge_requests", self._requests_of),
                (rf"{path}/jobs/(\d+)", self._job),
                (rf"{path}/jobs/(\d+)/artifacts/reconcile-plan/plan\.json", self._artifact),
                (rf"{path}/issues", lambda q, b: (200, [one for one in self.issues if one["state"] == "opened"])),
            ],
            "POST": [
                (rf"{path}/merge_requests/(\d+)/notes", self._note),
                (rf"{path}/issues", self._open),
            ],
            "PUT": [
                (rf"{path}/merge_requests/(\d+)/notes/(\d+)", self._change),
                (rf"{path}/issues/(\d+)", self._change_issue),
            ],
            "DELETE": [(rf"{path}/merge_requests/(\d+)/notes/(\d+)", self._delete)],
        }.get(method, [])

    def request(self, number: int, head: str, **more: str) -> None:
        self.requests[number] = {"iid": number, "sha": head, "state": "opened", **more}

    def _notes(self, number: int) -> list[dict[str, Any]]:
        return [one for one in self.comments if one["number"] == number]

    def _requests_of(self, commit: str, query: Any, body: Any) -> tuple[int, Any]:
        return 200, [one for one in self.requests.values() if commit in (one.get("merge_commit_sha"), one.get("sha"))]

    def _job(self, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        made = self.jobs.get(int(id_))
        return (404, {"message": "404 Not found"}) if made is None else (200, made)

    def _artifact(self, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        made = self.artifacts.get(int(id_))
        return (404, {"message": "404 Not found"}) if made is None else (200, made["content"])

    def _note(self, number: str, query: Any, body: Any) -> tuple[int, Any]:
        self.comments.append({"id": self.next(), "number": int(number), "author": {"id": self.me}, **body})
        return 201, {"id": self.last, "author": {"id": self.me}}

    def _change(self, number: str, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        entry = found(self.comments, "id", id_)
        if entry is None:
            return 404, {"message": "404 Not found"}
        entry.update(body)
        return 200, {"id": int(id_)}

    def _delete(self, number: str, id_: str, query: Any, body: Any) -> tuple[int, Any]:
        entry = found(self.comments, "id", id_)
        if entry is None:
            return 404, {"message": "404 Not found"}
        self.comments.remove(entry)
        return 204, None

    def _open(self, query: Any, body: Any) -> tuple[int, Any]:
        if set(body) != {"title", "description", "labels"}:
            return 400, {"message": "bad"}
        self.issues.append(body | {"iid": self.next(), "state": "opened", "author": {"id": self.me}})
        return 201, {"iid": self.last, "author": {"id": self.me}}

    def _change_issue(self, number: str, query: Any, body: Any) -> tuple[int, Any]:
        entry = found(self.issues, "iid", number)
        if entry is None:
            return 404, {"message": "404 Not found"}
        if body.pop("state_event", None) == "close":
            entry["state"] = "closed"
        entry.update(body)
        return 200, {"iid": int(number)}


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class of a few methods
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            if url.path.startswith("/blobs/"):
                # Where artifacts really are: a server of somebody else's, which must not see the token.
                leaked = "Authorization" in self.headers
                self.give(400 if leaked else 200, forge.artifacts[int(url.path[7:])]["content"])
                return
            path, query = url.path.removeprefix("/api"), dict(parse_qsl(url.query, keep_blank_values=True))
            forge.begins(f"{self.command} {path}")
            refusal = forge.refusal(self.headers)
            if refusal:
                self.give(401, {"message": f"{refusal} {self.headers.get('Authorization', '')}"})
                return
            self.do(path, query, json.loads(raw) if raw else None)

        def do(self, path: str, query: dict[str, str], body: Any) -> None:
            status, data = 0, None
            fault = forge.fault(self.command, path)
            if fault is None or fault.done:
                with forge.lock:
                    status, data = forge.answer(self.command, path, query, body)
            if fault is not None:
                self.give(fault.status, {"message": fault.message}, fault.headers)
            elif status == 302:
                elsewhere = forge.url.removesuffix("/api").replace("127.0.0.1", "localhost")
                self.give(302, None, {"Location": elsewhere + data})
            elif isinstance(data, list) or (isinstance(data, dict) and "artifacts" in data):
                self.give(status, *self.paged(path, query, data))
            else:
                self.give(status, data)

        def paged(self, path: str, query: dict[str, str], data: Any) -> tuple[Any, dict[str, str]]:
            """A page of a list, and where the next one is."""
            entries = data if isinstance(data, list) else data["artifacts"]
            length = min(int(query.get("per_page", 30)), forge.page)
            page = int(query.get("page", 1))
            part = entries[(page - 1) * length : page * length]
            more = "&".join(f"{key}={value}" for key, value in (query | {"page": str(page + 1)}).items())
            headers = {"Link": f'<{forge.url}{path}?{more}>; rel="next"'} if page * length < len(entries) else {}
            return part if isinstance(data, list) else data | {"artifacts": part}, headers

        def give(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
            content = b"" if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    return Handler


@contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """The forge at `url`, until the end of the block."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), _handler(forge)) as server:
        forge.url = f"http://127.0.0.1:{server.server_port}/api"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
