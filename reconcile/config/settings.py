"""Accounts and limits: what was written, over the schema's own defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconcile.model.fields import schemas
from reconcile.model.state import Account, Safety, Unspecified


def account(name: str, raw: Mapping[str, Any]) -> Account | None:
    """An account; None where a key is missing that has to be there, which has been reported."""
    if any(key not in raw for key in schemas()["account"]["required"]):
        return None
    settings = _with_defaults(schemas()["account"], raw)
    return Account(
        name=name,
        provider=settings["provider"],
        uid=str(settings["uid"]),
        api_key=str(settings["api_key"]),
        base_url=settings["base_url"].rstrip("/"),
        encoding=settings["encoding"],
        update_method=settings["update_method"],
        unspecified=Unspecified(settings["unspecified"]),
        prune=settings["prune"],
    )


def safety(raw: Mapping[str, Any]) -> Safety:
    """The limits of `safety`."""
    limits = _with_defaults(schemas()["project"]["properties"]["safety"], raw)
    return Safety(
        limits["max_deletes"],
        limits["max_delete_percent"],
        limits["max_update_percent"],
        tuple(limits["protect"]),
    )


def _with_defaults(schema: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was written over the schema's own defaults."""
    return {key: child["default"] for key, child in schema["properties"].items() if "default" in child} | dict(raw)
