"""Policies over plans: which resources each is asked of, and what is said of those that break it."""

from __future__ import annotations

import functools
import itertools
import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from live_accounts import live_accounts

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.model.capabilities import Action
from reconcile.model.expressions import Names, Use, compiled
from reconcile.model.fields import kinds
from reconcile.planning.diff import build_plan
from reconcile.planning.planfile import dump, load
from reconcile.planning.policies import MAX_SECONDS, Plain, breaches, declared_breaches
from reconcile.providers import registry

SITES = """\
managers: {anna: {phone: +7 495 123-45-67, name: Анна}}
clients: {acme: {email: owner@acme.ru, password: x7-Zq, id: 5}}
defaults: {managers: [anna]}
sites:
  new.ru: {labels: {tier: gold}, report_period: 60, widget: {schedule: {saturday: 10-15, sunday: closed}}}
  changed.ru: {labels: {tier: gold}, report_period: 60}
  same.ru: {report_period: 60, auto_payment: false}
"""
ACCOUNT = """\
accounts:
  studio:
    {provider: pozvonim, uid: '100', api_key: the-key, prune: true,
     profile: {timezone: Europe/Moscow, api_enable: true, api_key: the-key}}
"""


@pytest.fixture
def live(raw_site):
    """What is live: a site that differs, one that is as declared, and one that no file declares."""
    changed = raw_site(1, "changed.ru", report_period=90, report_email="a@acme.ru")
    changed["widget"]["schelude"] = {"saturday": {"from": 10, "to": 15, "enable": 0}}
    sites = [changed, raw_site(2, "same.ru", report_period=60, auto_payment=0), raw_site(3, "old.ru")]
    profile = {"timezone": "Asia/Tomsk", "api_enable": 1}
    return {"studio": {"sites": sites, "clients": [{"id": 5, "email": "owner@acme.ru"}], "profile": profile}}


@pytest.fixture
def broken(declared, planned, live):
    """The names of the resources that break a policy, in a plan, by what is said of them."""

    def names(policy, *, state=False, **options):
        desired = declared(SITES + f"policies: {{rule: {{{policy}}}}}\n", ACCOUNT)
        found = (
            declared_breaches(desired, float)
            if state
            else breaches(desired, planned(desired, live, **options), itertools.count().__next__)
        )
        return {breach.address.human or breach.address.kind: breach.message for breach in found}

    return names


#: A rule, and the resources that break it: in the plan, and in what is declared alone.
RULES = [
    # What comes of the plan: declared over live, also of what needs no change; nothing of what is deleted.
    ("require: site.report_period > 60", {"new.ru", "changed.ru", "same.ru"}, {"new.ru", "changed.ru", "same.ru"}),
    ("require: site.report_email != ''", {"new.ru", "same.ru"}, set()),
    ("require: site.widget.call_time != 28", {"new.ru", "changed.ru", "same.ru"}, set()),
    ('when: labels.tier == "gold", require: "answers(site, \'saturday\')"', {"changed.ru"}, set()),
    ("deny: \"answers(site, 'sunday') || site.report_period == 61\"", {"changed.ru", "same.ru"}, set()),
    ("require: \"answers(site, 'sunday') || site.auto_payment == true\"", {"new.ru"}, set()),
    ("require: labels.tier == null", {"new.ru", "changed.ru"}, {"new.ru", "changed.ru"}),
    ("require: \"'manager/anna' in uses && group == null && client == null\"", set(), set()),
    ("deny: \"'manager/anna' in uses\"", {"new.ru", "changed.ru", "same.ru"}, {"new.ru", "changed.ru", "same.ru"}),
    ("require: name == 'same.ru' || kind != 'site'", {"new.ru", "changed.ru"}, {"new.ru", "changed.ru"}),
    ("require: provider == 'pozvonim' && account == 'studio' && address.startsWith('studio/')", set(), set()),
    ("require: profile.timezone == 'Europe/Moscow'", set(), set()),
    ("deny: profile.timezone == 'Europe/Moscow'", {"profile"}, {"profile"}),
    # A label that no site has is null everywhere.
    ("deny: labels.region == 'ural' || labels.region == null && name == 'same.ru'", {"same.ru"}, {"same.ru"}),
    # Two expressions: either breaks it.
    (
        "require: site.report_period == 60, deny: labels.tier == 'gold'",
        {"new.ru", "changed.ru"},
        {"new.ru", "changed.ru"},
    ),
    # Changes: what is only planned is not known from the files.
    ("deny: action == 'delete'", {"old.ru"}, set()),
    ("deny: action == 'create'", {"new.ru"}, set()),
    ("deny: action == 'update'", {"changed.ru", "profile"}, set()),
    ("deny: action == 'noop' && kind == 'site'", {"same.ru"}, set()),
    ("deny: action == 'noop' && kind == 'client'", {"acme"}, set()),
    ("deny: \"'report_period' in changed\"", {"new.ru", "changed.ru"}, set()),
    ("deny: \"'widget.schedule' in changed\"", {"new.ru"}, set()),
    ("deny: \"'timezone' in changed\"", {"profile"}, set()),
    ("when: before != null && after != null, deny: before.report_period != after.report_period", {"changed.ru"}, set()),
    ("when: after == null, require: before.report_period != null", {"old.ru"}, set()),
    ("when: before != null, deny: site.report_period == 60 && before != after", {"changed.ru"}, set()),
    ("deny: action != 'delete' && site.report_period == 60 && labels.tier == null", {"same.ru"}, set()),
]


@pytest.mark.parametrize(("policy", "planned_", "declared_"), RULES, ids=[rule for rule, *_ in RULES])
def test_these_break_it(broken, policy, planned_, declared_):
    assert broken(policy).keys() == planned_
    assert broken(policy, state=True).keys() == declared_


def test_a_breach_says_the_message_or_the_rule(broken):
    assert broken("deny: action == 'delete', message: nothing goes") == {"old.ru": "nothing goes"}
    assert broken("deny: action == 'delete'") == {"old.ru": "`action == 'delete'` must not be true, and is"}
    long = " || ".join(["name == 'old.ru'"] * 20)
    said = broken(f"require: kind != 'site' || action != 'delete' && !({long})")
    assert said == {
        "old.ru": "`" + f"kind != 'site' || action != 'delete' && !({long})"[:99] + "…` must be true, and is not"
    }


@pytest.mark.parametrize("part", ["when", "require", "deny"])
def test_what_can_not_be_told_keeps_no_policy(broken, part):
    rest = "" if part != "when" else ", require: action == action"

    found = broken(f"{part}: before.report_period == 60{rest}")

    why = "it can't be told: it looks into something that is null, or has nothing below it"
    assert found["new.ru"] == why
    if part == "when":
        assert set(found) == {"new.ru"}


def test_only_what_is_selected_is_asked(broken):
    assert broken("require: site.report_period > 60", select=("same.ru",)).keys() == {"same.ru"}


CHASER = "accounts: {desk: {provider: chaser, client_id: demo, private_key: the-key}}\n"


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        ("require: site.title == 'Y'", {"new.ru", "there.ru"}),
        ("deny: name == 'new.ru'", {"new.ru"}),
        ("require: labels.tier == null", {"there.ru"}),
        ("when: before != null, deny: site.title == 'Z' && before.title == 'Old'", {"there.ru"}),
        ("deny: action == 'noop'", {"new.ru", "there.ru"}),
        # What the service has nothing of is not asked of its sites.
        ("require: site.widget.call_time < 3, deny: site.managers.size() == 0", set()),
        ("deny: \"answers(site, 'saturday') || closes(after, 'monday') > 3\"", set()),
        ("require: site.url == 'new.ru'", {"there.ru"}),
        ("deny: action == 'create' || action == 'update' || action == 'delete'", set()),
    ],
)
def test_what_a_person_has_to_do_is_asked_of_too(declared, planned, policy, names):
    sites = "sites: {new.ru: {title: Z}, there.ru: {title: Z, labels: {tier: gold}}}\n"
    desired = declared(f"{sites}policies: {{rule: {{{policy}}}}}\n", CHASER)
    plan = planned(desired, {"desk": [{"id": 1, "name": "there.ru", "title": "Old"}]})

    assert (len(plan.manual), plan.changes) == (2, ())
    assert {breach.address.human for breach in breaches(desired, plan, float)} == names


def test_deleting_all_asks_of_the_deletes(broken):
    assert broken("deny: action == 'delete' && labels.tier == 'gold'", destroy=True).keys() == {"changed.ru"}
    assert broken("require: site.report_period > 999", destroy=True) == {}


def test_a_saved_plan_breaks_the_same_policies(declared, planned, live):
    rules = "\n".join(f"  r{n}: {{{rule}}}" for n, (rule, *_) in enumerate(RULES))
    desired = declared(f"{SITES}policies:\n{rules}\n", ACCOUNT)
    made = planned(desired, live)

    again = load(dump(made, "project"), "project", lambda *_: "the-key")[0]

    changed = {change.address for change in made.changes}
    told = [one for one in breaches(desired, made, float) if one.address in changed]
    assert breaches(desired, again, float) == told
    assert len({breach.policy.name for breach in told}) > 12


def test_no_expression_comes_upon_a_secret(broken):
    """Not even one that looks for its name in all there is."""
    for hidden in ("password", "api_key"):
        assert broken(f"when: before != null, deny: '\"{hidden}\" in before'") == {}
        assert broken(f"when: after != null, deny: 'after.exists(k, k == \"{hidden}\")'") == {}
    assert broken("when: before != null, deny: '\"email\" in before'").keys() == {"acme"}
    assert broken("when: after != null, deny: 'after.exists(k, k == \"api_enable\")'").keys() == {"profile"}


def test_a_policy_that_takes_too_long_is_given_up(declared, planned, live):
    desired = declared(SITES + "policies: {slow: {require: site.report_period > 60}}\n")
    made = planned(desired, live)
    ticks = itertools.count(0, MAX_SECONDS * 0.6)

    found = breaches(desired, made, ticks.__next__)

    assert [str(breach.address) for breach in found] == ["studio/site/changed.ru", "studio/site/new.ru", "None"]
    assert found[-1].message == f"it takes too long: it was given up after {MAX_SECONDS:g} s; ask for less in it"


def test_names_from_outside_are_only_text(declared, planned, raw_site):
    """Half a character, quotes that would end a text, and a number beyond all numbers."""
    odd = '\'" || true || "\ud800\x00'
    site = raw_site(1, "changed.ru", report_email=odd, report_period=10**30)
    site["managers"][0]["region"] = odd
    rules = [
        "require: site.report_email.size() > 3",
        "require: \"site.managers.all(m, m.region.contains('true'))\"",
        "require: site.report_period > 1000000",
    ]
    text = "\n".join(f"  r{n}: {{{rule}}}" for n, rule in enumerate(rules))
    desired = declared(f"policies:\n{text}\nsites: {{changed.ru: {{}}}}\n")

    assert breaches(desired, planned(desired, {"studio": [site]}), float) == []


#: Values of all types, as services give them.
RAWS = ["", 0, 1, "28", 9.0, "09:00", "10:30", "24:00", True, "Europe/Moscow", "http://Окна.РФ/", "a@Acme.ru"]
RAWS += ["8 (495) 123-45-67", "+7", "Анна\r\n", "10.0.0.1/8\n192.0.2.1", ["b", "a"], [{"phone": 84951234567}], "\\\"'"]


def test_no_value_that_a_resource_has_is_taken_for_one_that_never_is():
    every, compared = kinds(), set()
    for kind in every.values():
        variable = kind.name if kind.name != "client" else "before"
        for field in (one for one in kind.fields if not one.sensitive):
            use = Use(frozenset(), frozenset(), frozenset({field.path}), whole=False)
            for raw in RAWS:
                values = list(kind.blank())
                try:
                    values[field.index] = field.type.read(raw)
                except ValueError:  # none of this type
                    continue
                shown = functools.reduce(dict.get, field.keys, Plain(kind, [use]).document(values))
                text = f"{variable}.{field.path} == {json.dumps(shown, ensure_ascii=False)}"
                assert compiled(text, Names(every, {}))
                compared.add(text)
    assert len(compared) > 300


# --- the same rules, stated in Python ---------------------------------------------------------------------------------

#: A rule about a site, and what it says, of values by path, before and after, labels and the action.
SAME = {
    "when: labels.tier == 'gold', require: \"answers(site, 'saturday')\"": lambda s: (
        s.after is not None and s.tier == "gold" and s.after["saturday"] is False
    ),
    "deny: \"'auto_payment' in changed && action == 'update'\"": lambda s: (
        s.action is Action.UPDATE and s.before["auto_payment"] != s.after["auto_payment"]
    ),
    "require: site.widget.call_time >= 20 && site.widget.call_time <= 40": lambda s: (
        s.after is not None and not 20 <= s.after["call_time"] <= 40
    ),
    "deny: action == 'delete' && before.auto_payment == true": lambda s: (
        s.action is Action.DELETE and s.before["auto_payment"]
    ),
    "when: before != null && after != null, deny: after.widget.call_time < before.widget.call_time": lambda s: (
        s.before is not None and s.after is not None and s.after["call_time"] < s.before["call_time"]
    ),
}
VALUES = st.fixed_dictionaries(
    {"auto_payment": st.booleans(), "call_time": st.integers(10, 50), "saturday": st.booleans()}
)
NAMES = ["a.ru", "b.ru", "окна.рф", "c.example"]


class Stated:
    """A site as Python sees it."""

    def __init__(self, before, declared, tier):
        self.before, self.tier = before, tier
        below = before or {"auto_payment": False, "call_time": 28, "saturday": True}  # as documented
        self.after = None if declared is None else below | declared
        self.action = (
            (Action.DELETE if declared is None else Action.NOOP if self.after == before else Action.UPDATE)
            if before is not None
            else Action.CREATE
        )


@st.composite
def sites(draw):
    made = {}
    for name in NAMES:
        before = draw(st.none() | VALUES)
        declared = draw(
            st.none()
            | VALUES.flatmap(
                lambda values: st.sets(st.sampled_from(sorted(values))).map(
                    lambda keys, values=values: {key: values[key] for key in sorted(keys)}
                )
            )
        )
        if before is not None or declared is not None:
            made[name] = before, declared, draw(st.sampled_from(["gold", "iron", None]))
    return made


def _yaml(declared, tier):
    site = {"managers": [{"phone": "+74951234567"}], "labels": {} if tier is None else {"tier": tier}, "widget": {}}
    for key, value in declared.items():
        match key:
            case "auto_payment":
                site[key] = value
            case "call_time":
                site["widget"][key] = value
            case "saturday":
                site["widget"]["schedule"] = {"saturday": "9-18" if value else "closed"}
    return site


@given(sites())
@settings(max_examples=60, deadline=None)
def test_a_plan_breaks_a_policy_where_the_same_rule_in_python_says_so(drawn):
    live = [
        {
            "id": number,
            "site": {"url": name, "auto_payment": int(before["auto_payment"])},
            "managers": [{"phone": "74951234567"}],
            "widget": {
                "call_time": before["call_time"],
                "schelude": {"saturday": {"from": 9, "to": 18, "enable": int(before["saturday"])}},
            },
            "blacklists": {},
        }
        for number, (name, (before, _, _)) in enumerate(drawn.items(), start=1)
        if before is not None
    ]
    project = {
        "accounts": {"studio": {"provider": "pozvonim", "uid": "100", "api_key": "secret", "prune": True}},
        "policies": {f"r{n}": yaml.safe_load(f"{{{rule}}}") for n, rule in enumerate(SAME)},
        "sites": {
            "z.ru": _yaml({}, "gold"),  # so that there is the label
            **{name: _yaml(declared, tier) for name, (_, declared, tier) in drawn.items() if declared is not None},
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "all.yaml").write_text(yaml.safe_dump(project, allow_unicode=True), encoding="utf-8")
        desired = load_state(Path(folder), {}, Services(registry.service, registry.names))

    plan = build_plan(desired, live_accounts(desired, {"studio": live}))

    found = {(breach.policy.name, breach.address.human) for breach in breaches(desired, plan, float)}
    stated = {
        name: Stated(before, declared, tier if declared is not None else None)
        for name, (before, declared, tier) in drawn.items()
    }
    assert found == {
        (f"r{n}", name) for n, rule in enumerate(SAME.values()) for name, site in stated.items() if rule(site)
    }
