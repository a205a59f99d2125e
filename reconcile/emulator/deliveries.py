"""What becomes of answers on their way: the faults of the network, of proxies and of servers that are too busy. Pure.

The docstrings describe the faults to people: see `faults.FAULTS`.
"""

from __future__ import annotations

import math
from enum import Enum

from msgspec import Struct

from reconcile.emulator import answers
from reconcile.emulator.answers import Answer


class Extent(Enum):
    """How much of an answer is sent."""

    WHOLE = "whole"
    #: All of the headers and half of the body; then the connection is closed.
    HALF = "half"
    #: The connection is reset.
    NOTHING = "nothing"


class Delivery(Struct, frozen=True):
    """An answer as it is delivered: how much of it, and after how many seconds."""

    answer: Answer
    extent: Extent = Extent.WHOLE
    delay: float = 0.0


#: The pages that a proxy in front of a service shows. [assumed: those of nginx]
_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
_HTML = {"Content-Type": "text/html; charset=utf-8"}


def _page(status: int, title: str) -> Answer:
    return Answer(status, _PAGE.format(title).encode(), _HTML)


def _unavailable() -> Answer:
    return answers.error(503, "GEN-SERVER-UNAVAILABLE", "The service is busy, try again later")


# --- instead of the work ---


def reset_before(_: float) -> Delivery:
    """the connection is reset before anything is done"""
    return Delivery(Answer(500), Extent.NOTHING)


def bad_gateway_before(_: float) -> Delivery:
    """502 with a page of a proxy, and nothing is done"""
    return Delivery(_page(502, "502 Bad Gateway"))


def unavailable_before(_: float) -> Delivery:
    """503 with an error of the service, and nothing is done"""
    return Delivery(_unavailable())


def too_many(_: float) -> Delivery:
    """429, and nothing is done"""
    return Delivery(answers.error(429, "GEN-TOO-MANY-REQUESTS", "Too many requests"))


def too_many_retry_after(seconds: float) -> Delivery:
    """429 with Retry-After (1 second), and nothing is done"""
    told = {"Retry-After": str(math.ceil(seconds))}
    return Delivery(answers.error(429, "GEN-TOO-MANY-REQUESTS", "Too many requests", told))


# --- after the work ---


def reset_after(answer: Answer) -> Delivery:
    """the work is done, and the connection is reset before the answer"""
    return Delivery(answer, Extent.NOTHING)


def cut(answer: Answer) -> Delivery | None:
    """the work is done, and the connection is closed in mid-answer"""
    return Delivery(answer, Extent.HALF) if answer.body else None


def bad_gateway_after(_: Answer) -> Delivery:
    """the work is done, and the answer is 502 with a page of a proxy"""
    return Delivery(_page(502, "502 Bad Gateway"))


def unavailable_after(_: Answer) -> Delivery:
    """the work is done, and the answer is 503 with an error of the service"""
    return Delivery(_unavailable())


def html(_: Answer) -> Delivery:
    """the work is done, and the answer is 200 with an HTML page"""
    return Delivery(_page(200, "Технические работы"))


def truncated_json(answer: Answer) -> Delivery | None:
    """the work is done, and the answer is a complete message with half of the JSON"""
    if not answer.body:
        return None
    return Delivery(Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers))


def slow(seconds: float) -> float:
    """the work is done, and the answer comes later than a client waits (90 seconds)"""
    return seconds
