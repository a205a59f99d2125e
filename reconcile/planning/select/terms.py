"""What a selection is made of, and whether it means a resource. Pure, and as fast as ten thousand sites need.

The logic has three values. None is "nobody knows": the labels, the group and the shared objects of a site that is live
and in no file, which it may have had before somebody took it out; or whether a resource would be changed, before that
has been worked out. What is not surely meant is not selected, so that `not group=dealers` deletes no former dealer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from typing import Final

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.normalize import read_address
from reconcile.model.resource import Membership

#: Keys that mean something of their own; any other is a label's name.
KEYS: Final = (
    "address",
    "account",
    "client",
    "group",
    "kind",
    "label",
    "widget",
    "schedule",
    "manager",
    "blacklist",
)
#: Those of shared objects: a site is among their users also through one another.
SHARED: Final = ("widget", "schedule", "manager", "blacklist")


class Subject(Struct, frozen=True):
    """What can be asked of a resource. `client` is the name of the client that it is, or belongs to.

    `member` is None for what no file declares, and `changed` None where that is not known yet. `former` are other
    addresses that it goes by.
    """

    address: Address
    client: str | None = None
    member: Membership | None = None
    changed: bool | None = None
    former: tuple[Address, ...] = ()


class Term(Struct, frozen=True):
    """`key=value`, or `key~value` where it is a `glob`; `at` is where it stands in the expression, from 0.

    A `label` is asked for by its own name, so that `key` may be anything; an address or a glob alone has no key.
    """

    key: str
    value: str
    glob: bool
    at: int
    label: bool = False


class Changed(Struct, frozen=True):
    """`changed`: what a plan would change."""

    at: int


class Not(Struct, frozen=True):
    """What `part` does not mean."""

    part: Node


class And(Struct, frozen=True):
    """What all parts mean."""

    parts: tuple[Node, ...]


class Or(Struct, frozen=True):
    """What any part means."""

    parts: tuple[Node, ...]


Node = Term | Changed | Not | And | Or


def holds(node: Node, subject: Subject) -> bool | None:
    """Whether an expression means a resource; None where nobody knows."""
    match node:
        case Term():
            return _term(node, subject)
        case Changed():
            return subject.changed
        case Not():
            known = holds(node.part, subject)
            return None if known is None else not known
        case And():
            return _all(holds(part, subject) for part in node.parts)
        case Or():
            return any_holds(node.parts, subject)


def any_holds(nodes: Iterable[Node], subject: Subject) -> bool | None:
    """Whether any of several expressions means a resource."""
    known: bool | None = False
    for node in nodes:
        match holds(node, subject):
            case True:
                return True
            case None:
                known = None
    return known


def _all(each: Iterable[bool | None]) -> bool | None:
    known: bool | None = True
    for one in each:
        if one is False:
            return False
        known = one if one is None else known
    return known


def terms(node: Node) -> Iterable[Term | Changed]:
    """What an expression is made of, from left to right."""
    match node:
        case Not():
            yield from terms(node.part)
        case And() | Or():
            for part in node.parts:
                yield from terms(part)
        case _:
            yield node


def _term(term: Term, subject: Subject) -> bool | None:
    address, member, fits = subject.address, subject.member, fnmatchcase if term.glob else _is
    match term.key:
        case _ if term.label:
            return None if member is None else term.key in member.labels and fits(member.labels[term.key], term.value)
        case "" | "address":
            same = glob_matches if term.glob else _is_address
            return same(term.value, address) or any(same(term.value, one) for one in subject.former)
        case "account":
            return fits(address.account, term.value)
        case "kind":
            return fits(address.kind, term.value)
        case "client":
            return subject.client is not None and fits(subject.client, term.value)
    if member is None:
        return None
    if term.key == "label":
        return _any_label(term.value, member)
    if term.key == "group":
        return member.group is not None and fits(member.group, term.value)
    use = f"{term.key}/{term.value}"
    return any(fnmatchcase(one, use) for one in member.uses) if term.glob else use in member.uses


def _is(text: str, value: str) -> bool:
    return text == value


def _any_label(value: str, member: Membership) -> bool:
    """`gold`: a label with this value, or one of this name that is true; `tier:gold`: this value of this label."""
    name, _, rest = value.partition(":")
    return any(
        fnmatchcase(known, value)
        or (known == "true" and fnmatchcase(key, value))
        or (key == name and fnmatchcase(known, rest))
        for key, known in member.labels.items()
    )


# --- addresses --------------------------------------------------------------------------------------------------------


def glob_matches(pattern: str, address: Address) -> bool:
    """Whether a glob means an address: the whole of it, or its site in either spelling, whatever the case."""
    if _is_address(pattern, address):
        return True
    matches, name = _compiled(pattern), address.name
    if matches(name.lower()) or matches(str(address).lower()):
        return True
    return "xn--" in name and bool(matches(address.human.lower()) or matches(address.shown.lower()))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Callable[[str], object]:
    return re.compile(translate(pattern.lower())).match


def _is_address(text: str, address: Address) -> bool:
    """Whether a text is an address in any spelling: that of a site, or the whole of one."""
    name, whole = _canonical(text)
    return address.name.lower() == name or ("/" in whole and str(address).lower() == whole)


@lru_cache(maxsize=1024)
def _canonical(text: str) -> tuple[str, str]:
    """A text as the name of a site, and as a whole address, lower-cased; both as they are in DNS."""
    lowered = text.lower()
    account, kind, name = (*lowered.split("/", 2), "", "")[:3]
    return _site(lowered), f"{account}/{kind}/{_site(name)}" if kind == "site" else lowered


def _site(text: str) -> str:
    try:
        return read_address(text)
    except ValueError:  # a glob is no address
        return text
