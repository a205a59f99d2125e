"""Sites: a studio's own (calls 2 to 6), and those of one of its clients (calls 21 to 25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.refused import Refused
from reconcile.emulator.storage import Owner, StoredSite


class Sites:
    """A studio's own sites."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def listed(self, asked: Asked) -> Answer:
        """GET /sites"""
        asked.expect("ids")
        manners = self._context.manners
        ids = manners.ids(asked.ids("ids"))
        found = self._context.storage.sites.listed(asked.uid, self._owner(asked), ids)
        found = self._context.unseen.without(found, "site", self._context.now())
        return answers.sites(manners, found, chosen=ids is not None)

    def create(self, asked: Asked) -> Answer:
        """POST /sites"""
        client = self._client(asked)
        sections = read_sections(self._context, asked.params)
        made = self._context.add_site(asked.uid, sections, client)
        self._context.unseen.note("site", made.id)
        return answers.created_site(self._context.manners, made)

    def read(self, asked: Asked) -> Answer:
        """GET /sites/:id"""
        asked.expect()
        return answers.site(self._context.manners, self._found(asked))

    def update(self, asked: Asked) -> Answer:
        """PUT /sites/:id. Documented fields that are not sent take their defaults, unless this service merges."""
        manners, document = self._context.manners, self._context.site
        found = self._found(asked)
        document.require(asked.params)
        stored = orjson.loads(found.body)
        update = manners.update(lambda: document.documented(stored), asked.params)
        sections = document.keep(stored, document.read(update, manners.loose))
        body = self._context.storage.sites.replace(asked.uid, found.id, sections, self._context.now())
        if body is None:
            raise _nowhere(found.id)
        return answers.changed(manners, found.id, answers.site(manners, StoredSite(found.id, body)))

    def delete(self, asked: Asked) -> Answer:
        """DELETE /sites/:id"""
        asked.expect()
        manners = self._context.manners
        found = self._found(asked)
        self._context.drop_site(asked.uid, found.id)
        return answers.changed(manners, found.id, answers.value({"id": manners.id(found.id)}))

    def _client(self, asked: Asked) -> int | None:
        """The client that is asked about; None: the studio itself."""
        return None

    def _owner(self, asked: Asked) -> Owner:
        """Whose sites are meant."""
        return self._context.manners.owner(None)

    def _found(self, asked: Asked) -> StoredSite:
        number = asked.numbers[-1]
        found = self._context.storage.sites.one(asked.uid, number, self._owner(asked))
        if found is None:
            raise _nowhere(number)
        return found


class ClientsSites(Sites):
    """The sites of the client whose number stands first in the path."""

    def _client(self, asked: Asked) -> int:
        return self._context.client(asked).id

    def _owner(self, asked: Asked) -> Owner:
        return self._client(asked)


def read_sections(context: Context, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of a site that is to be made. Raises `Refused` (400)."""
    context.site.require(sent)
    return context.site.read(sent, context.manners.loose)


def _nowhere(site_id: int) -> Refused:
    return Refused(404, "SITE-NOT-FOUND", f"There is no site {site_id} here")
