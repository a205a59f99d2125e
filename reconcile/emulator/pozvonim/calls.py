"""Calls: to be made (8 and 9), a studio's own (12 and 13), and those of one of its clients (26 and 27)."""

from __future__ import annotations

from typing import Any

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.documents import invalid
from reconcile.emulator.outcomes import state
from reconcile.emulator.pozvonim import assumed
from reconcile.emulator.refused import Refused
from reconcile.emulator.routes import POZVONIM
from reconcile.emulator.storage import Filter, Owner, StoredCall, StoredSite


class Calls:
    """A studio's own calls; any call to one of its sites or its clients' sites."""

    filters: tuple[str, ...] = ("start_at", "end_at", "ids", "status_ids", "sites_ids", "client", "manager")

    def __init__(self, context: Context) -> None:
        self._context = context

    # --- to be made ---

    def make(self, asked: Asked) -> Answer:
        """POST /sites/:id/call"""
        asked.expect("phone", *assumed.CALL_DETAILS)
        return self._make(asked, None)

    def make_later(self, asked: Asked) -> Answer:
        """POST /sites/:id/call/delayed"""
        asked.expect("phone", "delayed", *assumed.CALL_DETAILS)
        moment = asked.moment("delayed")
        if moment is None:
            raise Refused(400, "GEN-PARAM-REQUIRED", "delayed is required")
        if moment <= self._context.now():
            raise invalid(("delayed",), "expected a time that is still to come")
        return self._make(asked, moment)

    def _make(self, asked: Asked, moment: float | None) -> Answer:
        number = asked.numbers[0]
        site = self._context.storage.sites.one(asked.uid, number)
        if site is None:
            raise Refused(404, "SITE-NOT-FOUND", f"The account has no site {number}")
        phone = asked.phone("phone")
        if phone is None:
            raise Refused(400, "GEN-PARAM-REQUIRED", "phone is required")
        details = _details(asked)
        start = self._context.now() if moment is None else moment
        manager = _manager(site, str(details.get("region", "")))
        call = StoredCall(site.id, start, phone, manager, site.client, delayed=moment is not None, details=details)
        made = self._context.storage.calls.add(POZVONIM, asked.uid, call)
        return answers.value({"id": self._context.manners.id(made)}, 201)

    # --- that were made ---

    def listed(self, asked: Asked) -> Answer:
        """GET /calls; `ids[]` chooses calls in detail, whatever the other filters say."""
        asked.expect(*self.filters)
        ids = asked.ids("ids")
        found = self._filtered(asked) if ids is None else self._stored(asked, Filter(self._owner(asked), ids))
        items = [self._told(asked, call, detailed=ids is not None) for call in found]
        return answers.value(self._context.manners.listing("calls", items))

    def read(self, asked: Asked) -> Answer:
        """GET /calls/:id"""
        asked.expect()
        number = asked.numbers[-1]
        found = self._stored(asked, Filter(self._owner(asked), (number,)))
        if not found:
            raise Refused(404, "CALL-NOT-FOUND", f"There is no call {number} here")
        return answers.value(self._told(asked, found[0], detailed=True))

    def _filtered(self, asked: Asked) -> list[StoredCall]:
        until = asked.date("end_at")
        wanted = Filter(
            self._owner(asked),
            sites=asked.ids("sites_ids"),
            since=asked.date("start_at"),
            until=None if until is None else until + 1,  # the second itself is meant, too
            client=asked.phone("client"),
            manager=asked.phone("manager"),
        )
        statuses = asked.ids("status_ids")
        now = self._context.now()
        return [
            call
            for call in self._stored(asked, wanted)
            if statuses is None or assumed.STATUSES[state(call, now)] in statuses
        ]

    def _stored(self, asked: Asked, wanted: Filter) -> list[StoredCall]:
        return self._context.storage.calls.listed(POZVONIM, asked.uid, wanted)

    def _told(self, asked: Asked, call: StoredCall, *, detailed: bool) -> dict[str, Any]:
        told = assumed.call_detailed if detailed else assumed.call
        item = told(call, self._context.now(), asked.zone)
        return self._context.manners.item(assumed.CALL_TYPES, item, call.id)

    def _owner(self, asked: Asked) -> Owner:
        """Whose calls are meant."""
        return self._context.manners.owner(None)


class ClientsCalls(Calls):
    """The calls of the client whose number stands first in the path."""

    filters = ("start_at", "end_at", "ids", "status_ids", "sites_ids")

    def _owner(self, asked: Asked) -> Owner:
        return self._context.client(asked).id


def _details(asked: Asked) -> dict[str, Any]:
    """What comes with a call."""
    texts = ("region", "source_call", "source_enter", "source_referer", "useragent")
    details: dict[str, Any] = {name: asked.text(name) for name in texts}
    details |= {"return_count": asked.whole("return_count"), "ip": asked.ip("ip")}
    return {name: value for name, value in details.items() if value is not None}


def _manager(site: StoredSite, region: str) -> str:
    """The first manager of the region, or of all where it has none."""
    phones = [*site.managers_phones(region), *site.managers_phones()] if region else site.managers_phones()
    return phones[0] if phones else ""
