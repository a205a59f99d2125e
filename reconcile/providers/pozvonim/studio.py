"""A studio's clients and its profile, to and from the wire (api.md 1.4, calls 14 to 20). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reconcile.errors import BadAnswer
from reconcile.model.address import Address
from reconcile.model.fields import UNMANAGED, client_kind, profile_kind
from reconcile.model.resource import Live
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.shapes import Json, kind_of
from reconcile.providers.pozvonim.assumed import EMAIL_KEYS, PROFILE_KEYS
from reconcile.providers.pozvonim.codec import site_id, unwrapped

#: The studio's clients (17), and its profile (14).
CLIENTS: Final = Request("GET", "/contributors", slow=True)
PROFILE: Final = Request("GET", "/profile")


def decode_client(account: str, raw: Any) -> Live:
    """A client, brief or extended. Raises `BadAnswer` where its id or its e-mail is missing."""
    raw = unwrapped(raw)
    known = site_id(raw)
    if known is None:
        raise BadAnswer(
            f"a client has no usable id: {kind_of(raw.get('id') if isinstance(raw, dict) else raw)}", status=200
        )
    kind = client_kind()
    email = kind.by_path["email"]
    address = email_of(raw)
    if not address:
        raise BadAnswer(f"client {known} has no e-mail", status=200)
    values = [field.nothing for field in kind.fields]
    values[email.index] = address
    return Live(Address(account, "client", str(address)), known, tuple(values))


def email_of(raw: Json) -> str:
    """A client's e-mail, beside its id or one level below it; empty where there is none."""
    levels = [raw, *(value for value in raw.values() if isinstance(value, dict))]
    given = next((level[key] for level in levels for key in EMAIL_KEYS if level.get(key)), "")
    return str(client_kind().by_path["email"].lenient(given))


def encode_client(values: Sequence[Any]) -> Json:
    """What creates a client. Raises `ValueError` where something required is not there."""
    kind = client_kind()
    for field in kind.fields:
        if field.required and values[field.index] in (UNMANAGED, field.nothing):
            raise ValueError(f"the service requires `{field.path}`")
    return {field.wire[-1]: field.type.wire(values[field.index]) for field in kind.fields}


def decode_profile(account: str, raw: Any, key: str) -> Live:
    """The profile. `key` is the API key in use, which the service need not tell; it is on, because we are let in."""
    raw = unwrapped(raw)
    inner = (
        next((raw[key] for key in PROFILE_KEYS if isinstance(raw.get(key), dict)), raw)
        if isinstance(raw, dict)
        else raw
    )
    if not isinstance(inner, dict):
        raise BadAnswer(f"GET /profile: expected an object, got {kind_of(raw)}", status=200)
    kind = profile_kind()
    values = {field.name: field.lenient(inner.get(field.wire[-1])) for field in kind.fields}
    if values["api_enable"] is None:
        values["api_enable"] = True
    values["api_key"] = key
    return Live(
        Address(account, "profile", ""), site_id(inner) or 0, tuple(values[field.name] for field in kind.fields)
    )


def encode_profile(live: Live, values: Sequence[Any]) -> Json:
    """The whole profile, which the service wants at once: the live values under the desired ones."""
    return {
        field.wire[-1]: field.type.wire(below if value is UNMANAGED else value)
        for field, value, below in zip(profile_kind().fields, values, live.values, strict=True)
    }
