"""What tests of several parts share: an application served over real HTTP in the running loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from server.connections import Connection
from server.run import config


class _Server(uvicorn.Server):
    """Leaves the process's signals alone and tells when its port is open."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.up = asyncio.Event()
        self.stop = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's: finish what runs, then close; without its pause of 0.1 s, which hundreds of tests would feel."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.001)
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def serving_app(app: ASGIApp, *, http: type[Connection] = Connection) -> AsyncIterator[str]:
    """Serve with the server's own uvicorn settings (lifespan on), on a free port; yields the base URL."""
    # The protocol is named, since asyncio switches Nagle's algorithm off for such sockets only: 40 ms a request else.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(config(app, "127.0.0.1", 0, http=http))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        up = asyncio.create_task(server.up.wait())
        try:
            await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
                raise RuntimeError("the application did not start")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            up.cancel()
            server.stop.set()
            await asyncio.wait({task})
