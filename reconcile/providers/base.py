"""What a provider is: the few things that planning and applying ask of a service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from msgspec import Struct

from reconcile.model.capabilities import Capabilities
from reconcile.model.resource import Draft, Live, Ref
from reconcile.model.state import LiveAccount

if TYPE_CHECKING:
    from reconcile.providers.activities import Activities


class Level(StrEnum):
    """How good a finding is. What there was nothing to try on is a skip, and nobody's fault."""

    OK = "ok"
    SKIP = "skip"
    WARNING = "warning"
    ERROR = "error"


class Check(Struct, frozen=True):
    """One finding of `doctor`: `level` is a `Level`, `request` the method that it is about, such as `GET /sites`."""

    level: str
    subject: str
    message: str
    request: str = ""


class Provider(Protocol):
    """One account at one service. Safe to use from several threads; every method raises `ProviderError`.

    `create`, `update`, `delete` and `activities` are asked for only where `capabilities` name what they do; a provider
    whose service can't does without them. docs/providers.md shows a whole one.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do."""

    @property
    def activities(self) -> Activities:
        """What the service does besides; asked for only where `capabilities` name any."""

    def read(self, kinds: Collection[str]) -> LiveAccount:
        """All resources of these kinds, each complete; an incomplete read is an error, never a shorter answer.

        With clients come their sites.
        """

    def read_some(self, sites: Collection[Ref]) -> Mapping[int, Live]:
        """These sites, each complete, by id; those that are gone are missing."""

    def create(self, draft: Draft, known: Collection[int]) -> int:
        """Creates a resource, a client perhaps together with its first site, and gives its id.

        After a lost answer it is looked for by its name among those of its kind whose ids are not `known`, before
        anything is sent again: nothing is made twice. Raises `ConnectionFailed` where the outcome stays unknown.
        """

    def update(self, live: Live, values: tuple[Any, ...]) -> None:
        """Makes the desired `values` live; those UNMANAGED are sent as they are in `live`."""

    def delete(self, live: Live) -> None:
        """Deletes a resource; one that is gone already is fine."""

    def check(self) -> list[Check]:
        """What `doctor` reports: reachability, credentials, clock, and what can be read. Changes nothing."""

    def close(self) -> None:
        """Lets go of the connections."""


@runtime_checkable
class ReadsAhead(Protocol):
    """A provider that can begin to read before it is known what will be asked of it."""

    def read_ahead(self) -> None:
        """Begins to read the sites, which the next `read` waits for; what is wrong is said by that."""


@runtime_checkable
class Stoppable(Protocol):
    """A provider that can be told that the run is being stopped; others only take longer to end."""

    def stop(self) -> None:
        """Ends pauses: what is in flight is not repeated. Looks whether something was done still work."""
