"""The two sides that planning compares: what is declared, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import Kinds
from reconcile.model.resource import NOTHING, Desired, Live

if TYPE_CHECKING:  # most projects have neither
    from reconcile.model.policy import Policy
    from reconcile.model.rollout import Rollout


class Unspecified(StrEnum):
    """What a field that no layer mentions means."""

    KEEP = "keep"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach an account, and how its resources are treated.

    `api_key` is a secret and not in `repr`, and so is `next_key`: the key that its `profile:` declares. `timeout` and
    `list_lag` (for how long the service's lists may miss what was just created) are in seconds; `requests_per_second`
    is None where there is no limit.
    `base_url_from` is what stood where `base_url` was replaced, such as `${env.URL:-…}`: with a fallback, it is easily
    another service than was meant.
    `project_secrets` are those of all accounts and clients of the project, for what must not repeat them.
    """

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
    next_key: str | None = None
    requests_per_second: float | None = None
    timeout: float = 60.0
    list_lag: float = 10.0
    allow_http: bool = False
    call_defaults: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    base_url_from: str = field(default="", compare=False)
    project_secrets: tuple[str, ...] = field(default=(), compare=False)

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
class Below:
    """The project's `defaults`: the values under every site, and whose sites are those that don't say so."""

    values: tuple[Any, ...] = field(repr=False)
    account: str | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """What is declared under names, for sites to refer to: canonical values by field index, and managers whole."""

    schedules: Mapping[str, Mapping[int, Any]] = field(default_factory=lambda: NOTHING, repr=False)
    widgets: Mapping[str, Mapping[int, Any]] = field(default_factory=lambda: NOTHING, repr=False)
    blacklists: Mapping[str, Mapping[int, Any]] = field(default_factory=lambda: NOTHING, repr=False)
    managers: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: NOTHING, repr=False)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """A whole project, composed and checked. `services` are what the accounts' services can do, by account.

    `store` is the URL of the history's database, which may hold a password. `names` are those that are given already,
    by section, and `shared` is what stands behind those that sites refer to; `below` is what lies under every site.
    `rollout` is None where every apply is one wave.
    """

    accounts: Mapping[str, Account]
    services: Mapping[str, Capabilities]
    kinds: Kinds
    safety: Safety
    sites: tuple[Desired, ...]
    clients: tuple[Desired, ...] = ()
    profiles: tuple[Desired, ...] = ()
    store: str = field(default="", repr=False)
    names: Mapping[str, frozenset[str]] = field(default_factory=lambda: NOTHING)
    below: Below | None = None
    rollout: Rollout | None = None
    shared: Shared = field(default_factory=Shared)
    policies: tuple[Policy, ...] = ()

    def kinds_of(self, account: str) -> frozenset[str]:
        """The kinds of resources that have to be read of an account, because the project has something to say of them.

        Sites always.
        """
        declared = {
            resource.address.kind for resource in (*self.clients, *self.profiles) if resource.address.account == account
        }
        return frozenset(declared | {"site"})


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """What is live in one account, every resource read completely; kinds that nobody asked for are not there.

    `warnings` are what the reading found that a person should know.
    """

    account: str
    sites: tuple[Live, ...]
    clients: tuple[Live, ...] = ()
    profile: Live | None = None
    warnings: tuple[str, ...] = ()
