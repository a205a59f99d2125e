"""Who is let in (api.md 2): parameters in the order in which they are sent, `client_id` last, then `SecurityKey`."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import md5
from typing import Any, ClassVar, Final

from reconcile.emulator.asked import Asked
from reconcile.emulator.chaser.assumed import ZONE
from reconcile.emulator.chaser.calls import Calls
from reconcile.emulator.chaser.websites import Websites
from reconcile.emulator.context import Context
from reconcile.emulator.refused import Refused
from reconcile.emulator.requests import Request, parameters
from reconcile.emulator.routes import CHASER, Route, Router, routes_of
from reconcile.emulator.service import Service
from reconcile.providers.pozvonim.signing import http_build_query

#: Parameters that say who asks, in the order in which they end every request.
CREDENTIALS: Final = ("client_id", "SecurityKey")


class Chaser(Service):
    """The service of calls and their statistics. `keys` are the private keys of its users by their `client_id`."""

    name: ClassVar = CHASER
    prefix: ClassVar = "/v1"
    uid: ClassVar = "client_id"

    def __init__(self, context: Context, keys: Mapping[str, str]) -> None:
        subjects = {"websites": Websites(context), "calls": Calls(context)}
        super().__init__(context, Router(routes_of(self.name)), subjects)
        self._keys = keys

    def read(self, request: Request) -> dict[str, Any]:
        """The parameters of a request: a query or a form. [assumed: the page knows no JSON]"""
        if request.content_type == "application/json" and request.body:
            raise Refused(415, "GEN-CONTENT-TYPE", "The body is JSON, expected application/x-www-form-urlencoded")
        return parameters(request)

    def admit(self, route: Route, request: Request, params: Mapping[str, Any], numbers: tuple[int, ...]) -> Asked:
        """Lets in what is signed with the private key of a user."""
        client = str(params.get("client_id", ""))
        key = self._keys.get(client)
        if key is None:
            raise Refused(401, "AUTH-CLIENT-UNKNOWN", f"There is no client {client}")
        signed = {name: value for name, value in params.items() if name != "SecurityKey"}
        expected = md5(f"{http_build_query(signed)}&PrivateSecurityKey={key}".encode(), usedforsecurity=False)
        if not hmac.compare_digest(expected.hexdigest().encode(), str(params.get("SecurityKey", "")).encode()):
            raise Refused(403, "AUTH-KEY-INVALID", "SecurityKey is not that of these parameters in this order")
        if tuple(params)[-2:] != CREDENTIALS:
            raise Refused(403, "AUTH-ORDER-INVALID", "client_id comes last, and then SecurityKey")
        sent = {name: value for name, value in params.items() if name not in CREDENTIALS}
        return Asked(client, request.client, sent, numbers, ZONE)
