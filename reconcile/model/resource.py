"""A resource as it is declared, and as it is live; `values` are canonical, aligned with the fields of its kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from reconcile.model.address import Address
from reconcile.model.fields import Kind

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Desired:
    """A declared site. What nobody mentions is UNMANAGED in `values`; `file` and `key` are where it is declared.

    Its address is the declared one; where `url` says otherwise, the live site is recognised by the URL that is sent.
    """

    address: Address
    values: tuple[Any, ...]
    file: str = ""
    key: str = ""
    id: int | None = None
    previous: str | None = None
    prevent_destroy: bool = False
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    call_defaults: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Live:
    """A site as the service has it: every value present, a field without one holding its `nothing`."""

    address: Address
    id: int
    values: tuple[Any, ...]


def fingerprint(kind: Kind, live: Live) -> str:
    """What tells two states of a live object apart: SHA-256 over all its canonical documented values, and its id."""
    shown = [field.type.show(value) for field, value in zip(kind.fields, live.values, strict=True)]
    shown[kind.index("url")] = live.address.name  # how it is spelled is not a difference
    return hashlib.sha256(json.dumps([live.id, shown], ensure_ascii=False, default=str).encode()).hexdigest()
