"""What a run notes while it goes on, so that one that dies can be put right by the next.

The store (`reconcile.store`) keeps it; the executor knows no more than this.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from reconcile.applying.report import Result, Verdict
from reconcile.model.address import Address
from reconcile.model.resource import Live
from reconcile.planning.plan import Change


class Intent(Struct, frozen=True):
    """A change that is about to be sent, and what was live before: None for what is to be created."""

    change: Change
    before: Live | None = None


class Creation(Struct, frozen=True):
    """A resource that a run has created, or may have: `id` is None where no answer said so; `age` is in seconds."""

    run: str
    id: int | None
    age: float


class Journal(Protocol):
    """One run's notes. Safe to use from several threads; `StoreError` says that something could not be noted."""

    def intend(self, intents: Sequence[Intent]) -> None:
        """Notes what one request is about to do. What raises `StoreError` is not sent."""

    def ended(self, results: Sequence[tuple[Change, Result]]) -> None:
        """Notes what became of one request. Raises `StoreError`."""

    def created(self, addresses: Collection[Address]) -> Mapping[Address, Creation]:
        """Those of the resources that the last thing any earlier run did to was to create them, or to try.

        Raises `StoreError`.
        """


class WaveJournal(Journal, Protocol):
    """The notes of a run that is a rollout; waves are told by their numbers. All methods raise `StoreError`."""

    def wave_began(self, number: int) -> None:
        """Notes that a wave is about to be sent. Raises `StoreError` also where the accounts are held no more."""

    def wave_carried_out(self, number: int) -> None:
        """Notes that what there was to send of a wave has been sent."""

    def wave_ended(self, number: int, verdicts: Sequence[Verdict], *, passed: bool) -> None:
        """Notes what the gates said, and whether the next wave may begin."""


class Unnoted:
    """The journal of a run that nobody keeps."""

    def intend(self, intents: Sequence[Intent]) -> None:
        """Notes nothing."""

    def ended(self, results: Sequence[tuple[Change, Result]]) -> None:
        """Notes nothing."""

    def created(self, addresses: Collection[Address]) -> Mapping[Address, Creation]:
        """Knows nothing."""
        return {}
