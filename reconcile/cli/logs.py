"""What `-v` shows: this program's own log, a clean line a message.

No other library's log is shown at any verbosity: theirs hold URLs, and so signatures.
"""

from __future__ import annotations

import logging
from typing import IO

from reconcile.escaping import clean, where_it_broke


class Lines(logging.Formatter):
    """Messages on one line, exceptions as places."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - named by logging
        """The line of a record."""
        return clean(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - named by logging
        """Where it broke, never what it says."""
        error = ei[1] if isinstance(ei, tuple) else None
        return where_it_broke(error) if isinstance(error, BaseException) else ""


def log_to(stream: IO[str], *, verbose: bool) -> None:
    """Shows what this program logs; `verbose`: every request, too."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("%(asctime)s %(name)s %(message)s"))
    log = logging.getLogger("reconcile")
    log.handlers = [handler]
    log.propagate = False
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
