"""The names that a project knows, so that a selection by a name that is misspelt is told from one that is empty."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconcile.model.address import KINDS
from reconcile.model.normalize import did_you_mean, quoted
from reconcile.planning.select.syntax import ExpressionError
from reconcile.planning.select.terms import KEYS, SHARED, Changed, Node, Subject, Term, terms

#: How many names an error lists.
_LISTED: Final = 10
#: What has no name in a project says so in these words.
_SAID: Final = {
    "kind": "no kind of resource is named",
    "account": "no account is named",
    "client": "no client is named",
    "group": "no site group is named",
} | {key: f"no site uses a {key} named" for key in SHARED}


@dataclass(frozen=True, slots=True)
class Names:
    """The names by the key that asks for them, and those of labels."""

    known: Mapping[str, Collection[str]]
    labels: Collection[str]


def names_of(subjects: Iterable[Subject], accounts: Iterable[str]) -> Names:
    """The names of what a project declares, of its accounts, and of its labels."""
    found: dict[str, set[str]] = {key: set() for key in _SAID} | {"kind": set(KINDS), "account": set(accounts)}
    labels: set[str] = set()
    uses: set[str] = set()
    for subject in subjects:
        found["account"].add(subject.address.account)
        if subject.client is not None:
            found["client"].add(subject.client)
        if subject.member is not None:
            labels.update(subject.member.labels)
            uses |= subject.member.uses
            if subject.member.group is not None:
                found["group"].add(subject.member.group)
    for use in uses:
        kind, _, name = use.partition("/")
        found.setdefault(kind, set()).add(name)
    return Names(found, labels)


def check(expression: str, node: Node, names: Names) -> None:
    """Raises `ExpressionError` for a name that the project does not know; a glob may mean nothing."""
    for term in terms(node):
        wrong = None if isinstance(term, Changed) else _wrong(term, names)
        if wrong is not None:
            raise ExpressionError(wrong, expression, term.at)


def _wrong(term: Term, names: Names) -> str | None:
    """What is wrong with a name."""
    if term.label:
        if term.key in names.labels:
            return None
        near = did_you_mean(term.key, {*KEYS, *names.labels})
        return f"no site has a label {quoted(term.key)}{near or _listed(names.labels)}"
    if term.glob:
        return None
    glob = f"; {term.key}= compares exactly, for a glob write {term.key}~{term.value}"
    if term.key == "address":
        return f"no address has a wildcard{glob}" if "*" in term.value else None
    known = names.known[term.key]
    if term.value in known:
        return None
    wild = glob if set(term.value) & set("*?[") else ""
    return f"{_SAID[term.key]} {quoted(term.value)}{wild or did_you_mean(term.value, known) or _listed(known)}"


def _listed(known: Collection[str]) -> str:
    if not known:
        return "; there are none"
    more = ", …" if len(known) > _LISTED else ""
    return f"; known are {', '.join(sorted(known)[:_LISTED])}{more}"
