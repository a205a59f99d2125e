"""Live accounts from plain data, as the services give them: for planning without a service.

An account is a list of sites, or a mapping: `sites`, `clients` (each perhaps with its own `sites`), `profile`, the
`key` in use, and `warnings`. Sites of Chaser are its websites.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.model.resource import Live
from reconcile.model.state import DesiredState, LiveAccount
from reconcile.providers.chaser.codec import websites
from reconcile.providers.pozvonim.codec import SiteCodec
from reconcile.providers.pozvonim.studio import decode_client, decode_profile


def live_accounts(desired: DesiredState, raw: Mapping[str, Any]) -> dict[str, LiveAccount]:
    """The live accounts of a project, by name."""
    return {name: _account(desired, name, given) for name, given in raw.items()}


def _account(desired: DesiredState, name: str, raw: Any) -> LiveAccount:
    given = {"sites": raw} if isinstance(raw, list) else raw
    profile = given.get("profile")
    clients = given.get("clients", [])
    return LiveAccount(
        name,
        tuple(_sites(desired, name, given.get("sites", []), clients)),
        tuple(decode_client(name, client) for client in clients),
        None if profile is None else decode_profile(name, profile, given.get("key", desired.accounts[name].api_key)),
        tuple(given.get("warnings", ())),
    )


def _sites(desired: DesiredState, name: str, own: list[Any], clients: list[Any]) -> Iterator[Live]:
    if desired.accounts[name].provider == "chaser":
        yield from websites(desired.kinds["site"], name, own, "GET /websites")
        return
    codec = SiteCodec(desired.kinds["site"])
    yield from (codec.decode(name, site) for site in own)
    for client in clients:
        yield from (codec.decode(name, site, client["id"]) for site in client.get("sites", ()))
