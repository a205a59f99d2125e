"""The sites behind a block of changes: by group and client where that says it shorter, a few of them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from reconcile.escaping import clean
from reconcile.model.address import Address
from reconcile.planning.plan import Change
from reconcile.planning.summary import group_size
from reconcile.reports.tables import width
from reconcile.reports.words import some

#: Sites that are all named in the head of their block.
NAMED: Final = 12
#: Sites of one group or client that are named, and groups and clients.
_FEW: Final = 5
#: Columns of a line of nothing but names.
_WIDTH: Final = 110

#: How many sites each account, group and shared object has (`planning.summary`).
Declared = Mapping[tuple[str, str], int]
#: How one of them is named.
Name = Callable[[Change], str]


def human(change: Change) -> str:
    """A site by its address, which is enough below the name of its account."""
    return clean(change.address.human)


def in_head(block: Sequence[Change], *, full: bool = False) -> bool:
    """Whether the sites of a block are named in its head: there are few, or nothing groups them and some are enough."""
    return len(block) <= NAMED + 1 or (not full and len(_parts(block)) == 1 and not _owner(block[0]))


def head_names(block: Sequence[Change], name: Name = human) -> str:
    """The sites of a block for its head."""
    return some(block, NAMED, name)


def behind(block: Sequence[Change], declared: Declared, name: Name = human) -> Iterator[str]:
    """A line for each group and client that the sites of a block belong to, with how many of its sites that are.

    >>> all 1000 sites of group dealers: barnaul.example.ru, bryansk.example.ru, … and 995 more
    """
    parts = _parts(block)
    kind = block[0].address.kind
    shown = parts if len(parts) <= _FEW + 1 else parts[:_FEW]
    for part in shown:
        yield f"{_share(part, kind, declared)}: {some(part, _FEW, name)}"
    if len(parts) > len(shown):
        rest = parts[len(shown) :]
        owners = some(rest, _FEW, lambda part: _owner(part[0]) or "no group or client")
        yield f"{sum(map(len, rest))} {kind}s of {len(rest)} more: {owners}"


def every_name(block: Sequence[Change], name: Name = human) -> Iterator[str]:
    """All sites of a block by name, several in a line."""
    line = ""
    for text in map(name, block):
        if line and width(line) + width(text) > _WIDTH:
            yield f"{line},"
            line = ""
        line += f", {text}" if line else text
    yield line


def _parts(block: Sequence[Change]) -> list[Sequence[Change]]:
    """The sites by what they belong to, most of them first; those that belong to nothing are last."""
    parts: dict[str | Address | None, list[Change]] = {}
    for change in block:
        group = change.member.group
        parts.setdefault(change.client if group is None else group, []).append(change)
    return sorted(parts.values(), key=lambda part: (not _owner(part[0]), -len(part)))


def _owner(change: Change) -> str:
    """`group dealers`, `client acme`; empty for a site that stands for itself."""
    if change.member.group is not None:
        return f"group {clean(change.member.group)}"
    return "" if change.client is None else f"client {clean(change.client.name)}"


def _share(part: Sequence[Change], kind: str, declared: Declared) -> str:
    """`all 1000 sites of group dealers`, `998 of the 1000 sites of group dealers`, `3 sites of client acme`."""
    owner, size, number = _owner(part[0]), group_size(declared, part[0]), len(part)
    sites = kind if number == 1 else f"{kind}s"
    if not owner:
        return f"{number} other {sites}"
    if size == number > 1:
        return f"all {number} {sites} of {owner}"
    return f"{number} of the {size} {kind}s of {owner}" if size > number else f"{number} {sites} of {owner}"
