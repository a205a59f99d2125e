"""The HTML report as text: all of the plan is in it, nothing in it reaches out, and hostile names are only names."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import big_plans
import html_plans
import pytest
from msgspec.structs import replace

from reconcile.config.week import DAYS
from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.model.fields import kinds
from reconcile.planning.plan import Diagnostic, Plan, Severity
from reconcile.planning.planfile import dump, load
from reconcile.reports.fields import of_a_week
from reconcile.reports.formats import plan_as
from reconcile.reports.html import page as html_page
from reconcile.reports.html import plan_html
from reconcile.reports.html.page import LANGUAGES, json_script, texts
from reconcile.reports.html.pictures import place, week

HERE = Path(html_page.__file__).parent
SOURCES = "".join(path.read_text(encoding="utf-8") for path in [*HERE.glob("script/*.js"), HERE / "page.html"])
PLANS = {
    "everything": html_plans.showcase,
    "hostile": html_plans.hostile,
    "in waves": html_plans.in_waves,
    "nothing": lambda: Plan((), 3, {}),
    "only errors": lambda: Plan((), 0, {}, (Diagnostic(Severity.ERROR, "studio/site/a.ru", "<b>no</b>"),)),
}


class Page(HTMLParser):
    """The elements of a page with their attributes, and what stands in scripts, style and `noscript`."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.inside, self.path = [], {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "link"):
            self.path.append((tag, dict(attributes).get("id", "")))

    def handle_endtag(self, tag):
        assert self.path.pop()[0] == tag

    def handle_data(self, data):
        for where in self.path:
            self.inside[where] = self.inside.get(where, "") + data

    @property
    def data(self):
        return json.loads(self.inside["script", "report-data"])


@pytest.fixture(scope="module", params=PLANS)
def made(request):
    plan = PLANS[request.param]()
    text = plan_html(plan)
    return plan, text, Page(text)


def test_the_page_asks_nobody_for_anything(made):
    _, _, page = made

    attributes = {(tag, name, value) for tag, found in page.elements for name, value in found.items()}
    assert {one for one in attributes if one[1] in ("href", "src", "srcset", "action", "style", "data", "poster")} == {
        ("link", "href", "data:,"),  # the icon, which a browser would ask for
        ("a", "href", "#main"),
    }
    assert not [name for _, name, _ in attributes if name.startswith("on")]
    own = page.inside["style", ""] + page.inside["script", ""]
    assert set(re.findall(r"\w+://[^\"'\s)]+", own)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.findall(
        r"@import|url\(|fetch\(|XMLHttpRequest|innerHTML|outerHTML|insertAdjacent|eval\(|import\(", own
    )


def test_nothing_but_the_page_itself_may_run(made):
    _, _, page = made

    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")

    def hashed(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": hashed(page.inside["style", ""]),
        "script-src": hashed(page.inside["script", ""]),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_whatever_the_plan_says_the_page_has_the_same_elements(made):
    _, _, page = made

    assert page.path == []
    assert page.elements[3:] == Page(plan_html(PLANS["nothing"]())).elements[3:]
    assert [tag for tag, _ in page.elements].count("script") == 3


def test_every_change_is_there_with_its_values(made):
    plan, _, page = made
    data = page.data
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["changes"]]

    shown = {
        (data["names"][row["account"]], row["kind"], row["name"], row["action"]): {
            data["fields"][field]["path"]: [data["values"][before], data["values"][after]]
            for field, before, after in data["variants"][row["variant"]]
        }
        for row in rows
    }

    assert len(rows) == len(shown) == len(plan.changes)
    assert data["summary"] == plan.summary
    for change in plan.changes:
        told = shown[change.address.account, change.address.kind, clean(change.address.human), change.action.value]
        assert ("widget.schedule" in told) is any(of_a_week(item.field) for item in change.fields)
        assert {path: values for path, values in told.items() if path != "widget.schedule"} == {
            clean(item.field.path): [cleaned(value) for value in item.shown]
            for item in change.fields
            if not of_a_week(item.field)
            and not (change.action is Action.CREATE and (item.field.path == "url" or item.shown[1] in ("", [])))
        }


def test_everything_that_is_said_is_there_errors_first(made):
    plan, _, page = made
    said = [(one.severity.value, one.message) for one in plan.diagnostics]
    said += [("manual", step.message) for step in plan.manual]

    shown = [(one["level"], one["message"]) for one in page.data["said"]]

    assert set(shown) == {(level, clean(message)) for level, message in said}
    order = [("error", "warning", "manual").index(level) for level, _ in shown]
    assert order == sorted(order)


def cleaned(value):
    """A shown value with the characters that a terminal would obey as escapes."""
    if isinstance(value, dict):
        return {clean(key): cleaned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [cleaned(part) for part in value]
    return clean(value) if isinstance(value, str) else value


def test_secrets_and_turns_of_direction_are_not_in_the_page(made):
    _, text, _ = made

    assert "s3cret" not in text
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_names_are_data_and_nothing_else():
    page = plan_html(html_plans.hostile())

    for text in ("<script>alert", "<img src=x", "<svg onload", "</script><script>"):
        assert text not in page
    names = Page(page).data["names"]
    assert {"<script>alert(1)</script>", "evil\\u202egnp.exe", "__proto__", "{{ data }}{{ script }}"} <= set(names)


def test_json_in_a_script_is_the_same_data():
    text = json_script(html_plans.HOSTILE)

    assert json.loads(text) == list(html_plans.HOSTILE)
    assert not re.search("[<>&\u2028\u2029]", text)


def test_a_saved_plan_makes_the_same_page():
    plan = html_plans.in_waves()

    saved, _ = load(dump(plan, "project"), None, None)

    assert plan_html(saved) == plan_html(plan)


def test_the_same_plan_makes_the_same_page():
    assert plan_html(html_plans.showcase()) == plan_html(html_plans.showcase())


def test_a_page_of_thousands_that_are_alike_is_small():
    few, many = (len(plan_html(html_plans.alike(number))) for number in (10, 2010))

    assert (many - few) / 2000 < 100  # bytes a site, its name among them


def test_a_plan_without_whole_resources_is_shown_without_pictures():
    data = Page(
        plan_html(big_plans.plan([big_plans.change("a.ru", Action.UPDATE, {"widget.button_position": (1, 2)})]))
    ).data

    assert (data["weeks"], data["places"]) == ([], [])
    assert [field["path"] for field in data["fields"]] == ["widget.button_position"]


def test_a_plan_that_is_refused_is_headed_so():
    broken = Diagnostic(Severity.ERROR, "studio/site/a.ru", "reports are costly", rule="slow")
    for made, refused in (
        (plan_html(Plan((), 1, {}, (broken,))), True),
        (plan_as("html", Plan((), 1, {}), refused=["6 sites would be deleted"]), True),
        (plan_html(Plan((), 1, {}, (replace(broken, severity=Severity.WARNING),))), False),
    ):
        page = Page(made)
        assert page.data["refused"] is refused
        assert page.inside["h1", "title"] == texts("en")["title_refused" if refused else "title"]


def test_who_reads_it_without_the_script_reads_the_plan():
    page = Page(plan_html(html_plans.showcase()))

    assert "- праздник-2019.рф (id 3)" in page.inside["noscript", ""]
    assert "Plan: 2 to create, 43 to update, 2 to delete" in page.inside["noscript", ""]


# --- pictures ---------------------------------------------------------------------------------------------------------

OPEN = {f"widget.schedule.{day}.{part}": value for day in DAYS for part, value in (("from", 9), ("to", 18))}


@pytest.mark.parametrize(
    ("monday", "drawn"),
    [
        ({"enable": True}, (540, 1080)),
        ({"enable": True, "from": "10:30", "to": 24}, (630, 1440)),
        ({"enable": True, "from": 20, "to": 4}, (1200, 240)),
        ({"enable": True, "from": 18}, None),
        ({"enable": False}, None),
        ({}, None),
    ],
)
def test_a_day_is_drawn_at_its_hours(monday, drawn):
    shown = OPEN | {f"widget.schedule.monday.{part}": value for part, value in monday.items()}

    assert week(shown) == {"zone": "", "days": [drawn, *[None] * 6]}


@pytest.mark.parametrize("hours", [{"from": "soon"}, {"to": None}, {"from": "25:99"}])
def test_a_week_that_nobody_can_read_is_not_drawn(hours):
    shown = OPEN | {"widget.schedule.sunday.enable": True}

    assert week(shown | {f"widget.schedule.sunday.{part}": value for part, value in hours.items()}) is None


@pytest.mark.parametrize(
    ("live", "declared", "zones"),
    [
        ({"timezone_auto": 1}, {"timezone_auto": False}, [None, "Europe/Moscow"]),
        ({"timezone_auto": 0}, {"timezone_auto": True}, ["Europe/Moscow", None]),
        ({"timezone_auto": 0}, {"timezone": "Asia/Omsk"}, ["Europe/Moscow", "Asia/Omsk"]),
        ({"timezone_auto": 1}, {"timezone": "Asia/Omsk"}, None),
    ],
)
def test_a_site_that_follows_its_visitors_has_their_time_zone(live, declared, zones):
    data = Page(plan_html(html_plans.one_widget(live, declared))).data

    weeks = data["changes"][0][data["columns"].index("week")]
    assert (weeks and [data["weeks"][number]["zone"] for number in weeks]) == zones


def test_live_sites_in_no_file_are_said():
    assert Page(plan_html(html_plans.refused())).data["undeclared"] == [["studio", 2, 5]]


def test_what_has_no_widget_has_no_place():
    assert place({"email": "owner@acme.ru"}) is None
    assert week({"email": "owner@acme.ru"}) is None


def test_sites_with_the_same_hours_share_a_picture():
    data = Page(plan_html(html_plans.alike(50))).data

    assert len(data["weeks"]) == 2
    assert {tuple(row[data["columns"].index("week")]) for row in data["changes"]} == {(0, 1)}


# --- languages --------------------------------------------------------------------------------------------------------

FORMS = {"en": {"one", "other"}, "ru": {"one", "few", "many", "other"}}


def test_every_language_says_the_same():
    english, *others = (texts(language) for language in LANGUAGES)

    for other in others:
        assert [key for key in english if key not in other] == [key for key in other if key not in english] == []
        for key in set(english) - {"fields", "days", "reasons"}:
            assert _slots(english[key]) == _slots(other[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_has_all_forms_of_the_language(language):
    for key, text in texts(language).items():
        if isinstance(text, dict) and key != "fields":
            assert set(text) == FORMS[language], key
    assert len(texts(language)["days"]) == 7


def test_russian_has_a_name_for_every_field():
    paths = {field.path for kind in kinds([]).values() for field in kind.fields if ".schedule." not in field.path}

    assert {path for path, _ in texts("ru")["fields"]} == paths | {"widget.schedule"}


def test_every_text_is_used_and_every_used_one_is_there():
    known = set(texts("en"))
    begun = tuple(re.findall(r"say\(`(\w+_)\$\{", SOURCES))  # say(`action_${name}`)

    assert set(re.findall(r"""(?:say\(|data-text=|data-label=)"(\w+)\"""", SOURCES)) <= known
    assert {key for key in known if f'"{key}"' not in SOURCES and not key.startswith(begun)} == {
        "days",
        "fields",
        "reasons",
    }


def _slots(text):
    forms = text.values() if isinstance(text, dict) else [text]
    return {slot for form in forms for slot in re.findall(r"\{(\w+)\}", form)}
