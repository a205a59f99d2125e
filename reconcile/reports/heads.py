"""What is said of a block of changes, whatever the format: its head, and the lines below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconcile.escaping import clean
from reconcile.model.capabilities import Action
from reconcile.planning.plan import Change
from reconcile.reports.behind import NAMED, Declared, behind, every_name, head_names, human, in_head
from reconcile.reports.blocks import block_lines
from reconcile.reports.fields import Line
from reconcile.reports.folding import Block

#: The sign and the verb of each action.
SIGNS: Final = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
VERBS: Final = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


def head(block: Block, *, full: bool) -> str:
    """What happens, and to which sites where those are few or nothing groups them."""
    return _head(block.changes[0]) if len(block.changes) == 1 else _heads(block, full=full)


def below(changes: Sequence[Change], declared: Declared, *, full: bool = False) -> Iterator[Line]:
    """The lines below the head of a block: its fields, and the sites behind it that are not in the head.

    Of deletes, all of them: nobody should confirm one unseen.
    """
    first = changes[0]
    if first.action is Action.DELETE and len(changes) > 1:
        names = map(known_as, changes) if len(changes) <= NAMED + 1 else every_name(changes, known_as)
        yield from (Line(SIGNS[first.action], name) for name in names)
        return
    yield from block_lines(changes)
    if not in_head(changes, full=full):
        sites = every_name(changes) if full else behind(changes, declared)
        yield from (Line(" ", text) for text in sites)


def _head(change: Change) -> str:
    """`studio/site/acme.ru (id 12) will be updated: differs from reconcile.yaml`."""
    head = f"{clean(change.address.shown)}{id_of(change)} will be {VERBS[change.action]}: {clean(change.reason)}"
    return head if change.together is None else f"{head}; by the same call as its site {clean(change.together.human)}"


def _heads(block: Block, *, full: bool) -> str:
    """`studio, client acme: the same on 2 sites, which will be updated: acme.ru, globex.ru (differs from a.yaml)`."""
    changes, first = block.changes, block.changes[0]
    client = "" if len({change.client for change in changes}) > 1 or first.client is None else first.client.name
    sites, verb = f"{len(changes)} {first.address.kind}s", VERBS[first.action]
    what = f"the same on {sites}, which will be {verb}" if block.same else f"{sites} will be {verb}"
    together = sum(change.together is not None for change in changes)
    return "".join(
        [
            clean(first.address.account),
            f", client {clean(client)}" if client else "",
            f": {what}",
            f": {head_names(changes)}" if first.action is not Action.DELETE and in_head(changes, full=full) else "",
            _why(changes),
            f"; {together} of them by the same call as their sites" if together else "",
        ]
    )


def _why(changes: Sequence[Change]) -> str:
    """The reasons, in brackets; those of updates only where there is one, since the fields say it."""
    reasons = list(dict.fromkeys(clean(change.reason) for change in changes))
    if len(reasons) > 1 and changes[0].action is Action.UPDATE:
        return ""
    more = [f"{len(reasons) - 2} more reasons"] if len(reasons) > 3 else []
    return f" ({'; '.join([*reasons[: 2 if more else 3], *more])})"


def known_as(change: Change) -> str:
    """What is deleted, so that nobody takes it for another."""
    return f"{human(change)}{id_of(change)}"


def id_of(change: Change) -> str:
    """` (id 12, client acme)`, as far as there are any."""
    parts = [f"id {change.id}"] if change.id else []
    if change.client is not None:
        parts.append(f"client {clean(change.client.name)}")
    return f" ({', '.join(parts)})" if parts else ""
