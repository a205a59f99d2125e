"""The HTML report in a real browser: what is clicked works, nothing is fetched, and nobody is shut out."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from importlib.util import find_spec

import browser as browsers
import html_plans
import pytest

from reconcile.reports.html import plan_html

pytestmark = pytest.mark.long

#: Set where a browser has to be there, so that these tests can't be left out unnoticed.
NEEDED = "RECONCILE_TESTS_NEED_CHROMIUM"
PLANS = {
    "showcase": html_plans.showcase,
    "hostile": html_plans.hostile,
    "alike": lambda: html_plans.alike(2000),
    "in waves": html_plans.in_waves,
    "different": lambda: html_plans.different(1000),
    "refused": html_plans.refused,
}


@pytest.fixture(scope="module")
def chromium():
    if browsers.program() is None or find_spec("playwright") is None:
        if os.environ.get(NEEDED):
            pytest.fail(f"{NEEDED} is set, and Chromium or Playwright is not installed")
        pytest.skip("Chromium or Playwright is not installed")
    with browsers.browser() as running:
        yield running


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    return {name: browsers.written(folder, name, plan_html(make())) for name, make in PLANS.items()}


@dataclass
class Opened:
    """A report in a tab; `asked` are the addresses that the tab asked for, `wrong` what it complained of."""

    tab: object
    address: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def text(self, where):
        return self.tab.inner_text(where)

    @property
    def names(self):
        """The sites that are named in blocks of their own or in lists."""
        return set(self.tab.locator(".block h3 bdi, .block .sites bdi").all_inner_texts())


@pytest.fixture
def opened(chromium, addresses):
    contexts = []

    def open_(name, fragment="", *, language="en-US", scheme="light", size=(1280, 900), **more):
        context = chromium.new_context(
            locale=language, color_scheme=scheme, viewport={"width": size[0], "height": size[1]}, **more
        )
        contexts.append(context)
        tab = context.new_page()
        report = Opened(tab, addresses[name])
        tab.on("request", lambda request: report.asked.append(request.url))
        tab.on("console", lambda message: report.wrong.append(message.text))
        tab.on("pageerror", lambda error: report.wrong.append(str(error)))
        tab.on("dialog", lambda dialog: (report.wrong.append(dialog.message), dialog.dismiss()))
        tab.goto(addresses[name] + fragment)
        return report

    yield open_
    for context in contexts:
        context.close()


def choose(report, facet, name):
    report.tab.select_option(f"#facet-{facet}", f"={name}")


def counts(report, facet):
    return dict(
        re.findall(r"(.+) \((\d+)\)", "\n".join(report.tab.locator(f"#facet-{facet} option").all_inner_texts()))
    )


# --- filters ----------------------------------------------------------------------------------------------------------


def test_filters_combine_and_count(opened):
    report = opened("showcase")
    assert report.text("#count") == "All 47 changes are shown"

    choose(report, "client", "acme")
    assert report.text("#count") == "2 of 47 changes are shown"
    assert report.names == {"acme.ru", "shop.acme.ru"}
    assert counts(report, "field")["widget.mobile_enable"] == "1"
    assert counts(report, "field")["report_email"] == "0"

    choose(report, "field", "auto_payment")
    assert report.text("#count") == "1 of 47 changes is shown"
    assert report.names == {"acme.ru"}
    # Of the filter itself it says what its other values would show.
    assert {name: n for name, n in counts(report, "field").items() if n != "0"}["widget.schedule"] == "1"

    report.tab.click("#reset")
    assert report.text("#count") == "All 47 changes are shown"


@pytest.mark.parametrize(
    ("facet", "name", "number"),
    [
        ("account", "studio", 47),
        ("client", "globex", 2),
        ("client", "", 43),
        ("group", "dealers", 40),
        ("action", "delete", 2),
        ("field", "widget.call_time", 40),
    ],
)
def test_each_filter_shows_what_its_count_says(opened, facet, name, number):
    report = opened("showcase")
    index = [*report.tab.locator(f"#facet-{facet} option").evaluate_all("all => all.map((one) => one.value)")].index(
        f"={name}"
    )
    said = re.search(r"\((\d+)\)", report.tab.locator(f"#facet-{facet} option").nth(index).inner_text())[1]

    choose(report, facet, name)

    assert (said, report.text("#count").split()[0]) == (str(number), str(number))


def test_a_view_is_kept_in_the_address_and_comes_back(opened):
    report = opened("showcase")
    choose(report, "group", "dealers")
    report.tab.fill("#facet-search", "teplo-07")
    report.tab.click("#language")
    report.tab.click("#theme")
    fragment = "#" + report.tab.url.partition("#")[2]
    assert fragment == "#group=dealers&search=teplo-07&lang=ru&theme=dark"

    again = opened("showcase", fragment)

    assert again.text("#count") == "Показано 1 изменение из 47"
    assert again.names == {"teplo-07.ru"}
    assert again.tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    again.tab.evaluate("location.hash = '#action=delete'")
    again.tab.wait_for_function("document.getElementById('count').textContent.startsWith('2 of')")


@pytest.mark.parametrize(
    "fragment", ["#client=nobody&action=", "#%E0%A4%A", "#__proto__=1&constructor=2", "#lang=xx&theme=pink"]
)
def test_an_address_that_means_nothing_shows_everything(opened, fragment):
    report = opened("showcase", fragment)

    assert report.text("#count") == "All 47 changes are shown"
    assert report.wrong == []


def test_a_tile_filters_by_its_action(opened):
    report = opened("showcase")

    report.tab.click(".tile.delete")

    assert report.names == {"old-landing.ru", "праздник-2019.рф"}
    assert report.tab.get_attribute(".tile.delete", "aria-pressed") == "true"
    report.tab.click(".tile.delete")
    assert report.text("#count") == "All 47 changes are shown"


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_deletes_and_what_is_to_be_known_come_first(opened):
    report = opened("showcase")

    headings = [text for text in report.tab.locator("h2:visible").all_inner_texts() if text != "Summary"]

    assert headings == [
        "To know before",
        "Show only",
        "Will be deleted",
        "Who answers when",
        "Where the button and the window stand",
        "Lists that grow or shrink",
        "New and changed, side by side",
    ]
    assert "the API key has no right" in report.text("#said")


@pytest.mark.parametrize(
    ("language", "heading", "legend", "places"),
    [
        ("en", "This plan is refused: apply will not carry it out", "no + and no −", "2 (bottom left, assumed)"),
        ("ru", "План отклонён: apply его не выполнит", "без + и −", "2 (слева внизу, предположительно)"),
    ],
)
def test_a_refused_plan_says_so_and_what_it_says_adds_up(opened, language, heading, legend, places):
    report = opened("refused", f"#lang={language}")

    assert report.text("h1") == heading
    assert report.tab.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(179, 38, 30)"
    assert heading in report.tab.title()
    # As many as are listed, though the first is about five sites.
    assert report.tab.inner_text(".tile.warning .number") == str(report.tab.locator("#said li.warning").count()) == "2"
    assert legend in report.text("#week .about")
    assert report.text("#week .card h3") == report.text("#place .card h3") == "a.ru, b.ru, c.ru"
    assert places in report.text("#changes .fields tr:has-text('button_position')")
    assert "1 (" in report.text("#changes .fields tr:has-text('window_position')")


def test_identical_changes_are_one_block_with_the_sites_behind_it(opened):
    report = opened("showcase", "#group=dealers")

    block = report.tab.locator("#changes .block")
    assert block.count() == 1
    assert block.locator("h3").inner_text() == "~ update the same on 40 sites"
    assert block.locator("tr", has_text="teplo-01.ru").inner_text().split() == ["30", "35", "teplo-01.ru"]
    assert report.names == set()
    block.locator("summary", has_text="Which: 40 sites").click()
    block.locator(".sites bdi").nth(39).wait_for()  # the browser says a moment later that it was opened
    assert len(report.names) == 40


def test_sites_with_values_of_their_own_are_shown_one_by_one(opened):
    report = opened("different")
    block = report.tab.locator("#changes .block").first

    block.locator("summary", has_text="Each by itself").click()
    block.locator(".ones > .more").click()

    assert block.locator(".one").count() == 100
    assert "mail-7@example.ru" in block.locator(".one", has_text="dealer-00007.ru").first.text_content()


def test_an_address_is_found_as_the_services_spell_it(opened):
    report = opened("showcase")

    for text in ("xn--", "ПРАЗДНИК"):
        report.tab.fill("#facet-search", text)
        assert "праздник-2019.рф" in report.names
    report.tab.fill("#facet-search", "xn--2019")
    assert report.names == set()


def test_live_sites_in_no_file_are_told_in_both_languages(opened):
    report = opened("refused")
    assert "Live sites that no file declares, and that this plan leaves alone: 2 of 5" in report.text("#said")
    report.tab.click("#language")
    assert "(план их не трогает): 2 из 5" in report.text("#said")


def test_pictures_say_in_words_what_they_show(opened):
    report = opened("showcase", "#group=dealers")
    said = report.tab.locator("#week svg").first.get_attribute("aria-label")
    assert said == "Hours of the week: Mon–Fri: 9:00–18:00 → 9:00–20:00; Sat: closed → 10:00–15:00; Sun: closed"
    assert "3 time zones" in report.text("#week figcaption")

    report = opened("showcase", "#client=acme")
    said = report.tab.locator("#place svg").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert said[:2] == [
        "Desktop and phone, Now: Button: bottom right; Window: in the middle; Shown on phones",
        "Desktop and phone, After: Button: bottom left, 10 % up or down; Window: right; Shown on phones",
    ]
    drawn = report.tab.locator("#place svg circle").evaluate_all("all => all.map((one) => +one.getAttribute('cx'))")
    assert drawn[0] > 75 > drawn[2]  # on the desktop, from the right to the left


def test_the_hours_of_all_sites_are_counted(opened):
    report = opened("showcase")
    report.tab.click("#week summary:has-text('The numbers as a table')")

    rows = dict(line.split("\t", 1) for line in report.text("#week .numbers tbody").splitlines())

    # 40 dealers, the shop and two that go; a new one that answers at night.
    assert rows["10:00"].split("\t") == [*["43 → 41"] * 5, "0 → 40", "1 → 0"]
    assert rows["19:00"].split("\t") == [*["0 → 40"] * 5, "0", "0"]
    assert rows["2:00"].split("\t") == ["0 → 1"] * 7


def test_lists_show_what_comes_and_goes(opened):
    report = opened("showcase")

    assert [line for line in report.text("#lists .card >> nth=2").splitlines() if line] == [
        "Blacklist: phone numbers",
        "1 new, 0 gone; 40 sites",
        "+ +74950000000 on 40 sites",
    ]


@pytest.mark.parametrize(
    ("locale", "lang", "lead"),
    [
        ("ru-RU", "ru", "2 удалить, 2 создать, 43 изменить, 1 сделать вручную"),
        ("de-DE", "en", "2 to delete, 2 to create, 43 to update, 1 to do by hand"),
    ],
)
def test_the_language_is_the_browsers_and_can_be_changed(opened, locale, lang, lead):
    report = opened("showcase", language=locale)

    assert (report.tab.get_attribute("html", "lang"), report.text("#verdict")) == (lang, lead)
    report.tab.click("#language")
    assert report.tab.get_attribute("html", "lang") == ({"ru", "en"} - {lang}).pop()


# --- nothing gets in or out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_fetched_and_nothing_complains(opened, name):
    report = opened(name)
    report.tab.click("#language")
    report.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    report.tab.wait_for_timeout(200)

    assert report.asked == [report.address]
    assert report.wrong == []


def test_hostile_names_are_shown_as_they_are(opened):
    report = opened("hostile")
    report.tab.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert set(html_plans.HOSTILE) - report.names <= {text for text in html_plans.HOSTILE if not text.isprintable()} | {
        "javascript:alert(6)"
    }
    assert report.tab.evaluate("document.scripts.length") == 3
    assert (
        report.tab.evaluate("document.querySelectorAll('img, iframe, object, embed, [onload], [onerror]').length") == 0
    )
    choose(report, "client", html_plans.HOSTILE[0])
    assert report.text("#count") == "1 of 22 changes is shown"
    assert report.wrong == []


def test_the_policy_stops_what_gets_in_all_the_same(opened):
    report = opened("showcase")

    report.tab.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = 1";
          const image = document.createElement("img");
          image.src = "http://127.0.0.1:9/leak";
          image.setAttribute("onerror", "window.ran = 2");
          document.body.append(script, image);
          return fetch("http://127.0.0.1:9/leak").catch(() => 0);
        }"""
    )

    assert report.tab.evaluate("window.ran") is None
    assert len(report.wrong) >= 3
    assert all("Content Security Policy" in text for text in report.wrong)


# --- for everybody ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "size"), [("showcase", (1280, 900)), ("showcase", (390, 844)), ("hostile", (1280, 900))]
)
def test_axe_finds_nothing_serious(opened, name, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    report = opened(name, scheme=scheme, size=size)
    report.tab.evaluate("dispatchEvent(new Event('beforeprint'))")

    found = Axe().run(report.tab).response["violations"]

    faults = {
        one["id"]: [node["html"] for node in one["nodes"]][:3]
        for one in found
        if one["impact"] in ("serious", "critical")
    }
    assert faults == {}, json.dumps(faults, indent=1)


def test_everything_is_reached_by_keyboard(opened):
    report = opened("showcase")
    reached = []
    for _ in range(60):
        report.tab.keyboard.press("Tab")
        reached.append(
            report.tab.evaluate(
                """() => {
                  const at = document.activeElement;
                  const style = getComputedStyle(at);
                  return [at.id || at.tagName + " " + at.textContent.slice(0, 30), style.outlineStyle !== "none"];
                }"""
            )
        )
        if reached[-1][0].startswith("BODY"):
            break

    names = [name for name, _ in reached]
    assert names[:4] == ["A Skip to the plan", "language", "theme", "print"]
    assert [name for name in names if name.startswith("facet-")] == [
        *(f"facet-{facet}" for facet in ("account", "client", "group", "action", "field", "search"))
    ]
    assert "A Who answers when" in names
    assert any(name.startswith("SUMMARY Which: 40 sites") for name in names)
    assert [name for name, outlined in reached if not outlined and not name.startswith("BODY")] == []


def test_a_filter_is_used_by_keyboard_and_said_aloud(opened):
    report = opened("showcase")

    report.tab.focus("#facet-action")
    report.tab.keyboard.press("ArrowDown")

    report.tab.wait_for_function("document.getElementById('count').textContent === '2 of 47 changes are shown'")
    assert report.tab.get_attribute("#count", "aria-live") == "polite"
    assert report.tab.evaluate("document.activeElement.id") == "facet-action"


@pytest.mark.parametrize(
    ("language", "between", "failing"),
    [
        (
            "en-US",
            "Between two waves: a pause of 1 h 30 min, gate command ./check.sh.",
            "2 failures of a wave are borne. A failure takes all waves back.",
        ),
        (
            "ru-RU",
            "Между волнами: пауза 1 ч 30 мин, проверка command ./check.sh.",
            "Допускаются 2 неудачи за волну. После неудачи отменяются все волны.",
        ),
    ],
)
def test_waves_are_told_in_the_language_of_the_reader(opened, language, between, failing):
    report = opened("in waves", language=language)

    assert report.text("#rollout .about") == f"{between} {failing}"
    assert report.tab.locator("#rollout li").count() == 3
    assert "tier=<b>" in report.text("#rollout")
    assert not report.wrong
    assert not opened("showcase", language=language).tab.is_visible("#waves")


def test_links_go_to_headings_and_leave_the_filters_alone(opened):
    report = opened("showcase", "#group=dealers")

    report.tab.click("nav a >> text=Who answers when")

    assert report.tab.evaluate("document.activeElement.id") == "week-title"
    assert report.tab.url.endswith("#group=dealers")


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_does_not_scroll_sideways(opened, name, width):
    report = opened(name, size=(width, 800))

    assert report.tab.evaluate("document.documentElement.scrollWidth") <= width


def test_print_has_everything_open_and_no_controls(opened):
    report = opened("showcase", scheme="dark")
    report.tab.emulate_media(media="print")
    report.tab.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert report.tab.locator("details:not([open])").count() == 0
    assert {"teplo-01.ru", "teplo-40.ru"} <= report.names
    assert report.tab.locator("button:visible, select:visible").count() == 3  # tiles, which are numbers, too
    assert report.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert report.tab.pdf().startswith(b"%PDF")


def test_it_is_read_without_its_script(opened):
    report = opened("showcase", java_script_enabled=False)

    assert "- праздник-2019.рф (id 3)" in report.text("main")
    assert report.text("h1") == "What this plan will do"
