"""Expressions of policies: what they see, what they may name, and that none of them goes on for long."""

from __future__ import annotations

import time

import pytest

from reconcile.model.expressions import VARIABLES, ExpressionError, Missing, Names, compiled, facts
from reconcile.model.fields import kinds

NAMES = Names(kinds([("widget", "raw", "colour")]), frozenset({"tier"}))

SITE = {
    "url": "acme.ru",
    "report_email": "",
    "report_period": None,
    "auto_payment": False,
    "managers": [{"phone": "+74951234567", "name": "Анна", "region": ""}],
    "blacklists": {"ip": ["203.0.113.7"], "url": [], "phone": [], "referer": []},
    "widget": {
        "call_time": 28,
        "schedule": {
            "monday": {"from": 9, "to": 18, "enable": True},
            "saturday": {"from": "10:30", "to": 15, "enable": False},
            "friday": {"from": "noon", "to": 18, "enable": True},
            "sunday": {"from": None, "to": None, "enable": None},
        },
    },
}
GIVEN = {
    "site": SITE,
    "before": None,
    "after": SITE,
    "labels": {"tier": "gold"},
    "uses": ["widget/standard"],
    "changed": ["widget.call_time", "widget"],
    "client": None,
    "name": "окна.рф",
    "action": "create",
}


def ask(text, **given):
    expression = compiled(text, NAMES)
    assert expression.use.variables <= VARIABLES.keys()
    return expression.holds(facts(GIVEN | given))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site.widget.call_time == 28 && site['widget'].call_time < 28.5", True),
        ("labels.tier == 'gold' && client == null && 'widget/standard' in uses", True),
        ("labels['tier'] in ['silver', 'iron']", False),
        ("answers(site, 'monday')", True),
        ("answers(site, 'saturday')", False),
        ("answers(site, 'sunday') && opens(site, 'sunday') == 9 && closes(site, 'sunday') == 18", True),  # documented
        ("opens(site, 'saturday') == 10.5 && opens(site, 'monday') <= 9", True),
        ("['monday', 'sunday'].all(day, answers(site, day))", True),
        ("['monday', 'saturday'].exists_one(day, site.widget.schedule[day].enable)", True),
        ("site.managers.all(m, m.phone.startsWith('+7') && m.region == '')", True),
        ("site.blacklists.ip.filter(ip, ip.startsWith('203.')).size() == 1", True),
        ("site.managers.all(m, m.region in ['', labels.tier] && site.managers[[0][0]] == m)", True),
        ("['monday'].all(d, {'monday': 9}[d] == opens(site, d))", True),
        ("name.endsWith('.рф') && name.matches('^[а-я.]+$')", True),
        ("before == null || before.auto_payment == true", True),
        ("'widget' in changed && !('widget.schedule' in changed)", True),
        ("action == 'create' // and nothing else", True),
        ("site.report_email == '' ? site.report_period == null : site.report_email.contains('@')", True),
        ("after.auto_payment == site.auto_payment", True),
    ],
)
def test_an_expression_is_true_or_false(text, expected):
    assert ask(text) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site.report_period > 60", "`>` does not go with null and a whole number"),
        ("site.url > 3", "`>` does not go with text and a whole number"),
        ("before.auto_payment == false", "it looks into something that is null, or has nothing below it"),
        ("site.report_email", "it is neither true nor false"),
        ("site.report_period ? true : false", "a condition is neither true nor false"),
        ("answers(site, 'satday')", '"satday" is no day; did you mean "saturday"?'),
        ("opens(site, 'friday') < 13", 'the hour of friday can\'t be read: "noon"'),
        ("answers(before, 'monday')", "`answers` does not go with null and text"),
        ("site.managers[3].phone == ''", "Index error: index=3 size=1"),
        ("name.matches('(')", "invalid regular expression: missing ): ("),
        ("9223372036854775807 + site.widget.call_time > 0", "integer overflow"),
        ("site.managers.all(m, m.nme == '')", 'there is no "nme"'),
    ],
)
def test_what_can_not_be_told_is_said_in_a_sentence(text, said):
    with pytest.raises(ExpressionError) as error:
        ask(text)

    assert error.value.message == said


def test_what_is_not_known_matters_only_where_the_rest_does_not_decide():
    unknown = {"site": {"auto_payment": True, "widget": {}}}

    assert ask("site.widget.call_time > 3 || site.auto_payment", **unknown) is True
    assert ask("site.widget.call_time > 3 && !site.auto_payment", **unknown) is False
    for text in (
        "site.widget.call_time > 3",
        "!site.auto_payment || answers(site, 'monday')",
        "!(site.report_period > 3)",
    ):
        with pytest.raises(Missing):
            ask(text, **unknown)


@pytest.mark.parametrize("text", ["profile.api_key == ''", "before.password == ''", 'after["password"] != null'])
def test_no_expression_names_a_secret(text):
    with pytest.raises(ExpressionError, match="is a secret, which no policy can read"):
        compiled(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 33 + "true" + ")" * 33,
        "(" * 3000 + "true" + ")" * 3000,
        "true" + " && true" * 10_000,
        "1" + " + 1" * 500 + " > 0",
        "\ud800 == name",
        "name == 'a\x00",
        "'" * 3999,
        "site" + ".widget" * 500,
        "[" * 2000,
        "/*" * 1000,
        "😀 == name",
    ],
)
def test_a_monster_is_refused_at_once(text):
    began = time.perf_counter()
    with pytest.raises(ExpressionError):
        compiled(text, NAMES)

    assert time.perf_counter() - began < 2


#: So many entries that what goes over all of them for each of them, for each of them, would go on for hours.
LARGE = {"site": {"blacklists": {"ip": [f"10.0.{n // 256}.{n % 256}" for n in range(3000)]}}}


@pytest.mark.parametrize(
    "inner",
    [
        "site.blacklists.ip.all(y, x != '' && y != '')",
        "site.blacklists.ip.exists(y, site.blacklists.ip.exists(z, x == y && y == z && z == ''))",
        "x.size() > 0 && site.blacklists.ip.filter(y, true).size() > 0",
        "(site.blacklists.ip + site.blacklists.ip).size() > 0",
    ],
)
def test_no_expression_goes_on_for_long(inner):
    began = time.perf_counter()
    with pytest.raises(ExpressionError, match=r"10,000 steps|can't stand inside"):
        ask(f"site.blacklists.ip.all(x, {inner})", **LARGE)

    assert time.perf_counter() - began < 2


def nested(literal, element="{}"):
    """A macro over a list that holds that of the macro around it many times over, and so on."""
    text = "z != z"
    for level in range(9, 0, -1):
        text = f"{literal.format(f'a{level}')}.exists({element.format('z' if level == 9 else f'a{level + 1}')}, {text})"
    return f"[[1]].exists({element.format('a1')}, {text})"


@pytest.mark.parametrize(
    "literal",
    [
        "[[{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]]",
        "[{{'k': {0}, 'l': {0}, 'm': {0}}}]",
        "[{{'k': [{0}, {0}, {0}]}}.k]",
        "[[true ? {0} : {0}, ({0}), [{0}][0]]]",
        "[[google.protobuf.ListValue{{values: [{0}, {0}, {0}]}}]]",
    ],
)
def test_no_expression_makes_lists_of_what_it_goes_over(literal):
    began = time.perf_counter()
    for element in ("{}", "(({}))", " // y,\n {} "):
        with pytest.raises(ExpressionError, match=r'can\'t be made of "a1", which a macro goes over'):
            ask(nested(literal, element))

    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        ".action == 'delete'",
        "true && (.has(name))",
        "site.?url == optional.none()",
        "[1].transformList(i, v, v) == []",
        "lists.range(1000000).size() > 0",
        "cel.bind(x, site, x == x)",
        "'%s'.format([site]) == ''",
        "name.replace('a', 'b') == ''",
        "proto.hasExt(site, x)",
    ],
)
def test_there_is_no_other_way_to_a_value(text):
    with pytest.raises(ExpressionError) as error:
        compiled(text, NAMES)

    assert error.value.column


def test_an_expression_says_what_it_uses():
    use = compiled("answers(before, 'monday') && site.managers.size() > 0 && before != null", NAMES).use

    assert use.variables == {"site", "before"}
    assert use.kinds == {"site"}
    assert use.paths == {"widget.schedule", "managers"}
    assert not use.whole
    assert compiled("site.widget == before.widget", NAMES).use.whole
    assert compiled("action != 'delete'", NAMES).use.kinds == {"site", "client", "profile"}
    assert compiled("after.timezone == 'Europe/Moscow'", NAMES).use.kinds == {"profile"}
    assert compiled("site.widget.raw.colour == 'red'", NAMES).use.paths == {"widget.raw.colour"}
