"""Somebody types in bash, zsh and fish, and presses Tab: what stands on the line then is what a program would get."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminals import WORDS, shell

from reconcile.cli.shells import Word, bash_words, inserted

#: What is typed, and the words that the shell makes of the line after Tab. Each has one candidate.
LINES = {
    "a command": ("reconcile dri", ["reconcile", "drift"]),
    "an option": ("reconcile plan --detailed", ["reconcile", "plan", "--detailed-exitcode"]),
    "a choice": ("reconcile plan --format js", ["reconcile", "plan", "--format", "json"]),
    "a site": ("reconcile widget dealer-o", ["reconcile", "widget", "dealer-one.ru"]),
    "a site in Cyrillic": ("reconcile why окна-", ["reconcile", "why", "окна-мастер.рф"]),
    "a site with a port": ("reconcile why beta.example:80", ["reconcile", "why", "beta.example:8080"]),
    "a whole address": ("reconcile why studio/site/окна", ["reconcile", "why", "studio/site/окна-мастер.рф"]),
    "a field": ("reconcile why acme.ru widget.call_", ["reconcile", "why", "acme.ru", "widget.call_time"]),
    "a shared object": ("reconcile move widget/st", ["reconcile", "move", "widget/standard"]),
    "a client with spaces": ("reconcile clients Окн", ["reconcile", "clients", "Окна и двери"]),
    "a client in quotes": ("reconcile clients 'Окна и", ["reconcile", "clients", "Окна и двери"]),
    "an escaped space": ("reconcile clients Окна\\ и", ["reconcile", "clients", "Окна и двери"]),
    "a label's value": ("reconcile plan --select tier=go", ["reconcile", "plan", "--select", "tier=gold"]),
    "a label, and then its value": (
        "reconcile plan --select tie\tgre",
        ["reconcile", "plan", "--select", "tier=green"],
    ),
    "a folder, and then what is in it": ("reconcile show pl\tol\t", ["reconcile", "show", "plans/old/last year.json"]),
    "more than one term": (
        "reconcile plan --select 'tier=gold and not client=ac",
        ["reconcile", "plan", "--select", "tier=gold and not client=acme"],
    ),
    "a value with a space": (
        "reconcile plan --exclude 'city=Ни",
        ["reconcile", "plan", "--exclude", 'city="Нижний Новгород"'],
    ),
    "a value with a space, in the other quotes": (
        'reconcile plan --exclude "city=Ни',
        ["reconcile", "plan", "--exclude", 'city="Нижний Новгород"'],
    ),
    "a value with a space, without quotes": (
        "reconcile plan --exclude city=Ни",
        ["reconcile", "plan", "--exclude", 'city="Нижний Новгород"'],
    ),
    "a saved plan": ("reconcile show plans/mon", ["reconcile", "show", "plans/monday.json"]),
    "a saved plan with a space": ("reconcile show plans/old/la", ["reconcile", "show", "plans/old/last year.json"]),
    "after another folder": (
        "reconcile -C '../my project' why dealer-t",
        ["reconcile", "-C", "../my project", "why", "dealer-two.ru"],
    ),
    "with a variable of its own": ("A=1 reconcile why dealer-t", ["A=1", "reconcile", "why", "dealer-two.ru"]),
    "a choice behind =": ("reconcile plan --format=mark", ["reconcile", "plan", "--format=markdown"]),
    "a selection behind =": ("reconcile plan --select=ti\tgo", ["reconcile", "plan", "--select=tier=gold"]),
    "a value in quotes behind =": (
        "reconcile plan --select='city=Ни",
        ["reconcile", "plan", '--select=city="Нижний Новгород"'],
    ),
    "a format and its file behind =": (
        "reconcile plan --write=ma\tplans/not",
        ["reconcile", "plan", "--write=markdown=plans/notes.txt"],
    ),
    "nothing that fits": ("reconcile why nobody", ["reconcile", "why", "nobody"]),
}


@pytest.fixture
def bash(declared, at_a_terminal, program_of):
    with shell([program_of("bash"), "--norc", "--noprofile", "-i"], at_a_terminal, declared) as running:
        running.run(f'eval "$(reconcile completion bash)"; {WORDS}')
        yield running


@pytest.fixture
def zsh(declared, at_a_terminal, program_of):
    with shell([program_of("zsh"), "-f", "-i"], at_a_terminal, declared) as running:
        running.run("unsetopt prompt_cr prompt_sp; bindkey -e; autoload -Uz compinit; compinit -u -D")
        running.run(f'eval "$(reconcile completion zsh)"; {WORDS}')
        yield running


def test_bash_gets_what_is_meant(bash):
    assert {name: bash.words(line) for name, (line, _) in LINES.items()} == {
        name: words for name, (_, words) in LINES.items()
    }


@pytest.mark.long
def test_zsh_gets_what_is_meant(zsh):
    assert {name: zsh.words(line) for name, (line, _) in LINES.items()} == {
        name: words for name, (_, words) in LINES.items()
    }


def test_bash_goes_on_in_quotes_where_one_word_needs_another(bash):
    assert bash.words("reconcile plan --select 'tie\tre")[3:] == ["tier=green"]
    assert bash.words("reconcile plan --select 'pilot=true an\tclient=ac")[3:] == ["pilot=true and client=acme"]


def test_bash_shows_what_there_is_to_choose_from(bash):
    bash.type("reconcile plan --select tier=\t\t\t")
    bash.until("gold")
    bash.until("green")


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, (line, _) in LINES.items() if "\t" not in line])
def test_fish_gets_what_is_meant(name, declared, at_a_terminal, program_of):
    """By fish's own account of what it would put on the line; quoting is its own affair then."""
    line, words = LINES[name]
    asked = "reconcile completion fish | source; complete --do-complete $argv[1]"

    done = subprocess.run(
        [program_of("fish"), "--no-config", "-c", asked, line],
        env=at_a_terminal,
        cwd=declared,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    offered = [shown.partition("\t")[0] for shown in done.stdout.splitlines()]
    assert offered == ([] if name == "nothing that fits" else [words[-1]])


#: All that a name can have, and what bash gives a meaning.
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["C", "Z"]), st.sampled_from(" $`'\"\\!*?[]{}()<>|&;#~=:")))


@given(text=TEXTS, quote=st.sampled_from(["", "'", '"']))
@settings(deadline=None)
def test_what_is_inserted_is_read_back_as_the_same_word(text, quote):
    line = f"reconcile plan {quote}{inserted(text, quote)}"

    if text or quote:
        assert bash_words(line)[-1].text == text
        assert bash_words(line)[-1].quote == quote
        assert bash_words(f"{line}{quote} x")[2:] == [Word(text, line[15:] + quote), Word("x", "x")]


@given(texts=st.lists(st.tuples(TEXTS.filter(bool), st.sampled_from(["", "'", '"'])), min_size=20, max_size=40))
@settings(max_examples=10, deadline=None)
def test_bash_reads_what_is_inserted_as_what_was_meant(texts):
    words = " ".join(f"{quote}{inserted(text, quote)}{quote}" for text, quote in texts)

    done = subprocess.run(["bash", "--norc", "-c", f"printf '%s\\0' {words}"], capture_output=True, check=True)

    assert done.stdout.decode().split("\0")[:-1] == [text for text, _ in texts]
