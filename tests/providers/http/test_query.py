"""`http_build_query` where PHP's vectors are silent; those are in the tests of each service's signatures."""

from __future__ import annotations

from typing import Any

import pytest

from reconcile.providers.http.query import http_build_query


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (1e14, "1.0E%2B14"),
        (1e13, "10000000000000"),
        (123456789.125, "123456789.125"),
        (float("inf"), "INF"),
        (float("nan"), "NAN"),
        (1e-100, "1.0E-100"),
        ("", ""),
        ((1, (2,)), None),
    ],
)
def test_values(value: Any, spelled: str | None) -> None:
    expected = "a%5B0%5D=1&a%5B1%5D%5B0%5D=2" if spelled is None else f"a={spelled}"
    assert http_build_query({"a": value}) == expected


def test_what_php_can_not_spell() -> None:
    with pytest.raises(TypeError, match="object"):
        http_build_query({"a": object()})
