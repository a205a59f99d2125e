"""What the calls of both services work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from reconcile.emulator.asked import Asked
from reconcile.emulator.documents import Document
from reconcile.emulator.history import past_calls
from reconcile.emulator.manners import Manners
from reconcile.emulator.outcomes import State
from reconcile.emulator.refused import Refused
from reconcile.emulator.routes import CHASER, POZVONIM
from reconcile.emulator.storage import Storage, StoredClient, StoredSite
from reconcile.emulator.unseen import Unseen

#: The zone of dates where no profile says another. [assumed: the services are Russian]
HOME_ZONE: Final = ZoneInfo("Europe/Moscow")


class Context(Struct):
    """What the calls of both services work with.

    `now` is the services' own clock (unix time); `manners` change while they run; `site` is what a site may hold;
    `token_ttl` is how many seconds a token is valid, `history_days` how many days of calls a new site begins with.
    `unseen` is what lists miss yet.
    """

    storage: Storage
    site: Document
    manners: Manners
    now: Callable[[], float]
    token_ttl: float
    history_days: int
    unseen: Unseen = field(default_factory=Unseen)

    def add_site(self, uid: str, sections: Mapping[str, Any], client: int | None) -> StoredSite:
        """Stores a new site, a client's or the studio's own, with its past."""
        with self.storage.database.transaction():
            site = self.storage.sites.add(uid, sections, self.now(), client)
            if self.history_days:
                account = self.storage.accounts.one(uid)
                zone = account.zone if account else HOME_ZONE
                address = str(sections["site"].get("url", ""))
                phones = site.managers_phones()
                past = past_calls(site.id, client, address, phones, self.history_days, self.now(), zone)
                self.storage.calls.add_all(POZVONIM, uid, past)
        return site

    def add_website(self, uid: str, name: str, title: str) -> int:
        """Stores a new website of a user of Chaser, with its past; gives its id."""
        with self.storage.database.transaction():
            site = self.storage.websites.add(uid, name, title)
            if self.history_days:
                past = past_calls(site.id, None, name, [site.phone], self.history_days, self.now(), HOME_ZONE)
                self.storage.calls.add_all(CHASER, uid, past)
        return site.id

    def drop_site(self, uid: str, site_id: int) -> None:
        """Deletes a site; its calls stay, and those that are still to come are cancelled."""
        with self.storage.database.transaction():
            self.storage.sites.drop(uid, site_id)
            self.storage.calls.end(POZVONIM, site_id, State.CANCELLED, self.now())

    def client(self, asked: Asked) -> StoredClient:
        """The client whose number stands first in the path. Raises `Refused` (404)."""
        number = asked.numbers[0]
        found = self.storage.clients.one(asked.uid, number)
        if found is None:
            raise Refused(404, "CONTRIBUTOR-NOT-FOUND", f"The account has no client {number}")
        return found
