"""The signer against vectors that PHP 8.2 made, and where those are silent."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from reconcile.providers.http.query import http_build_query
from reconcile.providers.pozvonim.phpsort import sorted_keys
from reconcile.providers.pozvonim.signing import ksort, sign, signature, token_sign

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "php_vectors.json").read_text(encoding="utf-8"))
TOKEN = VECTORS["token"]


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
class TestVectors:
    def test_query_as_inserted(self, vector: dict[str, Any]) -> None:
        query = http_build_query(vector["input"])
        assert query == vector["insertion"]["query"]
        assert signature(TOKEN, query) == vector["insertion"]["md5"]

    def test_query_sorted(self, vector: dict[str, Any]) -> None:
        params = ksort(vector["input"])
        assert [str(key) for key in params] == vector["ksort"]["keys"]
        assert http_build_query(params) == vector["ksort"]["query"]

    def test_sign(self, vector: dict[str, Any]) -> None:
        assert sign(TOKEN, vector["input"]) == vector["ksort"]["md5"]


def test_token_sign() -> None:
    assert token_sign("key", "12") == "e598c9823ac5bb0ca84149fb51fb595f"


def test_keys_of_one_sort_are_sorted_whatever_their_number() -> None:
    numbers = random.Random(1).sample(range(-5000, 5000), 3000)
    assert sorted_keys(numbers) == sorted(numbers)
    assert sorted_keys([f"{n}.5" for n in numbers]) == [
        f"{n}.5" for n in sorted(numbers, key=lambda n: float(f"{n}.5"))
    ]


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 16, 17, 40, 1500])
def test_a_mixture_keeps_every_key(size: int) -> None:
    mixture = [str(n) if n % 3 else f"{n}a" for n in range(size)]
    random.Random(size).shuffle(mixture)
    assert sorted(sorted_keys(mixture)) == sorted(mixture)
