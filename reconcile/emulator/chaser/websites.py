"""Websites: call 29. There is no call that makes, changes or deletes one."""

from __future__ import annotations

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context


class Websites:
    """The websites of a user."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def listed(self, asked: Asked) -> Answer:
        """GET /websites"""
        asked.expect()
        manners = self._context.manners
        items = [
            manners.item({"title": "text"}, {"id": str(site.id), "name": site.name, "title": site.title}, site.id)
            for site in self._context.storage.websites.listed(asked.uid)
        ]
        return answers.value(manners.listing("websites", items))
