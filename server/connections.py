"""uvicorn's HTTP/1.1, with bounds on what a connection may hold and for how long.

uvicorn itself waits forever for the head of a request and for a client that does not read its answer; and it sheds
connections with answers that are none of ours, health checks included. Here the number of connections is bounded by closing
the one that has been idle longest, or else the one whose client has kept an answer waiting longest: a new one gets in as long
as not all others are being worked for.
"""

import asyncio
from typing import Any

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from schema.errors import Code

# Below the usual 1,024 open files of a process, of which the database, the cache and Atlassian need some.
CONNECTIONS = 800
# For the whole head of a request, from the connection or the last answer on; and for a client to read what it asked for.
HEAD_SECONDS = 10.0
READ_SECONDS = 60.0
_REFUSAL_HEADERS = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store, private",
    "x-content-type-options": "nosniff",
    "connection": "close",
}


class Connection(H11Protocol):
    """One connection. The bounds are attributes of the class, so that a test can have others."""

    connections_at_most = CONNECTIONS
    head_seconds = HEAD_SECONDS
    read_seconds = READ_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle_since = self.loop.time()
        self._head: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._unread_since: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered on it."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new one: its first request is waited for, and room is made where there are too many."""
        super().connection_made(transport)
        self._wait_for_head()
        if len(self.connections) > self.connections_at_most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, and with it all that was waited for."""
        _stop(self._head)
        _stop(self._reading)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pieces of a head do not prolong the time for it."""
        super().data_received(data)
        if not self.is_idle:
            _stop(self._head)

    def on_response_complete(self) -> None:
        """The next request, if there is one, is waited for as the first was."""
        self._wait_for_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client reads more slowly than is written to it."""
        super().pause_writing()
        self._unread_since = self.loop.time()
        self._reading = self.loop.call_later(self.read_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has caught up."""
        _stop(self._reading)
        self._unread_since = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP, or a head that is too long, refused in the form of all refusals."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()  # an answer has begun, and there is no way to take it back
            return
        body = orjson.dumps({"errors": [{"message": msg, "extensions": {"code": Code.BAD_USER_INPUT.value}}]})
        headers = {**_REFUSAL_HEADERS, "content-length": str(len(body))}
        for event in (h11.Response(status_code=400, headers=list(headers.items())), h11.Data(body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait_for_head(self) -> None:
        _stop(self._head)
        self._idle_since = self.loop.time()
        self._head = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        if not self.is_idle:
            return
        is_unread = self.transport.get_write_buffer_size() > 0
        if is_unread and self.loop.time() - self._idle_since < self.read_seconds:
            self._head = self.loop.call_later(self.head_seconds, self._head_is_late)
        else:
            self.transport.abort()

    def _make_room(self) -> None:
        others = [one for one in self.connections if isinstance(one, Connection) and one is not self]
        idle = [(one._idle_since, one) for one in others if one.is_idle]
        unread = [(one._unread_since, one) for one in others if one._unread_since is not None]
        # Where all others are being worked for, it is this one that goes.
        _, victim = min(idle or unread or [(0.0, self)], key=lambda each: each[0])
        self.connections.discard(victim)  # now, since it hears of its end only later
        victim.transport.abort()


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
