"""What a provider is: the few things that planning and applying ask of a service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reconcile.model.capabilities import Capabilities
from reconcile.model.resource import Live
from reconcile.providers.activities import Activities


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of `doctor`: `level` is ok, warning or error."""

    level: str
    subject: str
    message: str


class Provider(Protocol):
    """One account at one service. Safe to use from several threads; every method raises `ProviderError`."""

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do."""

    @property
    def activities(self) -> Activities:
        """What it does besides keeping sites."""

    def read(self) -> tuple[Live, ...]:
        """All sites, each complete; an incomplete read is an error, never a shorter answer."""

    def read_some(self, ids: Collection[int]) -> Mapping[int, Live]:
        """The sites with these ids, each complete, by id; those that are gone are missing."""

    def create(self, name: str, values: tuple[Any, ...], known: Collection[int]) -> int:
        """Creates the site whose canonical address is `name`, and gives its id. `values` are the desired ones.

        After a lost answer the site is looked for by its address among those whose ids are not `known`, before
        anything is sent again: a site is never made twice. Raises `ConnectionFailed` where the outcome stays unknown.
        """

    def update(self, live: Live, values: tuple[Any, ...]) -> None:
        """Makes the desired `values` live; those UNMANAGED are sent as they are in `live`."""

    def delete(self, live_id: int) -> None:
        """Deletes the site; one that is gone already is fine."""

    def check(self) -> list[Check]:
        """What `doctor` reports: reachability, credentials, clock, and how sites are read. Changes nothing."""

    def close(self) -> None:
        """Lets go of the connections."""
