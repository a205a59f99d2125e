"""When a run has to end because everything fails: a service that is down is asked a few times, not thousands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, ServiceError
from reconcile.providers.http.retries import may_have_happened, too_many

#: Tries without a success that open the circuit: so many, and so many on each connection, where those are more.
IN_A_ROW: Final = 20
OF_EACH: Final = 3


class Circuit:
    """Counts one account's failures in a row, over all threads; safe to use from several. `clock` is monotonic.

    Tries that were under way together fail together, and are one observation: only what began after the first failure
    of a row was known adds to it. What opened stays open.
    """

    def __init__(self, parallelism: int, clock: Callable[[], float]) -> None:
        self.enough = max(IN_A_ROW, OF_EACH * parallelism)
        self.why = ""  # what was failing when it opened; empty as long as it is closed
        self._clock = clock
        self._lock = threading.Lock()
        self._row = 0
        self._since = 0.0
        self._provable = True

    def failed(self, began: float, tries: int = 1, *, provable: bool) -> bool:
        """Notes tries that failed, the last of which began then. Whether the circuit is to be opened, told once.

        `provable`: another request may show that the service is there nevertheless; told only where none of the row
        was anything else (`provable_row`).
        """
        with self._lock:
            if self._row and began < self._since:
                return False
            if not self._row:
                self._since = self._clock()
                self._provable = True
            self._provable &= provable
            self._row += tries
            return self._row - tries < self.enough <= self._row

    @property
    def provable_row(self) -> bool:
        """Whether all failures of the row were provable."""
        return self._provable

    def worked(self) -> None:
        """Notes a success, or a refusal, which is an answer, too."""
        with self._lock:
            self._row = 0

    def open(self, why: str) -> None:
        """Ends the run."""
        self.why = self.why or why


def speaks_of_the_service(error: ProviderError) -> bool:
    """Whether a failure is one of the service, or of the way to it, and not an answer to this one request.

    A request that is one too many is neither, until it has been repeated in vain.
    """
    return isinstance(error, ConnectionFailed) or may_have_happened(error)


def answered(error: ProviderError) -> bool:
    """Whether a failure came with an HTTP answer."""
    return isinstance(error, ServiceError | BadAnswer) and not too_many(error)
