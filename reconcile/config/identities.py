"""No two declared sites may be one live site (design, section 3: identity)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from reconcile.config.places import Fault, Place
from reconcile.model.normalize import human_address, quoted
from reconcile.model.resource import Desired


class PlaceOf(Protocol):
    """Where a site is declared, by its position among all; or where a key of it is said."""

    def __call__(self, position: int, site: Desired, key: str | None = None) -> Place: ...


def check_identities(sites: Sequence[Desired], url: int, place_of: PlaceOf) -> list[Fault]:
    """What is wrong with the sites' identities; `url` is the index of what is sent as their address."""
    declared: dict[tuple[str, str], int] = {}
    return [
        *_same(sites, url, declared, place_of),
        *_claims(sites, place_of),
        *_previous(sites, declared, place_of),
    ]


def _same(
    sites: Sequence[Desired], url: int, declared: dict[tuple[str, str], int], place_of: PlaceOf
) -> Iterator[Fault]:
    """Sites that are one, by address or by what is sent; fills in who has which address."""
    for position, site in enumerate(sites):
        account, own = site.address.account, site.address.name
        sent = str(site.values[url])
        for name in (own,) if sent == own else (own, sent):
            other = declared.setdefault((account, name), position)
            if other != position:
                here, there = (_called(place_of, which, sites[which], name) for which in (position, other))
                message = f"{quoted(site.key)} is the same site as the one at {{other}}: both are "
                if here == there:
                    groups = f"{quoted(sites[other].member.group)} and {quoted(site.member.group)}"
                    message = f"the site groups {groups} both make a site of this row: "
                yield _in_series(Fault(here, message, there, human_address(name)), "sites that are there already")
                break


def _claims(sites: Sequence[Desired], place_of: PlaceOf) -> Iterator[Fault]:
    """One live site can't be pinned, or renamed, by two."""
    claimed: dict[tuple[str, str, Any], int] = {}
    for position, site in enumerate(sites):
        if site.id is None and site.previous is None:
            continue
        for key, value in (("id", site.id), ("previous_address", site.previous)):
            if value is None:
                continue
            other = claimed.setdefault((site.address.account, key, value), position)
            if other != position:
                message = f"the same `{key}` is said at {{other}}; one live site can't be both"
                here, there = (place_of(which, sites[which], key) for which in (position, other))
                yield _in_series(Fault(here, message, there), f"the same `{key}` is said before")


def _previous(sites: Sequence[Desired], declared: dict[tuple[str, str], int], place_of: PlaceOf) -> Iterator[Fault]:
    """A previous address may not be one that a declared site has."""
    for position, site in enumerate(sites):
        if site.previous is None:
            continue
        holder = declared.get((site.address.account, site.previous))
        here = place_of(position, site, "previous_address")
        if holder == position:
            message = "this previous address is the one that the site has; take it away"
            yield _in_series(Fault(here, message), message)
        elif holder is not None:
            message = "this previous address is that of the site at {other}; take one of them away"
            there = _called(place_of, holder, sites[holder], site.previous)
            yield _in_series(Fault(here, message, there), "previous addresses of sites that are declared")


def _called(place_of: PlaceOf, position: int, site: Desired, name: str) -> Place:
    """Where a site says that this is its address: by its key, or by what is sent."""
    return place_of(position, site) if name == site.address.name else place_of(position, site, "url")


def _in_series(fault: Fault, series: str) -> Fault:
    """The fault; one of a row may stand there a thousand times."""
    return fault if fault.place.keys[:1] == ("sites",) else replace(fault, series=series)
