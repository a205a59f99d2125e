"""No two declared sites may be one live site (design, section 3: identity)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconcile.config.places import Fault, Place
from reconcile.model.normalize import human_address, quoted
from reconcile.model.resource import Desired


def check_identities(sites: Sequence[Desired], url: int) -> list[Fault]:
    """What is wrong with the sites' identities; `url` is the index of what is sent as their address."""
    declared: dict[tuple[str, str], Desired] = {}
    return [*_same(sites, url, declared), *_claims(sites), *_previous(sites, declared)]


def _same(sites: Sequence[Desired], url: int, declared: dict[tuple[str, str], Desired]) -> Iterator[Fault]:
    """Sites that are one, by address or by what is sent; fills in who has which address."""
    for site in sites:
        for name in {site.address.name, str(site.values[url])}:
            other = declared.setdefault((site.address.account, name), site)
            if other is not site:
                message = f"{quoted(site.key)} is the same site as the one at {{other}}: both are "
                yield Fault(_place_called(site, name), message, _place_called(other, name), human_address(name))
                break


def _claims(sites: Sequence[Desired]) -> Iterator[Fault]:
    """One live site can't be pinned, or renamed, by two."""
    claimed: dict[tuple[str, str, Any], Desired] = {}
    for site in sites:
        for key, value in (("id", site.id), ("previous_address", site.previous)):
            other = site if value is None else claimed.setdefault((site.address.account, key, value), site)
            if other is not site:
                message = f"the same `{key}` is said at {{other}}; one live site can't be both"
                yield Fault(_place_of(site, key), message, _place_of(other, key))


def _previous(sites: Sequence[Desired], declared: dict[tuple[str, str], Desired]) -> Iterator[Fault]:
    """A previous address may not be one that a declared site has."""
    for site in sites:
        holder = declared.get((site.address.account, site.previous or ""))
        if holder is site:
            message = "this previous address is the one that the site has; take it away"
            yield Fault(_place_of(site, "previous_address"), message)
        elif holder is not None and site.previous is not None:
            message = "this previous address is that of the site at {other}; take one of them away"
            yield Fault(_place_of(site, "previous_address"), message, _place_called(holder, site.previous))


def _place_of(site: Desired, *keys: str) -> Place:
    return Place(site.file, ("sites", site.key, *keys), at_key=not keys)


def _place_called(site: Desired, name: str) -> Place:
    """Where a site says that this is its address: by its key, or by what is sent."""
    return _place_of(site) if name == site.address.name else _place_of(site, "url")
