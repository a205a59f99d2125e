"""How a request is signed: `md5(token + http_build_query(ksort(params)))` (api.md 1.1), as PHP 8.2 does. Pure."""

from __future__ import annotations

from hashlib import md5
from typing import Any

from reconcile.providers.http.query import Params, array_items, http_build_query
from reconcile.providers.pozvonim.phpsort import sorted_keys


def ksort(params: Params) -> dict[Any, Any]:
    """The parameters with their top-level keys in PHP's order; what is nested keeps its own."""
    by_key = dict(array_items(params))
    return {key: by_key[key] for key in sorted_keys(by_key)}


def signature(token: str, query: str) -> str:
    """The signature of a query string that is already encoded and in order."""
    return md5((token + query).encode(), usedforsecurity=False).hexdigest()


def sign(token: str, params: Params) -> str:
    """The `sign` of a request with these parameters (all but `sign` itself)."""
    return signature(token, http_build_query(ksort(params)))


def token_sign(api_key: str, uid: str) -> str:
    """The `sign` of the request for a token, which the API key signs (api.md 1.1, step 2)."""
    return signature(api_key, f"uid={uid}")
