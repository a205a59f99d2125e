"""What is Chaser's own in requests (api.md, section 2). Pure."""

from __future__ import annotations

from reconcile.providers.chaser.signing import signed_query
from reconcile.providers.http.protocol import HttpRequest, Request, ready


def signed(request: Request, base_url: str, client_id: str, private_key: str) -> HttpRequest:
    """The request with `client_id` and `SecurityKey`: in the URL of a GET, in the form of a POST."""
    query = signed_query(request.params, client_id, private_key)
    return ready(request, base_url, query, request.params, "form")
