"""Which call is which: verb and path to the name of the handler (api.md 1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconcile.emulator.refused import Refused


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. In `path` a part `:id` stands for a number, which the handler gets."""

    method: str
    path: str
    handler: str


def pozvonim_routes(update_method: str) -> tuple[Route, ...]:
    """Pozvonim's calls; the verb of an update is an option, because the published text lost it (api.md 1.3)."""
    return (
        Route("GET", "/auth/token", "issue_token"),
        Route("GET", "/sites", "list_sites"),
        Route("POST", "/sites", "create_site"),
        Route("GET", "/sites/:id", "read_site"),
        Route(update_method, "/sites/:id", "update_site"),
        Route("DELETE", "/sites/:id", "delete_site"),
        Route("GET", "/server/time/now", "tell_time"),
        Route("GET", "/widget", "list_widgets"),
    )


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
