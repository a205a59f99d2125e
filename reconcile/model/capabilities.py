"""What a service is and can do, as data: planning and the command line ask this, never a provider's name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field


class Action(StrEnum):
    """What is to be done with a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NOOP = "noop"


class Activity(StrEnum):
    """What a service does besides keeping resources; the names of its commands."""

    CALL = "call"
    CALLS = "calls"
    CALL_DETAILS = "call details"
    STATISTICS = "statistics"
    CLIENTS = "clients"
    WIDGET = "widget"
    TRANSFER = "transfer"
    TIME = "time"


class Status(Struct, frozen=True):
    """A state of a call: our name, the service's value, and whether people talked (None: it is not over)."""

    name: str
    wire: int | str
    succeeded: bool | None = None


class Capabilities(Struct, frozen=True):
    """One service.

    `actions` are what its API does with each kind of resource that it has, and `advice` what a person does instead, by
    kind and action, where the API can't. `sections` are those of a site that it keeps (the first part of a field's
    wire name), `settings` those of an account that mean something to it; `client_with_site`: a client can be created
    together with its first site. `statuses` are the states of calls that can be asked for, `call_options` the service's
    names of what a call may carry, by ours (`schemas/call.schema.json`, `schemas/call_defaults.schema.json`).
    """

    base_url: str
    actions: Mapping[str, frozenset[Action]]
    sections: frozenset[str]
    advice: Mapping[tuple[str, Action], str] = field(default_factory=lambda: MappingProxyType({}))
    client_with_site: bool = False
    settings: frozenset[str] = frozenset()
    activities: frozenset[Activity] = frozenset()
    statuses: tuple[Status, ...] = ()
    call_options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def can(self, action: Action, kind: str) -> bool:
        """Whether the API does this with this kind of resource."""
        return action in self.actions.get(kind, frozenset())

    def has(self, kind: str) -> bool:
        """Whether the service has this kind of resource at all."""
        return kind in self.actions
