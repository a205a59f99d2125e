"""A resource as it is declared, and as it is live; `values` are canonical, aligned with the fields of its kind.

They may be passwords and keys, and so are in no `repr`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.fields import Field, Kind, Memo
from reconcile.values import Guarded

#: What stands in place of a value that may not be shown.
HIDDEN: Final = "(sensitive)"

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Membership(Struct, frozen=True):
    """What a declared site belongs to, for selections, waves and summaries; nothing of it is sent.

    `group` is the site group that it is a row of. `uses` are the shared objects whose values it may have, also through
    one another: `widget/standard`, `schedule/office`, `manager/anna`, `blacklist/spam`.
    """

    labels: Mapping[str, str] = NOTHING
    group: str | None = None
    uses: frozenset[str] = frozenset()


#: That of what no file declares.
NOWHERE: Final = Membership()


class Desired(Guarded, frozen=True):
    """A declared resource. What nobody mentions is UNMANAGED in `values`; `file` and `key` are where it is declared.

    A site's address is the declared one; where `url` says otherwise, the live site is recognised by the URL that is
    sent. `client` is the studio's client that it belongs to, None for the studio's own.
    """

    hidden = ("values",)

    address: Address
    values: tuple[Any, ...]
    file: str = ""
    key: str = ""
    id: int | None = None
    client: Address | None = None
    previous: str | None = None
    prevent_destroy: bool = False
    member: Membership = NOWHERE
    call_defaults: Mapping[str, Any] = NOTHING


class Live(Guarded, frozen=True):
    """A resource as the service has it: every value present, a field without one holding its `nothing`.

    `owner` is the id of the studio's client that a site belongs to. A client's address has its e-mail for a name.
    """

    hidden = ("values",)

    address: Address
    id: int
    values: tuple[Any, ...]
    owner: int | None = None


class Ref(Struct, frozen=True):
    """Where a live site is found: its id, and its owner's."""

    id: int
    owner: int | None = None


class Draft(Guarded, frozen=True):
    """A resource that is to be created: what is desired of it, the client to put it under, and the site that comes
    with it: a client and its first site are created in one call.
    """

    hidden = ("values",)

    address: Address
    values: tuple[Any, ...]
    owner: int | None = None
    site: Draft | None = None


class Fingerprint:
    """The fingerprint of a live object, worked out once it is asked for; equal to its text.

    A plan that is only shown needs none of its thousands.
    """

    __slots__ = ("_kind", "_live", "_text")

    def __init__(self, kind: Kind, live: Live) -> None:
        self._kind = kind
        self._live = live
        self._text = ""

    def __str__(self) -> str:
        self._text = self._text or fingerprint(self._kind, self._live)
        return self._text

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Fingerprint | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


def fingerprint(kind: Kind, live: Live) -> str:
    """What tells two states of a live object apart: SHA-256 over its id and its canonical values.

    Not over sensitive ones, of which nothing may be told, nor over undocumented ones: which of them a kind has depends
    on what the project declares, and that may be another when a saved plan is applied.
    """
    values = live.values
    shown = [known[values[index]] for index, known in _shown(kind)]
    if kind.name == "site":
        shown[kind.index("url")] = _json(live.address.name)  # how it is spelled is not a difference
    text = f"[{live.id}, [{', '.join(shown)}]]"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@functools.cache
def _shown(kind: Kind) -> tuple[tuple[int, Memo], ...]:
    """The fields that a fingerprint is over, each with its values as JSON: thousands of sites share most of them."""
    return tuple(
        (field.index, Memo(functools.partial(_shown_json, field)))
        for field in kind.fields
        if not (field.sensitive or field.undocumented)
    )


def _shown_json(field: Field, value: Any) -> str:
    return _json(field.type.show(value))


_json: Final = json.JSONEncoder(ensure_ascii=False, default=str).encode
