"""Every way in which a service, its network and other people fail a client, by name (api.md 1.1, 1.2 and 1.6).

What a fault does is in `deliveries` (to an answer) and in `meanwhile` (to what is stored); when it strikes is decided
in `injector`. Every fault combines with every other and with every personality.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from reconcile.emulator import deliveries, meanwhile
from reconcile.model.normalize import did_you_mean


class Stage(StrEnum):
    """When a fault strikes, and so what its function is given."""

    # seconds -> delivery
    BEFORE = "instead of the work"
    # scene -> what happened, None where there is nothing that it could happen to
    MEANWHILE = "as the request arrives"
    # (scene, made, seconds) -> what happened
    MADE = "after something was created"
    # answer -> delivery, None for an answer that can't be spoiled so
    AFTER = "after the work"
    # seconds -> seconds
    DELAY = "before the answer"


class FaultKind(Struct, frozen=True):
    """One fault that there is. `seconds` are its usual ones; None where it takes none."""

    name: str
    stage: Stage
    act: Callable[..., Any]
    seconds: float | None = None

    @property
    def description(self) -> str:
        """One line for people."""
        return " ".join((self.act.__doc__ or "").split())


#: Every fault by its name.
FAULTS: Final[Mapping[str, FaultKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            FaultKind("reset-before", Stage.BEFORE, deliveries.reset_before),
            FaultKind("reset-after", Stage.AFTER, deliveries.reset_after),
            FaultKind("cut", Stage.AFTER, deliveries.cut),
            FaultKind("502-before", Stage.BEFORE, deliveries.bad_gateway_before),
            FaultKind("502-after", Stage.AFTER, deliveries.bad_gateway_after),
            FaultKind("503-before", Stage.BEFORE, deliveries.unavailable_before),
            FaultKind("503-after", Stage.AFTER, deliveries.unavailable_after),
            FaultKind("429", Stage.BEFORE, deliveries.too_many),
            FaultKind("429-retry-after", Stage.BEFORE, deliveries.too_many_retry_after, 1.0),
            FaultKind("html", Stage.AFTER, deliveries.html),
            FaultKind("truncated-json", Stage.AFTER, deliveries.truncated_json),
            FaultKind("slow", Stage.DELAY, deliveries.slow, 90.0),
            FaultKind("token-expired", Stage.MEANWHILE, meanwhile.token_expired),
            FaultKind("ip-changed", Stage.MEANWHILE, meanwhile.ip_changed),
            FaultKind("site-changed", Stage.MEANWHILE, meanwhile.site_changed),
            FaultKind("site-deleted", Stage.MEANWHILE, meanwhile.site_deleted),
            FaultKind("duplicate-site", Stage.MEANWHILE, meanwhile.duplicate_site),
            FaultKind("lagging-list", Stage.MADE, meanwhile.lagging_list, 2.0),
        )
    }
)


def fault_kind(name: str) -> FaultKind:
    """A fault by its name. Raises `ValueError` with the nearest one."""
    try:
        return FAULTS[name]
    except KeyError:
        raise ValueError(f'no fault "{name}"{did_you_mean(name, FAULTS)}') from None


class Fault(Struct, frozen=True):
    """A fault that is on: it strikes at a `rate` from 0 (never) to 1 (always) of the requests that it can strike.

    `times` is how often at most. `only` says which requests: a verb and a path without the service's prefix, both with
    `*`, as `POST /sites` or `* /contributors/*`. `seconds` are those of a fault that takes some: how late an answer is
    (`slow`), how long lists miss what is new (`lagging-list`), when to come back (`429-retry-after`).
    """

    name: str
    rate: float = 0.1
    times: int | None = None
    only: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` for an unknown name, and for what makes no sense."""
        kind = fault_kind(self.name)
        if not 0 <= self.rate <= 1:
            raise ValueError(f"fault {self.name}: the rate is {self.rate:g}, expected 0 to 1")
        if self.times is not None and self.times < 0:
            raise ValueError(f"fault {self.name}: it can't strike {self.times} times")
        if self.only and len(self.only.split()) != 2:
            raise ValueError(f'fault {self.name}: expected a verb and a path such as "POST /sites", got "{self.only}"')
        if self.seconds is not None and kind.seconds is None:
            raise ValueError(f"fault {self.name}: it takes no seconds")
        if self.seconds is not None and not 0 <= self.seconds < math.inf:
            raise ValueError(f"fault {self.name}: it can't take {self.seconds:g} seconds")

    @property
    def kind(self) -> FaultKind:
        """What it does, and when."""
        return FAULTS[self.name]

    @property
    def lasting(self) -> float:
        """Its seconds: those that were said, or the usual ones; 0 where it takes none."""
        return self.seconds if self.seconds is not None else self.kind.seconds or 0.0


class Strike(Struct, frozen=True):
    """A fault that struck the request of this number (from 1); `path` is without the service's prefix.

    `site` is the site, or website, that was changed, deleted, made or hidden; `field` (a dotted wire path) and `value`
    say what a change was.
    """

    number: int
    service: str
    method: str
    path: str
    fault: str
    site: int | None = None
    field: str = ""
    value: Any = None

    def __str__(self) -> str:
        about = "" if self.site is None else f" (site {self.site}{': ' if self.field else ''}{self.field})"
        return f"request {self.number}, {self.method} {self.path}: {self.fault}{about}"


class Strikes(Struct, frozen=True):
    """What struck so far, in order."""

    all: tuple[Strike, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How often each fault struck, in the order of `FAULTS`; those that did not are left out."""
        counted = Counter(strike.fault for strike in self.all)
        return {name: counted[name] for name in FAULTS if counted[name]}
