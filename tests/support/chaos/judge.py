"""What has to be true of a stored account, told without the product's own notion of equality."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chaos.schedules import FIELDS, Version
from chaos.world import Site, plain


def expected(site: Mapping[str, Any]) -> dict[str, Any]:
    """What a site declares, by dotted wire path: the field's type and the value as it was written."""
    given = dict(site)
    sets: dict[str, list[Any]] = {}
    for part in given.pop("blacklists", []):
        for name, entries in part.items():
            sets.setdefault(name, []).extend(entries)
    made = {}
    for field in FIELDS.values():
        level: Any = {**given, "blacklists": sets}
        for key in field.keys:
            level = level.get(key) if isinstance(level, Mapping) else None
        if level is not None:
            made[".".join(field.wire)] = (field.type.name, level)
    return made


def differences(address: str, site: Mapping[str, Any], stored: Site) -> Iterator[str]:
    """Where a stored site is not what is declared."""
    if stored.address != plain(address):
        yield f"{address}: its address is {stored.address}"
    for path, (kind, value) in expected(site).items():
        live: Any = stored.sections
        for name in path.split("."):
            live = live.get(name) if isinstance(live, Mapping) else None
        if not same(kind, value, live):
            yield f"{address}: {path} is {live!r}, declared {value!r}"


def same(kind: str, declared: Any, stored: Any) -> bool:
    """Whether a stored value is one that was declared."""
    match kind:
        case "flag" | "integer":
            return stored is not None and int(stored) == int(declared)
        case "hour":
            return _clock(stored) == _clock(declared)
        case "phone":
            return _digits(stored) == _digits(declared)
        case "phones" | "networks" | "lines":
            entries = set(str(stored or "").split("\n")) - {""}
            if kind == "phones":
                return {_digits(entry) for entry in entries} == {_digits(entry) for entry in declared}
            return entries == set(declared)
        case "events":
            return set(stored or ()) == set(declared)
        case "objects":
            return [_manager(one) for one in stored or ()] == [_manager(one) for one in declared]
    return str(stored) == str(declared)


def wrong(version: Version, sites: Mapping[int, Site], emails: set[str], timezone: str) -> Iterator[str]:
    """Where an account is not what a version declares."""
    by_name: dict[tuple[str | None, str], list[Site]] = {}
    for site in sites.values():
        by_name.setdefault((site.owner, site.address), []).append(site)
    for address, declared in version.sites.items():
        owner = version.clients.get(declared.get("client", ""))
        found = by_name.get((owner, plain(address)), [])
        if len(found) != 1:
            yield f"{address} of {owner or 'the studio'} is there {len(found)} times: {[site.id for site in found]}"
        for site in found:
            yield from differences(address, declared, site)
        previous = declared.get("previous_address")
        if previous is not None and found and by_name.get((owner, plain(previous))):
            yield f"{previous}, which is now {address}, is still there"
    for email in version.clients.values():
        if email not in emails:
            yield f"client {email} is not there"
    if version.timezone not in (None, timezone):
        yield f"the time zone is {timezone}, declared {version.timezone}"


def _digits(phone: Any) -> str:
    return re.sub(r"\D", "", str(phone))


def _clock(hour: Any) -> str:
    hours, _, minutes = str(hour).partition(":")
    return f"{int(hours)}:{int(minutes or 0):02}"


def _manager(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return _digits(one["phone"]), one.get("name") or "", one.get("region") or ""
