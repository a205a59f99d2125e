"""Which call is which: verb and path to the name of the handler (api.md 1.4 and 2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reconcile.emulator.refused import Refused

POZVONIM: Final = "pozvonim"
CHASER: Final = "chaser"

#: The verb of an update, where nobody chose another (api.md 1.3).
UPDATE: Final = "PUT"


class Route(Struct, frozen=True):
    """One endpoint. `number` is that of api.md; in `path` a part `:id` stands for a number, which the handler gets."""

    number: int
    service: str
    method: str
    path: str
    handler: str


def _pozvonim(number: int, method: str, path: str, handler: str) -> Route:
    return Route(number, POZVONIM, method, path, handler)


def _chaser(number: int, method: str, path: str, handler: str) -> Route:
    return Route(number, CHASER, method, path, handler)


#: All calls of both services, in the order of api.md.
ROUTES: Final = (
    _pozvonim(1, "GET", "/auth/token", "access.issue_token"),
    _pozvonim(2, "GET", "/sites", "sites.listed"),
    _pozvonim(3, "POST", "/sites", "sites.create"),
    _pozvonim(4, "GET", "/sites/:id", "sites.read"),
    _pozvonim(5, UPDATE, "/sites/:id", "sites.update"),
    _pozvonim(6, "DELETE", "/sites/:id", "sites.delete"),
    _pozvonim(7, "GET", "/server/time/now", "profile.time"),
    _pozvonim(8, "POST", "/sites/:id/call", "calls.make"),
    _pozvonim(9, "POST", "/sites/:id/call/delayed", "calls.make_later"),
    _pozvonim(10, "GET", "/widget", "widgets.listed"),
    _pozvonim(11, "GET", "/widget/:id", "widgets.read"),
    _pozvonim(12, "GET", "/calls", "calls.listed"),
    _pozvonim(13, "GET", "/calls/:id", "calls.read"),
    _pozvonim(14, "GET", "/profile", "profile.read"),
    _pozvonim(15, "POST", "/profile", "profile.update"),
    _pozvonim(16, "POST", "/payments/contributors/:id", "payments.pay"),
    _pozvonim(17, "GET", "/contributors", "clients.listed"),
    _pozvonim(18, "POST", "/contributors", "clients.create"),
    _pozvonim(19, "GET", "/contributors/:id", "clients.read"),
    _pozvonim(20, "POST", "/contributors/sites", "clients.create_with_site"),
    _pozvonim(21, "GET", "/contributors/:id/sites", "clients_sites.listed"),
    _pozvonim(22, "POST", "/contributors/:id/sites", "clients_sites.create"),
    _pozvonim(23, "GET", "/contributors/:id/sites/:id", "clients_sites.read"),
    _pozvonim(24, UPDATE, "/contributors/:id/sites/:id", "clients_sites.update"),
    _pozvonim(25, "DELETE", "/contributors/:id/sites/:id", "clients_sites.delete"),
    _pozvonim(26, "GET", "/contributors/:id/calls", "clients_calls.listed"),
    _pozvonim(27, "GET", "/contributors/:id/calls/:id", "clients_calls.read"),
    _pozvonim(28, "POST", "/contributors/:id/payments", "payments.pay"),
    _chaser(29, "GET", "/websites", "websites.listed"),
    _chaser(30, "GET", "/statistics", "calls.statistics"),
    _chaser(31, "POST", "/call", "calls.make"),
)


def routes_of(service: str, update_method: str = UPDATE) -> tuple[Route, ...]:
    """A service's calls; the verb of an update is an option, because the published text lost it (api.md 1.3)."""
    verbs = {UPDATE: update_method}
    return tuple(replace(r, method=verbs.get(r.method, r.method)) for r in ROUTES if r.service == service)


class Router:
    """Finds the route of a request in a table."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_shape: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in routes:
            self._by_shape.setdefault(tuple(route.path.split("/")), {})[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, tuple[int, ...]]:
        """The route, and the numbers in the path. Raises `Refused`: 404 for the path, 405 for the verb."""
        parts = path.split("/")
        by_method = self._by_shape.get(tuple(":id" if _is_id(part) else part for part in parts))
        if by_method is None:
            raise Refused(404, "GEN-NOT-FOUND", f"There is nothing at {path}")
        if method not in by_method:
            allowed = ", ".join(sorted(by_method))
            message = f"{path} takes {allowed}, not {method}"
            raise Refused(405, "GEN-METHOD-NOT-ALLOWED", message, headers={"Allow": allowed})
        return by_method[method], tuple(int(part) for part in parts if _is_id(part))


def _is_id(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= 18
