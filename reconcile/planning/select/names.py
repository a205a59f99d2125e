"""The names that a project knows, so that a selection by a name that is misspelt is told from one that is empty.

A name that nothing has is an error (`check`); a label's value or an address that nothing has may be meant, and only
explains why nothing was selected (`why_nothing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct

from reconcile.model.address import KINDS, Address
from reconcile.model.normalize import did_you_mean, quoted
from reconcile.planning.select.syntax import ExpressionError
from reconcile.planning.select.terms import KEYS, SHARED, Changed, Node, Subject, Term, glob_matches, terms

#: How many names an error lists.
_LISTED: Final = 10
#: What has no name in a project says so in these words.
_SAID: Final = {
    "kind": "no kind of resource is named",
    "account": "no account is named",
    "client": "no client is named",
    "group": "no site group is named",
} | {key: f"no site uses a {key} named" for key in SHARED}


class Names(Struct, frozen=True):
    """The names by the key that asks for them, the values of labels by their names, and all addresses."""

    known: Mapping[str, Collection[str]]
    labels: Mapping[str, Collection[str]]
    addresses: Sequence[Address]


def names_of(subjects: Iterable[Subject], accounts: Iterable[str]) -> Names:
    """The names of what a project declares, of its accounts, and of its labels."""
    found: dict[str, set[str]] = {key: set() for key in _SAID} | {"kind": set(KINDS), "account": set(accounts)}
    labels: dict[str, set[str]] = defaultdict(set)
    uses: set[str] = set()
    addresses = []
    for subject in subjects:
        addresses.append(subject.address)
        found["account"].add(subject.address.account)
        if subject.client is not None:
            found["client"].add(subject.client)
        if subject.member is not None:
            for label, value in subject.member.labels.items():
                labels[label].add(value)
            uses |= subject.member.uses
            if subject.member.group is not None:
                found["group"].add(subject.member.group)
    for use in uses:
        kind, _, name = use.partition("/")
        found.setdefault(kind, set()).add(name)
    return Names(found, labels, addresses)


def check(expression: str, node: Node, names: Names) -> None:
    """Raises `ExpressionError` for a name that the project does not know; a glob may mean nothing."""
    for term in terms(node):
        wrong = None if isinstance(term, Changed) else _wrong(term, names)
        if wrong is not None:
            raise ExpressionError(wrong, expression, term.at)


def why_nothing(node: Node, names: Names) -> str:
    """Why an expression means nothing, by the first of its terms that nothing can have; empty where there is none."""
    for term in terms(node):
        if isinstance(term, Changed):
            continue
        if term.label:
            values = names.labels.get(term.key, ())
            if not any(fnmatchcase(value, term.value) for value in values):
                near = did_you_mean(term.value, values) or _listed(values)
                return f"no site has {quoted(term.value)} as its label {term.key}{near}"
        elif term.key == "label":
            values = {*names.labels, *(value for values in names.labels.values() for value in values)}
            if ":" not in term.value and not any(fnmatchcase(value, term.value) for value in values):
                near = did_you_mean(term.value, values) or _listed(values)
                return f"no site has a label {quoted(term.value)}, or one with this value{near}"
        elif term.key in ("", "address") and not any(glob_matches(term.value, one) for one in names.addresses):
            every = {name for one in names.addresses for name in (one.human, one.name) if name}
            return f"no address that a file declares is {quoted(term.value)}{did_you_mean(term.value, every)}"
    return ""


def empty_said(why: str, takes: str = "") -> str:
    """The end of a message that something matches nothing: why, or what it takes, and how that is allowed."""
    allow = "here that is fine, say --allow-empty"
    said = f": {why}" if why else f"; {takes}" if takes else ""
    return f"{said} W{allow}" if why.endswith("?") else f"{said}; w{allow}"


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
    if term.value in names.labels.get(term.key, ()):
        said = f"{_SAID[term.key]} {quoted(term.value)}"
        return f"{said}; for the label {term.key} write label={term.key}:{term.value}"
    wild = glob if set(term.value) & set("*?[") else ""
    return f"{_SAID[term.key]} {quoted(term.value)}{wild or did_you_mean(term.value, known) or _listed(known)}"


def _listed(known: Collection[str]) -> str:
    if not known:
        return "; there are none"
    more = ", …" if len(known) > _LISTED else ""
    return f"; known are {', '.join(sorted(known)[:_LISTED])}{more}"
