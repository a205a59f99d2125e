"""Saved plans with clients, profiles and undocumented fields: no secret is in them, and what they need is asked for."""

from __future__ import annotations

import json

import pytest

ACME = "clients:\n  acme: {email: owner@acme.ru, password: s3cr3t-1}\n"
PROFILE = ", profile: {timezone: Asia/Omsk, api_key: n3w-s3cr3t}"
RAW = "  acme.ru: {widget: {raw: {colour: red}}}\n  other.ru: {report_period: 30}\n"


@pytest.fixture
def run(reconcile, account):
    return lambda *args: reconcile(*args, cwd=account.root)


@pytest.fixture
def save(run):
    def saved():
        done = run("plan", "-o", "plan.json")
        assert done.returncode == 0, done.stderr
        return done

    return saved


def test_secrets_come_from_the_project_and_are_in_no_file(account, run, save):
    account.declare("  acme.ru: {client: acme}\n", top=ACME, settings=PROFILE)
    save()

    text = (account.root / "plan.json").read_text(encoding="utf-8")
    assert "s3cr3t" not in text + run("show", "plan.json").stdout + run("show", "plan.json", "--format", "json").stdout
    hidden = [item for change in json.loads(text)["changes"] for item in change["fields"] if "sensitive" in item]
    assert [(item["path"], item["before"], item["after"]) for item in hidden] == [
        ("api_key", "(sensitive)", "(sensitive)"),
        ("password", None, "(sensitive)"),
    ]

    done = run("apply", "plan.json")

    assert (done.returncode, done.stderr) == (0, "")
    assert account.emulator.profile("100")["api_key"] == "n3w-s3cr3t"
    assert list(account.live(account.clients()["owner@acme.ru"])) == ["acme.ru"]
    assert run("apply", "plan.json").returncode == 4


@pytest.mark.parametrize(
    ("declared", "needs"),
    [
        ({"top": "clients:\n  acme: {email: owner@acme.ru}\n", "settings": PROFILE}, "password` of studio/client/acme"),
        ({"settings": PROFILE}, "password` of studio/client/acme"),
        ({"top": ACME}, "api_key` of studio/profile"),
        ({"top": ACME, "settings": ", profile: {timezone: Asia/Omsk}"}, "api_key` of studio/profile"),
    ],
)
def test_a_secret_that_the_project_declares_no_more(account, run, save, declared, needs):
    account.declare(top=ACME, settings=PROFILE)
    save()
    account.declare("  own.ru:\n", **declared)

    done = run("apply", "plan.json")

    said = f"the saved plan needs `{needs}, which the project does not declare any more; make a new plan with"
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert account.writes() == []


STALE = [
    (lambda a: a.emulator.put_client("100", "Owner@acme.ru"), "studio/client/acme: somebody created it"),
    (lambda a: a.emulator.set_profile("100", timezone="Asia/Tomsk"), "studio/profile: somebody changed timezone since"),
    (lambda a: a.drop_client(5001), "studio/site/new.globex.ru: client globex (id 5001), which it goes under, was del"),
    (lambda a: a.add("http://New.globex.ru", 5001), "studio/site/new.globex.ru: somebody created it since"),
    (lambda a: a.emulator.change_site(1, {"widget.call_time": 5}), "studio/site/globex.ru: somebody changed the site"),
]


@pytest.mark.parametrize(("interfere", "said"), STALE, ids=[said.split(":")[0] for _, said in STALE])
@pytest.mark.parametrize("still_declared", [True, False])
def test_a_plan_of_what_moved_since_is_stale(account, run, save, interfere, said, still_declared):
    """Also where the project does not declare any more what the plan is about."""
    client = account.emulator.put_client("100", "owner@globex.ru")
    account.add("globex.ru", client, report_period=90)
    account.declare(
        "  globex.ru: {client: globex}\n  new.globex.ru: {client: globex}\n",
        top=ACME + "  globex: {email: owner@globex.ru}\n",
        settings=", profile: {timezone: Asia/Omsk}",
    )
    save()
    if not still_declared:
        account.declare("  own.ru:\n", top=ACME)
    interfere(account)

    done = run("apply", "plan.json")

    assert (done.returncode, account.writes()) == (4, [])
    assert said in done.stderr


@pytest.mark.parametrize("still_declared", [True, False])
def test_a_plan_is_fresh_whatever_the_project_declares_by_then(account, run, save, still_declared):
    client = account.emulator.put_client("100", "owner@globex.ru")
    account.add("globex.ru", client, report_period=90)
    account.declare(
        "  globex.ru: {client: globex}\n",
        top="clients:\n  globex: {email: owner@globex.ru}\n",
        settings=", profile: {timezone: Asia/Omsk}",
    )
    save()
    if not still_declared:
        account.declare("  own.ru:\n")

    done = run("apply", "plan.json")

    assert (done.returncode, done.stderr) == (0, "")
    assert account.writes() == ["POST /profile", f"PUT /contributors/{client}/sites/1"]


def test_a_plan_with_undocumented_fields_is_fresh_until_they_move(account, run, save):
    account.emulator.set_personalities(["undocumented-accepted"])
    account.add("acme.ru")
    account.add("other.ru", report_period=90)
    account.emulator.change_site(1, {"widget.colour": "blue"})
    account.emulator.change_site(2, {"widget.colour": "blue"})
    account.declare(RAW)
    save()
    account.emulator.change_site(1, {"widget.colour": "green"})

    done = run("apply", "plan.json")
    assert done.returncode == 4
    assert "studio/site/acme.ru: somebody changed widget.raw.colour since the plan was made" in done.stderr

    account.emulator.change_site(1, {"widget.colour": "blue"})
    account.emulator.change_site(2, {"widget.colour": "green"})  # which is not declared of this one
    assert run("apply", "plan.json").returncode == 0
    assert [site["widget"]["colour"] for site in account.live().values()] == ["red", "green"]
    assert account.live()["other.ru"]["site"]["report_period"] == 30


def test_a_plan_of_one_site_is_fresh_although_others_have_undocumented_fields(account, run, save):
    account.add("acme.ru")
    account.add("other.ru", report_period=90)
    account.emulator.change_site(1, {"widget.colour": "red"})
    account.declare(RAW)
    save()

    assert run("apply", "plan.json").returncode == 0


def test_locking_out_is_refused_unless_it_is_allowed(account, run, save):
    account.declare("  acme.ru:\n", settings=", profile: {api_enable: false}")
    saved = save()
    assert "warning: apply will refuse this plan: studio/profile would turn the API off" in saved.stderr

    for arguments in (["--yes"], ["plan.json"]):
        done = run("apply", *arguments)
        assert (done.returncode, account.writes()) == (3, [])
        assert "lock this program out; if that is meant, apply with --allow-lockout" in done.stderr

    assert run("apply", "plan.json", "--allow-lockout").returncode == 0
    assert account.writes() == ["POST /sites", "POST /profile"]


def test_steps_for_a_person_are_pending_and_keep_nothing_from_being_done(account, run):
    account.emulator.put_client("100", "boss@acme.ru")
    account.declare("  own.ru:\n", top="clients:\n  acme: {id: 5001, email: owner@acme.ru}\n")

    assert run("apply", "--yes").returncode == 0

    assert account.writes() == ["POST /sites"]
    assert run("plan").returncode == 0
    assert run("plan", "--detailed-exitcode").returncode == run("drift").returncode == 2
    assert json.loads(run("plan", "--format", "json").stdout)["summary"]["manual"] == 1
