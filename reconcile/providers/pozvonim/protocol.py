"""What is Pozvonim's own in requests and answers: signatures, tokens, codes of refusals (api.md 1.1, 1.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from reconcile.errors import BadAnswer
from reconcile.providers.http import protocol as http
from reconcile.providers.http.protocol import HttpAnswer, HttpRequest, Request
from reconcile.providers.http.query import http_build_query
from reconcile.providers.pozvonim import signing
from reconcile.providers.pozvonim.assumed import CREDENTIALS_CODE, TOKEN_LIFETIME, TOKEN_LIFETIME_LEAST
from reconcile.values import Guarded

TOKEN: Final = Request("GET", "/auth/token", credentials=True)


def signed(request: Request, base_url: str, uid: str, token: str, encoding: str) -> HttpRequest:
    """The request with `uid` and `sign`: in the query of GET and DELETE, otherwise in a `form` or `json` body (1.1)."""
    params = signing.ksort({**request.params, "uid": uid})
    query = http_build_query(params)
    sign = signing.signature(token, query)
    # What is signed is what is sent: the query is encoded once, and `sign` appended.
    return http.ready(request, base_url, f"{query}&sign={sign}", {**params, "sign": sign}, encoding)


def token_request(base_url: str, uid: str, api_key: str) -> HttpRequest:
    """The request for a token, signed with the API key (1.1, step 2)."""
    params = {"uid": uid, "sign": signing.token_sign(api_key, uid)}
    return http.ready(TOKEN, base_url, http_build_query(params), params, "form")


def parse(request: Request, answer: HttpAnswer, secrets: Collection[str] = ()) -> Any:
    """The JSON of a successful answer, as `http.protocol.parse`; Pozvonim's codes tell what is about credentials."""
    return http.parse(request, answer, secrets, CREDENTIALS_CODE)


class GivenToken(Guarded, frozen=True):
    """A token as the service gave it, with the seconds that it may be used for."""

    hidden = ("text",)

    text: str
    lifetime: float


def given_token(content: Any) -> GivenToken:
    """The token of a parsed answer (1.1). Raises `BadAnswer` where there is none.

    `expire` counts only where it can be nothing but a lifetime in seconds; the server's clock may be hours away.
    """
    inner = content.get("data", content) if isinstance(content, dict) else content
    text = inner.get("token") if isinstance(inner, dict) else None
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not text.strip():
        raise BadAnswer(f"{TOKEN}: the answer holds no token", status=200)
    expire = inner.get("expire")
    if isinstance(expire, str) and re.fullmatch(r"\d{1,6}", expire):
        expire = int(expire)
    hinted = isinstance(expire, int | float) and TOKEN_LIFETIME_LEAST <= expire <= TOKEN_LIFETIME
    return GivenToken(text.strip(), float(expire) if hinted else TOKEN_LIFETIME)
