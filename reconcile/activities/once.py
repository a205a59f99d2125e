"""What is sent once and never again: what became of it, where no answer tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconcile.errors import (
    BadAnswer,
    ConnectionFailed,
    ExitCode,
    ProviderError,
    ServiceError,
    UnknownOutcome,
    interruptions,
)


@contextmanager
def sent_once(what: str, find_out: str) -> Iterator[None]:
    """Around the one sending of a call or payment. Raises `UnknownOutcome` where nobody can tell what became of it."""
    code = UnknownOutcome.exit_code
    try:
        with interruptions():
            yield
    except KeyboardInterrupt:
        why, code = "interrupted before the answer came", ExitCode.INTERRUPTED
    except ConnectionFailed as error:
        if not error.sent:
            raise ConnectionFailed(f"{error}; nothing was sent", sent=False) from None
        why = str(error)
    except ProviderError as error:
        if not outcome_unknown(error):
            raise
        why = str(error)
    else:
        return
    unknown = UnknownOutcome(f"whether {what} is unknown, and it is not sent again: {why}; {find_out}")
    unknown.exit_code = code
    raise unknown


def outcome_unknown(error: ProviderError) -> bool:
    """Whether a request that failed so may have done its work: no answer, a failing server, an unreadable yes."""
    match error:
        case ConnectionFailed():
            return error.sent
        case BadAnswer():
            return error.status < 300 or error.status >= 500
        case ServiceError():
            return error.status >= 500
    return False
