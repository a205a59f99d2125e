"""Plans of thousands: short, and yet nothing is lost. Each text of `big/` is a case's, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from big_plans import change, dealers, plan
from hypothesis import given
from hypothesis import strategies as st

from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import kinds
from reconcile.model.resource import Membership
from reconcile.planning.plan import Change, Diagnostic, FieldChange, ManualStep, Severity
from reconcile.planning.summary import summary_by
from reconcile.reports.text import plan_text

CREATE, UPDATE, DELETE = Action.CREATE, Action.UPDATE, Action.DELETE
TEXTS = Path(__file__).parent / "big"
LONGER = {"widget.call_time": (28, 35)}
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")


def updates(number, values=lambda n: LONGER, member=lambda n: dealers(), client=lambda n: None, context=None):
    return [
        change(f"site-{n:04}.ru", UPDATE, values(n), member=member(n), client=client(n), context=context and context(n))
        for n in range(number)
    ]


def new(n):
    """A dealer as one row of a table makes it."""
    hours = {
        f"widget.schedule.{day}.{end}": (None, at) for day in WEEK for end, at in (("from", 9), ("to", 18 + n % 2))
    }
    mail = {"report_email": (None, f"sales-{n % 40}@example.ru")} if n % 4 else {}
    phone = {"managers": (None, [{"phone": f"+7495{n:07}", "name": f"Анна {n}"}])}
    values = {"url": (None, f"dealer-{n:04}.ru")} | mail | phone | hours | {"widget.call_time": (None, 28)}
    return change(f"dealer-{n:04}.ru", CREATE, values, member=dealers())


def group_of(n):
    return "dealers" if n < 990 else "partners" if n < 996 else None


def alone(n):
    return Membership()


def cut(n):
    return {f"widget.schedule.monday.{end}": (at, at) for end, at in (("from", 9), ("to", 18 + n % 2))}


CASES = {
    "one-field": plan(updates(10_000), more=3),
    "other-before": plan(updates(1000, lambda n: {"widget.call_time": (29 + n // 990 + (n == 999), 35)})),
    "parts": plan(updates(1000, member=lambda n: dealers(group_of(n))), more=2),
    "no-group": plan(updates(20, member=alone)),
    "clients": plan(updates(900, client=lambda n: f"client-{n % 300:03}", member=alone)),
    "one-client": plan(updates(20, client=lambda n: "acme", member=alone)),
    "values-by-site": plan(
        updates(200, lambda n: {"report_email": (f"old-{n}@a.ru", f"new-{n}@a.ru"), "widget.call_time": (28, 35)})
    ),
    "few-values": plan(updates(200, lambda n: {"report_period": (60 + n % 3, 600 + n % 12)})),
    "everybody-had-another": plan(updates(50, lambda n: {"report_email": (f"old-{n}@a.ru", "reports@a.ru")})),
    "managers-by-site": plan(
        updates(
            100,
            lambda n: {"managers": ([{"phone": "+74950000000", "name": "Анна"}], [{"phone": f"+7495{n:07}"}])},
        )
    ),
    "hours-beside": plan(
        updates(6, lambda n: {"widget.schedule.monday.enable": (False, True)}, context=cut, member=alone)
    ),
    "creates": plan(map(new, range(1000))),
    "creates-from-many-files": plan(
        change(
            f"xn--{n}.ru" if n else "xn--e1afmkfd.xn--p1ai",
            CREATE,
            {"report_period": (None, 60)},
            reason=f"declared in client-{n:02}.yaml, not live",
        )
        for n in range(30)
    ),
    "deletes": plan(
        [change(f"old-{n:02}.ru", DELETE, client=f"client-{n % 15:02}" if n < 30 else None) for n in range(40)]
        + updates(2)
    ),
    "table": plan(
        updates(100, member=lambda n: Membership(group=f"g{n % 19:02}", uses=frozenset({f"widget/w{n % 2}"}))), more=1
    ),
    "said": plan(
        updates(1),
        diagnostics=(
            *(Diagnostic(Severity.ERROR, f"studio/site/no-{n}.ru", "has no managers") for n in range(40)),
            Diagnostic(Severity.WARNING, "studio", "the key is old"),
            *(Diagnostic(Severity.WARNING, f"studio/site/{at}", "is odd") for at in ("a.ru", "xn--e1afmkfd.xn--p1ai")),
        ),
        manual=tuple(ManualStep(f"shop/site/m-{n:02}.ru", "add the website in the dashboard") for n in range(14)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_this_word_for_word(name):
    text = plan_text(CASES[name])

    assert text == (TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60


def test_every_text_is_of_a_case():
    assert {path.stem for path in TEXTS.iterdir()} == set(CASES)


def test_a_thousand_deletes_are_all_named_first():
    made = plan([*updates(3), *(change(f"old-{n:04}.ru", DELETE) for n in range(1000))])

    text = plan_text(made)

    listed = text.partition("\n\n")[0]
    assert re.findall(r"old-\d+\.ru \(id 1(\d+)\)", listed) == [f"{n:04}" for n in range(1000)]
    assert len(text.splitlines()) < 300


def test_in_full_every_site_and_every_value_is_there():
    made = CASES["creates"]

    text = plan_text(made, full=True)

    assert [one.address.name for one in made.changes if one.address.name not in text] == []
    assert re.findall(r"Анна (\d+) ", text) == [str(n) for n in range(1000)]
    assert "differs" not in text
    assert "more" not in text


def test_in_full_what_was_before_is_told_apart():
    text = plan_text(CASES["other-before"], full=True)

    heads = [line for line in text.splitlines() if line.startswith("~")]
    assert [re.search(r"on (\d+) sites", head)[1] if " on " in head else "1" for head in heads] == ["990", "9", "1"]


def test_secrets_are_never_told_apart():
    fields = kinds([])["client"].by_path
    clients = [
        Change(
            Address("studio", "client", f"c{n}"),
            CREATE,
            "declared in clients.yaml, not live",
            fields=tuple(
                FieldChange(fields[path], None, fields[path].strict(value))
                for path, value in (("email", f"c{n}@example.ru"), ("password", f"hunter{n}"))
            ),
        )
        for n in range(30)
    ]

    text = plan_text(plan(clients))

    assert text.startswith("+ studio: 30 clients will be created: c0, c1, ")
    assert "    + password: (sensitive)\n    + email: differs by client\n        c0: c0@example.ru\n" in text
    assert "hunter" not in text


def test_the_numbers_are_in_json_by_account_group_and_shared_object():
    assert summary_by(CASES["parts"]) == {
        "account": {"studio": {"create": 0, "update": 1000, "delete": 0, "sites": 1002}},
        "group": {
            "dealers": {"create": 0, "update": 990, "delete": 0, "sites": 992},
            "partners": {"create": 0, "update": 6, "delete": 0, "sites": 8},
        },
        "shared": {
            name: {"create": 0, "update": 1000, "delete": 0, "sites": 0}
            for name in ("schedule/office", "widget/standard")
        },
    }


# --- nothing is lost --------------------------------------------------------------------------------------------------


@st.composite
def plans(draw):
    """Few sites of many sorts, or many of few."""
    sorts = st.fixed_dictionaries(
        {
            "action": st.sampled_from([CREATE, UPDATE, UPDATE, DELETE]),
            "group": st.sampled_from([None, "dealers", "partners"]),
            "client": st.sampled_from([None, None, "acme", "globex"]),
            "before": st.integers(20, 22),
            "after": st.one_of(st.integers(30, 31), st.integers(30, 400)),
            "period": st.none() | st.integers(60, 62),
        }
    )
    pool = draw(st.lists(sorts, min_size=1, max_size=60))
    made = []
    for n in range(draw(st.integers(1, 120))):
        sort = pool[n % len(pool)]
        created = sort["action"] is CREATE
        values = {"widget.call_time": (None if created else sort["before"], sort["after"])}
        if sort["period"] is not None:
            values["report_period"] = (None if created else 1, sort["period"])
        values = {} if sort["action"] is DELETE else values
        made.append(change(f"s{n:03}.ru", sort["action"], values, member=dealers(sort["group"]), client=sort["client"]))
    return plan(made)


NAME = re.compile(r"\bs(\d{3})\.ru\b")
HEAD = re.compile(r"^[-+~] .*?(?:(\d+) sites|studio/site/)")
#: `28 (9 sites)`, `30 (s001.ru)`, and the rest.
COUNTED = re.compile(r"\((\d+) sites?\)|\((s\d{3}\.ru)\)|(\d+) sites? with \d+ other")


def counted(line):
    return sum(int(sites or rest or 1) for sites, _, rest in COUNTED.findall(line))


@given(plans())
def test_what_is_named_and_what_is_counted_adds_up_to_the_plan(made):
    blocks = [block.splitlines() for block in plan_text(made).split("\n\n") if block[0] in "-+~"]

    numbers = dict.fromkeys("+~-", 0)
    for head, *lines in blocks:
        number = int(HEAD.match(head)[1] or 1)
        numbers[head[0]] += number
        fields = [line for line in lines if line.startswith(("    +", "    ~", "        "))]
        names = [head, *(line for line in lines if line not in fields)]
        more = sum(int(text) for line in names for text in re.findall(r"and (\d+) more", line))
        assert sum(len(NAME.findall(line)) for line in names) + more == number
        for line in fields:
            if counted(line) and not line.startswith("        "):
                assert counted(line) == number
        examples = [line for line in fields if line.startswith("        ")]
        if examples:  # of as many fields as differ by site
            told = sum(counted(line) or 1 for line in examples)
            assert told == number * sum("differs by site" in line for line in fields)
    assert [numbers[sign] for sign in "+~-"] == [made.summary[action] for action in ("create", "update", "delete")]


@given(plans())
def test_every_delete_is_named_and_in_full_everything_is(made):
    short, full = plan_text(made), plan_text(made, full=True)

    gone = {one.address.name[1:4] for one in made.changes if one.action is DELETE}
    listed = [line for block in short.split("\n\n") if block[0] == "-" for line in block.splitlines()]
    assert gone == set(NAME.findall("\n".join(listed)))
    assert set(NAME.findall(full)) == {one.address.name[1:4] for one in made.changes}
    assert short.startswith("-") == bool(gone)
