"""One comment, one issue, and the plan that was reviewed: over HTTP, with people, faults and other runs at it, too."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from answering import Fault as Answer
from answering import answering
from forges import BOT, LONGEST, TOKEN, Fault
from msgspec.structs import replace

from reconcile.errors import UsageError
from reconcile.planning import planfile
from reconcile.planning.plan import Plan
from reconcile.review import archive, commands, flow, github, marker, running, sticky, texts
from reconcile.review.forge import ForgeError, Job, NoSavedPlan, Unreachable
from reconcile.review.github import GitHub
from reconcile.review.gitlab import GitLab
from reconcile.review.marker import Marker

from .conftest import sha

HEAD, MERGE = sha(0xA1), sha(0xB1)
SAVED = planfile.dump(Plan((), 1, {"studio": 1}), "sha256:project")
DIGEST = re.findall("sha256:[0-9a-f]{64}", SAVED)[-1]
#: When a plan was begun, and one five minutes later.
AT, LATER = "2025-11-22T11:00:00.000Z", "2025-11-22T11:05:00.000Z"
MADE = flow.Made(2, DIGEST, "~ acme.ru: report_period 60 -> 90", "", AT)


@pytest.fixture
def client(hub):
    """What a run of pull request 1 talks through; `slept` has the seconds that it would have waited."""

    def of(commit=HEAD, run=1001, number=1, token=TOKEN, base=""):
        env = {"GITHUB_TOKEN": token, "GITHUB_REPOSITORY": hub.repository, "GITHUB_API_URL": hub.url}
        made = GitHub.of(env, "")
        made.api.sleep = slept.append
        return replace(made, job=Job(commit, number, run, f"https://github.example/runs/{run}", "", base, "main"))

    slept = []
    of.slept = slept
    hub.pull(1, HEAD)
    return of


@pytest.fixture
def merged(hub, client):
    """Pull request 1 has a comment and a saved plan, and was merged."""
    flow.comment(client(), "default", MADE)
    hub.begin(1001, HEAD)
    hub.upload(1001, "reconcile-plan-default", {"plan.json": SAVED.encode(), "plan.md": b""})
    hub.merge(1, MERGE)
    return hub


def reviewed(client, tmp_path):
    forge = client(MERGE, 3000, number=None)
    return flow.reviewed(forge, flow.commented(forge, "default"), "default", tmp_path)


def test_the_reviewed_plan_is_that_of_the_merged_head(merged, client, tmp_path):
    merged.pull(2, MERGE)  # a commit that is on another branch, too

    found = reviewed(client, tmp_path)

    assert (found.merged.number, found.merged.head, found.marker.digest) == (1, HEAD, DIGEST)
    assert found.path.read_text(encoding="utf-8") == SAVED


def expire(hub):
    for artifact in hub.artifacts.values():
        artifact["expired"] = True


def other_artifact(hub):
    hub.upload(1001, "reconcile-plan-default", {"plan.json": b'{"digest": "%s"}' % DIGEST.encode()})


def edit(old, new):
    def change(hub):
        comment = hub.comments[0]
        comment["body"] = re.sub(old, new, comment["body"], count=1)

    return change


def merge_another(hub):
    hub.pull(2, sha(0xA2))
    hub.merge(2, MERGE)


REFUSALS = {
    "no pull request": (lambda hub: hub.pulls.clear(), "came with no pull request, so that no plan was reviewed"),
    "two pull requests": (merge_another, "several pull requests were merged as this commit (#1, #2)"),
    "comment deleted": (lambda hub: hub.comments.clear(), "it was deleted, or none was written"),
    "marker edited away": (edit("<!--.*-->\n", ""), "its marker was edited away"),
    "all edited away": (edit("(?s).*", "LGTM"), "it was deleted, or none was written"),
    "a stranger's comment": (lambda hub: hub.comments[0].update(user={"login": "eve"}), "it was deleted, or none"),
    "a deleted user's comment": (lambda hub: hub.comments[0].update(user=None), "it was deleted, or none"),
    "another digest": (edit("sha256:[0-9a-f]{64}", f"sha256:{1:064d}"), "is not the one that the comment shows"),
    "no digest": (edit("sha256:[0-9a-f]{64}", ""), "the comment shows no plan that a merge applies"),
    "another commit": (
        lambda hub: hub.pull(1, sha(0xA9)),
        f"the comment shows the plan of commit {HEAD[:12]}, and {sha(0xA9)[:12]} was merged",
    ),
    "expired": (expire, "the artifact reconcile-plan-default of the run 1001 has expired"),
    "missing": (lambda hub: hub.artifacts.clear(), "the artifact reconcile-plan-default of the run 1001 is not there"),
    "not a plan": (other_artifact, "the saved plan of run 1001 is not the one that the comment shows"),
    "a fork's run": (lambda hub: hub.begin(1001, HEAD, "eve/widgets"), "is not one for commit"),
    "a run of another commit": (lambda hub: hub.begin(1001, sha(0xA9)), "is not one for commit"),
    "made after the merge": (
        lambda hub: [artifact.update(at="2026-11-22T12:00:01Z") for artifact in hub.artifacts.values()],
        "the artifact reconcile-plan-default of the run 1001 was made after the merge",
    ),
    "run deleted": (lambda hub: hub.runs.clear(), "the run 1001 that the comment names is not there any more"),
}


@pytest.mark.parametrize(("spoil", "why"), REFUSALS.values(), ids=REFUSALS)
def test_what_was_not_reviewed_is_no_plan_to_apply(merged, client, tmp_path, spoil, why):
    spoil(merged)

    with pytest.raises(NoSavedPlan, match=re.escape(why)):
        reviewed(client, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", zipfile.ZipFile],
    ids=["empty", "cut", "without it"],
)
def test_an_artifact_that_is_no_archive_with_a_plan_is_refused(content):
    if not isinstance(content, bytes):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as other:
            other.writestr("../plan.json", "{}")
        content = made.getvalue()

    with pytest.raises(NoSavedPlan, match=r"the artifact holds no readable plan\.json"):
        archive.only_file(content, "plan.json")


def test_an_artifact_that_is_unreadable_does_not_hide_an_older_one(merged, client, tmp_path):
    merged.artifacts[merged.next()] = {
        "run": 1001,
        "name": "reconcile-plan-default",
        "expired": False,
        "content": b"PK",
    }

    assert reviewed(client, tmp_path).path.read_text(encoding="utf-8") == SAVED
    other_artifact(merged)
    merged.artifacts[merged.next()] = {
        "run": 1001,
        "name": "reconcile-plan-default",
        "expired": False,
        "content": b"PK",
    }
    with pytest.raises(NoSavedPlan, match=r"the artifact holds no readable plan\.json"):
        reviewed(client, tmp_path)


def test_two_runs_at_once_leave_the_comment_of_the_later(hub, client):
    for _ in range(10):
        hub.comments.clear()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda run: flow.comment(client(run=run), "default", MADE), (5003, 5001, 5002)))
        (text,) = hub.texts(1)
        assert "run=5003 " in text


def test_a_run_that_comes_in_between_wins_if_it_is_the_later(hub, client):
    flow.comment(client(run=1001), "default", MADE)
    hub.meanwhile.append(("PATCH", lambda: hub.comment(1, BOT, flow.plan_text("default", client(run=1009).job, MADE))))

    assert flow.comment(client(run=1002), "default", MADE) is sticky.Written.OUTDATED
    (text,) = hub.texts(1)
    assert "run=1009 " in text


def test_at_gitlab_what_came_after_the_merge_counts_for_nothing_either(lab, tmp_path):
    def of(commit, job, branch=""):
        names = {"RECONCILE_GITLAB_TOKEN": TOKEN, "CI_PROJECT_ID": "7", "CI_API_V4_URL": lab.url}
        request = {} if branch else {"CI_MERGE_REQUEST_IID": "1"}
        return GitLab.of(names | request | {"CI_COMMIT_SHA": commit, "CI_JOB_ID": str(job), "CI_COMMIT_BRANCH": branch})

    lab.request(1, HEAD)
    assert flow.comment(of(HEAD, 1001), "default", MADE) is sticky.Written.ADDED
    before = lab.comments[0]["body"]
    lab.artifacts[1001] = {"content": SAVED.encode()}
    lab.jobs[1001] = {"ref": "x", "commit": {"id": HEAD}, "finished_at": "2026-11-22T14:00:00.000+03:00"}
    lab.request(1, HEAD, merge_commit_sha=MERGE, merged_at="2026-11-22T12:00:00.000Z")
    lab.requests[1]["state"], lab.tip = "merged", MERGE

    assert flow.comment(of(HEAD, 1002), "default", MADE) is sticky.Written.OUTDATED
    assert lab.comments[0]["body"] == before
    forge = of(MERGE, 1003, "главная")
    assert (forge.live_branch(), forge.tip("главная"), forge.job.branch) == ("главная", MERGE, "главная")
    there = flow.commented(forge, "default")
    assert flow.reviewed(forge, there, "default", tmp_path).marker.digest == DIGEST
    lab.jobs[1001]["finished_at"] = "2026-11-22T12:00:01.000Z"
    with pytest.raises(NoSavedPlan, match="the job 1001 that the note names ended after the merge"):
        flow.reviewed(forge, there, "default", tmp_path)


#: What a marker says when a run looks that began to plan at LATER, and whether that leaves it.
AGES = {
    "an older plan": (HEAD, 1001, AT, False),
    "an old run again, with the fresher plan": (HEAD, 900, "2025-11-22T11:05:00.001Z", True),
    "a run that a person raised": (HEAD, 1900, AT, False),
    "a time to come, which a person wrote": (HEAD, 1900, "2999-01-01T00:00:00.000Z", False),
    "a commit that a person wrote": (sha(0xA9), 1900, "2025-11-22T11:09:00.000Z", False),
}


@pytest.mark.parametrize(("commit", "run", "at", "left"), AGES.values(), ids=AGES)
def test_the_fresher_plan_stays_and_no_marker_locks_the_comment(hub, client, commit, run, at, left):
    flow.comment(client(), "default", MADE)
    edit("commit=.*(?= -->)", f"commit={commit} digest={DIGEST} run={run} at={at}")(hub)
    edit("60 -> 90", "60 -> 61")(hub)

    written = flow.comment(client(run=1002), "default", replace(MADE, at=LATER))

    assert written is (sticky.Written.OUTDATED if left else sticky.Written.UPDATED)
    assert ("run=1002 " in hub.texts(1)[0], "60 -> 61" in hub.texts(1)[0]) == (not left, left)


@pytest.mark.parametrize("lag", [1, 3, 9])
def test_a_list_that_lags_behind_makes_no_second_comment(hub, client, monkeypatch, lag):
    monkeypatch.setattr(sticky, "LAG", 0.001)
    for run, written in ((1001, sticky.Written.ADDED), (1002, sticky.Written.UPDATED)):
        hub.meanwhile.append(("(POST|PATCH)", lambda: setattr(hub, "lag", lag)))
        assert flow.comment(client(run=run), "default", MADE) is written
        hub.lag = 0

        (text,) = hub.texts(1)
        assert f"run={run} " in text
    assert sum(call.startswith("POST") for call in hub.asked) == 1


def test_a_token_of_another_user_is_told_and_leaves_nothing(hub, client):
    hub.writes_as = "octocat"

    with pytest.raises(ForgeError, match="this token writes as octocat: set `author` to that login"):
        flow.comment(client(), "default", MADE)

    assert hub.comments == []


def test_an_older_drift_leaves_the_issue_of_a_newer_alone(hub, client):
    flow.drift(client(run=20_300_000_000, number=None), "default", replace(MADE, at=LATER))

    told = flow.drift(client(run=20_050_000_000, number=None), "default", flow.Made(0, "", "", "", AT))

    assert told == "issue left alone, which has a fresher plan"
    assert [issue["state"] for issue in hub.issues] == ["open"]


def warned(*refusals):
    return "".join(f"warning: apply will refuse this plan: {text}\n" for text in refusals)


POLICY = 'policy "short" (reconcile.yaml:2:3) is broken by 1 resource, see above'
DELETES = "1 site would be deleted, and `safety.max_deletes` is 0; if that is meant, allow it with --allow-deletes 1"
DRIFTS = {
    "changes": (MADE, "run the apply workflow by hand with the plan's digest"),
    "safety": (
        replace(MADE, said=warned(DELETES)),
        "`apply` would refuse this plan: `` 1 site would be deleted, and `safety.max_deletes` is 0 ``. Let the files",
    ),
    "policies": (
        replace(MADE, code=3, digest="", said=warned(POLICY)),
        '`apply` would refuse this plan: ` policy "short" (reconcile.yaml:2:3) is broken by 1 resource `. Let',
    ),
    "errors": (replace(MADE, code=1, digest="", incomplete=True), "The plan has errors, so that not all of what"),
}


@pytest.mark.parametrize(("made", "said"), DRIFTS.values(), ids=DRIFTS)
def test_the_issue_says_what_can_be_done_and_offers_no_plan_that_is_refused(hub, client, made, said):
    assert flow.drift(client(number=None), "default", made) == "issue added"

    (issue,) = hub.issues
    assert said in issue["body"]
    assert "60 -> 90" in issue["body"]
    assert ("by hand with the plan's digest" in issue["body"]) is (said == DRIFTS["changes"][1])
    assert "--allow" not in issue["body"]


LEADS = {
    "another branch": (
        "mine",
        MADE,
        "**The merge applies nothing**: this pull request is for ` mine `, and ` main ` is live.",
    ),
    "the live branch": ("main", MADE, texts.MERGING),
    "safety": ("main", replace(MADE, said=warned(DELETES)), "and `safety.max_deletes` is 0\n```\n"),
    "sites in no file": (
        "main",
        replace(MADE, code=0, undeclared=2),
        "what the files declare is live as they say; 2 live sites are declared in no file, and left alone.",
    ),
    "no sites in no file": ("main", replace(MADE, code=0), "Nothing to change: the live account is as the files say."),
}


@pytest.mark.parametrize(("base", "made", "lead"), LEADS.values(), ids=LEADS)
def test_the_comment_promises_what_the_merge_does(hub, client, base, made, lead):
    flow.comment(client(base=base), "default", made)

    (text,) = hub.texts(1)
    assert lead in text
    assert (texts.MERGING in text) is (lead == texts.MERGING)
    assert (f"digest={DIGEST}" in text) is (base == "main")
    assert "--allow" not in text


def test_json_that_is_something_else_is_one_error(hub, client):
    for path, call in (
        ("pulls/1", lambda: client().head(1)),
        ("ref/heads/main", lambda: client().tip("main")),
        ("comments", lambda: client().comments(1).add("", "hello")),
    ):
        hub.faults += [Fault("GET", path, 200), Fault("POST", path, 200)]
        with pytest.raises(ForgeError, match="GitHub: an answer of the API lacks what it should have"):
            call()


def test_a_run_of_an_older_commit_writes_nothing(hub, client):
    hub.pull(1, sha(0xA2))

    assert flow.comment(client(HEAD, run=2000), "default", MADE) is sticky.Written.OUTDATED
    assert hub.comments == []
    flow.comment(client(sha(0xA2), run=1002), "default", MADE)
    assert flow.comment(client(HEAD, run=1001), "default", MADE) is sticky.Written.OUTDATED
    assert f"commit={sha(0xA2)}" in hub.texts(1)[0]


@pytest.mark.parametrize(
    "spoil",
    [
        edit("<!--.*-->\n", ""),
        edit("(?s)\n\n.*", "\n\nmine"),
        edit("\n", "\r\n"),
        lambda hub: hub.comments.pop(0),
        lambda hub: hub.meanwhile.append(("PATCH", lambda: hub.comments.pop(0))),
    ],
    ids=["marker", "text", "line ends", "deleted", "deleted at the last moment"],
)
def test_a_comment_that_a_person_has_changed_is_put_right(hub, client, spoil):
    flow.comment(client(), "default", MADE)
    good = hub.texts(1)
    hub.comment(1, "eve", good[0])
    spoil(hub)

    flow.comment(client(run=1002), "default", MADE)

    assert [re.sub(r"(?<=run=|uns/)1002", "1001", text) for text in hub.texts(1)] == good
    assert hub.texts(1, "eve") == good


def test_the_comment_is_found_on_a_later_page_and_two_plans_have_their_own(hub, client):
    hub.page = 2
    for n in range(5):
        hub.comment(1, "anna", f"hm {n}")
    for run in (1001, 1002):
        for name in ("moscow", "urals"):
            flow.comment(client(run=run), name, MADE)

    assert len(hub.texts(1)) == 2
    assert all("run=1002" in text for text in hub.texts(1))


LIMITED = {"X-RateLimit-Remaining": "0"}
FAULTS = {
    "busy": ([Fault("GET", "comments", 502), Fault("GET", "comments", 503)], [0.5, 1.0], ""),
    "answer lost": ([Fault("POST", "comments", 502, done=True)], [], ""),
    "Retry-After": ([Fault("POST", "comments", 403, {"Retry-After": "7"})], [7.0], ""),
    "secondary limit": ([Fault("POST", "comments", 403, message="You have hit a secondary rate limit")], [60.0], ""),
    "limit that has ended": ([Fault("GET", "comments", 403, LIMITED | {"X-RateLimit-Reset": "1"})], [1.0], ""),
    "429": ([Fault("GET", "comments", 429, {"Retry-After": "3"})], [3.0], ""),
    "limit for long": (
        [Fault("GET", "comments", 403, LIMITED | {"X-RateLimit-Reset": "99999999999"})],
        [],
        "the rate limit is used up for",
    ),
    "not written": (
        [Fault("POST", "comments", 502)],
        [],
        "POST /repos/studio/widgets/issues/1/comments: no",
    ),
    "down": ([Fault("GET", "pulls", 503)] * 5, [0.5, 1.0, 2.0, 4.0], "no good answer (status 503); run the job again"),
    "403": (
        [Fault("POST", "comments", 403, message="Resource not accessible by integration")],
        [],
        "status 403 (Resource not accessible by integration); the token may not do this: give the job the `perm",
    ),
    "404": ([Fault("GET", "comments", 404, message="Not Found")], [], "there is none, or the token may not see it"),
    "422": ([Fault("POST", "comments", 422, message="::error::\nno")], [], "status 422 (::error::\\nno)"),
}


@pytest.mark.parametrize(("faults", "slept", "said"), FAULTS.values(), ids=FAULTS)
def test_an_api_in_trouble_is_waited_for_or_told(hub, client, faults, slept, said):
    hub.faults += faults

    if said:
        with pytest.raises(ForgeError) as told:
            flow.comment(client(), "default", MADE)
        assert said in str(told.value)
    else:
        flow.comment(client(), "default", MADE)

    assert hub.faults == []
    assert client.slept == slept
    assert len(hub.texts(1)) == (0 if said else 1)


def test_a_token_that_is_refused_is_not_in_the_message(client):
    with pytest.raises(ForgeError) as told:  # the stand-in repeats it
        flow.comment(client(token="ghs_another"), "default", MADE)

    assert "(Bad credentials (hidden)); the token is not valid (any more)" in str(told.value)
    assert "ghs_another" not in str(told.value) + repr(client(token="ghs_another"))


def test_nobody_at_the_other_end_is_told(client):
    there = client()
    there.api.base = "http://127.0.0.1:1/api"

    with pytest.raises(Unreachable, match=r"GET /repos/studio/widgets/pulls/1: no good answer \(Connection"):
        flow.comment(there, "default", MADE)


@pytest.mark.parametrize(
    ("markdown", "there"),
    [("я" * 60_000, True), ("я" * 65_400, False), ("😀" * 40_000, False)],
    ids=["as long as a plan gets", "too long", "two units a character"],
)
def test_a_comment_always_fits(hub, client, markdown, there):
    flow.comment(client(), "default", replace(MADE, markdown=markdown))

    (text,) = hub.texts(1)
    assert len(text) <= LONGEST
    assert (markdown in text) is there
    assert there or "The plan is too long for a comment; all of it is in the artifacts" in text
    outcome = texts.with_outcome(text, marker.found(text, marker.PLAN, "default"), "**Applied.** " + "x" * 5500)
    assert texts.size(outcome) <= LONGEST
    assert marker.found(outcome, marker.PLAN, "default").digest == DIGEST


def test_an_outcome_comes_above_the_one_before_and_the_promise_goes():
    mark = Marker(marker.PLAN, "default", HEAD, DIGEST, 1, AT)
    body = texts.plan_body(mark, Job(HEAD, 1, 1, "https://github.example"), texts.MERGING, "the plan")

    once = texts.with_outcome(body, mark, "**Refused.** <!-- reconcile:outcome end -->", "the fresh plan")
    twice = texts.with_outcome(body, mark, "**Refused.**")
    thrice = texts.with_outcome(texts.with_outcome(twice, mark, "**Done in part.**"), mark, "**Applied.**")

    assert "the fresh plan" in once
    assert "the plan" not in once.replace("the fresh plan", "")
    assert (
        thrice.index("**Applied.**") < thrice.index("Earlier: **Done in part") < thrice.index("Earlier: **Refused.**")
    )
    assert texts.REVIEWED + "\n\nthe plan" in thrice
    assert texts.MERGING not in once + twice + thrice
    long = texts.with_outcome(once, mark, "**Refused.**", "x" * texts.LIMIT)
    assert "too long for a comment: read it in the summary" in long
    assert texts.size(long) <= texts.LIMIT


@pytest.mark.parametrize("text", ["``` <b> ````", "a\n```\n<script>", "\x1b[31m", "`" * 100])
def test_a_fence_is_ended_by_nothing_in_it(text):
    lines = texts.fence(text).splitlines()

    assert lines[0] == lines[-1] + "text"
    assert all(lines[-1] not in line for line in lines[1:-1])
    assert "\x1b" not in texts.fence(text)


def test_a_marker_is_read_where_it_is_first_and_nowhere_else():
    mark = Marker(marker.PLAN, "default", HEAD, DIGEST, 12, AT)

    for made in (mark, Marker(marker.PLAN, "default")):
        assert marker.found(f"{made}\nplan", marker.PLAN, "default") == made
    for text in (f"> {mark}", f"plan\n{mark}", str(mark).replace(" -->", " x -->"), str(mark).upper()):
        assert marker.found(text, marker.PLAN, "default") is None
    assert marker.found(str(mark), marker.PLAN, "other") is None
    assert marker.found(str(mark), marker.DRIFT, "default") is None


@pytest.mark.parametrize("name", ["", "a--b", "-a", "a b", "a>", "имя", "a" * 41, "a\n"])
def test_a_name_can_break_no_marker(name):
    with pytest.raises(UsageError, match="a plan's name has"):
        marker.require_name(name)


def test_tokens_and_files_of_the_forge_are_not_for_the_project():
    forges = {
        "GH_TOKEN": "a",
        "CI_REPOSITORY_URL": "https://gitlab-ci-token:a@gitlab.example/x.git",
        "CI_JOB_JWT_V2": "a",
        "INPUT_TOKEN": "a",
        "OURS": "ghs_0123456789abcdef",
        "REMOTE": "https://x-access-token:a@github.example/x.git",
        "CI_DEPLOY_PASSWORD": "a",
        "VAULT_ID_TOKEN": "a",
        "GITHUB_OUTPUT": "/runner/output",
        "GITHUB_ENV": "/runner/env",
        "GITHUB_PATH": "/runner/path",
        "GITHUB_STATE": "/runner/state",
        "GITHUB_STEP_SUMMARY": "/runner/summary",
    }
    ours = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SHA": HEAD,
        "CHASER_TOKEN": "a",
        "HTTPS_PROXY": "http://user:password@proxy.example",
        "CI_COMMIT_SHA": HEAD,
    }

    assert running.environment(forges | ours) == (ours, [])
    assert running.environment({running.ENVIRONMENT: "GH_TOKEN=mine"})[0] == {"GH_TOKEN": "mine"}


GIVEN = {
    "": "",
    f" {DIGEST}\n": DIGEST,
    DIGEST.removeprefix("sha256:").upper(): DIGEST,
    "sha256:1234": None,
    f"{DIGEST}, please": None,
}


@pytest.mark.parametrize(("given", "digest"), GIVEN.items())
def test_a_digest_is_taken_as_a_person_copies_it(given, digest):
    if digest is None:
        with pytest.raises(UsageError, match="the digest is not that of a plan"):
            commands.digest_from(given)
    else:
        assert commands.digest_from(given) == digest


@pytest.mark.parametrize("event", ["[", '{"pull_request": {"number": 1}}', '{"pull_request": 1}', '{"repository": 1}'])
def test_an_event_that_is_none_is_one_error(tmp_path, event):
    path = tmp_path / "event.json"
    path.write_text(event, encoding="utf-8")

    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH: "):
        github.job_of({"GITHUB_EVENT_PATH": str(path)})


def test_nothing_that_is_printed_is_a_command_to_the_runner(tmp_path, clean_environment):
    (tmp_path / "reconcile.yaml").write_text("include: ['x.yaml']\n", encoding="utf-8")
    (tmp_path / "x.yaml").write_text("##[stop-commands]x: ::add-mask::a\n", encoding="utf-8")
    env = clean_environment | {"GITHUB_ACTIONS": "true"}
    for line in (["validate", "--directory", str(tmp_path)], ["comment", "--out", "##[add-mask]a"]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "reconcile.review", *line],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

        assert (done.returncode != 0, done.stderr) == (True, "")
        stop = re.search("^::stop-commands::([0-9a-f]{32})\n", done.stdout, re.MULTILINE)
        begin, end = stop.end(), done.stdout.index(f"\n::{stop[1]}::\n")
        outside = done.stdout[: stop.start()] + done.stdout[end:]
        assert "##[" in done.stdout[begin:end] or "::error " in outside
        assert "##[" not in re.sub("^::error .*\n", "", outside, flags=re.MULTILINE)


def test_secrets_of_one_text_are_the_programs_and_hidden():
    tokens = ("GITHUB_TOKEN", "RECONCILE_GITLAB_TOKEN", "CI_JOB_TOKEN", "ACTIONS_RUNTIME_TOKEN")
    env = dict.fromkeys(tokens, TOKEN) | {
        "PATH": "/bin",
        running.ENVIRONMENT: "# ours\nA=1=2\n\nB_KEY = long=k\nEMPTY=\n",
    }

    assert running.environment(env) == ({"PATH": "/bin", "A": "1=2", "B_KEY": "long=k", "EMPTY": ""}, ["long=k"])
    assert running.environment(env, placeholders=True)[0]["EMPTY"] == running.PLACEHOLDER


@pytest.mark.parametrize("line", ["the-secret", "A B=the-secret", "PATH=the-secret", "pythonpath=the-secret"])
def test_secrets_that_are_no_variables_are_refused_unseen(line):
    with pytest.raises(UsageError, match="line 1 of the secret") as told:
        running.environment({running.ENVIRONMENT: line})
    assert "the-secret" not in str(told.value)


def test_a_job_that_is_cancelled_ends_the_program(tmp_path, clean_environment):
    account = "{provider: pozvonim, uid: a, api_key: b, base_url: 'URL'}"
    text = f"accounts: {{studio: {account}}}\nsites: {{acme.ru: {{report_period: 9}}}}\n"
    line = [sys.executable, "-P", "-m", "reconcile.review", "plan", "--directory", str(tmp_path), "--out"]
    with answering() as service:
        service.answers["GET /auth/token"] = Answer(how="hang")
        (tmp_path / "reconcile.yaml").write_text(text.replace("URL", service.url), encoding="utf-8")
        line.append(str(tmp_path / "out"))
        job = subprocess.Popen(line, env=clean_environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 30
        while not service.asked:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        job.send_signal(signal.SIGTERM)
        said = job.communicate(timeout=15)[0].decode()

    assert job.returncode == 0, said
    made = json.loads((tmp_path / "out" / "made.json").read_text(encoding="utf-8"))
    assert (made["code"], made["digest"]) == (130, "")
