"""How a request is signed (api.md, section 2): PHP's query with `client_id` last, then `SecurityKey`. Pure.

Nothing is sorted: the parameters are signed in the order in which they are sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any

from reconcile.providers.http.query import http_build_query


def security_key(query: str, private_key: str) -> str:
    """`md5(query + "&PrivateSecurityKey=" + private_key)` of a query that is encoded; the key goes in as it is."""
    return md5(f"{query}&PrivateSecurityKey={private_key}".encode(), usedforsecurity=False).hexdigest()


def signed_query(params: Mapping[str, Any], client_id: str, private_key: str) -> str:
    """The parameters in their order, `client_id`, and `SecurityKey`, encoded once: what is signed is what is sent."""
    query = http_build_query({**params, "client_id": client_id})
    return f"{query}&SecurityKey={security_key(query, private_key)}"
