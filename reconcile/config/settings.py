"""Accounts and limits: what was written, over the schema's own defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconcile.model.capabilities import Capabilities
from reconcile.model.fields import schemas
from reconcile.model.normalize import read_text
from reconcile.model.state import Account, Safety, Unspecified

#: What an account has to have, and the name that another service gives it.
CREDENTIALS: Final = {"uid": "client_id", "api_key": "private_key"}  # pragma: allowlist secret


def account(name: str, raw: Mapping[str, Any], service: Capabilities, call_defaults: Mapping[str, Any]) -> Account:
    """An account whose credentials are there, under either name."""
    settings = with_defaults(schemas()["account"], raw)
    uid, api_key = (str(raw.get(key, raw.get(other))) for key, other in CREDENTIALS.items())
    profile = raw.get("profile") or {}
    return Account(
        name=name,
        provider=settings["provider"],
        uid=uid,
        api_key=api_key,
        base_url=settings.get("base_url", service.base_url).rstrip("/"),
        encoding=settings["encoding"],
        update_method=settings["update_method"],
        payment_route=settings["payment_route"],
        unspecified=Unspecified(settings["unspecified"]),
        prune=settings["prune"],
        next_key=None if profile.get("api_key") is None else read_text(profile["api_key"]),
        requests_per_second=settings.get("requests_per_second"),
        timeout=settings["timeout"],
        list_lag=settings["list_lag"],
        allow_http=settings["allow_http"],
        call_defaults=call_defaults,
    )


def safety(raw: Mapping[str, Any]) -> Safety:
    """The limits of `safety`."""
    limits = with_defaults(schemas()["project"]["properties"]["safety"], raw)
    return Safety(
        limits["max_deletes"],
        limits["max_delete_percent"],
        limits["max_update_percent"],
        tuple(limits["protect"]),
    )


def store(raw: str | None) -> str:
    """The URL of the history's database."""
    default: str = schemas()["project"]["properties"]["store"]["default"]
    return raw or default


def with_defaults(schema: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was written over the schema's own defaults."""
    return {key: child["default"] for key, child in schema["properties"].items() if "default" in child} | dict(raw)
