"""A third service, as another package would bring it: it keeps titles of sites in memory, and does what a test says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

from reconcile.model.address import Address
from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import UNMANAGED, Kinds
from reconcile.model.resource import Draft, Live, Ref
from reconcile.model.state import Account, LiveAccount
from reconcile.providers.base import Check


class Ledger:
    """All accounts of the service are one; a test empties `live`."""

    capabilities = Capabilities("https://ledger.example", {}, frozenset({"website"}))
    live: dict[int, Live] = {}  # noqa: RUF012 - the service itself, whoever asks it

    def __init__(self, account: Account, kinds: Kinds, *, parallelism: int) -> None:
        self.account = account
        self.kinds = kinds

    def add(self, kind: str, name: str, owner: int | None = None, **fields: Any) -> int:
        """Keeps a resource; gives its id."""
        known = next(number for number in count(1) if number not in self.live)
        given = {f.path: f.strict(fields[f.path]) for f in self.kinds[kind].fields if f.path in fields}
        values = tuple(given.get(f.path, f.nothing) for f in self.kinds[kind].fields)
        self.live[known] = Live(Address(self.account.name, kind, name), known, values, owner)
        return known

    def read(self, kinds: Collection[str]) -> LiveAccount:
        found = {kind: tuple(one for one in self.live.values() if one.address.kind == kind) for kind in kinds}
        return LiveAccount(self.account.name, found.get("site", ()), found.get("client", ()))

    def read_some(self, sites: Collection[Ref]) -> Mapping[int, Live]:
        return {ref.id: self.live[ref.id] for ref in sites if ref.id in self.live}

    def create(self, draft: Draft, known: Collection[int]) -> int:
        fields = zip(self.kinds[draft.address.kind].fields, draft.values, strict=True)
        given = {field.path: field.type.show(value) for field, value in fields if value is not UNMANAGED}
        name = given.get("email", draft.address.name)
        return self.add(draft.address.kind, name, draft.owner, **given)

    def update(self, live: Live, values: tuple[Any, ...]) -> None:
        merged = tuple(old if new is UNMANAGED else new for old, new in zip(live.values, values, strict=True))
        self.live[live.id] = Live(live.address, live.id, merged, live.owner)

    def delete(self, live: Live) -> None:
        self.live.pop(live.id, None)

    def check(self) -> list[Check]:
        return []

    def close(self) -> None:
        """Nothing is open."""
