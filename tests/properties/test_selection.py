"""A plan of a selection is that part of the whole plan which is selected, and deletes nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from live_accounts import live_accounts
from msgspec.structs import replace

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.address import KINDS
from reconcile.model.capabilities import Action
from reconcile.planning.diff import build_destroy_plan, build_plan
from reconcile.planning.select import selection, subject, subject_of
from reconcile.providers import registry

ADDRESSES = ["acme.ru", "shop.acme.ru", "окна.рф", "beta.example", "gamma.example/moscow", "delta.ru"]
CLIENTS = {"acme": "owner@acme.ru", "beta": "owner@beta.example"}
OWNERS = st.sampled_from([None, *CLIENTS])
VALUES = {
    "address": [*ADDRESSES, "nowhere.ru"],
    "client": list(CLIENTS),
    "account": ["studio"],
    "kind": list(KINDS),
    "manager": ["anna", "boris"],
    "tier": ["gold", "iron"],
    "label": ["gold", "pilot", "tier:iron"],
}
TERMS = st.one_of(
    st.just("changed"),
    st.sampled_from(["*.ru", "*a*", "*.рф", "nowhere.ru", *ADDRESSES]),
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda key: st.builds(f"{key}{{}}{{}}".format, st.sampled_from(["=", "!="]), st.sampled_from(VALUES[key]))
    ),
)
EXPRESSIONS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=4,
)


@st.composite
def accounts(draw):
    """What is declared, and what is live: the same, something else, elsewhere, or not at all."""
    new = draw(st.sets(st.sampled_from(sorted(CLIENTS))))
    declared, live = {}, {owner: [] for owner in (None, *CLIENTS) if owner not in new}
    for number, address in enumerate(ADDRESSES, start=1):
        owner, period = draw(OWNERS), draw(st.sampled_from([30, 60]))
        there = draw(st.sampled_from(["same", "other", "renamed", "not"]))
        if draw(st.booleans()):
            site = {"client": owner, "report_period": 60, "managers": [draw(st.sampled_from(["anna", "boris"]))]}
            site["labels"] = draw(st.sampled_from([{}, {"tier": "gold"}, {"tier": "iron", "pilot": True}]))
            declared[address] = site | ({"previous_address": f"old.{address}"} if there == "renamed" else {})
        url = f"old.{address}" if there == "renamed" else address
        body = {"url": url, "report_period": period}
        under = draw(OWNERS) if there == "other" else owner
        if there != "not" and under in live:
            live[under].append(
                {"id": number, "site": body, "managers": [{"phone": "74951234567"}], "widget": {}, "blacklists": {}}
            )
    clients = [
        {"id": 90 + number, "email": email, "sites": live[name]}
        for number, (name, email) in enumerate(CLIENTS.items())
        if name in live
    ]
    return declared, {"studio": {"sites": live[None], "clients": clients, "profile": {"timezone": "UTC"}}}


def desired_of(sites):
    account = {"provider": "pozvonim", "uid": "100", "api_key": "secret", "prune": True, "profile": {"timezone": "UTC"}}
    data = {
        "accounts": {"studio": account},
        "managers": {"anna": {"phone": "+7 495 123-45-67"}, "boris": {"phone": "+7 495 765-43-21"}},
        "clients": {name: {"email": email, "password": "x"} for name, email in CLIENTS.items()},
        "sites": sites,
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "project.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return load_state(Path(folder), {}, Services(registry.service, registry.names))


@settings(deadline=None)
@given(accounts(), st.lists(EXPRESSIONS, max_size=2), st.lists(EXPRESSIONS, max_size=2))
def test_a_plan_of_a_selection_is_the_selected_part_of_the_whole_plan(account, select, exclude):
    declared, raw = account
    desired = desired_of(declared)
    live = live_accounts(desired, raw)
    chosen = selection(select, exclude, allow_empty=True)
    whole, part = build_plan(desired, live), build_plan(desired, live, selection=chosen)

    def selected(change):
        return not chosen or chosen.of(subject_of(change)) is True

    new = {change.address for change in whole.changes if change.address.kind == "client"}
    excluded = {one.address for one in desired.clients if chosen.excludes(one)}
    expected = [change for change in whole.changes if selected(change)]
    waiting = [c for c in expected if c.action is Action.CREATE and c.client in new & excluded]
    needed = {c.client for c in expected if c.action is Action.CREATE and c.client in new - excluded}
    expected = [c for c in whole.changes if (c in expected and c not in waiting) or c.address in needed]

    # Whether a client and its site are one call depends on how many new sites it has.
    assert [replace(c, together=None) for c in part.changes] == [replace(c, together=None) for c in expected]
    assert {d.address for d in part.errors} - {d.address for d in whole.errors} == {str(c.address) for c in waiting}
    assert set(part.manual) <= set(whole.manual)
    for change in part.changes:
        if change.action is Action.DELETE:
            assert selected(change)
    said = {str(c.address) for c in whole.changes} | {one.address for one in (*whole.manual, *whole.errors)}
    same = [one for one in (*desired.profiles, *desired.clients, *desired.sites) if str(one.address) not in said]
    assert whole.noop == len(same)
    assert part.noop == sum(not chosen or chosen.of(subject(one, changed=False)) is True for one in same)


@settings(deadline=None)
@given(accounts(), EXPRESSIONS)
def test_what_is_destroyed_is_declared_live_and_selected(account, expression):
    declared, raw = account
    desired = desired_of(declared)
    live = live_accounts(desired, raw)
    chosen = selection((expression,), allow_empty=True)
    whole, part = build_destroy_plan(desired, live), build_destroy_plan(desired, live, selection=chosen)
    sites = {(site.address, site.client): site for site in desired.sites}

    assert part.changes == tuple(c for c in whole.changes if chosen.has(sites[c.address, c.client], changed=True))
