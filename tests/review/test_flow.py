"""From the pull request to the merge to the drift: the real program, the real actions, a stand-in for GitHub."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from forges import BOT, Fault

from .conftest import sha

HEAD, MERGE = sha(0xA1), sha(0xB1)


@pytest.fixture
def planned(studio):
    """Pull request 1 with a plan: 60 becomes 90."""
    studio.hub.pull(1, HEAD)
    assert studio.act("plan", HEAD, number=1).ok
    return studio


@pytest.fixture
def merged(planned):
    """It was merged; not applied yet."""
    planned.hub.merge(1, MERGE)
    return planned


def test_a_pull_request_has_one_comment_that_follows_its_commits(studio):
    studio.hub.pull(1, HEAD)
    first = studio.act("plan", HEAD, number=1)
    (before,) = studio.hub.comments
    studio.declare(75)
    studio.hub.pull(1, sha(0xA2))

    second = studio.act("plan", sha(0xA2), number=1)

    (after,) = studio.hub.comments
    assert (first.outputs["state"], second.outputs["state"]) == ("changes", "changes")
    assert after["id"] == before["id"]
    assert f"commit={sha(0xA2)} digest={second.outputs['digest']} run=1002.1 -->\n" in after["body"]
    assert "75" in after["body"]
    assert "75" in second.summary


def test_the_merge_does_what_the_pull_request_showed(merged):
    done = merged.act("apply", MERGE)

    assert done.ok, done.log
    assert merged.period() == 90
    assert "**Applied.**" in merged.comment(1)
    assert "The live account is as the files say." in merged.comment(1)
    assert merged.comment(1).startswith(f"<!-- reconcile:plan name=default commit={HEAD} ")


def test_an_apply_that_is_run_again_finds_it_done(merged):
    assert merged.act("apply", MERGE, run=2000).ok

    again = merged.act("apply", MERGE, run=2000, attempt=2)

    assert again.ok, again.log
    assert "Nothing to do: the live account is as the files say." in merged.comment(1)


def test_a_stale_plan_is_refused_with_the_fresh_one_which_a_person_can_approve(merged):
    merged.live.change_site(1, {"site.report_period": 30})

    refused = merged.act("apply", MERGE)

    assert refused.codes["Apply"] == 4
    assert merged.period() == 30
    assert "it is stale: what was merged would now do something else with studio/site/acme.ru" in refused.summary
    assert "30" in refused.summary
    assert "**Nothing was applied.**" in merged.comment(1)
    digest = refused.outputs["digest"]
    assert f"`{digest}`" in refused.summary
    assert merged.act("apply", MERGE, digest="sha256:" + "0" * 64).codes["Apply"] == 4
    assert merged.period() == 30
    assert merged.act("apply", MERGE, digest=digest).ok
    assert merged.period() == 90


def test_what_else_is_different_is_not_done_and_is_told(merged):
    merged.live.put_site("100", {"site": {"url": "new.ru", "report_period": 5}, "managers": []})
    merged.declare(90, "new.ru:")

    done = merged.act("apply", MERGE)

    assert done.ok, done.log
    assert [site["site"]["report_period"] for site in merged.live.sites("100")] == [90, 5]
    assert "The files and the account still differ" in merged.comment(1)
    assert "new.ru" in done.summary


def expire(studio):
    for artifact in studio.hub.artifacts.values():
        artifact["expired"] = True


def forge_artifact(studio):
    ((id_, artifact),) = studio.hub.artifacts.items()
    studio.hub.upload(artifact["run"], artifact["name"], {"plan.json": b'{"digest": "sha256:%064d"}' % 0})
    assert id_ not in studio.hub.artifacts


def edit(old, new):
    def change(studio):
        (comment,) = studio.hub.comments
        comment["body"] = re.sub(old, new, comment["body"])

    return change


REFUSALS = {
    "no pull request": (lambda s: s.hub.pulls.clear(), "came with no pull request, so that no plan was reviewed"),
    "comment deleted": (lambda s: s.hub.comments.clear(), "it was deleted, or none was written"),
    "marker edited away": (edit("<!--.*-->\n", ""), "its marker was edited away"),
    "all edited away": (edit("(?s).*", "LGTM"), "it was deleted, or none was written"),
    "a stranger's comment": (
        lambda s: [comment.update(user={"login": "stranger"}) for comment in s.hub.comments],
        "it was deleted, or none was written",
    ),
    "another digest": (edit("sha256:[0-9a-f]{64}", f"sha256:{1:064d}"), "is not the one that the comment shows"),
    "another commit": (
        lambda s: s.hub.pull(1, sha(0xA9)),
        f"the comment shows the plan of commit {HEAD[:12]}, and {sha(0xA9)[:12]} was merged",
    ),
    "expired": (expire, "the artifact reconcile-plan-default of the run 1001 has expired"),
    "missing": (lambda s: s.hub.artifacts.clear(), "the artifact reconcile-plan-default of the run 1001 is not there"),
    "no plan": (forge_artifact, "the saved plan of run 1001 is not the one that the comment shows"),
    "a fork's run": (lambda s: s.hub.begin(1001, HEAD, "stranger/widgets"), "is not one for commit"),
    "a run of another commit": (lambda s: s.hub.begin(1001, sha(0xA9)), "is not one for commit"),
    "run deleted": (lambda s: s.hub.runs.clear(), "the run 1001 that the comment names is not there any more"),
}


@pytest.mark.parametrize(("spoil", "why"), REFUSALS.values(), ids=REFUSALS)
def test_nothing_is_applied_that_was_not_reviewed(merged, spoil, why):
    spoil(merged)

    done = merged.act("apply", MERGE, run=3000)

    assert done.codes["Apply"] == 4, done.log
    assert why in done.summary
    assert "report_period" in done.summary  # the fresh plan
    assert merged.period() == 60


def test_squashed_and_rebased_merges_are_found_by_their_commit(merged):
    merged.hub.pull(2, sha(0xA2))  # has the merge commit as its head, and is another

    merged.hub.pulls[2]["head"] = MERGE
    assert merged.act("apply", MERGE).ok
    assert merged.period() == 90


def test_two_runs_at_once_leave_the_comment_of_the_later(studio):
    studio.hub.pull(1, HEAD)
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda run: studio.act("plan", HEAD, number=1, run=run), (5001, 5002)))

    assert all(one.ok for one in done), [one.log for one in done]
    assert "run=5002.1" in studio.comment(1)


def test_a_run_of_an_older_commit_leaves_the_newer_comment(planned):
    planned.hub.pull(1, sha(0xA2))
    planned.declare(75)
    assert planned.act("plan", sha(0xA2), number=1).ok

    late = planned.act("plan", HEAD, number=1, run=1001, attempt=2)

    assert late.ok
    assert "The comment of default: outdated." in late.log
    assert f"commit={sha(0xA2)}" in planned.comment(1)


@pytest.mark.parametrize(
    "spoil",
    [edit("<!--.*-->\n", ""), edit("(?s)\n\n.*", "\n\nmine"), edit("\n", "\r\n"), lambda s: s.hub.comments.clear()],
    ids=["marker", "text", "line ends", "deleted"],
)
def test_a_comment_that_a_person_has_changed_is_put_right(planned, spoil):
    good = planned.comment(1)
    spoil(planned)
    planned.hub.comment(1, "stranger", good)

    assert planned.act("plan", HEAD, number=1).ok
    assert planned.comment(1).replace("run=1002", "run=1001").replace("/1002", "/1001") == good


def test_a_comment_that_is_deleted_just_before_it_is_changed_is_written_again(planned):
    planned.hub.meanwhile.append(("PATCH .*comments", planned.hub.comments.clear))

    assert planned.act("plan", HEAD, number=1).ok
    assert "run=1002.1" in planned.comment(1)


def test_the_comment_is_found_on_a_later_page(planned):
    planned.hub.page = 2
    planned.hub.comments[:0] = [{"id": n, "number": 1, "body": "hm", "user": {"login": "anna"}} for n in range(5)]

    assert planned.act("plan", HEAD, number=1).ok
    assert "run=1002.1" in planned.comment(1)


def test_a_plan_that_fails_is_told_and_fails_the_job(planned):
    planned.declare(90, "bad.ru: {no_such_field: '`````<b>'}")

    done = planned.act("plan", HEAD, number=1)

    assert done.codes == {"Plan": 0, "Comment": 1}
    assert done.outputs == {"state": "failed", "digest": ""}
    assert "**There is no plan**" in planned.comment(1)
    assert "no_such_field" in planned.comment(1)


def test_drift_is_one_issue_that_is_closed_when_there_is_none(studio):
    first = studio.act("drift", MERGE)
    second = studio.act("drift", MERGE)

    assert (first.ok, second.ok, second.outputs["state"]) == (True, True, "changes")
    (issue,) = studio.hub.issues
    assert (issue["title"], issue["labels"]) == ("reconcile: drift of default", ["reconcile-drift"])
    assert f"digest={second.outputs['digest']} run=1002.1 -->" in issue["body"]
    studio.declare(60)
    assert studio.act("drift", MERGE).ok
    assert (issue["state"], len(studio.hub.issues)) == ("closed", 1)
    assert studio.act("drift", MERGE).ok
    studio.declare(61)
    assert studio.act("drift", MERGE).ok
    assert [one["state"] for one in studio.hub.issues] == ["closed", "open"]


def test_drift_that_can_not_be_told_neither_opens_nor_closes(studio):
    studio.act("drift", MERGE)
    studio.declare(60, "bad.ru: {no_such_field: 1}")

    done = studio.act("drift", MERGE)

    assert done.codes["Drift"] == 1
    assert [issue["state"] for issue in studio.hub.issues] == ["open"]


def test_a_fork_is_validated_without_secrets(studio):
    names = "POZVONIM_UID=\nPOZVONIM_API_KEY=\n"
    good = studio.act("validate", HEAD, secrets=names)
    studio.declare(90, "bad.ru: {no_such_field: 1}")
    bad = studio.act("validate", HEAD, secrets=names)

    assert (good.ok, bad.ok) == (True, False), good.log
    assert "no_such_field" in bad.log
    assert studio.hub.asked == []


FAULTS = {
    "busy": ([Fault("GET", "comments", 502), Fault("GET", "comments", 503)], ""),
    "answer to a new comment lost": ([Fault("POST", "comments", 502, done=True)], ""),
    "limit with Retry-After": ([Fault("POST", "comments", 403, {"Retry-After": "0"}, "secondary rate limit")], ""),
    "limit that ends": (
        [Fault("GET", "comments", 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "API rate limit")],
        "",
    ),
    "429": ([Fault("GET", "comments", 429, {"Retry-After": "0"})], ""),
    "limit for hours": (
        [Fault("GET", "comments", 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"})],
        "the rate limit is used up for",
    ),
    "403": (
        [Fault("POST", "comments", 403, message="Resource not accessible by integration")],
        "error: GitHub: POST /repos/studio/widgets/issues/1/comments: refused with status 403 (Resource not accessible "
        "by integration); the token may not do this: give the job the `permissions:` that docs/github.md names\n",
    ),
    "404": ([Fault("GET", "comments", 404, message="Not Found")], "there is none, or the token may not see it"),
    "422": ([Fault("POST", "comments", 422, message="Validation Failed")], "refused with status 422"),
}


@pytest.mark.parametrize(("faults", "said"), FAULTS.values(), ids=FAULTS)
def test_an_api_in_trouble_is_waited_for_or_told(studio, faults, said):
    studio.hub.pull(1, HEAD)
    studio.hub.faults += faults

    done = studio.act("plan", HEAD, number=1)

    assert studio.hub.faults == []
    assert done.ok is not bool(said), done.log
    assert said in done.log
    assert "report_period" in done.summary  # there in any case
    assert len(studio.hub.texts(1)) == (0 if said else 1)


def test_a_token_that_is_refused_is_never_shown(studio):
    studio.hub.pull(1, HEAD)

    done = studio.act("plan", HEAD, number=1, token="ghs_another")

    assert done.codes["Comment"] == 1
    assert "the token is not valid (any more)" in done.log
    assert "ghs_another" not in done.log + done.summary


def test_what_a_service_says_is_no_command_to_the_runner(studio):
    studio.hub.pull(1, HEAD)
    studio.declare(90, "'new.ru': {managers: [{phone: '+74951234568', name: '::add-mask::a'}]}")

    log = studio.act("plan", HEAD, number=1).log

    stop = re.search("^::stop-commands::([0-9a-f]{32})\n", log, re.MULTILINE)
    begin, end = stop.end(), log.index(f"\n::{stop[1]}::\n")
    assert "::add-mask::a" in log[begin:end]
    assert "::add-mask::a" not in log[:begin] + log[end:]


def test_the_program_gets_no_token_of_the_forge(merged, tmp_path):
    """A gate of a rollout is a program of the project's."""
    seen = tmp_path / "seen"
    look = merged.folder / "look.sh"
    look.write_text(f"#!/bin/sh\nenv > {seen}\n", encoding="utf-8")
    look.chmod(0o755)
    merged.declare(90, top="rollout:\n  waves: [100%]\n  gates: [{command: [./look.sh]}]\n")

    done = merged.act("apply", MERGE)

    assert done.ok, done.log
    assert "POZVONIM_UID=100" in seen.read_text(encoding="utf-8")
    assert not re.search("the-forge-token|RECONCILE_ENVIRONMENT|GITHUB_TOKEN", seen.read_text(encoding="utf-8"))
    assert BOT in {comment["user"]["login"] for comment in merged.hub.comments}
