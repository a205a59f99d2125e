"""The two sides that planning compares: what is declared, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconcile.model.resource import NOTHING, Desired, Live


class Unspecified(StrEnum):
    """What a field that no layer mentions means."""

    KEEP = "keep"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach an account, and how its resources are treated. `api_key` is a secret and not in `repr`."""

    name: str
    provider: str
    uid: str
    api_key: str
    base_url: str
    encoding: str = "form"
    update_method: str = "PUT"
    payment_route: str = "payments"
    unspecified: Unspecified = Unspecified.KEEP
    prune: bool = False
    call_defaults: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __repr__(self) -> str:
        return f"Account(name={self.name!r}, provider={self.provider!r}, base_url={self.base_url!r})"


@dataclass(frozen=True, slots=True)
class Safety:
    """The limits of `safety`; percentages are of an account's live sites."""

    max_deletes: int
    max_delete_percent: float
    max_update_percent: float
    protect: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DesiredState:
    """A whole project, composed and checked."""

    accounts: Mapping[str, Account]
    safety: Safety
    sites: tuple[Desired, ...]
    clients: tuple[Desired, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """All live sites of one account, every one read completely."""

    account: str
    sites: tuple[Live, ...]
