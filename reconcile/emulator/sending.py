"""An answer on its way through aiohttp: whole, in part, or not at all."""

from __future__ import annotations

import contextlib
import socket
import struct

from aiohttp import web

from reconcile.emulator.deliveries import Delivery, Extent


async def send(arrived: web.BaseRequest, delivery: Delivery, date: str) -> tuple[web.StreamResponse, bool]:
    """Writes as much of an answer as is to be sent; says whether that was all. Who has gone away misses it.

    `date` is that of the answer, as HTTP writes dates.
    """
    answer = delivery.answer
    headers = {"Date": date}
    if answer.body:
        headers["Content-Type"] = "application/json"
    response: web.StreamResponse = web.Response(
        status=answer.status, body=answer.body or None, headers=headers | dict(answer.headers)
    )
    with contextlib.suppress(ConnectionError):
        if delivery.extent is Extent.NOTHING:
            _reset(arrived)
        elif delivery.extent is Extent.HALF:
            response = web.StreamResponse(status=answer.status, headers=response.headers)
            response.content_length = len(answer.body)
            response.force_close()  # once it is written
            await response.prepare(arrived)
            await response.write(answer.body[: len(answer.body) // 2])
        else:
            await response.prepare(arrived)
            await response.write_eof()
            return response, True
    return response, False


def _reset(arrived: web.BaseRequest) -> None:
    """Ends a connection with a reset, not with a farewell."""
    if arrived.transport is not None:
        connection = arrived.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        arrived.transport.abort()
