"""Reading that begins while the project is still composed: a thousand rows and a list of a thousand sites take as long.

Only for commands that change nothing: what applies has to read after it holds its lease.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from reconcile.errors import ProviderError
from reconcile.providers.base import ReadsAhead
from reconcile.providers.registry import open_provider

if TYPE_CHECKING:
    from reconcile.model.fields import Kinds
    from reconcile.model.state import Account
    from reconcile.providers.base import Provider

#: Seconds for which a thread may compute while another one wants to. As it is, one that reads would wait ten times as
#: long for its turn at every answer, and begin to ask for the list later.
_TURN: Final = 0.0005


class Ahead:
    """The providers that have been opened before the project was known; `connected` takes what it needs of them."""

    def __init__(self, parallelism: int) -> None:
        self._parallelism = parallelism
        self._opened: dict[str, Provider] = {}

    def begin(self, accounts: Mapping[str, Account], kinds: Kinds) -> None:
        """Has every account read that can read ahead. What is wrong with one is said when it is asked for."""
        for name, account in accounts.items():
            if account.base_url == "emulator":  # which is not there yet
                continue
            with suppress(ProviderError):
                provider = self._opened[name] = open_provider(account, kinds, self._parallelism)
                if isinstance(provider, ReadsAhead):
                    provider.read_ahead()

    def take(self, name: str) -> Provider | None:
        """The provider of an account, if it has been opened; from now on it is the caller's to close."""
        return self._opened.pop(name, None)

    def close(self) -> None:
        """Lets go of all that nobody took: the project turned out to be wrong."""
        while self._opened:
            self._opened.popitem()[1].close()


@contextmanager
def reading_ahead(parallelism: int) -> Iterator[Ahead]:
    """An `Ahead`, closed with the block."""
    ahead, turn = Ahead(parallelism), sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield ahead
    finally:
        sys.setswitchinterval(turn)
        ahead.close()
