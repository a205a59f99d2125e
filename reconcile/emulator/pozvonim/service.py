"""Who is let in, and with what (api.md 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from reconcile.emulator.asked import Asked
from reconcile.emulator.context import Context
from reconcile.emulator.pozvonim.access import Access
from reconcile.emulator.pozvonim.calls import Calls, ClientsCalls
from reconcile.emulator.pozvonim.clients import Clients
from reconcile.emulator.pozvonim.payments import Payments
from reconcile.emulator.pozvonim.profile import Profile
from reconcile.emulator.pozvonim.sites import ClientsSites, Sites
from reconcile.emulator.pozvonim.widgets import Widgets
from reconcile.emulator.refused import Refused
from reconcile.emulator.requests import Request, is_signed, parameters, signature_base
from reconcile.emulator.routes import POZVONIM, Route, Router, routes_of
from reconcile.emulator.service import Service
from reconcile.emulator.storage import Account

#: Parameters that say who asks.
CREDENTIALS: Final = frozenset({"uid", "sign"})


class Pozvonim(Service):
    """The service whose sites are kept as code."""

    name: ClassVar = POZVONIM
    prefix: ClassVar = "/v2u"
    uid: ClassVar = "uid"

    def __init__(self, context: Context, update_method: str) -> None:
        subjects = {
            "access": Access(context),
            "sites": Sites(context),
            "clients_sites": ClientsSites(context),
            "clients": Clients(context),
            "profile": Profile(context),
            "widgets": Widgets(context),
            "calls": Calls(context),
            "clients_calls": ClientsCalls(context),
            "payments": Payments(context),
        }
        super().__init__(context, Router(routes_of(self.name, update_method)), subjects)

    def read(self, request: Request) -> dict[str, Any]:
        """The parameters of a request: a query, a form or JSON."""
        return parameters(request)

    def admit(self, route: Route, request: Request, params: Mapping[str, Any], numbers: tuple[int, ...]) -> Asked:
        """Lets in what is signed with a token that is valid here, and the request for a token with the API key."""
        account = self._context.storage.accounts.one(str(params.get("uid", "")))
        if account is None:
            raise Refused(401, "AUTH-UID-UNKNOWN", f"There is no account {params.get('uid', '')}")
        if not account.enabled:
            raise Refused(403, "AUTH-API-DISABLED", f"The API is disabled in the profile of the account {account.uid}")
        if route.handler == "access.issue_token":
            _check_key(account, params)
        else:
            self._check_token(account, request, params)
        sent = {name: value for name, value in params.items() if name not in CREDENTIALS}
        return Asked(account.uid, request.client, sent, numbers, account.zone)

    def _check_token(self, account: Account, request: Request, params: Mapping[str, Any]) -> None:
        base, sign = signature_base(params), params.get("sign")
        tokens = self._context.storage.accounts.tokens(account.uid)
        token = next((t for t in tokens if is_signed(t.token, base, sign)), None)
        if token is None:
            raise Refused(403, "AUTH-SIGN-INVALID", "The signature is not that of these parameters with a known token")
        if token.expires <= self._context.now():
            raise Refused(403, "AUTH-TOKEN-EXPIRED", "The token is not valid any more")
        if token.client != request.client:
            raise Refused(403, "AUTH-TOKEN-IP", f"The token was given to {token.client}, not to {request.client}")


def _check_key(account: Account, params: Mapping[str, Any]) -> None:
    if not is_signed(account.api_key, f"uid={account.uid}", params.get("sign")):
        raise Refused(401, "AUTH-SIGN-INVALID", "The signature is not the MD5 of API key and uid")
