"""What errors say of very many resources."""

from __future__ import annotations

from dataclasses import dataclass

from reconcile.errors import PlanError


@dataclass(frozen=True)
class Said:
    address: str
    message: str


def test_the_same_of_many_is_said_once_and_of_few_by_each():
    said = [*(Said(f"s{n}", "has no managers") for n in range(1000)), Said("a", "is odd"), Said("b", "is odd")]

    assert str(PlanError("nothing is applied", said)).splitlines() == [
        "nothing is applied:",
        "  - s0, s1, s2, s3, s4 and 995 more: has no managers",
        "  - a: is odd",
        "  - b: is odd",
    ]
