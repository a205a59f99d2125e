"""What a service does besides keeping resources: calls, statistics, widgets, money, time. Values and one protocol.

A provider whose capabilities name no activity needs nothing of this. Every method raises `ProviderError`; one that
its capabilities don't name is never called.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct, field

from reconcile.model.resource import Live


class CallOrder(Struct, frozen=True):
    """A call to be made: a canonical phone, when (None: now; aware), and options by their names in the schema."""

    phone: str
    at: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class CallQuery(Struct, frozen=True):
    """Which calls are asked for; what is empty does not filter. Times are aware, phones are canonical.

    `until` is the first moment that is not meant any more.
    `client` is the visitor who was called, `owner` the id of the studio's client whose calls they are; `statuses` are
    values of the wire.
    """

    sites: tuple[Live, ...] = ()
    statuses: tuple[int | str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    client: str = ""
    manager: str = ""
    owner: int | None = None


class Call(Struct, frozen=True):
    """A call as the service tells of it; what it does not tell is empty or None.

    `at` is aware, `duration` in seconds, phones are canonical, `site` is a site's id. `status` is our name of it, or
    the service's own where we know none. `details` is everything that came.
    """

    id: str
    site: str = ""
    at: datetime | None = None
    client: str = ""
    manager: str = ""
    status: str = ""
    succeeded: bool | None = None
    duration: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Client(Struct, frozen=True):
    """A studio's client; `details` is everything that came, its extended form where that was asked for."""

    id: int
    email: str
    balance: Decimal | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Widget(Struct, frozen=True):
    """A site's widget: the code that embeds it, and the settings that initialise it without asking the service."""

    id: int
    snippet: str
    settings: Mapping[str, Any]


class Purse(StrEnum):
    """The balance that money is taken from."""

    MAIN = "main"
    PARTNER = "partner"


class ServerTime(Struct, frozen=True):
    """What the service's clock says, as text with its zone, and by how many seconds it is ahead of ours."""

    shown: str
    ahead: float | None


class Activities(Protocol):
    """The activities of one account. Safe to use from several threads."""

    def zone(self) -> tzinfo:
        """The time zone that the service's dates are in."""

    def sites(self, *, clients: bool) -> tuple[Live, ...]:
        """All sites by id, address and owner; with `clients`, those of the studio's clients, too. Values may lack."""

    def call(self, site: Live, order: CallOrder) -> str:
        """Makes a call, and gives its id, or an empty text where the service tells none.

        Sent once and never again. Raises `ConnectionFailed` with `sent`, `BadAnswer` or a `ServiceError` of 500 and
        above where it is unknown whether the phone will ring (`retries.may_have_happened`).
        """

    def calls(self, query: CallQuery) -> tuple[Call, ...]:
        """The calls that are asked for, oldest first."""

    def call_details(self, call_id: str, owner: int | None) -> Call:
        """One call, in detail; `owner` is the studio's client that it belongs to."""

    def clients(self) -> tuple[Client, ...]:
        """The studio's clients."""

    def client(self, client_id: int) -> Client:
        """One client, extended."""

    def widget(self, site: Live) -> Widget:
        """The site's widget."""

    def balance(self, purse: Purse) -> Decimal | None:
        """The money there is, in roubles; None where the service does not tell."""

    def transfer(self, client_id: int, amount: Decimal, purse: Purse) -> None:
        """Moves money to a client. Sent once and never again, as `call`."""

    def time(self) -> ServerTime:
        """What the service's clock says."""
