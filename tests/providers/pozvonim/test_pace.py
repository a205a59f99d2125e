"""One pace for all of an account's threads, and an end to runs whose every request fails; over real connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event, Thread
from typing import Any

import pytest

from reconcile.errors import BadAnswer, CircuitOpen, ConnectionFailed, NotSent, ProviderError
from reconcile.providers.http.circuit import IN_A_ROW
from reconcile.providers.http.protocol import Request
from reconcile.providers.http.retries import Repeat

from .conftest import Connect, Say, Scripted

TOO_MANY = {"error": {"code": "GEN-LIMIT", "message": "slow down"}}
DOWN = Say(503, b"<html>down</html>")
GET, POST = Request("GET", "/sites"), Request("POST", "/sites", repeat=Repeat.IF_UNDONE)


@pytest.fixture
def timed(service: Scripted) -> list[float]:
    """The moments at which requests reach the service, tokens aside."""
    moments: list[float] = []
    inner = service.answer

    def answer(method: str, path: str) -> Say:
        if not path.endswith("/auth/token"):
            moments.append(time.monotonic())
        return inner(method, path)

    service.answer = answer  # type: ignore[method-assign]
    return moments


def real_time(**more: Any) -> dict[str, Any]:
    return {"clock": time.monotonic, "wait": Event.wait, **more}


def many(provider: Any, requests: list[Request], threads: int) -> list[Any]:
    """What becomes of each: its answer, or its error."""

    def one(request: Request) -> Any:
        try:
            return provider._client.call(request)
        except ProviderError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, requests))


def test_sixteen_threads_keep_the_rate_together(service: Scripted, connect: Connect, timed: list[float]) -> None:
    provider = connect(service.url, parallelism=16, requests_per_second=40, **real_time())
    many(provider, [GET, POST] * 20, 16)
    assert len(timed) == 40
    spent = max(timed) - min(timed)
    assert spent >= 39 / 40 * 0.95  # reads and writes count together; the first goes at once
    for start in timed:
        assert sum(start <= moment < start + 0.5 for moment in timed) <= 0.5 * 40 * 1.3


def test_two_accounts_never_slow_each_other(service: Scripted, connect: Connect) -> None:
    slow, fast = connect(service.url, requests_per_second=0.01, **real_time()), connect(service.url, **real_time())
    slow._client.tokens.current()
    began = time.monotonic()
    many(fast, [GET] * 50, 4)
    assert time.monotonic() - began < 5


def test_retry_after_holds_the_whole_account(service: Scripted, connect: Connect, timed: list[float]) -> None:
    provider = connect(service.url, parallelism=8, **real_time())
    provider._client.tokens.current()
    service.script = [Say(429, TOO_MANY, {"Retry-After": "1"})]
    assert provider._client.call(GET) == []  # alone, so that the others come into the pause
    assert timed[1] - timed[0] >= 1
    service.script = [Say(503, b"", {"Retry-After": "1"})]
    first = Thread(target=provider._client.call, args=[GET])
    first.start()
    while len(timed) < 3:
        time.sleep(0.001)
    time.sleep(0.1)
    many(provider, [GET] * 6, 6)
    first.join()
    assert len(timed) == 10
    assert min(timed[3:]) - timed[2] >= 0.95


def test_a_service_with_a_limit_of_its_own_is_found_out(service: Scripted, connect: Connect) -> None:
    """Forty a second are too many for it; it is met half-way, and every request is answered in the end."""
    taken: list[float] = []
    refused: list[float] = []
    inner = service.answer

    def answer(method: str, path: str) -> Say:
        if path.endswith("/auth/token"):
            return inner(method, path)
        now = time.monotonic()
        with service.lock:
            if sum(moment > now - 0.25 for moment in taken) >= 10:
                refused.append(now)
                return Say(429, TOO_MANY)
            taken.append(now)
        return Say(body=[])

    service.answer = answer  # type: ignore[method-assign]
    provider = connect(service.url, parallelism=16, random=lambda: 0.5, **real_time())
    assert many(provider, [GET] * 120, 16) == [[]] * 120
    assert provider._client.transport._limiter.rate < 60
    assert len(refused) < 120


# --- the circuit ------------------------------------------------------------------------------------------------------

DEAD: dict[str, Callable[[Scripted], None]] = {
    "503": lambda service: setattr(service, "usual", DOWN),
    "reset": lambda service: setattr(service, "usual", Say(reset=True)),
    "html": lambda service: setattr(service, "usual", Say(200, b"<html>welcome to the hotel's network</html>")),
}


@pytest.mark.parametrize("how", DEAD)
@pytest.mark.parametrize("request_", [GET, POST, Request("PUT", "/sites/1")], ids=str)
def test_a_dead_service_is_asked_a_few_times_not_thousands(
    service: Scripted, connect: Connect, how: str, request_: Request
) -> None:
    provider = connect(service.url, parallelism=4)
    assert provider._client.call(GET) == []
    DEAD[how](service)
    found = many(provider, [request_] * 1000, 4)
    # What went well, the row, what was under way when it began and when it was complete, a last look, and what the
    # others send during that.
    assert len(service.seen) <= 1 + IN_A_ROW + 4 + 4 + 1 + 4
    opened = [error for error in found if isinstance(error, CircuitOpen)]
    assert len(opened) >= 1000 - IN_A_ROW - 4 - 4
    (said,) = {str(error).partition(" in this run; ")[0] for error in opened}
    assert said == "all of the last 20 tries failed, and nothing more is sent to account studio"
    others = [error for error in found if not isinstance(error, CircuitOpen)]
    assert all(isinstance(error, BadAnswer | ConnectionFailed) for error in others)  # what was sent is not "not sent"


def test_a_service_that_only_ever_says_too_many_is_dead(service: Scripted, connect: Connect) -> None:
    service.usual = Say(429, TOO_MANY)
    found = many(connect(service.url, parallelism=4), [GET] * 200, 4)
    assert len(service.seen) < 60
    assert isinstance(found[-1], CircuitOpen)


def test_where_nobody_listens_a_run_ends_soon(connect: Connect, service: Scripted) -> None:
    provider = connect(service.url.replace("/v2u", ""), parallelism=4)
    service.token = Say(502, b"")
    found = many(provider, [GET] * 1000, 4)
    assert service.tokens <= IN_A_ROW + 4
    assert isinstance(found[-1], CircuitOpen)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_refusals_end_no_run(service: Scripted, connect: Connect, status: int) -> None:
    service.usual = Say(status, {"error": {"code": "GEN-NO", "message": "not this one"}})
    found = many(connect(service.url, parallelism=4), [GET] * 100, 4)
    assert not [error for error in found if isinstance(error, CircuitOpen)]


def test_one_success_in_between_is_enough(service: Scripted, connect: Connect) -> None:
    service.script = ([DOWN] * 4 + [Say(body=[])]) * 20
    assert many(connect(service.url), [GET] * 20, 1) == [[]] * 20


def test_reads_that_all_fail_are_not_the_service_while_another_read_works(service: Scripted, connect: Connect) -> None:
    """One site that breaks every bulk read with it: what was read before is read once more, and tells them apart."""
    inner = service.answer
    service.answer = lambda method, path: DOWN if path.endswith("/broken") else inner(method, path)  # type: ignore[method-assign]
    provider = connect(service.url)
    provider._client.call(GET)
    found = many(provider, [Request("GET", "/broken")] * 30, 1)
    assert {type(error) for error in found} == {BadAnswer}
    assert 2 < len(service.seen) < 10


# --- the end of a run -------------------------------------------------------------------------------------------------


def test_a_stop_ends_every_pause(service: Scripted, connect: Connect, timed: list[float]) -> None:
    service.usual = Say(429, TOO_MANY, {"Retry-After": "60"})
    provider = connect(service.url, parallelism=2, **real_time())
    found: list[Any] = []
    working = Thread(target=lambda: found.extend(many(provider, [GET] * 3, 3)))
    working.start()
    while not timed:
        time.sleep(0.001)
    time.sleep(0.2)
    began = time.monotonic()
    provider.stop()
    working.join(10)
    assert time.monotonic() - began < 5
    assert {type(error) for error in found} <= {NotSent, type(found[0])}
    assert any(isinstance(error, NotSent) for error in found)  # what had not been sent when the pause began


def test_rates_are_even_under_one_thread(service: Scripted, connect: Connect, timed: list[float]) -> None:
    many(connect(service.url, requests_per_second=20, **real_time()), [GET] * 6, 1)
    assert all(later - earlier >= 0.04 for earlier, later in pairwise(timed))
