"""Plans as Markdown: each case word for word; and whatever names and values hold, short enough, inert, and complete."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest
from big_plans import SITE, change, dealers, plan
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconcile.errors import ConfigError, PlanError, Problem, ReconcileError
from reconcile.escaping import clean
from reconcile.model.address import Address
from reconcile.model.capabilities import Action
from reconcile.model.fields import kinds
from reconcile.model.rollout import Chosen, Percent, Rollout
from reconcile.planning.plan import Change, Diagnostic, FieldChange, ManualStep, Severity
from reconcile.planning.waves import InWaves, Wave
from reconcile.reports.failed import error_html, error_markdown, error_text
from reconcile.reports.formats import plan_as
from reconcile.reports.gfm import clip, details, fence, name, size, span
from reconcile.reports.markdown import ELSEWHERE, LIMIT, plan_markdown

CREATE, UPDATE, DELETE = Action.CREATE, Action.UPDATE, Action.DELETE
CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())
#: All tags that a document is made of.
OURS = {"h3", "p", "strong", "ul", "li", "details", "summary", "pre", "code"}
#: What a comment could be made to do, as names, values and messages.
HOSTILE = (
    "</details></summary><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- reconcile --> -->",
    "``` \n```\n# heading",
    "`" * 7,
    "` <b> ``` <i> `` <u> `",
    "~~~",
    "a | b || c \\| d",
    "@octocat @org/team fixes #123 GH-1 owner/repo#1 !1 &2 ~label :tada:",
    "[a](javascript:alert(1)) ![b](https://example.org/pixel.png) <https://example.org>",
    "www.example.org https://example.org/?a=b a@example.org",
    "\n/close\n/approve\n- [ ] task\n> quote\n1. one",
    "\u202eoder\u202c \u2066x\u2069 \u200b\ufeff \u2028 \x85 \x00 \x1b[31m \ud800",
    "&lt;b&gt; &#64; &amp;",
    "$$x$$ $`x`$ {{ site }} {% raw %} ${{ github.token }}",
    " leading and trailing ",
    "\\",
    "👩\u200d👧\u200d👦 e\u0301 🇷🇺 \U0001f44d\U0001f3fd",
    "окна.рф",
)


class Page(HTMLParser):
    """The tags of a page, and the texts that stand in `<code>`; those elsewhere are `loose`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.inside: list[str] = []
        self.loose: list[str] = []
        self._depth = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._depth += tag == "code"

    def handle_endtag(self, tag):
        self._depth -= tag == "code"

    def handle_data(self, data):
        (self.inside if self._depth else self.loose).append(data)

    def handle_comment(self, data):
        self.tags.add("<!--")

    def handle_decl(self, decl):
        self.tags.add("<!")

    @property
    def code(self) -> str:
        return "".join(self.inside)


def rendered(markdown: str) -> Page:
    """The page that GitHub's renderer makes, with all HTML let through that GitHub would let through, and more."""
    return Page(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))


def deletes(number, name="old-{:05}.example.ru"):
    return [change(name.format(n), DELETE) for n in range(number)]


def updates(number, group=lambda n: None, **values):
    made = values or {"widget.call_time": (28, 35)}
    return [change(f"site-{n:05}.ru", UPDATE, made, member=dealers(group(n))) for n in range(number)]


def mails(number, long=1):
    return [
        change(f"s{n:05}.ru", UPDATE, {"report_email": ("", f"{'я' * long}{n}@a.ru"), "report_period": (1, 60 + n)})
        for n in range(number)
    ]


# --- what it looks like -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_markdown_is_this_word_for_word(name, plan_of):
    assert plan_markdown(plan_of(name)) == (CASES / name / "expected.md").read_text(encoding="utf-8")


def test_sections_are_by_account_and_group_and_deletes_are_first():
    member = ["dealers", "a|<b>", None]
    made = plan([*updates(3, lambda n: member[n], report_period=(1, 60)), *deletes(2)])
    made_apart = plan([*updates(3, lambda n: member[n])[:1], *mails(1), *deletes(1)])

    assert re.findall("<summary>(.*)</summary>", plan_markdown(made)) == [
        "<code>studio</code>: 2 to delete",
        "<code>studio</code>, several groups: 3 to update",
    ]
    assert re.findall("<summary>(.*)</summary>", plan_markdown(made_apart)) == [
        "<code>studio</code>: 1 to delete",
        "<code>studio</code>: 1 to update",
        "<code>studio</code>, group <code>dealers</code>: 1 to update",
    ]


def test_few_changes_are_open_and_of_many_the_deletes_and_a_table_for_those_who_look():
    few, many = plan_markdown(plan(updates(20))), plan_markdown(plan([*updates(20), *deletes(1)]))

    assert few.count("<details open>") == few.count("<details") == 1
    assert re.findall(r"<details.*>\n<summary>(.*)</summary>", many) == [
        "<code>studio</code>: 1 to delete",
        "Changes by account, group and shared object",
        "<code>studio</code>: 20 to update",
    ]
    assert many.count("<details open>") == 1


def test_what_apply_would_refuse_is_said_where_nobody_sees_the_command():
    made = plan(updates(1))

    assert "- **warning:** `apply will refuse this plan: too <much>`\n" in plan_as(
        "markdown", made, refused=["too <much>"]
    )
    assert plan_as("json", made, refused=["too much"]) == plan_as("json", made)


def test_secrets_are_hidden_and_in_full_everything_is_named():
    field = kinds([])["client"].by_path["password"]
    made = plan(
        [
            Change(Address("studio", "client", "a"), CREATE, "declared", fields=(FieldChange(field, None, "hunter2"),)),
            *updates(30, lambda n: "dealers"),
        ]
    )

    short, full = plan_markdown(made), plan_as("markdown", made, full=True)

    assert "hunter2" not in short + full
    assert "password: (sensitive)" in short
    assert [n for n in range(30) if f"site-{n:05}.ru" not in full] == []
    assert "and 25 more" in short
    assert "more" not in full


# --- what does not fit ------------------------------------------------------------------------------------------------


BIG = {
    "deletes that fit": (plan([*deletes(1300), *mails(9)]), 1300, 0),
    "deletes by name alone": (plan([*deletes(1900), *mails(500)]), 1900, None),
    "deletes that can't be": (plan([*deletes(4_000), *mails(9)]), 4_000, None),
    "long names": (plan(deletes(500, "о" * 300 + "{}.рф")), 500, None),
    "one endless name": (plan([*deletes(1, "x" * 200_000), *deletes(3)]), 4, None),
    "endless back-ticks": (plan([*deletes(1, "`" * 70_000), *deletes(2), *mails(1, 90_000)]), 3, None),
    "many values": (plan(mails(9)), 0, 0),
    "in full": (plan(mails(1500)), 0, None),
    "astral": (plan(deletes(1200, "😀" * 30 + "{}.рф")), 1200, None),
    "line ends": (plan(deletes(4_000, "{}.ru")), 4_000, 0),
    "many groups": (plan(updates(3000, lambda n: f"g{n % 1000}" + "<" * 500)), 0, 0),
    "many errors": (
        plan(
            [*deletes(5), *mails(5)],
            diagnostics=tuple(Diagnostic(Severity.ERROR, f"studio/site/{n}.ru", f"no {n}") for n in range(9000)),
            manual=(ManualStep("studio/site/a.ru", "do it"),),
        ),
        5,
        None,
    ),
}


@pytest.mark.parametrize("name", BIG)
@pytest.mark.parametrize("full", [False, True])
def test_it_is_always_short_enough_and_says_what_is_left_out(name, full):
    made, gone, left_out = BIG[name]

    text = plan_markdown(made, full=full)

    assert size(text) < LIMIT
    assert len(text.encode()) < 4 * LIMIT
    assert len(text.encode("utf-16-le")) // 2 < LIMIT
    assert text.startswith("### Plan: ")
    page = rendered(text)
    assert page.tags <= OURS
    named = sum(clean(one.address.human) in page.code for one in made.changes if one.action is DELETE)
    unnamed = re.search(r"the names of (\d+) of the (\d+) to delete", text)
    if unnamed:
        # A name may stand in a longer one that is named.
        assert named >= gone - int(unnamed[1])
        assert int(unnamed[2]) == gone
        assert f"{gone} to delete, {gone - int(unnamed[1])} of them named here" in text
    else:
        assert named == gone
    assert ("Left out: " in text) == (ELSEWHERE in text)
    if left_out == 0 and not full:
        assert "Left out" not in text


def test_waves_are_inert_and_have_their_place_after_deletes():
    made = plan(updates(30))
    rollout = Rollout((*(Chosen(f"city=```<b>@{n}") for n in range(25)), Percent(100.0)))
    cut = [Wave(n, str(size), made.changes[n - 1 : n]) for n, size in enumerate(rollout.waves, start=1)]
    made = replace(made, rollout=InWaves.of(cut, rollout, len(cut)))
    many = replace(plan([*updates(1), *deletes(3000)]), rollout=made.rollout)

    text, crowded = plan_markdown(made), plan_markdown(many)

    assert "  20 of 26 (city=```<b>@19): 1 site, 20 of 26: " in text
    assert "  and 6 waves more\n````\n" in text
    assert "<b>" not in re.sub(r"````text\n.*?\n````\n", "", text, flags=re.DOTALL)
    assert size(crowded) < LIMIT
    assert ("the waves" in crowded.split("\n\n")[1]) == ("apply</code> goes in" not in crowded)


def test_deletes_are_named_before_anything_else_has_a_place():
    text = plan_markdown(plan([*mails(500, 90), *deletes(1900)]), full=True)

    left_out = int(re.search(r"Left out: (\d+) of 2400 changes \(\1 to update\)", text)[1])
    assert len(re.findall(r"old-\d{5}\.example\.ru", text)) == 1900
    assert text.count("studio/site/s") == 500 - left_out > 0
    assert text.index("old-01899") < text.index("studio/site/s")


def test_blocks_are_whole_or_left_out_and_the_numbers_add_up():
    made = plan(
        [
            change(f"s{n:04}.ru", UPDATE, {"managers": ([], [{"phone": f"+7495{n:07}", "name": "я" * 200}])})
            for n in range(600)
        ]
    )

    text = plan_markdown(made, full=True)

    blocks = re.findall(r"```diff\n(.*?)\n```", text, re.DOTALL)
    assert all(re.fullmatch(r"! studio/site/s\d{4}\.ru.*\n!   managers:\n.*я{200} \+7495\d{7}", one) for one in blocks)
    left_out = int(re.search(r"Left out: (\d+) of 600 changes \(\1 to update\)", text)[1])
    assert len(blocks) + left_out == 600
    assert f"600 to update; {len(blocks)} of them shown</summary>" in text
    assert size(text) > 0.95 * LIMIT


def test_where_the_full_plan_is_can_be_said():
    where = "[The whole plan](https://ci.example/runs/1)."

    text = plan_markdown(plan(mails(1500)), full=True, elsewhere=where)
    assert text.splitlines()[2].endswith(f".** {where}")
    assert ELSEWHERE not in text


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("short", 5, "short"),
        ("longer", 4, "long"),
        ("cafe\u0301 and", 4, "caf"),
        ("a👍\U0001f3fdb", 2, "a"),
        ("ab🇷🇺c", 3, "ab"),
        (r"a\x1bc", 3, "a"),
        (r"a\U0001f600c", 8, "a"),
        (r"a\\x", 9, r"a\\x"),
    ],
)
def test_a_text_is_never_cut_inside_of_a_character(text, most, kept):
    more = len(text) - len(kept)

    assert clip(text, most) == (f"{kept}… ({more} more characters)" if more else kept)


# --- what is foreign --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_foreign_is_inert_and_shown_exactly(text):
    field = SITE.by_path["report_email"]
    every = [
        Change(Address(text, "site", text), DELETE, text, 1),
        Change(Address(text, "site", f"{text}2"), CREATE, text, fields=(FieldChange(field, None, text),)),
        Change(
            Address(text, "site", f"{text}3"),
            UPDATE,
            text,
            3,
            (FieldChange(field, text, f"{text}!"),),
            client=Address(text, "client", text),
            member=dealers(text),
        ),
    ]
    made = plan(
        every,
        diagnostics=(Diagnostic(Severity.ERROR, text.replace("/", ""), text),),
        manual=(ManualStep("", text),),
    )

    page = rendered(plan_markdown(made))

    assert page.tags <= OURS
    assert page.attributes <= {"open", "lang"}
    # Account, name and reason of each change, the values, and what is said.
    assert page.code.count(clean(text).strip()) >= 12
    assert [line for line in "".join(page.loose).split("\n") if not re.fullmatch(r"[-A-Za-z0-9 :;.,]*", line)] == []


@pytest.mark.parametrize(
    "text", [*HOSTILE, "`", "``", "`a", "a`", " a", "a ", "```", "````\n```", "~~~", "</code></pre>"]
)
def test_the_pieces_hold_whatever_stands_in_them(text):
    line = clean(text)

    # Beside what else could end them: other lines of the same, and the text in the same line.
    for piece in (
        fence([line, f"  {line}", "<s>"], "diff"),
        f"{span(line)} and {span(line)}",
        details(name(line), [], shown=True),
    ):
        page = rendered(f"{piece}\n\n# end\n")

        assert page.tags <= OURS | {"h1"}
        assert "".join(page.loose).split() in (["end"], ["and", "end"])
        assert page.code.count(line) >= 1


LETTERS = st.text(st.sampled_from("`~<>&|@#*_[]()!\\/-:. \n\r\t\"'$aя😀\u202e\u0301"), max_size=40)
FOREIGN = LETTERS | st.sampled_from(HOSTILE) | st.builds(str.__mul__, LETTERS, st.integers(1, 200))


@st.composite
def plans(draw):
    """Plans of all that is foreign."""
    texts = draw(st.lists(FOREIGN, min_size=1, max_size=5))
    pick = st.sampled_from(texts)
    field = SITE.by_path["report_email"]
    made = []
    for n in range(draw(st.integers(1, 40))):
        action = draw(st.sampled_from([CREATE, UPDATE, DELETE]))
        before = None if action is CREATE else draw(pick)
        fields = () if action is DELETE else (FieldChange(field, before, draw(pick)),)
        address = Address(draw(pick), "site", f"{draw(pick)}{n}")
        made.append(Change(address, action, draw(pick), n, fields, member=dealers(draw(st.none() | pick))))
    return plan(made, diagnostics=(Diagnostic(Severity.WARNING, "studio", draw(pick)),))


@given(plans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_plan_is_too_long_or_does_anything(made, full):
    text = plan_markdown(made, full=full)

    page = rendered(text)
    assert size(text) < LIMIT
    assert page.tags <= OURS
    assert all(line.isprintable() for line in text.split("\n"))
    if "the names of" not in text:
        assert [
            one.address.human
            for one in made.changes
            if one.action is DELETE and clean(one.address.human) not in page.code
        ] == []


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "title", "said"),
    [
        (
            ConfigError([Problem("a`b.yaml", 1, 2, "no <b>"), Problem("a.yaml", 0, 0, "@you")]),
            "No plan: 2 problems in the project",
            ["a.yaml: @you", "a`b.yaml:1:2: no <b>"],
        ),
        (ReconcileError("no\x1b way"), "No plan: an error", ["no\\x1b way"]),
        (
            PlanError("can't be", [Diagnostic(Severity.ERROR, "studio/site/a.ru", "twice")]),
            "No plan: an error",
            ["can't be:", "- studio/site/a.ru: twice"],
        ),
    ],
)
def test_an_error_is_a_document_of_the_format(error, title, said):
    page, html = rendered(error_markdown(error)), Page(error_html(error))

    assert error_markdown(error).startswith(f"### {title}\n\n- `")
    assert page.tags <= OURS
    assert page.inside == said
    assert [line.strip() for line in error_text(error).splitlines()] == said
    assert html.tags <= {"<!", "html", "head", "meta", "title", "body", "main", "h1", "pre"}
    assert [line.strip() for line in "".join(html.loose).split("\n") if line.strip()] == [title, title, *said]


def test_an_error_of_thousands_of_problems_is_counted():
    text = error_markdown(ConfigError([Problem("a.yaml", n, 1, f"wrong{'я' * 3000}") for n in range(1, 2000)]))

    assert size(text) < LIMIT
    shown = text.count("\n- `")
    assert text.endswith(f"**And {1999 - shown} more lines; `reconcile validate` shows all of it.**\n")
