"""Saved plans: what is read back is what was saved, and anything else is refused with its reason."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from reconcile.errors import ExitCode, PlanFileError
from reconcile.model.fields import site_kind
from reconcile.planning.planfile import dump, identity, load, plan_data
from reconcile.planning.whole import after, before, shown

TEXT = """managers:
  anna: {phone: +7 495 123-45-67, name: Анна, region: Москва}
defaults: {managers: [anna]}
sites:
  new.ru: {url: https://New.ru/, auto_payment: true, widget: {schedule: {monday: 9-18}}}
  acme.ru: {notification_notify: [], blacklists: [{ip: [203.0.113.7]}], report_email: ''}
  twin.ru: {}
  kept.ru: {prevent_destroy: true}
"""


@pytest.fixture
def plan(declared, planned, raw_site):
    live = [raw_site(1, "acme.ru", report_email="a@acme.ru", notification_notify=["x"]), raw_site(2, "old.ru")]
    return planned(declared(TEXT), {"studio": [*live, raw_site(3, "twin.ru"), raw_site(4, "twin.ru")]})


def told(plan):
    """What a plan says, without what it was worked out from."""
    changes = tuple(replace(change, live=None, desired=None) for change in plan.changes)
    return replace(plan, changes=changes, kinds={}, unchanged=(), by_hand=())


def test_what_is_read_back_is_what_was_saved(plan):
    again = load(dump(plan, "project"), "project", None)[0]

    assert told(again) == told(plan)
    assert dump(again, "project") == dump(plan, "project")


def test_a_destroy_plan_keeps_what_may_not_be_destroyed(declared, planned, raw_site):
    plan = planned(declared(TEXT), {"studio": [raw_site(1, "kept.ru")]}, destroy=True)

    again = load(dump(plan, "project"), "project", None)[0]

    assert told(again) == told(plan)
    assert [change.prevent_destroy for change in again.changes] == [True]


def test_a_plan_with_nothing_to_do_can_be_saved(declared, planned):
    plan = planned(declared("sites: {}\n"), {"studio": []})

    assert told(load(dump(plan, "project"), "project", None)[0]) == told(plan)


def test_a_resource_is_known_as_a_whole_after_reading_back(plan):
    kind = plan.kinds["site"]
    again = load(dump(plan, "project"), "project", None)[0]

    created = {change.address.name: change for change in again.changes}["new.ru"]
    assert before(created) is None
    assert shown(kind, after(kind, created))["widget.call_time"] == 28
    assert [(before(c), after(kind, c)) for c in again.changes] == [(before(c), after(kind, c)) for c in plan.changes]


def test_a_url_is_sent_as_it_was_written_after_reading_back(plan):
    again = load(dump(plan, "project"), "project", None)[0]

    urls = [item.after for change in again.changes for item in change.fields if item.field.path == "url"]
    assert [site_kind().by_path["url"].type.wire(url) for url in urls] == ["kept.ru", "https://New.ru/"]


def test_a_saved_plan_holds_what_a_printed_one_does(plan):
    saved = json.loads(dump(plan, "project"))
    printed = json.loads(json.dumps(plan_data(plan)))

    for change in saved["changes"]:
        for key in ("fingerprint", "prevent_destroy", "context", "owner", "together", "previous", "before", "after"):
            del change[key]
    assert {key: saved[key] for key in printed} == printed
    assert saved["format_version"] == "1.0"


def refused(text, project="project"):
    with pytest.raises(PlanFileError) as error:
        load(text, project, None)[0]
    assert error.value.exit_code == ExitCode.ERROR
    return str(error.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"after": true', '"after": false'),
        ('"id": 2', '"id": 3'),
        ('"action": "delete"', '"action": "update"'),
        ('"project": "project"', '"project": "another"'),
        ('"noop": 0', '"noop": 5'),
        ('"severity": "error"', '"severity": "warning"'),
        ('"prevent_destroy": false', '"prevent_destroy": true'),
    ],
)
def test_an_edited_plan_is_refused(plan, before, after):
    text = dump(plan, "project")
    assert before in text

    assert refused(text.replace(before, after, 1)) == (
        "the saved plan was edited after it was made: its digest does not fit; make a new one"
    )


def test_only_the_layout_may_be_edited(plan):
    text = json.dumps(json.loads(dump(plan, "project")), indent=8)

    assert told(load(text, "project", None)[0]) == told(plan)


def test_a_plan_of_another_project_is_refused_and_can_still_be_shown(plan):
    text = dump(plan, "project")

    assert refused(text, "another") == (
        "the saved plan is from another project: its accounts are not the ones that are declared here; "
        "make a new one with `reconcile plan -o FILE`"
    )
    assert told(load(text, None, None)[0]) == told(plan)


def test_a_plan_of_another_version_is_refused(plan):
    text = dump(plan, "project").replace('"format_version": "1.0"', '"format_version": "2.0"')

    assert refused(text) == "the saved plan is of format 2.0, and this version reads 1.0; make a new one"


def test_a_printed_plan_is_refused(plan):
    assert refused(json.dumps(plan_data(plan))) == (
        "this is a printed plan, not a saved one; `reconcile plan -o FILE` saves one"
    )


@pytest.mark.parametrize(
    "text", ["", "garbage", "[]", "null", "{}", '{"format_version": 1}', "[" * 100_000, '{"a": ' * 100_000, "sites: {}"]
)
def test_what_is_no_plan_is_refused(text):
    assert refused(text) == "this is not a saved plan; `reconcile plan -o FILE` writes one"


def test_a_plan_that_was_cut_short_is_refused(plan):
    text = dump(plan, "project")

    assert refused(text[: len(text) // 2]) == "this is not a saved plan; `reconcile plan -o FILE` writes one"


@pytest.mark.parametrize("change", [{"uid": "101"}, {"base_url": "http://127.0.0.1:1"}, {"name": "agency"}])
def test_a_project_is_known_by_its_accounts(declared, change):
    account = declared("sites: {}\n").accounts["studio"]
    other = replace(account, **change)

    assert identity({"studio": account}, "/here") != identity({other.name: other}, "/here")


def test_an_emulated_account_belongs_to_its_folder(declared):
    account = declared("sites: {}\n").accounts["studio"]
    emulated = replace(account, base_url="emulator")

    assert identity({"studio": account}, "/here") == identity({"studio": account}, "/there")
    assert identity({"studio": emulated}, "/here") != identity({"studio": emulated}, "/there")


def test_the_key_may_change_and_is_not_in_the_identity(declared):
    account = declared("sites: {}\n").accounts["studio"]

    assert identity({"studio": account}, "") == identity({"studio": replace(account, api_key="another")}, "")
