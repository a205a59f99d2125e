"""What is repeated, and when (design, section 3, "exactly once"). Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError, ServiceError

TRIES: Final = 5
#: Seconds: the ceiling of the first pause, which doubles with every try; that of all; that of a `Retry-After`.
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 20.0
LONGEST_RETRY_AFTER: Final = 60.0


class Repeat(Enum):
    """When a request may be sent again: after any failure; where it surely did nothing; or only where it never left."""

    FREELY = "freely"
    IF_UNDONE = "if undone"
    NEVER = "never"


_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_PASSING: Final = (500, 502, 503, 504)


def worth_repeating(error: BaseException, repeat: Repeat) -> bool:
    """Whether sending the same request again may help and can do no harm."""
    if isinstance(error, ConnectionFailed):
        return not error.sent or repeat is Repeat.FREELY
    if not isinstance(error, ServiceError | BadAnswer) or repeat is Repeat.NEVER:
        return False
    return too_many(error) or (repeat is Repeat.FREELY and _passing(error))


def too_many(error: BaseException) -> bool:
    """Whether the service did nothing because there are too many requests."""
    return isinstance(error, ServiceError | BadAnswer) and error.status == _TOO_MANY


def held_back(error: BaseException) -> float | None:
    """Seconds for which the service, busy or down for a while, wants to be left alone; None where it says nothing."""
    if not isinstance(error, ServiceError | BadAnswer) or error.status not in (_TOO_MANY, _UNAVAILABLE):
        return None
    return None if error.retry_after is None else min(error.retry_after, LONGEST_RETRY_AFTER)


def may_have_happened(error: BaseException) -> bool:
    """Whether a request that failed so may have done its work nevertheless."""
    if isinstance(error, ConnectionFailed):
        return error.sent
    return isinstance(error, ServiceError | BadAnswer) and _passing(error)


def outcome_unknown(error: ProviderError) -> bool:
    """Whether a request whose last try failed so may have done its work, by that try or by one before it."""
    return error.in_doubt or may_have_happened(error)


def _passing(error: ServiceError | BadAnswer) -> bool:
    """A failure of the moment. A successful status with a body that is cut short or HTML is one, too."""
    if isinstance(error, BadAnswer):
        return error.status >= 500 or 200 <= error.status < 300
    return error.status in _PASSING


def pause(error: BaseException | None, tries: int, random: Callable[[], float]) -> float:
    """Seconds to wait after `tries` failures: what the service asks for, or exponential back-off with full jitter."""
    if isinstance(error, ServiceError | BadAnswer) and error.retry_after is not None:
        return min(error.retry_after, LONGEST_RETRY_AFTER)
    return random() * min(FIRST_PAUSE * 2.0 ** (tries - 1), LONGEST_PAUSE)
