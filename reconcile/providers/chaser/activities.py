"""Calls, made and counted: what Chaser does besides keeping websites (api.md, section 2; calls 30 and 31)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NoReturn
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from reconcile.errors import ProviderError
from reconcile.model.resource import Live
from reconcile.pools import pool
from reconcile.providers.activities import Call, CallOrder, CallQuery, Client, Purse, ServerTime, Widget
from reconcile.providers.chaser.assumed import ZONE
from reconcile.providers.chaser.capabilities import CAPABILITIES
from reconcile.providers.chaser.codec import calls, day
from reconcile.providers.chaser.ordering import call_params, made_call
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.retries import Repeat

if TYPE_CHECKING:
    from reconcile.providers.chaser.client import Client as HttpClient

_LAST: Final = datetime.max.replace(tzinfo=UTC)


class ChaserActivities:
    """The `Activities` of one account; `websites` reads all of its websites. Safe to use from several threads."""

    def __init__(self, client: HttpClient, websites: Callable[[], tuple[Live, ...]]) -> None:
        self._client = client
        self._websites = websites

    def zone(self) -> tzinfo:
        """The time zone that the service's dates are in."""
        return ZoneInfo(ZONE)

    def sites(self, *, clients: bool) -> tuple[Live, ...]:
        """All websites; there are no clients."""
        return self._websites()

    def call(self, site: Live, order: CallOrder) -> str:
        """Makes a call, and gives its id, an empty text where the service tells none. Sent once and never again."""
        try:
            params = call_params(site.id, order)
        except ValueError as error:
            raise ProviderError(f"{site.address}: the call was not sent: {error}") from None
        request = Request("POST", "/call", params, repeat=Repeat.NEVER, subject=site.address.name)
        return made_call(self._client.call(request), str(request), self._client.said)

    def calls(self, query: CallQuery) -> tuple[Call, ...]:
        """The calls that are asked for, oldest first; those without a time come last."""
        if query.owner is not None:
            self._missing("clients")
        filtered = self._filtered(query)
        sites = query.sites or self._websites()
        if not sites:
            return ()
        with pool(min(self._client.parallelism, len(sites)), "reconcile-calls") as threads:
            lists = list(threads.map(lambda site: self._told_apart(site, query, filtered), sites))
        found = (call for calls_of_one in lists for call in calls_of_one if _is_wanted(call, query, filtered))
        return tuple(sorted(found, key=lambda call: (call.at or _LAST, call.id.zfill(20))))

    def call_details(self, call_id: str, owner: int | None) -> Call:
        """Not at Chaser."""
        self._missing("details of one call")

    def clients(self) -> tuple[Client, ...]:
        """Not at Chaser."""
        self._missing("clients")

    def client(self, client_id: int) -> Client:
        """Not at Chaser."""
        self._missing("clients")

    def widget(self, site: Live) -> Widget:
        """Not at Chaser."""
        self._missing("widgets")

    def balance(self, purse: Purse) -> Decimal | None:
        """Not at Chaser."""
        self._missing("a balance")

    def transfer(self, client_id: int, amount: Decimal, purse: Purse) -> None:
        """Not at Chaser."""
        self._missing("payments")

    def time(self) -> ServerTime:
        """Not at Chaser."""
        self._missing("its time")

    def _missing(self, what: str) -> NoReturn:
        raise ProviderError(f"account {self._client.account.name}: Chaser's API has no method for {what}")

    # --- parts of `calls` ---------------------------------------------------------------------------------------------

    def _filtered(self, query: CallQuery) -> bool | None:
        """Whether only calls in which people talked are asked for (True), or only the others (False), or all."""
        known = {status.wire: status.succeeded for status in CAPABILITIES.statuses}
        for status in query.statuses:
            if status not in known:
                names = ", ".join(str(wire) for wire in known)
                raise ProviderError(f"account {self._client.account.name}: Chaser has no filter {status}, only {names}")
        asked = {known[status] for status in query.statuses}
        return asked.pop() if len(asked) == 1 else None

    def _told_apart(self, site: Live, query: CallQuery, filtered: bool | None) -> list[Call]:
        """The calls of one website, each with whether people talked: where calls have no state, the filter tells."""
        found = self._of(site, query, filtered)
        if all(call.status for call in found):
            return found
        talked, missed = ({call.id: call for call in self._of(site, query, which)} for which in (True, False))
        if talked.keys() & missed.keys():
            return found  # the service does not filter
        return [call if call.status or not call.id else (talked | missed).get(call.id, call) for call in found]

    def _of(self, site: Live, query: CallQuery, filtered: bool | None) -> list[Call]:
        """The calls of one website; the service knows days and its own filter, and no more."""
        zone = self.zone()
        params: dict[str, int | str] = {"site_id": site.id}
        if query.since is not None:
            params["date_from"] = day(query.since, zone)
        if query.until is not None:
            params["date_to"] = day(query.until, zone)
        if filtered is not None:
            params["filter"] = next(str(s.wire) for s in CAPABILITIES.statuses if s.succeeded is filtered)
        request = Request("GET", "/statistics", params, slow=True, subject=site.address.name)
        found = calls(self._client.call(request), site.id, zone, str(request), filtered=filtered)
        return [replace(call, details=self._client.hiding.details(call.details)) for call in found]


def _is_wanted(call: Call, query: CallQuery, filtered: bool | None) -> bool:
    """Whether a call is among those asked for: what the service can't filter by, or did not, is looked at here."""
    if filtered is not None and call.succeeded is not filtered:
        return False
    if (query.client and call.client != query.client) or (query.manager and call.manager != query.manager):
        return False
    if call.at is None:
        return True
    # A date without a time of day is that whole day.
    is_day = (call.at.hour, call.at.minute, call.at.second) == (0, 0, 0)
    ends = call.at + timedelta(days=1) if is_day else call.at
    return (query.since is None or ends >= query.since) and (query.until is None or call.at <= query.until)
