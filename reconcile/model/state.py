"""The two sides that planning compares: what is declared, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import Kinds
from reconcile.model.resource import NOTHING, Desired, Live
from reconcile.values import Guarded

if TYPE_CHECKING:  # most projects have neither
    from reconcile.model.policy import Policy
    from reconcile.model.rollout import Rollout


class Unspecified(StrEnum):
    """What a field that no layer mentions means."""

    KEEP = "keep"
    DEFAULT = "default"


class Account(Struct, frozen=True):
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
    call_defaults: Mapping[str, Any] = NOTHING
    base_url_from: str = ""
    project_secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Account(name={self.name!r}, provider={self.provider!r}, base_url={self.base_url!r})"


class Safety(Struct, frozen=True):
    """The limits of `safety`; percentages are of an account's live sites."""

    max_deletes: int
    max_delete_percent: float
    max_update_percent: float
    protect: tuple[str, ...]


class Below(Guarded, frozen=True):
    """The project's `defaults`: the values under every site, and whose sites are those that don't say so."""

    hidden = ("values",)

    values: tuple[Any, ...]
    account: str | None = None
    client: str | None = None


class Shared(Guarded, frozen=True):
    """What is declared under names, for sites to refer to: canonical values by field index, and managers whole."""

    hidden = ("schedules", "widgets", "blacklists", "managers")

    schedules: Mapping[str, Mapping[int, Any]] = NOTHING
    widgets: Mapping[str, Mapping[int, Any]] = NOTHING
    blacklists: Mapping[str, Mapping[int, Any]] = NOTHING
    managers: Mapping[str, tuple[Any, ...]] = NOTHING


class DesiredState(Guarded, frozen=True):
    """A whole project, composed and checked. `services` are what the accounts' services can do, by account.

    `store` is the URL of the history's database, which may hold a password. `names` are those that are given already,
    by section, and `shared` is what stands behind those that sites refer to; `below` is what lies under every site.
    `rollout` is None where every apply is one wave.
    """

    hidden = ("store",)

    accounts: Mapping[str, Account]
    services: Mapping[str, Capabilities]
    kinds: Kinds
    safety: Safety
    sites: tuple[Desired, ...]
    clients: tuple[Desired, ...] = ()
    profiles: tuple[Desired, ...] = ()
    store: str = ""
    names: Mapping[str, frozenset[str]] = NOTHING
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


class LiveAccount(Struct, frozen=True):
    """What is live in one account, every resource read completely; kinds that nobody asked for are not there.

    `warnings` are what the reading found that a person should know.
    """

    account: str
    sites: tuple[Live, ...]
    clients: tuple[Live, ...] = ()
    profile: Live | None = None
    warnings: tuple[str, ...] = ()
