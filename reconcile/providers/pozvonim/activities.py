"""What an account at Pozvonim does besides keeping sites: calls, clients, widgets, money, time (api.md 1.4)."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec.structs import replace

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, ServiceError
from reconcile.model.address import Address
from reconcile.model.resource import Live
from reconcile.pools import pool
from reconcile.providers.activities import Call, CallOrder, CallQuery, Client, Purse, ServerTime, Widget
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.retries import Repeat, may_have_happened
from reconcile.providers.http.shapes import Json
from reconcile.providers.pozvonim import assumed
from reconcile.providers.pozvonim.activities_codec import (
    decode_call,
    decode_client,
    decode_widget,
    new_call_id,
    oldest_first,
    purse_balance,
    read_id,
    read_time,
    shown_time,
    time_value,
    wire_amount,
    wire_time,
    zone_of,
)
from reconcile.providers.pozvonim.capabilities import CAPABILITIES
from reconcile.providers.pozvonim.codec import identity, list_items, site_id
from reconcile.providers.pozvonim.reading import read_clients, sites_of

if TYPE_CHECKING:
    from reconcile.providers.pozvonim.client import Client as HttpClient

#: The service's time (7).
NOW: Final = Request("GET", "/server/time/now")
#: The path of a payment, by an account's `payment_route`: call 16, and its alias 28.
PAYMENT_PATHS: Final = {"payments": "/payments/contributors/{id}", "contributors": "/contributors/{id}/payments"}


class PozvonimActivities:
    """The `Activities` of one account; safe to use from several threads.

    `zone` is that of the profile, where it is known already.
    """

    def __init__(self, client: HttpClient, *, zone: tzinfo | None = None) -> None:
        self._client = client
        self._payment_path = PAYMENT_PATHS[client.account.payment_route]
        self._zone = zone
        self._lock = threading.Lock()

    def zone(self) -> tzinfo:
        """The profile's time zone (14), asked for once."""
        with self._lock:
            if self._zone is None:
                self._zone = zone_of(self._profile())
            return self._zone

    def sites(self, *, clients: bool) -> tuple[Live, ...]:
        """All sites (2, 21), as far as their lists tell: one request an owner."""
        owners = [None, *(client.id for client in self.clients())] if clients else [None]
        with pool(min(self._client.parallelism, len(owners)), "sites") as threads:
            listed = [site for sites in threads.map(self._sites_of, owners) for site in sites]
        return tuple({site.id: site for site in listed}.values())

    def _sites_of(self, owner: int | None) -> list[Live]:
        request = Request("GET", sites_of(owner), slow=True)
        account = self._client.account.name
        known = map(identity, list_items(self._client.call(request), str(request)))
        return [Live(Address(account, "site", address), site, (), owner) for site, address in known]

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, site: Live, order: CallOrder) -> str:
        """Makes a call now (8) or at a time (9). Sent once and never again."""
        options = {CAPABILITIES.call_options[name]: value for name, value in order.options.items()}
        params: Json = {"phone": order.phone, **options}
        path = f"/sites/{site.id}/call"
        if order.at is not None:
            path += "/delayed"
            params["delayed"] = order.at.isoformat(timespec="seconds")
        try:
            made = self._once(Request("POST", path, params, repeat=Repeat.NEVER, subject=site.address.name))
        except ServiceError as error:
            if error.status != 404 or site.owner is None:
                raise
            more = "the service documents no call for sites of a studio's clients, and does not take this one"
            raise ProviderError(f"{error}; {more}") from None
        return new_call_id(made)

    def calls(self, query: CallQuery) -> tuple[Call, ...]:
        """The calls that are asked for (12, or 26 for a client's), oldest first; in one request: no paging is known."""
        zone = self.zone()
        params: Json = {}
        if query.since is not None:
            params["start_at"] = wire_time(query.since, zone)
        if query.until is not None:
            params["end_at"] = wire_time(query.until - assumed.LAST_MOMENT, zone)
        if query.statuses:
            params["status_ids"] = list(query.statuses)
        if query.sites:
            params["sites_ids"] = [site.id for site in query.sites]
        if query.owner is None:
            path = "/calls"
            params |= {key: value for key, value in (("client", query.client), ("manager", query.manager)) if value}
        else:
            path = f"/contributors/{query.owner}/calls"
        request = Request("GET", path, params, slow=True)
        items = list_items(self._client.call(request), str(request))
        calls = oldest_first(self._call(item, zone) for item in items)
        if query.owner is None:
            return calls
        # Call 26 has no filter for people, so that they are told apart here.
        return tuple(
            call
            for call in calls
            if (not query.client or call.client == query.client)
            and (not query.manager or call.manager == query.manager)
        )

    def call_details(self, call_id: str, owner: int | None) -> Call:
        """One call (13, or 27 for a client's)."""
        above = "" if owner is None else f"/contributors/{owner}"
        request = Request("GET", f"{above}/calls/{quote(call_id, safe='')}")
        whose = "among the studio's own, and a client's needs --client" if owner is None else "of this client"
        raw = self._found(request, f'there is no call "{call_id}" {whose}')
        call = self._call(raw, self.zone())
        if call.id != call_id:
            raise BadAnswer(f"{request}: the answer is not this call", status=200)
        return call

    # --- clients and money --------------------------------------------------------------------------------------------

    def clients(self) -> tuple[Client, ...]:
        """The studio's clients (17), by their ids."""
        return tuple(sorted(map(self._client_of, read_clients(self._client)), key=lambda client: client.id))

    def client(self, client_id: int) -> Client:
        """One client, extended (19)."""
        request = Request("GET", f"/contributors/{client_id}")
        return self._client_of(self._found(request, f"there is no client with the id {client_id}"))

    def balance(self, purse: Purse) -> Decimal | None:
        """The money there is, as the profile tells (14)."""
        return purse_balance(self._profile(), purse)

    def transfer(self, client_id: int, amount: Decimal, purse: Purse) -> None:
        """Moves money to a client (16, or its alias 28). Sent once and never again."""
        params = {"type": assumed.PURSE_TYPES[purse.value], "amount": wire_amount(amount)}
        self._once(Request("POST", self._payment_path.format(id=client_id), params, repeat=Repeat.NEVER))

    # --- widgets and time ---------------------------------------------------------------------------------------------

    def widget(self, site: Live) -> Widget:
        """The site's widget: found in the list (10), with its settings (11)."""
        request = Request("GET", "/widget", {"sites_ids": [site.id]})
        items = list_items(self._client.call(request), str(request), whole=False)
        # A list that names no sites and has one widget holds the one that was asked for.
        own = [item for item in items if read_id(item.get("site_id", item.get("site"))) == str(site.id)]
        item = own[0] if own else items[0] if len(items) == 1 and not items[0].keys() & {"site_id", "site"} else None
        if item is None or (known := site_id(item)) is None:
            raise ProviderError(f"{site.address.shown}: the service has no widget of this site")
        widget = decode_widget(site.id, item, self._client.call(Request("GET", f"/widget/{known}")))
        hidden = self._client.hiding.details
        return replace(widget, snippet=hidden(widget.snippet), settings=hidden(widget.settings))

    def time(self) -> ServerTime:
        """What the service's clock says (7); a text without a zone is in the profile's (1.2)."""
        raw = self._client.call(NOW)
        now = self._client.edges.wall_clock()
        value = time_value(raw)
        zone = self.zone()
        at = read_time(value, zone)
        if at is None:
            return ServerTime(shown_time(raw), self._client.clock_ahead)
        return ServerTime(f"{at:%Y-%m-%d %H:%M:%S} {at.tzinfo}", at.timestamp() - now)

    # --- without anybody's secrets ------------------------------------------------------------------------------------

    def _call(self, raw: Any, zone: tzinfo) -> Call:
        call = decode_call(raw, zone, CAPABILITIES.statuses)
        return replace(call, details=self._client.hiding.details(call.details))

    def _client_of(self, raw: Any) -> Client:
        client = decode_client(raw)
        return replace(client, details=self._client.hiding.details(client.details))

    # --- parts --------------------------------------------------------------------------------------------------------

    def _profile(self) -> Any:
        return self._client.call(Request("GET", "/profile"))

    def _found(self, request: Request, otherwise: str) -> Any:
        try:
            return self._client.call(request)
        except ServiceError as error:
            if error.status != 404:
                raise
            raise ProviderError(f"{otherwise}: {error}") from None

    def _once(self, request: Request) -> Any:
        """Sends what must not be repeated. What fails before, while a token is asked for, surely did nothing.

        The token may have been lost since the last request, while a person was asked; another request finds that out.
        """
        try:
            with suppress(ServiceError, BadAnswer):  # whatever the answer is, the token has been tried
                self._client.call(NOW)
            self._client.tokens.current()
        except ProviderError as error:
            if not may_have_happened(error):
                raise
            raise ConnectionFailed(f"{request} was not sent: {error}", sent=False) from None
        return self._client.call(request)
