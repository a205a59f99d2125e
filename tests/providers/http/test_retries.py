"""What is repeated, and when; why no answer came."""

from __future__ import annotations

import re
import ssl

import pytest
import requests
import urllib3

from reconcile.errors import BadAnswer, ConnectionFailed, Rejected, ServiceError
from reconcile.providers.http.clock import clock_difference
from reconcile.providers.http.failures import explained
from reconcile.providers.http.retries import Repeat, may_have_happened, pause, worth_repeating

FAULTS = [  # the failure, repeated if repeatable, repeated if to be done once, may have happened
    (ConnectionFailed("", sent=True), True, False, True),
    (ConnectionFailed("", sent=False), True, True, False),
    (ServiceError("", status=429), True, True, False),
    (BadAnswer("", status=429), True, True, False),
    *[(ServiceError("", status=status), True, False, True) for status in (500, 502, 503, 504)],
    *[(BadAnswer("", status=status), True, False, True) for status in (200, 201, 500, 502, 520)],
    *[(ServiceError("", status=status), False, False, False) for status in (200, 400, 404, 409, 422)],
    *[(BadAnswer("", status=status), False, False, False) for status in (0, 302, 400, 404)],
    (Rejected("", status=403), False, False, False),
    (RuntimeError(), False, False, False),
]


@pytest.mark.parametrize(("error", "repeatable", "once", "happened"), FAULTS, ids=repr)
def test_policy(error: Exception, repeatable: bool, once: bool, happened: bool) -> None:
    assert worth_repeating(error, Repeat.FREELY) == repeatable
    assert worth_repeating(error, Repeat.IF_UNDONE) == once
    assert worth_repeating(error, Repeat.NEVER) == (isinstance(error, ConnectionFailed) and not error.sent)
    assert may_have_happened(error) == happened


def test_pauses_grow_to_a_limit() -> None:
    error = ConnectionFailed("")
    assert [pause(error, tries, lambda: 1.0) for tries in range(1, 8)] == [0.5, 1, 2, 4, 8, 16, 20]
    assert pause(error, 3, lambda: 0.25) == 0.5


@pytest.mark.parametrize(("asked", "waited"), [(7.0, 7.0), (0.0, 0.0), (3600.0, 60.0)])
def test_the_service_may_say_how_long(asked: float, waited: float) -> None:
    assert pause(ServiceError("", status=429, retry_after=asked), 1, lambda: 1.0) == waited


def tls_failed(reason: str) -> requests.exceptions.SSLError:
    error = ssl.SSLError()
    error.reason = reason
    return requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", error))  # type: ignore[arg-type]


def certificate_refused() -> requests.exceptions.SSLError:
    error = ssl.SSLCertVerificationError()
    error.verify_message = "self-signed certificate"
    return requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", error))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "words", "sent"),
    [
        (certificate_refused(), "the server's certificate is not trusted: self-signed certificate", False),
        (tls_failed("WRONG_VERSION_NUMBER"), r"the service there does not speak TLS \(https\); is it http://\?", False),
        (tls_failed("TLSV1_ALERT_PROTOCOL_VERSION"), "TLS failed: TLSV1_ALERT_PROTOCOL_VERSION", False),
        (tls_failed("DECRYPTION_FAILED"), "TLS failed: DECRYPTION_FAILED", True),
        (requests.ConnectTimeout(), "the connection timed out", False),
        (requests.exceptions.ProxyError(), "the connection through the proxy broke .*", True),
        (requests.ReadTimeout(), "no answer in time", True),
        (requests.exceptions.InvalidURL(), "base_url is not a usable URL", False),
        (requests.ConnectionError(ConnectionResetError(104, "Reset")), "the connection broke .*: reset", True),
        (ConnectionAbortedError(), "the connection broke .*: closed", True),
    ],
    ids=repr,
)
def test_why_no_answer_came(error: Exception, words: str, sent: bool) -> None:
    found, was_sent = explained(error)
    assert re.fullmatch(words, found)
    assert was_sent == sent


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(-40, "40 s behind"), (300, "5 min ahead of"), (10799, "3 h 0 min ahead of"), (11000, "3 h 3 min ahead of")],
)
def test_clock_difference(ahead: float, words: str) -> None:
    assert clock_difference(ahead) == words
