"""Widgets: calls 10 and 11.

A widget is found whosever its site is, because there is no other path to a client's. [assumed]
"""

from __future__ import annotations

from typing import Any

import orjson

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.pozvonim import assumed
from reconcile.emulator.refused import Refused
from reconcile.emulator.storage import ANYBODY, StoredSite


class Widgets:
    """The widgets of sites."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def listed(self, asked: Asked) -> Answer:
        """GET /widget"""
        asked.expect("sites_ids")
        manners = self._context.manners
        ids = asked.ids("sites_ids")
        owner = manners.owner(None) if ids is None else ANYBODY
        found = self._context.storage.sites.listed(asked.uid, owner, ids)
        items = [
            manners.item(assumed.WIDGET_TYPES, assumed.widget(site.id, self._settings(site)), site.id)
            for site in self._context.unseen.without(found, "site", self._context.now())
        ]
        return answers.value(manners.listing("widgets", items))

    def read(self, asked: Asked) -> Answer:
        """GET /widget/:id"""
        asked.expect()
        number = asked.numbers[0]
        site = self._context.storage.sites.one(asked.uid, number - assumed.FIRST_WIDGET)
        if site is None:
            raise Refused(404, "WIDGET-NOT-FOUND", f"The account has no widget {number}")
        settings = assumed.widget_settings(site.id, self._settings(site))
        return answers.value(self._context.manners.item(assumed.WIDGET_TYPES, settings, site.id))

    def _settings(self, site: StoredSite) -> Any:
        return self._context.manners.sections(site.id, orjson.loads(site.body))["widget"]
