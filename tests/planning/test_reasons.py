"""The reasons of changes: the page of a plan has all their phrases in Russian."""

from __future__ import annotations

import re
from typing import Final

from reconcile.reports.html.page import texts

SLOT: Final = re.compile(r"{(\w+)}")


def test_russian_says_every_reason_that_a_plan_gives(declared, planned, raw_site):
    """The phrases are those of the planner, and no name or file gets lost in them."""
    phrases = texts("ru")["reasons"]
    assert all(set(SLOT.findall(english)) == set(SLOT.findall(text)) for english, text in phrases)
    groups = "site_groups: {all: {from: [{host: row.ru}], address: '${each.host}', template: {report_period: 1}}}\n"
    sites = "sites: {new.ru: {}, same.ru: {report_period: 1}, moved.ru: {previous_address: former.ru}, b.ru: {id: 5}}\n"
    accounts = "accounts: {studio: {provider: pozvonim, uid: '1', api_key: k, prune: true}}\n"
    desired = declared(f"defaults: {{managers: [{{phone: '+74951234567'}}]}}\n{groups}{sites}", accounts)
    names = ["same.ru", "row.ru", "former.ru", "old.ru", "other.ru"]
    live = {"studio": [raw_site(number, name, report_period=2) for number, name in enumerate(names, start=1)]}

    reasons = {
        change.reason
        for plan in (planned(desired, live), planned(desired, live, destroy=True))
        for change in plan.changes
    }

    first = {
        reason: next((english for english, _ in phrases if _pattern(english).fullmatch(reason)), None)
        for reason in reasons
    }
    assert set(first.values()) == {english for english, _ in phrases}


def _pattern(phrase):
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(phrase)))
