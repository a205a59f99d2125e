"""Looking at what the services keep, and changing it behind their backs: what a dashboard does, and what tests need."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from msgspec.structs import replace

from reconcile.emulator.context import Context
from reconcile.emulator.outcomes import State, duration, state
from reconcile.emulator.pozvonim.assumed import PURSES, roubles
from reconcile.emulator.routes import CHASER, POZVONIM
from reconcile.emulator.storage import Account, Filter, Purse, Recorded, StoredCall
from reconcile.model.normalize import read_address


class Backdoor:
    """What is kept, whether the services run or not. Safe to use from several threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._storage = context.storage

    # --- what was asked ---

    def requests(self) -> list[Recorded]:
        """Every request that was answered since the start, in order."""
        return self._storage.log.requests()

    def clear_requests(self) -> None:
        """Forgets the requests so far."""
        self._storage.log.clear()

    # --- sites ---

    def sites(self, uid: str, client: int | None = None) -> list[dict[str, Any]]:
        """An account's own sites, or those of one of its clients.

        They are `id` and the sections as they are stored, whatever the personalities.
        """
        return [{"id": stored.id, **orjson.loads(stored.body)} for stored in self._storage.sites.listed(uid, client)]

    def put_site(self, uid: str, sections: Mapping[str, Any], client: int | None = None) -> int:
        """Stores a site as somebody else would have made it: not checked, defaults under it. Gives its id."""
        return self._context.add_site(uid, self._context.site.filled(sections), client).id

    def change_site(self, site_id: int, changes: Mapping[str, Any]) -> None:
        """Changes a site behind everybody's back: values by dotted wire path, as `widget.call_time`.

        A number in a path is a place in a list. Raises `KeyError` for a site that is not there.
        """
        uid = self._account_of(site_id)
        stored = self._storage.sites.one(uid, site_id)
        sections = orjson.loads(stored.body) if stored else {}
        for path, value in changes.items():
            *above, last = path.split(".")
            level = sections
            for name in above:
                level = level[int(name)] if isinstance(level, list) else level.setdefault(name, {})
            level[int(last) if isinstance(level, list) else last] = value
        self._storage.sites.replace(uid, site_id, sections, self._context.now())

    def drop_site(self, site_id: int) -> None:
        """Deletes a site behind everybody's back. Raises `KeyError` for one that is not there."""
        self._context.drop_site(self._account_of(site_id), site_id)

    def _account_of(self, site_id: int) -> str:
        uid = self._storage.sites.account(site_id)
        if uid is None:
            raise KeyError(f"there is no site {site_id}")
        return uid

    # --- clients ---

    def clients(self, uid: str) -> list[dict[str, Any]]:
        """The clients of an account: `id`, `email` and `balance`, a `Decimal`."""
        return [
            {"id": stored.id, "email": stored.email, "balance": roubles(stored.balance)}
            for stored in self._storage.clients.listed(uid)
        ]

    def put_client(self, uid: str, email: str, balance: Decimal | int = 0) -> int:
        """Stores a client; gives its id. Raises `ValueError` where there is one with this e-mail."""
        return self._storage.clients.add(uid, email, "", self._context.now(), _hundredths(balance)).id

    def payments(self, uid: str) -> list[dict[str, Any]]:
        """The money that an account moved to its clients: `id`, `client`, `type` (1 or 2) and `amount`, a `Decimal`."""
        types = {purse: number for number, purse in PURSES.items()}
        return [
            {"id": paid.id, "client": paid.client, "type": types[paid.purse], "amount": roubles(paid.amount)}
            for paid in self._storage.clients.payments(uid)
        ]

    # --- websites of Chaser ---

    def websites(self, client_id: str) -> list[dict[str, Any]]:
        """The websites of a user: `id`, `name` and `title`."""
        return [
            {"id": site.id, "name": site.name, "title": site.title} for site in self._storage.websites.listed(client_id)
        ]

    def put_website(self, client_id: str, name: str, title: str = "") -> int:
        """Stores a website, as its owner would in the dashboard; gives its id."""
        return self._context.add_website(client_id, name, title)

    def declare_website(self, client_id: str, name: str, title: str = "") -> int:
        """Gives the website of this name this title, and stores it where there is none; gives its id."""
        for site in self._storage.websites.listed(client_id):
            if _same_website(site.name, name):
                self._storage.websites.rename(site.id, title)
                return site.id
        return self.put_website(client_id, name, title)

    # --- calls ---

    def calls(self, uid: str, service: str = POZVONIM) -> list[dict[str, Any]]:
        """The calls of an account, oldest first, its clients' too.

        They are `id`, `site_id`, `contributor` (its client, or None), `client`, `manager`, `start` and `delayed`,
        `state` (a name of `outcomes.State`), `duration`, and whatever came with the call.
        """
        return [
            {
                **call.details,
                "id": call.id,
                "site_id": call.site,
                "contributor": call.owner,
                "client": call.client,
                "manager": call.manager,
                "start": call.start,
                "delayed": call.delayed,
                "state": state(call, self._context.now()).value,
                "duration": duration(call, self._context.now()),
            }
            for call in self._storage.calls.listed(service, uid, Filter())
        ]

    def put_call(
        self,
        uid: str,
        site_id: int,
        client: str = "+79161234567",
        *,
        start: float | None = None,
        state: str | None = None,
        duration: int | None = None,
        manager: str | None = None,
        service: str = POZVONIM,
        **details: Any,
    ) -> int:
        """Stores a call of a site: now, or at a unix time; gives its id.

        What becomes of it is up to the clock, unless `state` (a name of `outcomes.State`) and `duration` say so.
        Raises `KeyError` for a site that is not there, `ValueError` for an unknown state.
        """
        owner, phone = self._called(uid, site_id, service)
        moment = self._context.now() if start is None else start
        decided = None if state is None else State(state).value
        call = StoredCall(
            site_id,
            moment,
            client,
            phone if manager is None else manager,
            owner,
            delayed=moment > self._context.now(),
            state=decided,
            duration=duration,
            details=details,
        )
        return self._storage.calls.add(service, uid, call)

    def _called(self, uid: str, site_id: int, service: str) -> tuple[int | None, str]:
        """Whose a site is, and the phone of its manager."""
        if service == CHASER:
            website = self._storage.websites.one(uid, site_id)
            if website is not None:
                return None, website.phone
        else:
            site = self._storage.sites.one(uid, site_id)
            if site is not None:
                return site.client, next(iter(site.managers_phones()), "")
        raise KeyError(f"there is no site {site_id}")

    # --- profiles ---

    def profile(self, uid: str) -> dict[str, Any]:
        """An account: `timezone`, `api_enable`, `api_key`, and `balance` and `partner_balance`, `Decimal`s.

        Raises `KeyError` for one that is not there.
        """
        account = self._account(uid)
        return {
            "timezone": account.timezone,
            "api_enable": int(account.enabled),
            "api_key": account.api_key,
            "balance": roubles(account.balance),
            "partner_balance": roubles(account.partner_balance),
        }

    def set_profile(self, uid: str, **changes: Any) -> None:
        """Changes what `profile` names, as its owner would; another key makes all tokens invalid.

        Raises `KeyError` for an account that is not there, `TypeError` for an unknown name.
        """
        account = self._account(uid)
        if "api_enable" in changes:
            changes["enabled"] = bool(changes.pop("api_enable"))
        for purse in changes.keys() & {*Purse}:
            changes[purse] = _hundredths(changes[purse])
        self._storage.accounts.change(replace(account, **changes))

    def _account(self, uid: str) -> Account:
        account = self._storage.accounts.one(uid)
        if account is None:
            raise KeyError(f"there is no account {uid}")
        return account

    def expire_tokens(self) -> None:
        """Makes every token that was given so far invalid."""
        self._storage.accounts.expire_tokens()


def _hundredths(amount: Decimal | int) -> int:
    return int(Decimal(amount).scaleb(2))


def _same_website(one: str, other: str) -> bool:
    """Whether two names are spellings of one address, or the same text."""
    try:
        return read_address(one) == read_address(other)
    except ValueError:
        return one == other
