"""Calls: those that were made (30), and one to be made (31)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.chaser import assumed
from reconcile.emulator.context import Context
from reconcile.emulator.documents import invalid
from reconcile.emulator.refused import Refused
from reconcile.emulator.routes import CHASER
from reconcile.emulator.storage import Filter, StoredCall, Website

_TEXTS: Final = ("active_page", "message_on_ring", "referrer")
_OPTIONS: Final = (*_TEXTS, "client_ip", "nwt_action", "call_stack_start_hour", "call_stack_interval")
_ALWAYS_CALL: Final = "always_call"
_STACK: Final = {"call_stack_start_hour": 24, "call_stack_interval": 60}


class Calls:
    """The calls of a user's websites."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def statistics(self, asked: Asked) -> Answer:
        """GET /statistics"""
        asked.expect("site_id", "date_from", "date_to", "filter")
        manners, now = self._context.manners, self._context.now()
        site = self._website(asked)
        since, until = asked.day("date_from"), asked.day("date_to")
        if since and until and until < since:
            raise invalid(("date_to",), "expected a day that is not before date_from")
        chosen = asked.choice("filter", assumed.FILTERS)
        # The last day is meant, too.
        wanted = Filter(sites=(site.id,), since=_midnight(since), until=_midnight(until and until + dt.timedelta(1)))
        results = {assumed.FILTERS[chosen]} if chosen else {*assumed.FILTERS.values()}
        items = [
            manners.item(assumed.CALL_TYPES, assumed.call(call, now), call.id)
            for call in self._context.storage.calls.listed(CHASER, asked.uid, wanted)
            if assumed.result(call, now) in results
        ]
        return answers.value(manners.listing("calls", items))

    def make(self, asked: Asked) -> Answer:
        """POST /call"""
        asked.expect("site_id", "client_phone", "manager_phone", "planned_time", *_OPTIONS)
        asked.require("client_phone")
        site, now = self._website(asked), self._context.now()
        phone = asked.phone_number("client_phone") or ""
        manager = asked.phone("manager_phone") or site.phone
        planned = asked.whole("planned_time")
        if planned is not None and planned <= now:
            raise invalid(("planned_time",), "expected a time that is still to come")
        start = now if planned is None else planned
        call = StoredCall(site.id, start, phone, manager, delayed=planned is not None, details=_details(asked))
        return answers.value(assumed.made(self._context.storage.calls.add(CHASER, asked.uid, call)))

    def _website(self, asked: Asked) -> Website:
        asked.require("site_id")
        number = asked.whole("site_id") or 0
        found = self._context.storage.websites.one(asked.uid, number)
        if found is None:
            raise Refused(404, "SITE-NOT-FOUND", f"The client has no website {number}")
        return found


def _details(asked: Asked) -> dict[str, Any]:
    """What comes with a call."""
    details: dict[str, Any] = {name: asked.text(name) for name in _TEXTS}
    details["client_ip"] = asked.ip("client_ip")
    details["nwt_action"] = asked.choice("nwt_action", ("create_leed", _ALWAYS_CALL))
    for name, most in _STACK.items():
        details[name] = asked.whole(name, most=most)
        if details[name] is not None and details["nwt_action"] != _ALWAYS_CALL:
            raise invalid((name,), f"only with nwt_action={_ALWAYS_CALL}")
    return {name: value for name, value in details.items() if value is not None}


def _midnight(day: dt.date | None) -> float | None:
    return None if day is None else dt.datetime(day.year, day.month, day.day, tzinfo=assumed.ZONE).timestamp()
