"""The limits of `safety`, each refusal with the real numbers."""

from __future__ import annotations

import pytest

from reconcile.errors import ExitCode, SafetyError
from reconcile.planning import safety

MANAGERS = "managers:\n  anna: {phone: +7 495 123-45-67, name: Анна}\ndefaults: {managers: [anna], report_period: 60}\n"


@pytest.fixture
def refusals(declared, planned, raw_site):
    """Refusals of a plan over an account of `live` sites, `kept` of which are declared and so updated."""

    def found(limits, *, live, kept=0, allow_deletes=None, select=()):
        sites = "".join(f"  s{n}.ru: {{}}\n" for n in range(kept)) or "  {}\n"
        desired = declared(f"{MANAGERS}safety: {{{limits}}}\nsites:\n{sites}")
        plan = planned(desired, {"studio": [raw_site(n + 1, f"s{n}.ru") for n in range(live)]}, select=select)
        return safety.refusals(plan, desired.safety, safety.Allowed(allow_deletes))

    return found


def test_as_many_deletes_as_the_limits_say_are_fine(refusals):
    assert refusals("max_deletes: 5, max_delete_percent: 10", live=50, kept=45) == []


def test_one_delete_too_many_is_refused_by_number(refusals):
    assert refusals("max_deletes: 5, max_delete_percent: 100", live=50, kept=44) == [
        (
            "6 sites would be deleted, and `safety.max_deletes` is 5; if that is meant, raise it, or allow it once "
            "with --allow-deletes 6"
        )
    ]


def test_one_delete_too_many_is_refused_by_share(refusals):
    assert refusals("max_deletes: 100, max_delete_percent: 12.5", live=8, kept=6) == [
        (
            "2 of the 8 sites of account studio (25 %) would be deleted, and `safety.max_delete_percent` is 12.5; "
            "if that is meant, raise it, or allow it once with --allow-deletes 2"
        )
    ]


def test_both_limits_are_said_at_once(refusals):
    assert len(refusals("max_deletes: 0, max_delete_percent: 0", live=3, kept=2)) == 2


@pytest.mark.parametrize(("allowed", "refused"), [(3, False), (4, False), (2, True), (0, True)])
def test_allow_deletes_takes_the_place_of_both_limits(refusals, allowed, refused):
    found = refusals("max_deletes: 0, max_delete_percent: 0", live=3, allow_deletes=allowed)

    assert found == ([f"3 sites would be deleted, and --allow-deletes says {allowed}"] if refused else [])


def test_updates_are_limited_by_their_share(refusals):
    assert refusals("max_update_percent: 50", live=4, kept=2, select=("s0.ru", "s1.ru")) == []
    assert refusals("max_update_percent: 49.9", live=4, kept=2, select=("s0.ru", "s1.ru")) == [
        (
            "2 of the 4 sites of account studio (50 %) would be updated, and `safety.max_update_percent` is 49.9; "
            "raise it, or plan and apply parts with --select"
        )
    ]


@pytest.mark.parametrize("pattern", ["s1.ru", "S1.*", "*1.ru", "studio/site/s1.ru", "studio/*"])
def test_what_is_protected_is_not_deleted_whatever_is_allowed(refusals, pattern):
    found = refusals(f"protect: ['{pattern}']", live=2, kept=1, allow_deletes=100)

    assert found == [
        (
            f'studio/site/s1.ru would be deleted, but `safety.protect` has "{pattern}"; '
            "declare the site, take the entry away, or leave the site out with --select"
        )
    ]


def test_protection_understands_both_spellings_of_a_host(declared, planned, raw_site):
    desired = declared("safety: {protect: ['*.пример.рф']}\nsites: {}\n")
    plan = planned(desired, {"studio": [raw_site(1, "xn--h1ad.xn--e1afmkfd.xn--p1ai"), raw_site(2, "other.ru")]})

    protected = [text for text in safety.refusals(plan, desired.safety, safety.Allowed(5)) if "safety.protect" in text]

    assert [text.split(" ")[0] for text in protected] == ["studio/site/ки.пример.рф"]


def test_what_may_not_be_destroyed_is_named(declared, planned, raw_site):
    desired = declared(MANAGERS + "sites:\n  a.ru: {prevent_destroy: true}\n  b.ru: {}\n")
    plan = planned(desired, {"studio": [raw_site(1, "a.ru"), raw_site(2, "b.ru")]}, destroy=True)

    assert safety.refusals(plan, desired.safety, safety.Allowed(2)) == [
        "studio/site/a.ru would be deleted, but has `prevent_destroy: true`; take it away"
    ]


def test_a_refused_plan_ends_with_every_reason(declared, planned, raw_site):
    desired = declared("safety: {max_deletes: 0, protect: ['*']}\nsites: {}\n")
    plan = planned(desired, {"studio": [raw_site(1, "a.ru")]})

    with pytest.raises(SafetyError) as error:
        safety.check(plan, desired.safety)

    lines = str(error.value).splitlines()
    assert lines[0] == "the plan is refused, and nothing was changed:"
    assert [line[:4] for line in lines[1:]] == ["  - "] * 3
    assert error.value.exit_code == ExitCode.REFUSED


def test_limits_are_of_each_accounts_own_sites(declared, planned, raw_site):
    accounts = "accounts:\n" + "".join(
        f"  {name}: {{provider: pozvonim, uid: {name}, api_key: k, prune: true}}\n" for name in ("large", "small")
    )
    text = (
        MANAGERS
        + "safety: {max_delete_percent: 20}\nsites:\n"
        + "".join(f"  s{n}.ru: {{account: large}}\n" for n in range(9))
    )
    large, small = [raw_site(n + 1, f"s{n}.ru") for n in range(10)], [raw_site(1, "t.ru")]
    desired = declared(text, accounts)

    assert safety.refusals(planned(desired, {"large": large, "small": small}), desired.safety) == [
        (
            "1 of the 1 sites of account small (100 %) would be deleted, and `safety.max_delete_percent` is 20; "
            "if that is meant, raise it, or allow it once with --allow-deletes 2"
        )
    ]


def test_what_keeps_very_many_from_being_deleted_is_said_once(declared, planned, raw_site):
    sites = "".join(f"  s{n}.ru: {{prevent_destroy: true}}\n" for n in range(20))
    desired = declared(
        f"{MANAGERS}safety: {{max_delete_percent: 100, protect: ['s?.{{ru}}', 's?.ru']}}\nsites:\n{sites}"
    )
    plan = planned(desired, {"studio": [raw_site(n + 1, f"s{n}.ru") for n in range(20)]}, destroy=True)

    assert safety.refusals(plan, desired.safety, safety.Allowed(20)) == [
        (
            "20 sites would be deleted, but have `prevent_destroy: true`; take it away (studio/site/s0.ru, "
            "studio/site/s1.ru, studio/site/s10.ru, studio/site/s11.ru, studio/site/s12.ru and 15 more)"
        ),
        (
            '10 sites would be deleted, but `safety.protect` has "s?.ru"; declare the sites, take the entry away, or '
            "leave the sites out with --select (studio/site/s0.ru, studio/site/s1.ru, studio/site/s2.ru, "
            "studio/site/s3.ru, studio/site/s4.ru and 5 more)"
        ),
    ]
