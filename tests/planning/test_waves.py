"""Waves: the same plan gives the same ones, they are all of it, and what belongs together goes together."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconcile.errors import PlanError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import kinds
from reconcile.model.resource import Membership
from reconcile.model.rollout import Chosen, Count, Percent
from reconcile.planning.plan import Change, FieldChange, Plan
from reconcile.planning.waves import require_matches, waves

KINDS = kinds()
URL = KINDS["site"].by_path["url"]
ENABLE = KINDS["profile"].by_path["api_enable"]
PILOT = Membership({"tier": "pilot"})
ALL = Percent(100)


def site(name, action=Action.UPDATE, *, account="studio", to=None, client=None, **more):
    number = None if action is Action.CREATE else sum(map(ord, name))
    fields = () if to is None else (FieldChange(URL, name, to),)
    owner = None if client is None else Address(account, "client", client)
    return Change(Address(account, "site", name), action, "", number, fields, client=owner, **more)


def client(name, account="studio"):
    return Change(Address(account, "client", name), Action.CREATE, "")


def profile(account="studio", *, off=False):
    return Change(Address(account, "profile", ""), Action.UPDATE, "", 1, (FieldChange(ENABLE, True, not off),))


def plan(*changes):
    return Plan(tuple(changes), 0, {})


def names(made):
    return [[str(change.address) for change in wave.changes] for wave in made]


NAMES = st.sampled_from([f"site-{n}.ru" for n in range(12)])
SITES = st.builds(
    site,
    NAMES,
    st.sampled_from([Action.CREATE, Action.UPDATE, Action.UPDATE, Action.DELETE]),
    account=st.sampled_from(["studio", "bureau"]),
    to=st.one_of(st.none(), NAMES),
    client=st.one_of(st.none(), st.sampled_from(["acme", "shop"])),
    member=st.sampled_from([Membership(), PILOT]),
)
OTHERS = st.one_of(
    st.builds(client, st.sampled_from(["acme", "shop"])),
    st.builds(profile, st.sampled_from(["studio", "bureau"]), off=st.booleans()),
)
PLANS = st.lists(st.one_of(SITES, SITES, SITES, OTHERS), max_size=30, unique_by=lambda c: (c.address, c.action)).map(
    lambda changes: plan(*changes)
)
SIZES = st.lists(
    st.one_of(
        st.integers(1, 12).map(Count),
        st.integers(1, 99).map(lambda n: Percent(float(n))),
        st.sampled_from([Chosen("tier=pilot"), Chosen("site-1*"), Chosen("*")]),
    ),
    max_size=5,
).map(lambda sizes: (*sizes, ALL))


@given(PLANS, SIZES)
@example(plan(), (ALL,))
def test_the_waves_are_the_plan_each_change_once(made, sizes):
    found = waves(made, sizes)

    assert [wave.number for wave in found] == list(range(1, len(found) + 1))
    assert all(wave.changes for wave in found)
    every = [change for wave in found for change in wave.changes]
    assert sorted(map(id, every)) == sorted(map(id, made.changes))
    order = {id(change): number for number, change in enumerate(made.changes)}
    for wave in found:
        assert [order[id(change)] for change in wave.changes] == sorted(order[id(change)] for change in wave.changes)
    # The order in which a plan comes says nothing, and neither does what a wave is called.
    mixed = waves(replace(made, changes=made.changes[::-1]), sizes)
    assert [sorted(wave) for wave in names(mixed)] == [sorted(wave) for wave in names(found)]


@given(PLANS, SIZES)
def test_what_has_to_be_done_first_is_in_no_later_wave(made, sizes):
    of = {id(change): wave.number for wave in waves(made, sizes) for change in wave.changes}
    last = max(of.values(), default=0)
    created = {c.address: of[id(c)] for c in made.changes if c.address.kind == "client"}
    holders = {}
    for change in made.changes:
        place = of[id(change)]
        if change.address.kind == "profile":
            assert place == (last if change.locks_out else min(of.values()))
        elif change.address.kind == "site":
            urls = [url for item in change.fields for url in (item.before, item.after)]
            for name in {change.address.name, *urls}:
                holders.setdefault((change.address.account, name), []).append(change)
            if change.action is Action.CREATE and change.client in created:
                assert created[change.client] <= place
    for sharing in holders.values():
        if any(change.action is not Action.DELETE for change in sharing):
            assert len({of[id(change)] for change in sharing}) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 9, 10, 11, 1000])
def test_sizes_are_cumulative_and_round_up(number):
    made = plan(*(site(f"s{n}.ru") for n in range(number)))

    found = waves(made, (Count(1), Percent(10), Percent(50), ALL))

    upto = sorted({1, ceil(number / 10), ceil(number / 2), number})
    assert [wave.sites for wave in found] == [b - a for a, b in zip([0, *upto], upto, strict=False)]


def test_percentages_are_exact():
    made = plan(*(site(f"s{n}.ru") for n in range(3000)))

    assert waves(made, (Percent(1.1), ALL))[0].sites == 33  # 3000 * 1.1 is more than 3300 in binary


def test_the_first_wave_is_no_sample_of_the_letter_a_and_does_not_depend_on_the_rest():
    made = plan(*(site(f"{letter}{n}.ru") for letter in "abcdefghij" for n in range(20)))
    first = {change.address.name for change in waves(made, (Count(20), ALL))[0].changes}

    assert len({name[0] for name in first}) > 5
    half = plan(*(change for change in made.changes if change.address.name in first or change.address.name < "c"))
    assert {change.address.name for change in waves(half, (Count(20), ALL))[0].changes} == first


def test_the_whole_story():
    changes = (
        profile(off=True),
        profile("bureau"),
        client("acme"),
        client("idle"),
        site("one.ru", Action.CREATE, client="acme", member=PILOT),
        site("two.ru", Action.CREATE, client="acme"),
        site("gone.ru", Action.DELETE),
        site("swap-a.ru", to="swap-b.ru", member=PILOT),
        site("swap-b.ru", to="swap-c.ru"),
        site("swap-c.ru", Action.DELETE),
        site("three.ru"),
    )

    found = waves(plan(*changes), (Chosen("tier=pilot"), Chosen("nothing-of-the-plan.ru"), ALL))

    assert names(found) == [
        [
            "bureau/profile",
            "studio/client/acme",
            "studio/site/one.ru",
            "studio/site/swap-a.ru",
            "studio/site/swap-b.ru",
            "studio/site/swap-c.ru",
        ],
        ["studio/profile", "studio/client/idle", "studio/site/two.ru", "studio/site/gone.ru", "studio/site/three.ru"],
    ]
    assert [(wave.number, wave.name, wave.sites) for wave in found] == [(1, "tier=pilot", 3), (2, "100%", 2)]
    assert names(waves(plan(*changes[:1], changes[6]), (Count(1), ALL))) == [["studio/profile", "studio/site/gone.ru"]]


def test_a_selection_that_means_nothing_is_an_error(declared):
    desired = declared("sites: {acme.ru: {labels: {tier: pilot}}}\n")

    require_matches((Chosen("tier=pilot"), Count(1), Chosen("gone.ru"), ALL), desired, plan(site("gone.ru")))
    with pytest.raises(PlanError, match=r'the wave tier=pilto of .* matches no site: .*; did you mean "pilot"\? Where'):
        require_matches((Chosen("tier=pilto"), ALL), desired, plan(site("acme.ru")))
