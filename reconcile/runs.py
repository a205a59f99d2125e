"""A run that changes accounts: it holds them, closes what died before it, and notes what it does in the history."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from reconcile.model.address import Address
from reconcile.model.state import DesiredState
from reconcile.planning.plan import Plan
from reconcile.planning.planfile import account_key
from reconcile.planning.waves import Wave
from reconcile.store import open_store

if TYPE_CHECKING:
    from reconcile.providers.base import Provider
    from reconcile.store.closing import Closed
    from reconcile.store.journal import RunJournal
    from reconcile.store.leases import Lease
    from reconcile.store.records import RunRecord
    from reconcile.store.store import Store


class Run(Struct, frozen=True):
    """A run that holds its accounts. Nothing of it is in the history until it begins."""

    store: Store
    lease: Lease
    root: Path
    environ: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called in reports and in the history: when it began, and something random."""
        return self.lease.run

    def close_died(self, desired: DesiredState, providers: Mapping[str, Provider]) -> Iterator[Closed]:
        """Looks what became of what earlier runs left open on these accounts, notes it, and gives it, run by run.

        Raises `StoreError`, and `ProviderError` where an account can't be read: then it stays open.
        """
        from reconcile.store.closing import Closed, kinds_to_read, look

        for run, ages in self.store.died(self.lease):
            sent = [step for step in run.steps if step.intended is not None]
            live = {name: providers[name].read(kinds) for name, kinds in kinds_to_read(sent).items()}
            findings = []
            for step in sent:
                account = step.address.account
                settled = ages[step.number] >= desired.accounts[account].list_lag
                findings.append((step, look(desired.kinds, step, live[account], settled=settled)))
            self.store.close_died(run, findings)
            yield Closed(run, tuple(findings))

    def begin(
        self, plan: Plan, desired: DesiredState, rolling: Sequence[Wave] = (), resumes: str | None = None
    ) -> RunJournal:
        """Notes that the plan is about to be carried out; gives the journal for it. Raises `StoreError`."""
        from reconcile.store.who import revision

        commit = revision(self.root, self.environ)
        return self.store.begin(self.lease, plan, desired.kinds, commit=commit, rolling=rolling, resumes=resumes)

    def last(self, address: Address) -> RunRecord | None:
        """The run that last did something to a resource of these accounts. Raises `StoreError`."""
        return self.store.last(self.lease.keys[address.account], address)

    def follow(self, command: str) -> None:
        """Makes this another run, of another name, on the same accounts, which nobody gets in between.

        Raises `StoreError` where they are held no more.
        """
        self.lease.become(_new_name(), command)


@contextmanager
def holding(
    desired: DesiredState,
    root: Path,
    environ: Mapping[str, str],
    *,
    command: str,
    accounts: Collection[str] | None = None,
    timeout: float = 0.0,
    waiting: Callable[[str], None] = lambda text: None,
) -> Iterator[Run]:
    """A run that holds these accounts of a project, all where `accounts` is None, until the block is left.

    Nobody else who uses the same store changes them meanwhile. Waits `timeout` seconds at most for others, and says so
    with `waiting`. Raises `Locked` and `StoreError`, before anything is read or sent.
    """
    from reconcile.store.who import holder

    keys = account_keys(desired, root, accounts)
    with (
        open_store(desired.store, root) as store,
        store.lease(keys, holder(environ), run=_new_name(), command=command, timeout=timeout, waiting=waiting) as lease,
    ):
        yield Run(store, lease, root, environ)


def _new_name() -> str:
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"


def account_keys(desired: DesiredState, root: Path, accounts: Collection[str] | None = None) -> dict[str, str]:
    """What the accounts of a project are to the store, by their names."""
    home = str(root.resolve())
    wanted = desired.accounts if accounts is None else accounts
    return {name: account_key(desired.accounts[name], home) for name in sorted(wanted)}
