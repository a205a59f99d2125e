"""What counts towards the end of a run whose every request fails."""

from __future__ import annotations

import pytest

from reconcile.errors import BadAnswer, ConnectionFailed, Rejected, ServiceError
from reconcile.providers.http.circuit import IN_A_ROW, Circuit, speaks_of_the_service


def test_only_what_began_after_the_first_failure_adds_to_it() -> None:
    now = [10.0]
    circuit = Circuit(8, lambda: now[0])
    told = [circuit.failed(began / 100, provable=False) for began in range(900, 1000)]  # under way together
    told += [circuit.failed(10.5, provable=False) for _ in range(circuit.enough + 10)]
    assert [at for at, opens in enumerate(told) if opens] == [100 + circuit.enough - 2]


@pytest.mark.parametrize(("parallelism", "enough"), [(1, IN_A_ROW), (6, IN_A_ROW), (32, 96)])
def test_a_moment_in_which_all_connections_fail_is_not_enough(parallelism: int, enough: int) -> None:
    circuit = Circuit(parallelism, lambda: 0.0)
    assert not any(circuit.failed(1.0, provable=False) for _ in range(enough - 1))
    circuit.worked()
    assert not any(circuit.failed(1.0, provable=False) for _ in range(enough - 1))
    assert circuit.failed(1.0, provable=False)


def test_a_row_is_provable_as_long_as_every_failure_is() -> None:
    circuit = Circuit(1, lambda: 0.0)
    circuit.failed(1.0, provable=True)
    assert circuit.provable_row
    circuit.failed(1.0, provable=False)
    assert not circuit.provable_row
    circuit.worked()
    circuit.failed(1.0, provable=True)
    assert circuit.provable_row


@pytest.mark.parametrize(
    ("error", "speaks"),
    [
        (ConnectionFailed("", sent=False), True),
        (ConnectionFailed("", sent=True), True),
        *[(BadAnswer("", status=status), True) for status in (500, 502, 503, 504, 200)],
        (ServiceError("", status=503), True),
        *[(kind("", status=status), False) for kind in (BadAnswer, ServiceError) for status in (400, 404, 422, 429)],
        (Rejected("", status=403), False),
    ],
    ids=repr,
)
def test_refusals_are_answers(error: BadAnswer | ServiceError | ConnectionFailed, speaks: bool) -> None:
    assert speaks_of_the_service(error) == speaks
