"""Connections on which no answer takes longer than it may, its headers included.

A time-out of a socket is for one byte: a service that sends one now and then, in a header, as one `100 Continue` after
the other or after the last chunk of a body, would keep its client for ever.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class Bounded(HTTPAdapter):
    """An adapter with `size` connections; an answer may take `whole` seconds by `clock`."""

    def __init__(self, size: int, whole: float, clock: Callable[[], float]) -> None:
        self._pools = _pools(whole, clock)
        super().__init__(pool_connections=1, pool_maxsize=size)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As requests does, with connections of ours."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        """As requests does, with connections of ours."""
        manager = cast(PoolManager, super().proxy_manager_for(proxy, **options))
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(whole: float, clock: Callable[[], float]) -> dict[str, type[HTTPConnectionPool]]:
    """The kinds of connections, by the scheme of the URL."""

    class Answer(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
            self.fp = io.BufferedReader(_Until(self.fp.detach(), clock() + whole, clock))

    class Plain(HTTPConnection):
        response_class = Answer

    class Encrypted(HTTPSConnection):
        response_class = Answer

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


class _Until(io.RawIOBase):
    """What comes from a socket, until a moment by `clock`."""

    def __init__(self, raw: io.RawIOBase, end: float, clock: Callable[[], float]) -> None:
        self._raw = raw
        self._end = end
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Raises `TimeoutError` after the end."""
        if self._clock() > self._end:
            raise TimeoutError("the answer was not complete in time")
        return cast(int | None, self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()
