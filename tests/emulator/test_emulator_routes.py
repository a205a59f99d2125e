"""Every call of api.md has its route, and every route its handler."""

from __future__ import annotations

import pytest

from reconcile.emulator.routes import ROUTES


def test_all_31_calls_are_there():
    assert [route.number for route in ROUTES] == list(range(1, 32))
    assert [route.service for route in ROUTES] == ["pozvonim"] * 28 + ["chaser"] * 3


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_has_its_handler(emulator, route):
    assert callable(emulator._services[route.service]._handler(route))
