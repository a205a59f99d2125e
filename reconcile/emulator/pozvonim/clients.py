"""A studio's clients: calls 17 to 20. There is no call that changes or deletes one."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import orjson

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.documents import Document
from reconcile.emulator.pozvonim import assumed
from reconcile.emulator.pozvonim.sites import read_sections
from reconcile.emulator.refused import Refused
from reconcile.emulator.storage import StoredClient
from reconcile.model.fields import client_kind

#: The cost of a password's hash: it guards test data, and must not make tests slow.
_HASH_COST: Final = 2**10


class Clients:
    """The clients of a studio."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._document = Document(client_kind())

    def listed(self, asked: Asked) -> Answer:
        """GET /contributors"""
        asked.expect()
        manners = self._context.manners
        found = self._context.storage.clients.listed(asked.uid)
        found = self._context.unseen.without(found, "client", self._context.now())
        items = [manners.item(assumed.CLIENT_TYPES, assumed.client(one), one.id) for one in found]
        return answers.value(manners.listing("contributors", items))

    def read(self, asked: Asked) -> Answer:
        """GET /contributors/:id"""
        asked.expect()
        manners = self._context.manners
        found = self._context.client(asked)
        owned = self._context.storage.sites.listed(asked.uid, found.id)
        owned = self._context.unseen.without(owned, "site", self._context.now())
        sites = [manners.id(site.id) for site in owned]
        extended = assumed.client_extended(found, sites, asked.zone)
        return answers.value(manners.item(assumed.CLIENT_TYPES, extended, found.id))

    def create(self, asked: Asked) -> Answer:
        """POST /contributors"""
        asked.expect(*self._document.sections)
        manners = self._context.manners
        made = self._add(asked)
        self._context.unseen.note("client", made.id)
        return answers.created(manners, manners.item(assumed.CLIENT_TYPES, assumed.client(made), made.id))

    def create_with_site(self, asked: Asked) -> Answer:
        """POST /contributors/sites: both or neither."""
        asked.expect(*self._document.sections, *self._context.site.sections)
        manners = self._context.manners
        sent = {name: value for name, value in asked.params.items() if name not in self._document.sections}
        sections = read_sections(self._context, sent)
        with self._context.storage.database.transaction():
            made = self._add(asked)
            site = self._context.add_site(asked.uid, sections, made.id)
        self._context.unseen.note("client", made.id)
        self._context.unseen.note("site", site.id)
        client = manners.item(assumed.CLIENT_TYPES, {"id": made.id, "email": made.email}, made.id)
        return answers.created(manners, {**client, "site": manners.site(site.id, orjson.loads(site.body))})

    def _add(self, asked: Asked) -> StoredClient:
        sent = {name: asked.params.get(name) for name in self._document.sections}
        client = self._document.read(sent)
        email, password = str(client["email"]).strip(), hashed(str(client["password"]))
        try:
            return self._context.storage.clients.add(asked.uid, email, password, self._context.now())
        except ValueError:
            raise Refused(
                409, "CONTRIBUTOR-EMAIL-TAKEN", f"There is somebody with the e-mail {email} already"
            ) from None


def hashed(password: str) -> str:
    """A password as it is stored: salt and scrypt, in hexadecimal."""
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=_HASH_COST, r=8, p=1)
    return f"{salt.hex()}:{key.hex()}"
