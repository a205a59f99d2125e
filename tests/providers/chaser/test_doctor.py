"""What `doctor` says of an account; it only ever looks, and rings nobody."""

from __future__ import annotations

import re
from pathlib import Path
from time import time

import pytest

from reconcile.emulator import PERSONALITIES, Emulator, Options
from reconcile.emulator.routes import CHASER
from reconcile.providers.base import Check
from reconcile.providers.chaser.provider import Chaser

from .conftest import CLIENT, KEY, Connect, Fault, Service


def findings(provider: Chaser) -> dict[str, Check]:
    return {check.subject: check for check in provider.check()}


@pytest.mark.parametrize("names", [(), ("list-wrapped-data",), tuple(PERSONALITIES)], ids=["plain", "wrapped", "all"])
def test_every_method_that_reads_is_tried_and_nothing_else(
    tmp_path: Path, connect: Connect, names: tuple[str, ...]
) -> None:
    options = Options({}, tmp_path / "emulator.db", personalities=names, chaser_accounts={CLIENT: KEY})
    with Emulator(options) as emulator:
        site = emulator.put_website(CLIENT, "окна.рф")
        emulator.put_call(CLIENT, site, start=time() - 1, state="talked", duration=5, service=CHASER)

        found = findings(connect(url=emulator.url_of(CHASER)))

        asked = [f"{request.method} {request.path}" for request in emulator.requests()]
    assert asked == ["GET /websites", "GET /statistics"]
    levels = {subject: check.level for subject, check in found.items()}
    reads = ("configuration", "credentials", "clock", "websites", "statistics")
    assert levels == dict.fromkeys(reads, "ok") | {"call": "skip"}
    assert [found[s].request for s in ("websites", "statistics", "call")] == [*asked, "POST /call"]
    assert (found["websites"].message, found["statistics"].message) == ("1 website", "1 call today at окна.рф")
    assert found["call"].message == "not tried: it would ring"
    assert not any(secret in str(check) for check in found.values() for secret in (CLIENT, KEY))


@pytest.mark.parametrize(
    ("faults", "levels"),
    [
        ([Fault(403)], {"credentials": "error", "everything else": "skip"}),
        ([Fault(404)], {"credentials": "error", "everything else": "skip"}),
        ([Fault(200, b'{"ok": 1}')], {"credentials": "ok", "websites": "error", "statistics": "skip"}),
        ([Fault(200, b"null")], {"credentials": "ok", "websites": "error", "statistics": "skip"}),
        ([Fault(200, b"[]")], {"credentials": "ok", "websites": "ok", "statistics": "skip"}),
    ],
    ids=str,
)
def test_what_fails_is_said(service: Service, connect: Connect, faults: list[Fault], levels: dict[str, str]) -> None:
    service.faults = faults
    found = findings(connect())
    assert {subject: found[subject].level for subject in levels} == levels
    assert service.paths() == ["GET /v1/websites"]


def test_statistics_that_fail_are_an_error(service: Service, connect: Connect) -> None:
    service.shape = lambda raw: raw or {"nothing": True}
    found = findings(connect())
    assert [found[subject].level for subject in ("websites", "statistics", "call")] == ["ok", "error", "skip"]


def test_a_clock_that_is_off_is_a_warning(connect: Connect) -> None:
    account = connect(wall_clock=lambda: 10_000_000_000.0)
    found = findings(account)["clock"]
    assert found.level == "warning"
    assert re.fullmatch(r"the service's clock is \d+ h \d+ min behind this machine's", found.message)
