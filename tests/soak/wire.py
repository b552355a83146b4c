"""Sends bytes on a connection of its own and reads what comes back, by the letter of HTTP."""

import asyncio
from dataclasses import dataclass

import h11

from tests.soak.requests import Request

_SECONDS = 40.0
_READ = 65_536
# How long one that may be waited for in vain is left to be answered.
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Status 0: the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


NONE = Reply(0, {}, b"")


async def exchange(port: int, request: Request) -> Reply:
    """The first answer to the request. Raises TimeoutError, and h11.RemoteProtocolError where the answer is no HTTP."""
    async with asyncio.timeout(_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await _exchanged(reader, writer, request)
        except ConnectionError:
            return NONE
        finally:
            writer.transport.abort()


async def _exchanged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> Reply:
    answered = asyncio.Event()
    sending = asyncio.create_task(_send(writer, request, answered))
    try:
        return NONE if request.hangs_up else await _reply(reader, request.method, answered)
    finally:
        if request.hangs_up:
            await sending
        sending.cancel()
        await asyncio.wait({sending})
        if not sending.cancelled():
            sending.exception()  # the server may close before it has read everything


async def _send(writer: asyncio.StreamWriter, request: Request, answered: asyncio.Event) -> None:
    writer.write(request.data)
    await writer.drain()
    if request.hangs_up:
        writer.write_eof()
    elif not request.whole:
        try:
            await asyncio.wait_for(answered.wait(), _PATIENCE_SECONDS)
        except TimeoutError:
            writer.write_eof()


async def _reply(reader: asyncio.StreamReader, method: str, answered: asyncio.Event) -> Reply:
    connection = h11.Connection(h11.CLIENT)
    # Its own notion of what was sent only matters for HEAD, whose answers have no body.
    asked = h11.Request(method="HEAD" if method == "HEAD" else "GET", target="/", headers=[("host", "x")])
    connection.send(asked)
    connection.send(h11.EndOfMessage())
    status, headers, body = 0, {}, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(_READ)
            answered.set()
            if not data and not status:
                return NONE
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode().lower(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
        elif not isinstance(event, h11.InformationalResponse):
            return Reply(status, headers, body)
