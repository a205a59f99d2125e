"""Why no answer came, and whether the request may have been sent; a create depends on the second.

Never the text of the library's own exception: it holds the URL, and so the signature.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Final

from requests import exceptions as r
from urllib3 import exceptions as u

#: The first of these that is among the causes explains the failure; the flag: the request may have been sent.
_BY_TYPE: Final[tuple[tuple[type[Exception], str, bool], ...]] = (
    (u.NameResolutionError, "the host name is unknown", False),
    (r.ConnectTimeout, "the connection timed out", False),
    (r.InvalidURL, "base_url is not a usable URL", False),
    (r.InvalidSchema, "base_url is not a usable URL", False),
    (u.NewConnectionError, "can't connect: {system}", False),
    (r.ReadTimeout, "no answer in time", True),
    (u.ReadTimeoutError, "the answer stopped in the middle", True),
)
#: What a proxy's refusal to connect is told from what it lost later: `http.client` begins its message so.
_REFUSED: Final = "Tunnel connection failed"
_OTHERWISE: Final = "the connection broke before the answer was complete: {system}"

#: Parts of the names of OpenSSL's errors that can only come before a request: while the two sides agree.
_HANDSHAKE: Final = ("HANDSHAKE", "WRONG_VERSION", "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "UNRECOGNIZED_NAME")


def explained(error: Exception) -> tuple[str, bool]:
    """Why no answer came, in words for people, and whether the request may have been sent."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not trusted: {cause.verify_message}", False
        if isinstance(cause, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(cause.reason):
            return "the service there does not speak TLS (https); is it http://?", False
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason}", not any(part in str(cause.reason) for part in _HANDSHAKE)
    # The libraries also call a connection a proxy's failure that broke after the request had been sent through it.
    if any(isinstance(cause, r.ProxyError) for cause in causes):
        # That it could not be connected to is a `ConnectTimeoutError`, whatever the reason.
        if any(isinstance(cause, u.ConnectTimeoutError) or str(cause).startswith(_REFUSED) for cause in causes):
            return "the proxy can't be reached, or refuses", False
        return "the connection through the proxy broke before the answer was complete", True
    system = next((c.strerror.lower() for c in causes if isinstance(c, OSError) and c.strerror), "closed")
    for kind, words, sent in _BY_TYPE:
        if any(isinstance(cause, kind) for cause in causes):
            return words.format(system=system), sent
    return _OTHERWISE.format(system=system), True


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it was made from. Not `__context__`, in which an earlier failure may be."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            within = (*cause.args, cause.__cause__, getattr(cause, "reason", None))
            waiting += [inner for inner in within if isinstance(inner, BaseException)]
