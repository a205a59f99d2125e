"""The layout of `fmt` as data (each folder of `cases/` holds a text and what becomes of it), and what it never does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_projects import ADDRESSES, sites

from reconcile.config.load import parse
from reconcile.editing.files import Source
from reconcile.editing.formatting import formatted_text
from reconcile.editing.layout import Unusual, laid_out

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/before.yaml"))
#: Every file of the repository that is YAML, however odd.
FILES = sorted(
    path
    for folder in ("examples", "reconcile/cli/starter", "tests/config/cases", "tests/planning", "tests/editing/cases")
    for path in (ROOT / folder).rglob("*.yaml")
)


def text_of(path):
    return path.read_bytes().decode()


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_text_becomes_this(case):
    before, after = text_of(case / "before.yaml"), text_of(case / "after.yaml")

    assert laid_out(before) == after
    assert laid_out(after) == after
    assert parse(before.encode(), "") == parse(after.encode(), "")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_windows_file_stays_one(case):
    text = text_of(case / "before.yaml").replace("\n", "\r\n")

    assert formatted_text(Source(case, "x.yaml", "\ufeff" + text)) == text_of(case / "after.yaml").replace("\n", "\r\n")


def test_every_file_here_means_the_same_laid_out_anew():
    """`formatted_text` raises where a value or a comment is lost; what is no YAML can't come there."""
    seen = 0
    for path in FILES:
        text = text_of(path)
        try:
            value, faults = parse(text.encode(), "")
        except Exception:  # noqa: BLE001 - broken on purpose
            continue
        if faults or not isinstance(value, dict):
            continue
        once = formatted_text(Source(path.parent, path.name, text))
        assert formatted_text(Source(path.parent, path.name, once)) == once, path
        seen += 1
    assert seen > 300


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("sites:\n  ? acme.ru\n  : {}\n", "`?`"),
        ("sites: {}\n? widgets\n: {}\n", "`?`"),
        ("a: x\u2028b\n", r"U\+2028"),
        ("--- {sites: {}}\n", "the line of its `---`"),
        ("just text\n", "begins with a section"),
    ],
)
def test_what_has_no_canonical_layout_is_left(text, what):
    with pytest.raises(Unusual, match=what):
        laid_out(text)


def test_what_is_written_at_the_end_without_the_end_of_a_line_keeps_its_value():
    assert laid_out("sites: {}\nwidgets:\n  a: |\n    x") == "widgets:\n  a: |-\n    x\n\nsites: {}\n"


AWKWARD = {
    "text without a line end, kept": ("a: |+\n  x", "a: |-\n  x\n"),
    "text without anything, kept": ("- a: |+", "- a: |-\n"),
    "text that ends in blanks": ("a: |+\n  x\n  ", "a: |+\n  x\n"),
    "text that moves up from the end": ("e:\nblacklists:\n f: |+\n  x", "blacklists:\n  f: |-\n    x\n\ne:\n"),
    "blank lines that move down to the end": ("p: |+\n\nmanagers:\n\n", "managers:\n\np: |+\n\n"),
    "comment below a text": ("u: |\n    x\n  # c\nv: 1\n", "u: |\n  x\n # c\n\nv: 1\n"),
    "comment below no text": ("u:\n  a: |2\n   # c\n  b: 1\n", "u:\n  a: |2\n  # c\n  b: 1\n"),
    "braces with a comment in a list": ("- f: { # c\n  a: 1}\n", "- f: { # c\n   a: 1}\n"),
    "braces with a comment on their own line": (
        "f:\n - a:\n    { # c\n     b: 2}\n",
        "f:\n  - a: { # c\n      b: 2}\n",
    ),
    "braces on their own line": ("f:\n - a:\n    { # c\n     b: 2}\n", "f:\n  - a: { # c\n      b: 2}\n"),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_texts_keep_their_meaning_and_are_laid_out_at_once(name):
    before, after = AWKWARD[name]

    assert laid_out(before) == after
    assert laid_out(after) == after
    assert yaml.load(before, yaml.CSafeLoader) == yaml.load(after, yaml.CSafeLoader)


@st.composite
def commented(draw):
    """A project as somebody might have written it, with comments that name the key they belong to."""
    project = {"sites": draw(sites(draw(ADDRESSES))), "version": 1, "managers": {"anna": {"phone": "+74951234567"}}}
    beside = draw(st.booleans())  # whether there are comments; those inside of {…} stay where they are
    text = yaml.dump(
        project,
        sort_keys=draw(st.booleans()),
        default_flow_style=False if beside else draw(st.sampled_from([False, None])),
        indent=draw(st.integers(2, 6)),
        width=10**6 if beside else draw(st.sampled_from([20, 80])),
        allow_unicode=True,
        default_style=draw(st.sampled_from([None, None, "'", '"'])),
    )
    lines = []
    for number, line in enumerate(text.splitlines()):
        key = re.match(r"( *)[\"']?([a-z_]+)[\"']?:( |$)", line) if beside else None
        place = draw(st.sampled_from(["", "", "above", "beside", "blank"])) if key else ""
        if place == "above":
            lines.append(f"{key[1]}# above {key[2]} {number}")
        elif place == "blank":
            lines += ["", ""]
        lines.append(line + (f"  # beside {key[2]} {number}" if place == "beside" else ""))
    return "\n".join(lines) + "\n"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(commented())
def test_comments_travel_with_their_keys_and_nothing_changes_its_meaning(text):
    once = formatted_text(Source(ROOT, "x.yaml", text))

    assert formatted_text(Source(ROOT, "x.yaml", once)) == once
    lines = once.splitlines()
    for number, line in enumerate(lines):
        if found := re.search(r"# beside ([a-z_]+) \d+$", line):
            assert re.match(rf" *(- )*[\"']?{found[1]}[\"']?:", line)
        if found := re.search(r"# above ([a-z_]+) \d+$", line):
            below = next(other for other in lines[number + 1 :] if other and not other.lstrip().startswith("#"))
            assert re.match(rf" *(- )*[\"']?{found[1]}[\"']?:", below)
    for comment in re.findall(r"# (?:above|beside) .*", text):
        assert once.count(comment + "\n") == 1
