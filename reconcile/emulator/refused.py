"""A request that is not done."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """The request is refused, with an HTTP status and the service's own code."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
