"""Serves an ASGI app over real HTTP: in the running loop, or in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from demo.app import TRANSPORT

_GRACE_SECONDS = 1


class _Protocol(H11Protocol):
    """Lets the app cut the connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.access_log = False
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


class _Server(uvicorn.Server):
    """Leaves the process's signals alone (whoever embeds it stops it), tells when it listens, and stops at once.

    Uvicorn's own loop looks every 100 ms whether to stop, and waits as long again for connections, of which there may be none.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    def stop(self) -> None:
        """End `serve`; to be called in its loop."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(0.002)  # connections that the client has just closed
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
        for server in self.servers:
            server.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _server(app: ASGIApp) -> _Server:
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=_Protocol,
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,  # loggers are the whole process's: another server in it may have set them up
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return _Server(config)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serving(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve in the running loop; yields the base URL once it listens. OSError if the port is taken."""
    with _listen(host, port) as listener:
        server = _server(app)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.listening.wait()
            yield _url(listener)
        finally:
            server.stop()
            await task


@contextmanager
def serving_in_thread(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread with a loop of its own; yields the base URL once it listens, stops cleanly at the end.

    OSError if the port is taken.
    """
    with _listen(host, port) as listener:
        started: Future[tuple[asyncio.AbstractEventLoop, _Server]] = Future()

        async def run() -> None:
            server = _server(app)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            await server.listening.wait()
            started.set_result((asyncio.get_running_loop(), server))
            await task

        def thread() -> None:
            try:
                asyncio.run(run())
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)

        worker = threading.Thread(target=thread, name="demo-site", daemon=True)
        worker.start()
        loop, server = started.result()
        try:
            yield _url(listener)
        finally:
            loop.call_soon_threadsafe(server.stop)
            worker.join()
