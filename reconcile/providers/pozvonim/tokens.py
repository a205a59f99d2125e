"""One token for all threads: obtained when first needed, renewed before it ends or after a rejection (api.md 1.1)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from reconcile.providers.pozvonim.assumed import TOKEN_MARGIN
from reconcile.providers.pozvonim.protocol import GivenToken
from reconcile.values import Guarded


class Token(Guarded, frozen=True, eq=False):
    """A token in use; compared by identity: a new one of the same text is a new one. `until` is by our clock."""

    hidden = ("text",)

    text: str
    until: float


class Tokens:
    """Keeps the current token. `fetch` asks the service for one; `clock` is monotonic, in seconds."""

    def __init__(self, fetch: Callable[[], GivenToken], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._proven: Token | None = None

    def current(self) -> Token:
        """The token to sign with. Raises what `fetch` raises."""
        token = self._token
        return token if token is not None and self._clock() < token.until else self._replace(token)

    def prove(self, token: Token) -> None:
        """Notes that the service took a request with this token."""
        self._proven = token

    @property
    def ever_proven(self) -> bool:
        """Whether the service ever took a request of this account."""
        return self._proven is not None

    def proven(self, token: Token) -> bool:
        """Whether the service ever took this token, or it is not the current one any more."""
        return token is self._proven or token is not self._token

    def renew(self, rejected: Token) -> Token:
        """The token to use in the place of one that the service rejected."""
        return self._replace(rejected)

    def _replace(self, old: Token | None) -> Token:
        with self._lock:
            # While this thread waited, another one may have replaced the same token.
            if self._token is not None and self._token is not old:
                return self._token
            asked = self._clock()
            given = self._fetch()
            margin = min(TOKEN_MARGIN, given.lifetime / 2)
            self._token = token = Token(given.text, asked + given.lifetime - margin)
            return token
