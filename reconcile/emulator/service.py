"""Pozvonim: one request in, one answer out. What it knows is in the storage; it has no other state than its manners."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer
from reconcile.emulator.documents import SiteDocument, listed
from reconcile.emulator.personalities import Manners
from reconcile.emulator.refused import Refused
from reconcile.emulator.requests import Request, is_signed, parameters, signature_base
from reconcile.emulator.routes import Router, pozvonim_routes
from reconcile.emulator.storage import Storage, StoredSite, Token
from reconcile.model.fields import Kind

#: The profile's time zone, in which dates are written (api.md 1.2). [assumed: the default of a widget]
PROFILE_ZONE: Final = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood and let in: who asks, from which IP, with what, and the numbers in the path."""

    uid: str
    client: str
    params: Mapping[str, Any]
    numbers: tuple[int, ...]


class Pozvonim:
    """The service's calls (api.md 1.4); handlers are found by the names in `routes`.

    `now` is the service's own clock (unix time), `token_ttl` how many seconds a token is valid.
    """

    prefix: Final = "/v2u"

    def __init__(
        self, storage: Storage, kind: Kind, now: Callable[[], float], *, token_ttl: float, update_method: str
    ) -> None:
        self._storage = storage
        self._document = SiteDocument(kind)
        self._now = now
        self._token_ttl = token_ttl
        self._router = Router(pozvonim_routes(update_method))
        self.manners = Manners(kind)

    def answer(self, request: Request) -> Answer:
        """Does what a request asks. A refusal is an answer, too; every answer is noted in the log."""
        uid, path = "", "/" + request.path.strip("/")
        status = 500
        try:
            route, numbers = self._router.find(request.method, path)
            params = parameters(request)
            uid = str(params.get("uid", ""))
            call = Call(uid, request.client, params, numbers)
            if route.handler != "issue_token":
                self._authorize(call)
            handler: Callable[[Call], Answer] = getattr(self, route.handler)
            answer = handler(call)
            status = answer.status
        except Refused as refused:
            answer = answers.refusal(refused)
            status = answer.status
        finally:
            self._storage.record(request.method, path, status, uid)
        return answer

    # --- who asks (api.md 1.1) ---

    def issue_token(self, call: Call) -> Answer:
        """GET /auth/token"""
        _expect(call, ())
        api_key = self._storage.api_key(call.uid)
        if api_key is None:
            raise Refused(401, "AUTH-UID-UNKNOWN", f"There is no account {call.uid}")
        if not is_signed(api_key, f"uid={call.uid}", call.params.get("sign")):
            raise Refused(401, "AUTH-SIGN-INVALID", "The signature is not the MD5 of API key and uid")
        token = Token(secrets.token_hex(16), call.client, self._now() + self._token_ttl)
        self._storage.add_token(call.uid, token)
        return answers.value({"token": token.token, "expire": int(token.expires)})

    def _authorize(self, call: Call) -> None:
        """Raises `Refused`: 401 for an unknown account, 403 for what is not signed with a token that is valid here."""
        if self._storage.api_key(call.uid) is None:
            raise Refused(401, "AUTH-UID-UNKNOWN", f"There is no account {call.uid}")
        base, sign = signature_base(call.params), call.params.get("sign")
        signed_with = next((t for t in self._storage.tokens(call.uid) if is_signed(t.token, base, sign)), None)
        if signed_with is None:
            raise Refused(403, "AUTH-SIGN-INVALID", "The signature is not that of these parameters with a known token")
        if signed_with.expires <= self._now():
            raise Refused(403, "AUTH-TOKEN-EXPIRED", "The token is not valid any more")
        if signed_with.client != call.client:
            raise Refused(403, "AUTH-TOKEN-IP", f"The token was given to {signed_with.client}, not to {call.client}")

    # --- sites ---

    def list_sites(self, call: Call) -> Answer:
        """GET /sites"""
        _expect(call, ("ids",))
        ids = self.manners.ids(_ids(call, "ids"))
        return answers.sites(self.manners, self._storage.sites(call.uid, ids), chosen=ids is not None)

    def create_site(self, call: Call) -> Answer:
        """POST /sites"""
        sections = self._sections(call)
        return answers.created(self.manners, self._storage.add_site(call.uid, sections, self._now()))

    def read_site(self, call: Call) -> Answer:
        """GET /sites/:id"""
        _expect(call, ())
        return answers.site(self.manners, _found(call, self._storage.site(call.uid, call.numbers[0])))

    def update_site(self, call: Call) -> Answer:
        """PUT /sites/:id"""
        stored = _found(call, self._storage.site(call.uid, call.numbers[0]))
        sections = self._sections(call, orjson.loads(stored.body))
        replaced = self._storage.replace_site(call.uid, call.numbers[0], sections, self._now())
        return answers.updated(self.manners, _found(call, replaced))

    def delete_site(self, call: Call) -> Answer:
        """DELETE /sites/:id"""
        _expect(call, ())
        site = _found(call, self._storage.site(call.uid, call.numbers[0]))
        self._storage.drop_site(call.uid, site.id)
        return answers.deleted(self.manners, site.id)

    def _sections(self, call: Call, stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The sections to store. A field that is not sent takes its default, also in an update: PUT replaces, unless
        this service merges.
        """
        _expect(call, self._document.sections)
        sent = _sent(call)
        for section in self._document.sections:
            if sent.get(section) is None:
                raise Refused(400, "GEN-PARAM-REQUIRED", f"{section} is required")
        return self._document.read(sent if stored is None else self.manners.update(stored, sent))

    # --- the rest ---

    def list_widgets(self, call: Call) -> Answer:
        """GET /widget"""
        _expect(call, ("sites_ids",))
        return answers.widgets(self.manners, self._storage.sites(call.uid, _ids(call, "sites_ids")))

    def tell_time(self, call: Call) -> Answer:
        """GET /server/time/now. [assumed: the page shows no answer]"""
        _expect(call, ())
        now = int(self._now())
        written = dt.datetime.fromtimestamp(now, PROFILE_ZONE).strftime("%Y-%m-%d %H:%M:%S")
        return answers.value({"time": now, "date": written, "timezone": PROFILE_ZONE.key})


def _sent(call: Call) -> dict[str, Any]:
    """The parameters without those that say who asks."""
    return {name: value for name, value in call.params.items() if name not in ("uid", "sign")}


def _expect(call: Call, names: Iterable[str]) -> None:
    """Raises `Refused` (400) for a parameter that the call does not document."""
    for name in _sent(call):
        if name not in names:
            raise Refused(400, "GEN-PARAM-UNKNOWN", f"{name} is not documented")


def _ids(call: Call, name: str) -> tuple[int, ...] | None:
    """The numbers of `name[]`; None where it is not sent."""
    if name not in call.params:
        return None
    try:
        return tuple(int(entry) for entry in listed(call.params[name], (name,)))
    except (ValueError, TypeError):
        raise Refused(400, "GEN-PARAM-INVALID", f"{name}: expected whole numbers") from None


def _found(call: Call, stored: StoredSite | None) -> StoredSite:
    if stored is None:
        raise Refused(404, "SITE-NOT-FOUND", f"The account has no site {call.numbers[0]}")
    return stored
