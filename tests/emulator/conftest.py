"""A running emulator, and a client of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from by_hand import KEY, SITE, UID, Client, Clock

from reconcile.emulator import Emulator, Options

Start = Callable[..., Emulator]


@pytest.fixture
def site() -> dict[str, Any]:
    """What a client may send as a site."""
    return copy.deepcopy(SITE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Start]:
    """Starts emulators that are stopped after the test."""
    running: list[Emulator] = []

    def begin(**options: Any) -> Emulator:
        accounts = options.pop("accounts", {UID: KEY, "200": "other"})
        emulator = Emulator(Options(accounts, options.pop("database", tmp_path / "emulator.db"), **options), clock)
        emulator.start()
        running.append(emulator)
        return emulator

    yield begin
    for emulator in running:
        emulator.stop()


@pytest.fixture
def emulator(start: Start) -> Emulator:
    return start()


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(emulator.url)


@pytest.fixture
def connect() -> Callable[..., Client]:
    """Makes clients of other accounts and addresses."""
    return Client
