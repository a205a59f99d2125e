"""From the pull request to the merge to the drift: the real program, the real actions, a stand-in for GitHub."""

from __future__ import annotations

import re

import pytest

from .conftest import ROOT, sha

pytestmark = pytest.mark.long  # whole flows, each of many processes

HEAD, MERGE = sha(0xA1), sha(0xB1)
ONLY_UPDATES = "policies: {careful: {deny: action == 'create', message: 'only updates, please'}}\n"


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
    assert f"commit={sha(0xA2)} digest={second.outputs['digest']} run=1002 at=" in after["body"]
    assert "75" in after["body"]
    assert "75" in second.summary


def test_a_plan_that_policies_refuse_is_shown_with_what_they_say(studio):
    studio.hub.pull(1, HEAD)
    studio.declare(90, top="policies: {short: {deny: site.report_period > 80, message: at most 80 seconds}}\n")

    refused = studio.act("plan", HEAD, number=1)

    assert not refused.ok
    assert "**Policies of the project refuse this plan**, so that a merge would apply nothing." in studio.comment(1)
    assert "at most 80 seconds" in studio.comment(1)
    assert "acme.ru" in studio.comment(1)


def test_the_merge_does_what_the_pull_request_showed(merged):
    done = merged.act("apply", MERGE)

    assert done.ok, done.log
    assert merged.period() == 90
    assert "**Applied.**" in merged.comment(1)
    assert "The live account is as the files say." in merged.comment(1)
    assert merged.comment(1).startswith(f"<!-- reconcile:plan name=default commit={HEAD} ")

    again = merged.act("apply", MERGE, run=1002, attempt=2)

    assert again.ok, again.log
    assert "Nothing to do: the live account is as the files say." in merged.comment(1)
    assert "Earlier: **Applied.**" in merged.comment(1)
    assert "Merging does exactly this" not in merged.comment(1)


def test_a_stale_plan_is_refused_with_the_fresh_one_which_a_person_can_approve(merged):
    merged.live.change_site(1, {"site.report_period": 30})

    refused = merged.act("apply", MERGE)

    assert refused.codes["Apply"] == 4
    assert merged.period() == 30
    assert "the reviewed plan is stale: what was merged would now do something else with studio/site/acme.ru" in (
        refused.summary
    )
    assert "30" in refused.summary
    assert "**Nothing was applied.**" in merged.comment(1)
    digest = refused.outputs["digest"]
    assert f"`{digest}`" in refused.summary
    assert f"The fresh plan, `{digest}`:" in merged.comment(1)
    assert "30" in merged.comment(1)
    assert "Merging does exactly this" not in merged.comment(1)
    assert merged.act("apply", MERGE, digest=digest).ok
    assert merged.period() == 90


def test_an_old_apply_that_is_run_again_undoes_nothing(merged):
    assert merged.act("apply", MERGE).ok
    merged.declare(60)
    merged.hub.merge(1, sha(0xB2))  # another one, which took it back
    merged.live.change_site(1, {"site.report_period": 60})
    merged.hub.pulls[1]["merged"] = MERGE
    merged.declare(90)  # as the old commit has it

    old = merged.act("apply", MERGE, run=1002, attempt=2)

    assert old.codes["Apply"] == 4
    assert merged.period() == 60
    assert f"the files here are those of commit {MERGE[:12]}, and main is at {sha(0xB2)[:12]} by now" in merged.comment(
        1
    )
    merged.declare(60)
    new = merged.act("apply", MERGE, run=1002, attempt=3, files=sha(0xB2))  # as the workflow checks out
    assert new.ok, new.log
    assert "Nothing to do" in new.summary
    assert merged.period() == 60


def test_a_branch_that_is_not_live_is_not_applied_by_hand_either(merged):
    digest = merged.act("drift", MERGE, ref="refs/heads/mine").outputs["digest"]  # its files are those of main

    for options in ({"ref": "refs/heads/mine"}, {"branch": "release"}):
        done = merged.act("apply", MERGE, digest=digest, **options)

        assert done.codes["Apply"] == 4
        assert "is live: merge what is to be applied" in done.summary
        assert merged.period() == 60


def test_an_apply_that_did_a_part_does_the_rest_when_it_is_run_again(studio):
    manager = {"phone": "+74951234567", "name": "Анна"}
    studio.live.put_site("100", {"site": {"url": "b.ru", "report_period": 60}, "managers": [manager]})
    studio.declare(90, "b.ru: {report_period: 80}")
    studio.hub.pull(1, HEAD)
    studio.act("plan", HEAD, number=1)
    studio.hub.merge(1, MERGE)
    studio.live.change_site(1, {"site.report_period": 90})  # done by a run that was ended in the middle

    done = studio.act("apply", MERGE)

    assert done.ok, done.log
    assert [site["site"]["report_period"] for site in studio.live.sites("100")] == [90, 80]
    assert "1 of 2 reviewed changes were done before." in studio.comment(1)
    assert "**Applied.**" in studio.comment(1)


def test_a_refusal_for_want_of_the_plan_is_told_in_the_comment(merged):
    for artifact in merged.hub.artifacts.values():
        artifact["expired"] = True

    refused = merged.act("apply", MERGE)

    assert refused.codes["Apply"] == 4
    assert "the artifact reconcile-plan-default of the run 1001 has expired" in merged.comment(1)
    assert f"The fresh plan, `{refused.outputs['digest']}`:" in merged.comment(1)
    merged.hub.comments.clear()
    assert merged.act("apply", MERGE).codes["Apply"] == 4
    assert "it was deleted, or none was written" in merged.comment(1)


def test_a_plan_that_is_made_again_after_the_merge_changes_no_comment(merged):
    before = merged.comment(1)
    merged.declare(75)

    merged.act("plan", HEAD, number=1, run=1001, attempt=2)

    assert merged.comment(1) == before
    refused = merged.act("apply", MERGE)
    assert refused.codes["Apply"] == 4
    assert merged.period() == 60


def test_a_plan_that_safety_will_refuse_is_not_promised(studio):
    studio.declare(90, top="safety: {max_update_percent: 10}\n")
    studio.hub.pull(1, HEAD)

    studio.act("plan", HEAD, number=1)

    assert "**The merge will be refused, and would apply nothing.**" in studio.comment(1)
    assert "`safety.max_update_percent` is 10" in studio.comment(1)
    assert "Merging does exactly this" not in studio.comment(1)


def test_what_else_is_different_is_not_done_and_is_told(merged):
    merged.live.put_site("100", {"site": {"url": "new.ru", "report_period": 5}, "managers": []})
    merged.declare(90, "new.ru:")

    done = merged.act("apply", MERGE)

    assert done.ok, done.log
    assert [site["site"]["report_period"] for site in merged.live.sites("100")] == [90, 5]
    assert "The files and the account still differ" in merged.comment(1)
    assert "new.ru" in done.summary


def test_a_policy_that_something_else_breaks_does_not_stop_what_was_reviewed(merged):
    merged.declare(90, "b.ru:", top=ONLY_UPDATES)

    done = merged.act("apply", MERGE)

    assert done.ok, done.log
    assert merged.period() == 90
    assert "**Applied.**" in merged.comment(1)
    assert "The files and the account still differ" in merged.comment(1)
    assert "only updates, please" in done.summary
    assert merged.act("apply", MERGE, digest="sha256:" + "0" * 64).codes["Apply"] == 3


def test_a_plan_with_errors_is_in_the_comment_and_in_the_issue(merged):
    merged.live.put_site("100", {"site": {"url": "acme.ru", "report_period": 60}, "managers": []})

    applied, drifted = merged.act("apply", MERGE), merged.act("drift", MERGE)

    assert (applied.codes["Apply"], drifted.codes["Drift"]) == (1, 1)
    (issue,) = merged.hub.issues
    for text in (merged.comment(1), issue["body"]):
        assert "2 live sites have the address acme.ru" in text
        assert str(merged.folder.parent) not in text
    assert "no fresh plan could be made" in merged.comment(1)
    assert "The plan has errors" in issue["body"]


def test_a_plan_that_fails_is_told_and_fails_the_job(planned):
    planned.declare(90, "bad.ru: {no_such_field: '`````<b>'}")

    done = planned.act("plan", HEAD, number=1)

    assert done.codes == {"Plan": 0, "Comment": 1}
    assert done.outputs == {"state": "failed", "digest": ""}
    assert "**There is no plan**" in planned.comment(1)
    assert "no_such_field" in planned.comment(1)


def test_drift_is_one_issue_that_is_closed_when_there_is_none(studio):
    studio.hub.tip = MERGE
    first = studio.act("drift", MERGE)
    second = studio.act("drift", MERGE)

    assert (first.ok, second.ok, second.outputs["state"]) == (True, True, "changes")
    (issue,) = studio.hub.issues
    assert (issue["title"], issue["labels"]) == ("reconcile: drift of default", ["reconcile-drift"])
    assert f"digest={second.outputs['digest']} run=1002 at=" in issue["body"]
    assert studio.act("drift", MERGE, files=sha(0xB2)).codes["Drift"] == 4  # of an old commit, or of another branch
    assert "run=1002 " in issue["body"]
    studio.live.put_site("100", {"site": {"url": "new.ru", "report_period": 5}, "managers": []})
    studio.declare(60)
    assert studio.act("drift", MERGE).ok
    assert (issue["state"], len(studio.hub.issues)) == ("closed", 1)
    assert "as they say; 1 live site is declared in no file, and left alone." in issue["body"]
    assert studio.act("drift", MERGE).ok
    studio.declare(61)
    assert studio.act("drift", MERGE).ok
    assert [one["state"] for one in studio.hub.issues] == ["closed", "open"]


def test_drift_that_can_not_be_told_neither_opens_nor_closes(studio):
    studio.hub.tip = MERGE
    studio.declare(60, "b.ru:", top=ONLY_UPDATES)
    refused = studio.act("drift", MERGE)
    (issue,) = studio.hub.issues
    body = issue["body"]
    studio.declare(60, "bad.ru: {no_such_field: 1}")

    done = studio.act("drift", MERGE)

    assert (refused.ok, refused.outputs) == (True, {"state": "refused", "digest": ""})
    assert "b.ru" in body
    assert "only updates, please" in body
    assert done.codes["Drift"] == 1
    assert "no_such_field" in done.summary
    assert (issue["state"], issue["body"]) == ("open", body)


def test_a_fork_is_validated_without_secrets(studio):
    names = "POZVONIM_UID=\nPOZVONIM_API_KEY=\n"
    good = studio.act("validate", HEAD, secrets=names)
    studio.declare(90, "bad.ru: {no_such_field: 1}")
    bad = studio.act("validate", HEAD, secrets=names)

    assert (good.ok, bad.ok) == (True, False), good.log
    assert "::error file=widgets/reconcile.yaml,line=" in bad.log
    assert studio.hub.asked == []


def test_what_a_service_says_is_no_command_to_the_runner(studio):
    studio.hub.pull(1, HEAD)
    studio.declare(90, "'new.ru': {managers: [{phone: '+74951234568', name: '::add-mask::a'}]}")

    log = studio.act("plan", HEAD, number=1).log

    stop = re.search("^::stop-commands::([0-9a-f]{32})\n", log, re.MULTILINE)
    begin, end = stop.end(), log.index(f"\n::{stop[1]}::\n")
    assert "::add-mask::a" in log[begin:end]
    assert "::add-mask::a" not in log[:begin] + log[end:]


PAGE = ROOT / "docs" / "github.md"


def short(text):
    """A comment or an issue without the plan in it, which other pages show."""
    begin, end = text.index("\n\n"), text.index("<sub>Commit")
    lead = text[begin + 2 :].split("\n\n", 1)[0]
    return f"{text[:begin]}\n\n{lead}\n\n[the plan]\n\n{text[end:]}"


def indented(text):
    return "".join(f"    {line}".rstrip() + "\n" for line in text.rstrip().splitlines())


def test_the_page_shows_the_flow_as_it_is(studio, same_every_time):
    shown = []

    def job(what, action, commit, **options):
        done = studio.act(action, commit, **options)
        log = re.sub("^::.*\n", "", done.log, flags=re.MULTILINE)
        shown.append(f"* {what}\n  {action}, exit codes {done.codes}\n{indented(log)}")

    studio.hub.pull(1, HEAD)
    job("Anna opens pull request 1: acme.ru is to be reported every 90 seconds, not 60.", "plan", HEAD, number=1)
    shown.append(f"  The comment:\n{indented(short(studio.comment(1)))}")
    studio.hub.merge(1, MERGE)
    job("It is reviewed and merged.", "apply", MERGE)
    block = re.search("(?s)<!-- reconcile:outcome -->\n(.*?)<!--", studio.comment(1))[1]
    shown.append(f"  The comment says, above the plan:\n{indented(block)}")
    studio.live.change_site(1, {"site.report_period": 30})
    job("In the night somebody has changed the site by hand.", "drift", MERGE)
    (issue,) = studio.hub.issues
    shown.append(f"  The issue, {issue['state']}: {issue['title']}\n{indented(short(issue['body']))}")
    studio.live.change_site(1, {"site.report_period": 90})
    job("And has changed it back.", "drift", MERGE)
    shown.append(f"  The issue, {issue['state']}:\n{indented(issue['body'])}")

    flow = same_every_time("\n".join(shown))
    assert f"```text\n{flow}```\n" in PAGE.read_text(encoding="utf-8"), flow
