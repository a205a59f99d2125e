"""Which live client each declared one is: by pinned id, or by e-mail (design, section 3: identity)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.resource import Desired, Live
from reconcile.planning.plan import Diagnostic, Severity

#: The place of a client that is to be created: none of the live ids.
NEW: Final = 0


class Clients(Struct, frozen=True):
    """The declared clients with their live ones (None: there is none), the live ones left over, and what is wrong.

    `ids` are the live ids by declared address, `NEW` for those that are to be created; a client that can't be told
    apart is missing. `names` are those of the declared clients, or else the e-mails, by live id.
    """

    pairs: tuple[tuple[Desired, Live | None], ...]
    undeclared: tuple[Live, ...]
    diagnostics: tuple[Diagnostic, ...]
    ids: Mapping[Address, int]
    names: Mapping[int, str]


def match_clients(desired: Sequence[Desired], live: Sequence[Live], email: int) -> Clients:
    """Matches one account's clients; `email` is the index of the field that identifies them."""
    by_id = {client.id: client for client in live}
    by_email: dict[str, list[Live]] = defaultdict(list)
    for one in sorted(live, key=lambda one: one.id):
        by_email[one.address.name].append(one)
    pairs: list[tuple[Desired, Live | None]] = []
    diagnostics: list[Diagnostic] = []
    taken: set[int] = set()
    holders: dict[int, Desired] = {}
    for client in sorted(desired, key=lambda one: one.id is None):  # the surer sign goes first
        named = by_email.get(client.values[email], [])
        found = named if client.id is None else [by_id[client.id]] if client.id in by_id else []
        taken.update(one.id for one in found or named)
        wrong = _wrong(client, found, holders, str(client.values[email]))
        if wrong is not None:
            diagnostics.append(Diagnostic(Severity.ERROR, str(client.address), wrong))
            continue
        holders.update({one.id: client for one in found})
        pairs.append((client, found[0] if found else None))
    names = {client.id: client.address.name for client in live} | {
        found.id: client.address.name for client, found in pairs if found is not None
    }
    return Clients(
        tuple(pairs),
        tuple(client for client in live if client.id not in taken),
        tuple(diagnostics),
        {client.address: NEW if found is None else found.id for client, found in pairs},
        names,
    )


def _wrong(client: Desired, found: Sequence[Live], holders: Mapping[int, Desired], email: str) -> str | None:
    """Why it can't be told which live client a declared one is."""
    if client.id is not None and not found:
        return f"is pinned to id {client.id}, which no live client has; correct `id:` or take it away"
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        return (
            f"{len(found)} live clients have the e-mail {email}, with ids {ids}; say which one is meant with "
            f"`id: {found[0].id}`"
        )
    other = next((holders[one.id] for one in found if one.id in holders), None)
    if other is not None:
        return f"is live client {found[0].id}, which {other.address} is pinned to; declare it once"
    return None
