"""Expressions of policies: what they see, what they may name, and that none of them goes on for long."""

from __future__ import annotations

import time

import pytest

from reconcile.model.expressions import VARIABLES, ExpressionError, Missing, Names, compiled, facts
from reconcile.model.fields import kinds

NAMES = Names(kinds([("widget", "raw", "colour")]), {"labels": {"tier"}})

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
            "tuesday": {"from": 24, "to": 24, "enable": True},
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
        ("answers(site, 'tuesday') || closes(site, 'tuesday') < 24", False),  # it is turned on for no time at all
        ("answers(site, 'friday')", True),  # at hours that nobody can read
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
        ("true ? site.report_email : true", "it is neither true nor false"),
        ("(site.auto_payment ? null : null) ? true : false", "a condition is neither true nor false"),
        ("['satday'].all(day, answers(site, day))", '"satday" is no day; did you mean "saturday"?'),
        ("opens(site, 'friday') < 13", 'the hour of friday can\'t be read: "noon"'),
        ("before[name] == 'x'", "it looks into something that is null, or has nothing below it"),
        ("before.exists(key, key == 'url')", "it goes over something that is null, or no list"),
        ("answers(before, 'monday')", "`answers` does not go with null and text"),
        ("site.managers[3].phone == ''", "it looks for entry [3], where [0] is the first, and the list has only 1"),
        ("name.matches('(' + name)", "invalid regular expression: missing ): (окна.рф"),
        ("9223372036854775807 + site.widget.call_time > 0", "integer overflow"),
        ("['nme'].exists(key, site.managers[0][key] == '')", 'there is no "nme"'),
    ],
)
def test_what_can_not_be_told_is_said_in_a_sentence(text, said):
    with pytest.raises(ExpressionError) as error:
        ask(text)

    assert error.value.message == said


#: What names of a project an expression may ask for, and texts that are none of them: where each stands, and why.
GIVEN_NAMES = {
    "labels": {"tier", "city"},
    "account": {"studio"},
    "client": {"acme"},
    "group": {"dealers"},
    "uses": {"widget/standard", "manager/anna", "schedule/standard-week"},
    "provider": {"pozvonim", "chaser"},
}
ONE_OF_ACTIONS = "; it is one of create, delete, noop, update"
MOSCOW = "Europe/Moscow"
STANDARD = '; did you mean "widget/standard"?'
DAYS = "monday, tuesday, wednesday, thursday, friday, saturday, sunday"
NEVER = [
    ("action == 'destroy'", 11, f'`action` is never "destroy"{ONE_OF_ACTIONS}'),
    ("'updated' != action", 1, '`action` is never "updated"; did you mean "update"?'),
    ("name == 'x' || !(action in ['create', 'remove'])", 39, f'`action` is never "remove"{ONE_OF_ACTIONS}'),
    ("kind == 'Site'", 9, '`kind` is never "Site"; did you mean "site"?'),
    ("provider == 'pozvonin'", 13, '`provider` is never "pozvonin"; did you mean "pozvonim"?'),
    ("account == 'stuido'", 12, 'no account is named "stuido"; did you mean "studio"?'),
    ("client == 'amce'", 11, 'no client is named "amce"; did you mean "acme"?'),
    ("group in ['dealer']", 11, 'no site group is named "dealer"; did you mean "dealers"?'),
    ("'widget/standrad' in uses", 1, f'nothing that a site can use is named "widget/standrad"{STANDARD}'),
    (
        "'standard' in uses",
        1,
        f'a site uses widget/…, schedule/…, manager/…, blacklist/…, and not "standard"{STANDARD}',
    ),
    ("answers(site, 'funday')", 15, '"funday" is no day; did you mean "sunday"?'),
    ("closes(after, 'x') > 3", 15, '"x" is no day; there are ' + DAYS),
    ("labels.teir == 'gold'", 8, 'no site has a label "teir"; did you mean "tier"?'),
    ("name.matches('(')", 14, "invalid regular expression: missing ): ("),
    ("site.managers.all(m, matches(m.name, '[а-'))", 38, "invalid regular expression: missing ]: [а-"),
    ("site.widget.call_time", 1, "`site.widget.call_time` is neither true nor false; compare it with what it is to be"),
    ("name == '' || (!site['url'])", 17, "`site.url` is neither true nor false; compare it with what it is to be"),
    ("site.widget && true", 1, "`site.widget` is neither true nor false; compare it with what it is to be"),
    ("((after)) && true", 3, "`after` is a resource, and neither true nor false; ask for a field of it"),
    ("labels.tier", 1, '`labels.tier` is a text, and neither true nor false; compare it, as in labels.tier == "…"'),
    ("client ? true : false", 1, '`client` is a text, and neither true nor false; compare it, as in client == "…"'),
    ("site.labels.tier == 'gold'", 6, '`site` has no "labels"; write `labels.tier`'),
    ("not site.auto_payment", 1, "expected `!` here, got `not`"),
    # However it is written.
    ("(action) == 'creat'", 13, '`action` is never "creat"; did you mean "create"?'),
    ("action == ('updat')", 12, '`action` is never "updat"; did you mean "update"?'),
    ("action == '\\x63reat'", 11, '`action` is never "creat"; did you mean "create"?'),
    ("['creat', 'delete'].exists(a, a == action)", 2, '`action` is never "creat"; did you mean "create"?'),
    (
        "changed.exists(c, c == 'widget.schedul')",
        24,
        'there is no field "widget.schedul"; did you mean "widget.schedule"?',
    ),
    ("changed.exists(f, f.startsWith('wigdet.'))", 32, '`f` never begins with "wigdet."; did you mean "widget"?'),
    ("changed == ['call_tim']", 13, 'there is no field "call_tim"; did you mean "widget.call_time"?'),
    ("!(('widget.schedul') in changed)", 4, 'there is no field "widget.schedul"; did you mean "widget.schedule"?'),
    ("action.startsWith('upt')", 19, '`action` never begins with "upt"; did you mean "update"?'),
    ("uses.exists(u, u == 'widget/standrad')", 21, f'nothing that a site can use is named "widget/standrad"{STANDARD}'),
    # Of another type than the field's, or not as documents have it.
    ("labels.n == 5", 13, '`labels.n` is never 5: labels are texts; write "5"'),
    ("true != labels['vip']", 1, '`labels.vip` is never true: labels are texts; write "true"'),
    ("site == null", 6, "`==` does not go with a mapping and null"),
    ("'' != client", 1, "`client` is never empty: without one it is null"),
    ("client == 5", 11, "`client` is text, and never 5"),
    ("action == null", 8, "`==` does not go with text and null"),
    ("uses == 'widget/standard'", 6, "`==` does not go with a list and text"),
    ("site.auto_payment == 1", 22, "`site.auto_payment` is never 1; write true"),
    ("site['auto_payment'] != 'true'", 25, '`site.auto_payment` is never "true"; write true'),
    ("site.auto_payment in [true, 'yes']", 29, '`site.auto_payment`: expected true or false, got "yes"'),
    ("site.widget.call_time == '45'", 26, '`site.widget.call_time` is never "45"; write 45'),
    ("before.widget.call_time == 28.5", 28, "`before.widget.call_time`: expected a whole number, got 28.5"),
    (
        "after.timezone == 'europe/moscow'",
        19,
        f'`after.timezone`: expected a time zone such as {MOSCOW}, got "europe/moscow"; did you mean "{MOSCOW}"?',
    ),
    ("site.widget.schedule.saturday.enable != 0", 41, "`site.widget.schedule.saturday.enable` is never 0; write false"),
    (
        "['monday'].all(d, site.widget.schedule[d].from == '9')",
        51,
        '`site.widget.schedule[…].from` is never "9"; write 9',
    ),
    ("site.report_email == true", 22, "`site.report_email` is never true; it is text"),
    (
        "site.managers[0].phone == 84951234567",
        27,
        '`site.managers[0].phone` is never 84951234567; write "+74951234567"',
    ),
    (
        "site.managers.all(m, m.phone != '+7 342 021-30-40')",
        33,
        '`m.phone` is never "+7 342 021-30-40"; write "+73420213040"',
    ),
    (
        "site.managers.filter(m, m.name != '')[0].name == null",
        50,
        "`site.managers.filter(…)[0].name` is never null: without a value it is ''",
    ),
    ("site.managers.all(m, m.nme == '')", 24, '`m` has no "nme"; did you mean "name"?'),
    ("site.managers[0].fax != ''", 18, '`site.managers[0]` has no "fax"; it has phone, name, region'),
    ("site.managers == 'x'", 18, "`site.managers`: expected a list"),
    (
        "'192.0.2.1/32' in site.blacklists.ip",
        1,
        'an entry of `blacklists.ip` is never "192.0.2.1/32"; write "192.0.2.1"',
    ),
    ("site.blacklists.phone.exists(p, p == 5)", 38, "an entry of `blacklists.phone` is never 5; it is text"),
    ("site.report_email == null", 22, "`site.report_email` is never null: without a value it is ''"),
    ("opens(site, 'monday') == '9'", 26, '`opens(…)` is a number, and never "9"'),
    (
        "site.managers.all(site, site.phone != '')",
        19,
        "`site` is a variable; call the elements of `all` something else",
    ),
]


@pytest.mark.parametrize(("text", "column", "said"), NEVER, ids=[text for text, *_ in NEVER])
def test_what_can_never_be_is_refused_at_its_place(text, column, said):
    names = Names(kinds([]), GIVEN_NAMES)
    with pytest.raises(ExpressionError) as error:
        compiled(text, names)
    with pytest.raises(ExpressionError) as below:
        compiled(f"true &&\n  {text}" if "?" not in text else f"true &&\n  ({text})", names)

    assert (error.value.message, error.value.line, error.value.column) == (said, 1, column)
    assert (below.value.message, below.value.line) == (said, 2)


@pytest.mark.parametrize(
    "text",
    [
        "labels.region == 'ural' && labels['legacy'] == null",  # in another project there are such
        "account == 'desk' || client == 'globex' || group == 'shops'",
        "'widget/legacy' in uses || 'schedule/night' in uses",
        "action + 'd' == 'updated' && 'up' + 'dated' == action",
        "action.startsWith('del') && ('a-' + kind) == 'a-site'",
        "name in ['destroy'] && name == 'Site' && labels.tier == 'delete'",
        "action == r'create' || kind == 'si\\x74e' || action.startsWith('del')",
        "changed.exists(c, c.startsWith('widget.')) || changed == ['widget.call_time'] || changed == []",
        "['gold', 'update'].exists(t, t == labels.tier || t == action)",
        "site.auto_payment == false || site.report_period in [null, 60, 60.0] || labels.n == '5'",
        "site.url == 'http://acme.ru/' && site.managers == [] && before == null && site.managers[0].region == ''",
        "site.widget.raw.colour in [1, 'red'] || site.widget.schedule.monday.from in [9, '10:30']",
        "site.managers[0].phone == '+74951234567' && site.blacklists.ip.all(ip, ip != '' && ip != '192.0.2.1')",
        "(before == null ? 'x' : before.widget.timezone) == 5 || site.widget[name] == 'x'",
        "site.auto_payment && !(site.widget.schedule.monday.enable) && (before == null || before.auto_payment)",
        "site.widget.raw.colour && site.url.startsWith('a') && !site.url.contains('b')",
        "site.auto_payment ? site.url != '' : site.managers.exists(m, m.name == '')",
        "(site.widget.call_time) > 3 && name.matches(labels.tier)",
        r"name.matches('^\\d+$') && name.matches(r'^\d+$')",
    ],
)
def test_what_may_be_is_not_complained_about(text):
    names = Names(kinds([("widget", "raw", "colour")]), GIVEN_NAMES)

    assert compiled(text, names)
    assert compiled("labels.teir == 'x' && account == 'stuido'", Names(kinds([]), {}))  # nobody knows the names


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
