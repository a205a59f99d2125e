"""What the history tells of a run: plain values, without secrets, that outlive the plan that they came from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from reconcile.applying.report import Outcome, Verdict
from reconcile.model.address import Address
from reconcile.model.capabilities import Action


class Status(StrEnum):
    """How a run ended. DIED: it stopped without a word; a later run closes it."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    DIED = "died"


class FieldRecord(Struct, frozen=True):
    """One field before and after, as a person writes it: `planning.plan.HIDDEN` stands where a value is sensitive."""

    path: str
    before: Any
    after: Any


class StepRecord(Struct, frozen=True):
    """One change of a run, in the order of its plan. Times are Unix time in seconds.

    `intended` is when it was about to be sent, None where it never was; `outcome` is None as long as nobody knows.
    `before` is all that was live of the resource, by the path of the field and as a person writes it, None for what was
    to be created. `id` is whose it is, or became; `owner` the id of the client that a site belongs to, `client` the
    client's address where it is declared. `note` is what a later run found, where this one died. `wave` is the
    number of its wave in a rollout.
    """

    number: int
    address: Address
    action: Action
    reason: str
    id: int | None = None
    owner: int | None = None
    client: Address | None = None
    fields: tuple[FieldRecord, ...] = ()
    before: Mapping[str, Any] | None = None
    intended: float | None = None
    ended: float | None = None
    outcome: Outcome | None = None
    error: str = ""
    note: str = ""
    wave: int | None = None


class WaveRecord(Struct, frozen=True):
    """One wave of a rollout: when it began, was carried out, and was over; `passed` is None where nobody has said.

    Where a run died between, `carried_out` or `finished` is None.
    """

    number: int
    name: str
    started: float | None = None
    carried_out: float | None = None
    finished: float | None = None
    passed: bool | None = None
    verdicts: tuple[Verdict, ...] = ()


class RunRecord(Struct, frozen=True):
    """One run: what `apply`, `destroy` or `rollback` did. Times are Unix time in seconds.

    `command` is what was called, such as `apply` or `rollback 20261122T101112Z-0a1b2c`; `user` and `host` who and
    where, `commit` the project's revision where it is kept in Git (with `+` at the end where files differ from it),
    `accounts` the names of the accounts that it held, and `keys` what those were (`planfile.account_key`), by name.
    `summary` counts the steps by outcome; those without one are `open`. A rollout has `waves`. `resumes` is the run
    that it goes on with, the first one where several do, `resumed_by` those that went on with it; `undone_by` are the
    rollbacks of it that did something.
    """

    name: str
    command: str
    user: str
    host: str
    commit: str | None
    accounts: tuple[str, ...]
    started: float
    finished: float | None
    status: Status
    summary: Mapping[str, int]
    steps: tuple[StepRecord, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    waves: tuple[WaveRecord, ...] = ()
    resumes: str | None = None
    resumed_by: tuple[str, ...] = ()
    undone_by: tuple[str, ...] = ()
