"""The selection language: what each expression means, and what is said of one that means nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconcile.errors import PlanError, UsageError
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.resource import Live, Membership
from reconcile.planning.plan import Change
from reconcile.planning.select import ExpressionError, Subject, means, parse, selection, subject
from reconcile.planning.select.syntax import MAX_DEPTH

ACCOUNTS = """accounts:
  studio: {provider: pozvonim, uid: '100', api_key: secret, profile: {timezone: Europe/Moscow}}
  other: {provider: chaser, uid: '7', api_key: secret}
"""
PROJECT = """
schedules: {office: {daily: 9-18}, night: {daily: 20-23}}
widgets: {standard: {schedule: office}, compact: {extends: standard}, own: {schedule: night}}
managers: {anna: {phone: +7 495 123-45-67}, boris: {phone: +7 495 765-43-21}}
blacklists: {spam: {ip: [203.0.113.7]}}
clients: {acme: {email: owner@acme.ru, password: x, account: studio}}
sites:
  acme.ru: {client: acme, labels: {tier: gold, city: Nizhny Novgorod}, managers: [anna], widget: compact}
  shop.acme.ru: {client: acme, labels: {tier: iron, pilot: true}, managers: [anna], widget: {schedule: office}}
  Окна.рф: {account: studio, labels: {tier: gold, hours: 9:30}, managers: [boris], widget: own, blacklists: [spam]}
  row.ru: {account: studio, labels: {kind: row}, managers: [boris]}
  row.ru/~anna: {account: studio, managers: [boris]}
  chased.ru: {account: other}
"""
OKNA = "xn--80atjc.xn--p1ai"
STUDIO = ["", "acme", "acme.ru", "row.ru", "row.ru/~anna", "shop.acme.ru", OKNA]


@pytest.fixture
def project(declared):
    """The project; two of its sites are rows of groups."""
    made = declared(PROJECT, ACCOUNTS)
    groups = {"row.ru": "dealers", "row.ru/~anna": "partners"}
    sites = tuple(replace(s, member=replace(s.member, group=groups.get(s.address.name))) for s in made.sites)
    return replace(made, sites=sites)


def declared_in(project):
    return (*project.profiles, *project.clients, *project.sites)


def names(project, chosen):
    """The names of what is selected when everything but the clients and chased.ru would be changed."""
    same = {"acme", "chased.ru"}
    return sorted(
        one.address.name for one in declared_in(project) if chosen.has(one, changed=one.address.name not in same)
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # addresses
        ("acme.ru", ["acme.ru"]),
        ("ACME.ru", ["acme.ru"]),
        ("https://acme.ru/", ["acme.ru"]),
        ("*.ru", ["acme.ru", "chased.ru", "row.ru", "shop.acme.ru"]),
        ("row.ru/~anna", ["row.ru/~anna"]),
        ("studio/site/row*", ["row.ru", "row.ru/~anna"]),
        ("studio/profile", [""]),
        ("окна.РФ", [OKNA]),
        ("*.рф", [OKNA]),
        ("*.xn--p1ai", [OKNA]),
        ("address=окна.рф", [OKNA]),
        (f"address={OKNA.upper()}", [OKNA]),
        ("address=studio/site/Окна.рф", [OKNA]),
        ("address=acme.ru", ["acme.ru"]),
        ("address~*.АCME.ru", []),  # the first letter is Cyrillic
        ("address~*.ACME.ru", ["shop.acme.ru"]),
        ("address!=acme.ru and client=acme and kind=site", ["shop.acme.ru"]),
        # owners and kinds
        ("client=acme", ["acme", "acme.ru", "shop.acme.ru"]),
        ("client~a*", ["acme", "acme.ru", "shop.acme.ru"]),
        ("account=other", ["chased.ru"]),
        ("account~*udio", STUDIO),
        ("kind=client", ["acme"]),
        ("kind=profile or kind=client", ["", "acme"]),
        ("group=dealers", ["row.ru"]),
        ("group~*", ["row.ru", "row.ru/~anna"]),
        # labels
        ("tier=gold", ["acme.ru", OKNA]),
        ("tier=g*", ["acme.ru", OKNA]),
        ("tier~g*", ["acme.ru", OKNA]),
        ("tier!=gold and kind=site and client=acme", ["shop.acme.ru"]),
        ("label=gold", ["acme.ru", OKNA]),
        ("label=pilot", ["shop.acme.ru"]),
        ("label=tier:gold", ["acme.ru", OKNA]),
        ("label=city:gold", []),
        ("label=9:30", [OKNA]),
        ("label=hours:9:30", [OKNA]),
        ("label=kind:row", ["row.ru"]),
        ("label!=gold and client=acme", ["acme", "shop.acme.ru"]),
        ('city="Nizhny Novgorod"', ["acme.ru"]),
        ("city='Nizhny '*", ["acme.ru"]),
        # shared objects, also through one another
        ("widget=standard", ["acme.ru"]),
        ("widget=compact", ["acme.ru"]),
        ("schedule=office", ["acme.ru", "shop.acme.ru"]),
        ("schedule~*i*", ["acme.ru", "shop.acme.ru", OKNA]),
        ("manager=anna", ["acme.ru", "shop.acme.ru"]),
        ("blacklist=spam", [OKNA]),
        # changed
        ("changed", sorted({*STUDIO, "chased.ru"} - {"acme", "chased.ru"})),
        ("not changed", ["acme", "chased.ru"]),
        ("changed and client=acme", ["acme.ru", "shop.acme.ru"]),
        # logic
        ("tier=iron or tier=gold and client=acme", ["acme.ru", "shop.acme.ru"]),
        ("(tier=iron or tier=gold) and not client=acme", [OKNA]),
        ("not tier=gold and client=acme", ["acme", "shop.acme.ru"]),
        ("not (tier=gold or kind=client) and client=acme", ["shop.acme.ru"]),
        ("NOT not tier = gold AND ( client = acme )", ["acme.ru"]),
        ("not(client=acme)and(account=studio)and kind=site", ["row.ru", "row.ru/~anna", OKNA]),
        ("  acme.ru\n or\trow.ru ", ["acme.ru", "row.ru"]),
    ],
)
def test_an_expression_means_these(project, expression, expected):
    chosen = selection((expression,))
    chosen.require_known(project)

    assert names(project, chosen) == sorted(expected)


def test_what_is_selected_adds_up_and_what_is_excluded_goes(project):
    chosen = selection(("client=acme", "tier=gold"), ("kind=client", "shop.*"))

    assert names(project, chosen) == ["acme.ru", OKNA]
    assert names(project, selection((), ("account=studio",))) == ["chased.ru"]
    chosen.require_match()


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "expected a term, such as label=gold or an address\n  \n  ^"),
        ("tier=gold an client=acme", 'expected `and`, `or` or the end, got "an"; did you mean "and"?\n  {}\n  {10}^'),
        ("acme.ru row.ru", 'expected `and`, `or` or the end, got "row.ru"\n  {}\n  {8}^'),
        ("(acme.ru or row.ru", "this ( is never closed\n  {}\n  {0}^"),
        ("(acme.ru row.ru)", 'expected `and`, `or` or ), got "row.ru"\n  {}\n  {9}^'),
        ("acme.ru)", "there is no ( for this )\n  {}\n  {7}^"),
        ("not and acme.ru", "expected a term before `and`; an address of this name needs quotes\n  {}\n  {4}^"),
        ("acme.ru or", "expected a term, such as label=gold or an address\n  {}\n  {10}^"),
        ("tier=", "a value is missing after tier=\n  {}\n  {5}^"),
        ("tier=)", 'a value is missing after tier=, got ")"\n  {}\n  {5}^'),
        ('city="Nizhny', "this quote is never closed; a quote in a word needs the others\n  {}\n  {5}^"),
        ("acme.ru or =gold", "a key is missing here, such as label=gold\n  {}\n  {11}^"),
        # as other languages write it
        ("tier==gold", "write tier= with one sign; a value that begins with this needs quotes\n  {}\n  {5}^"),
        ("acme.ru or tier!==gold", "write tier!= with one sign; a value that begins with this needs quotes"),
        ("tier=~gold", "write tier= with one sign"),
        ("!tier=gold", "write `not` for this !, such as `not tier=gold` or tier!=gold\n  {}\n  {0}^"),
        ("acme.ru or !(row.ru)", "write `not` for this !, such as `not tier=gold` or tier!=gold\n  {}\n  {11}^"),
        ("acme.ru && row.ru", 'expected `and`, `or` or the end, got "&&"; write `and`\n  {}\n  {8}^'),
        ("(acme.ru || row.ru)", 'expected `and`, `or` or ), got "||"; write `or`\n  {}\n  {9}^'),
        (
            "acme.ru or tier=gold|iron",
            "write `or` for |, with spaces around it; in a value it needs quotes\n  {}\n  {20}^",
        ),
        ("'a|b'||acme.ru", "write `or` for ||, with spaces around it; in a value it needs quotes\n  {}\n  {5}^"),
        ("acme.ru&&row.ru", "write `and` for &&, with spaces around it"),
        ("'city' = 'Nizhny'*", 'expected `and`, `or` or the end, got "="'),
        ("not " * (MAX_DEPTH + 1) + "a.ru", f"stand in one another more than {MAX_DEPTH} deep"),
        ("(" * 10_000, f"stand in one another more than {MAX_DEPTH} deep"),
    ],
)
def test_what_is_no_expression_is_shown_with_the_place(expression, said):
    with pytest.raises(UsageError) as error:
        selection(("acme.ru",), (expression,))

    for number in range(21):
        said = said.replace(f"{{{number}}}", " " * number)
    assert str(error.value).startswith("--exclude: ")
    assert said.replace("{}", expression) in str(error.value)
    with pytest.raises(ExpressionError, match="at character"):
        parse(expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("lable=gold", 'no site has a label "lable"; did you mean "label"?\n  lable=gold\n  ^'),
        ("acme.ru or teir=gold", 'no site has a label "teir"; did you mean "tier"?\n  acme.ru or teir=gold\n  {11}^'),
        ("zzz=1", 'no site has a label "zzz"; known are city, hours, kind, pilot, tier\n'),
        ("group=dealer", 'no site group is named "dealer"; did you mean "dealers"?'),
        ("group=deal*", 'no site group is named "deal*"; group= compares exactly, for a glob write group~deal*'),
        ("client=acne", 'no client is named "acne"; did you mean "acme"?'),
        ("account=studios", 'no account is named "studios"; did you mean "studio"?'),
        ("not widget=standart", 'no site uses a widget named "standart"; did you mean "standard"?'),
        ("manager=zoe", 'no site uses a manager named "zoe"; known are anna, boris'),
        ("kind=row", 'no kind of resource is named "row"; for the label kind write label=kind:row'),
        ("kind=sites", 'no kind of resource is named "sites"; did you mean "site"?'),
        ("address=*.ru", "no address has a wildcard; address= compares exactly, for a glob write address~*.ru"),
    ],
)
def test_a_name_that_the_project_does_not_know_is_an_error_even_where_nothing_is_fine(project, expression, said):
    chosen = selection((), (expression,), allow_empty=True)

    with pytest.raises(PlanError) as error:
        chosen.require_known(project)

    assert str(error.value).startswith("--exclude: " + said.replace("{11}", " " * 11))


@pytest.mark.parametrize(
    ("select", "exclude", "missed"),
    [
        (("tier=silver", "acme.ru"), (), "--select tier=silver matches nothing"),
        (("acme.ru",), ("nowhere.ru",), "--exclude nowhere.ru matches nothing"),
        (("acme.ru",), ("*.ru",), "--select acme.ru --exclude *.ru leaves nothing"),
        (("changed and tier=silver",), (), "--select changed and tier=silver matches nothing"),
        (("client=acme and kind=client and changed",), (), None),  # nothing is changed, and that is no mistake
        ((), (), None),
    ],
)
def test_what_matches_nothing_is_an_error_unless_that_is_fine(project, select, exclude, missed):
    for allow_empty in (False, True):
        chosen = selection(select, exclude, allow_empty=allow_empty)
        for one in declared_in(project):
            chosen.may_have(one)
        if missed is None or allow_empty:
            chosen.require_match()
        else:
            with pytest.raises(PlanError) as error:
                chosen.require_match()
            assert str(error.value).startswith(missed)


@pytest.mark.parametrize(
    ("select", "said"),
    [
        (
            "tier=golb",
            ': no site has "golb" as its label tier; did you mean "gold"? Where that is fine, say --allow-empty',
        ),
        (
            "tier=zzz",
            ': no site has "zzz" as its label tier; known are gold, iron; where that is fine, say --allow-empty',
        ),
        (
            "label=piolt",
            ': no site has a label "piolt", or one with this value; did you mean "pilot"? Where that is fine',
        ),
        ("acme.ur", ': no address that a file declares is "acme.ur"; did you mean "acme.ru"? Where that is fine'),
        ("*.acne.ru", ': no address that a file declares is "*.acne.ru"; did you mean "acme.ru"? Where'),
        ("окно.рф", ': no address that a file declares is "окно.рф"; did you mean "окна.рф"? Where that is fine'),
        ("client=acme and acme.ur", ': no address that a file declares is "acme.ur"; did you mean "acme.ru"?'),
        ("tier=gold and tier=iron", "; it takes an address, a glob such as '*.ru', "),  # each of them is there
    ],
)
def test_what_matches_nothing_is_told_with_what_was_meant(project, select, said):
    chosen = selection((select,))
    chosen.require_known(project)
    for one in declared_in(project):
        chosen.may_have(one)

    with pytest.raises(PlanError) as error:
        chosen.require_match()

    assert str(error.value).startswith(f"--select {select} matches nothing{said}")


def test_signs_of_other_languages_are_values_in_quotes_and_parts_of_addresses():
    for text, value in (("x='a|b&&c'", "a|b&&c"), ('x="=a"', "=a"), ("acme.ru/?a=1&b=2", "acme.ru/?a=1&b=2")):
        assert parse(text).value == value


LIVE = Live(Address("studio", "site", "old.ru"), 7, ())


@pytest.mark.parametrize(
    ("select", "exclude", "selected"),
    [
        ((), (), True),
        (("old.ru",), (), True),
        (("account=studio and client=acme and kind=site",), (), True),
        (("not address=acme.ru",), (), True),
        (("changed",), (), True),
        # Nobody knows what it belonged to while a file declared it.
        (("tier=gold",), (), False),
        (("not tier=gold",), (), False),
        (("group!=dealers",), (), False),
        (("not (widget=standard and old.ru)",), (), False),
        (("old.ru or tier=gold",), (), True),
        (("not (tier=gold and acme.ru)",), (), True),
        (("old.ru",), ("group=dealers",), False),
        ((), ("group=dealers and acme.ru",), True),
    ],
)
def test_what_is_only_live_is_known_by_its_address_and_owner(select, exclude, selected):
    chosen = selection(select, exclude)

    assert chosen.has(LIVE, "acme", changed=True) is selected


def test_waves_ask_of_changes():
    gold = Membership({"tier": "gold"}, "dealers", frozenset({"widget/standard"}))
    acme = Address("studio", "client", "acme")
    update = Change(Address("studio", "site", "acme.ru"), Action.UPDATE, "differs", client=acme, member=gold)
    pruned = Change(LIVE.address, Action.DELETE, "is in no file")
    create = Change(acme, Action.CREATE, "not live")

    for text in ("label=gold", "group=dealers", "widget=standard", "client=acme", "changed", "acme.ru"):
        assert means(parse(text), update)
    assert [means(parse("client=acme"), one) for one in (create, pruned)] == [True, False]
    assert [means(parse("not group=dealers"), one) for one in (update, create, pruned)] == [False, True, False]


def test_a_resource_goes_by_its_former_addresses_too():
    now = Address("studio", "site", "new.ru")
    renamed = Subject(now, former=(now.named("old.ru"),))

    for text, expected in (("old.ru", True), ("new.ru", True), ("not address=old.ru", False), ("other.ru", False)):
        assert selection((text,)).of(renamed) is expected
    assert subject(LIVE).client is None
