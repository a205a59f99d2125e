"""How a selection that is half written can go on. Pure: the words that a project knows come in as a value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from reconcile.model.address import KINDS
from reconcile.model.normalize import human_address
from reconcile.planning.select.terms import KEYS, Subject

_KEY: Final = re.compile(r"([^\s()\"'=~!/*?\[\]]+)\s*(!?[=~])\s*")
_WORD: Final = re.compile(r"(?:[^\s()\"']|\"[^\"]*\"|'[^']*')*(?:\"[^\"]*|'[^']*)?")
_NEEDS_QUOTES: Final = re.compile(r"[\s()\"'|]|&&|\A(?:[=~!]|&\Z)")


class Candidate(Struct, frozen=True):
    """A whole expression that begins with what is there. One that is not `finished` wants more: a value, a term."""

    text: str
    finished: bool = True


class Vocabulary(Struct, frozen=True):
    """What can be said of a project: its sites as people write them, and the values of each key and each label."""

    addresses: Collection[str]
    values: Mapping[str, Collection[str]]
    labels: Mapping[str, Collection[str]]


def vocabulary(subjects: Iterable[Subject], accounts: Iterable[str]) -> Vocabulary:
    """The words of what a project declares."""
    addresses: dict[str, None] = {}
    values: dict[str, dict[str, None]] = {key: {} for key in KEYS}
    labels: dict[str, dict[str, None]] = {}
    values["account"] = dict.fromkeys(accounts)
    values["kind"] = dict.fromkeys(KINDS)
    for one in subjects:
        if one.address.kind == "site":
            addresses[human_address(one.address.name)] = None
        if one.client is not None:
            values["client"][one.client] = None
        if one.member is None:
            continue
        if one.member.group is not None:
            values["group"][one.member.group] = None
        for use in one.member.uses:
            kind, _, name = use.partition("/")
            values[kind][name] = None
        for label, value in one.member.labels.items():
            labels.setdefault(label, {})[value] = None
            values["label"][label if value == "true" else value] = None
    values["address"] = addresses
    return Vocabulary(addresses, values, labels)


def completions(text: str, words: Vocabulary) -> Iterator[Candidate]:
    """The expressions that begin with `text`, one word further; nothing where none can."""
    start, operand = _last_word(text)
    head, word = text[:start], text[start:]
    if not operand:
        yield from (Candidate(head + more, finished=False) for more in ("and ", "or ") if more.startswith(word))
        return
    asked = _KEY.match(word)
    if asked is not None:
        known = words.values.get(asked[1], words.labels.get(asked[1], ()))
        yield from _values(head + asked[0], word[asked.end() :], known)
        return
    if word or head:
        yield from (Candidate(head + more, finished=False) for more in ("not ",) if more.startswith(word))
    for key in (*KEYS, *(label for label in words.labels if label not in KEYS and _KEY.fullmatch(f"{label}="))):
        if key.startswith(word):
            yield Candidate(f"{head}{key}=", finished=False)
    if "changed".startswith(word):
        yield Candidate(f"{head}changed")
    yield from _values(head, word, words.addresses)


def _values(head: str, begun: str, known: Iterable[str]) -> Iterator[Candidate]:
    """The values that begin so, which may be behind a quote that is still open."""
    quote = begun[:1] if begun[:1] in ("'", '"') else ""
    plain = begun.removeprefix(quote)
    plain = plain.removesuffix(quote) if quote else plain
    for value in known:
        marks = [mark for mark in (quote, '"', "'") if mark and mark not in value]
        if value.startswith(plain) and (marks or not _NEEDS_QUOTES.search(value)):
            mark = marks[0] if quote or not value or _NEEDS_QUOTES.search(value) else ""
            yield Candidate(f"{head}{mark}{value}{mark}")


def _last_word(text: str) -> tuple[int, bool]:
    """Where the last word begins, and whether it has to be a term; the other words are `and` and `or`."""
    at, operand = 0, True
    while True:
        while at < len(text) and (text[at].isspace() or text[at] in "()"):
            operand = True if text[at] == "(" else False if text[at] == ")" else operand
            at += 1
        asked = _KEY.match(text, at) if operand else None
        found = _WORD.match(text, at if asked is None else asked.end())
        assert found is not None
        if found.end() == len(text):
            return at, operand
        operand = text[at : found.end()].lower() in ("and", "or", "not")
        at = found.end()
