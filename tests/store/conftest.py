from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from stored import Process

from reconcile.store.database import Database
from reconcile.store.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    return request.getfixturevalue("postgresql_server").database()


@dataclass
class Clock:
    """A clock that stands still unless a test moves it."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_again(url, tmp_path, clock) -> Iterator[Callable[..., Store]]:
    """Opens the store, as often as there are processes; by the test's clock, unless it says otherwise."""
    stores = []

    def begin(**options: Any) -> Store:
        stores.append(Store(Database(url, tmp_path, **{"clock": clock, **options})))
        return stores[-1]

    yield begin
    for store in stores:
        store.close()


@pytest.fixture
def store(open_again) -> Store:
    return open_again()


@pytest.fixture
def process(store) -> Process:
    return Process(store)
