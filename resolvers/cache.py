"""The cache: aiocache behind a small protocol, bounded by bytes, with one load per key at a time.

aiocache's own memory backend keeps everything for ever and its `cached` decorator runs concurrent misses side by side;
this module adds what lacks. Keys are hashes: they hold no query, no name and no account.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from aiocache import SimpleMemoryCache

T = TypeVar("T")


class Cache(Protocol):
    """Where data read from Jira are kept, for a while."""

    async def get(self, key: str) -> object | None:
        """The value, or None if there is none any more."""

    async def set(self, key: str, value: object, size: int, ttl_seconds: float) -> None:
        """Keeps a value of about `size` bytes for at most so long; a value that does not fit is not kept."""

    async def ready(self) -> bool:
        """Whether the cache answers."""


def cache_key(*parts: str) -> str:
    """A key from its parts, such that no two different lists of parts share one."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Entry:
    value: object
    size: int


class _BoundedMemory(SimpleMemoryCache):  # type: ignore[misc]  # aiocache has no types
    """aiocache's memory backend with a bound: the entries used longest ago give way."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._cache: OrderedDict[str, _Entry] = OrderedDict()
        self._max_bytes = max_bytes
        self._held = 0

    async def _get(self, key: str, encoding: str = "utf-8", _conn: object = None) -> object:
        if key in self._cache:
            self._cache.move_to_end(key)
        return await super()._get(key, encoding=encoding, _conn=_conn)

    async def _set(
        self, key: str, value: _Entry, ttl: float | None = None, _cas_token: object = None, _conn: object = None
    ) -> object:
        await self._delete(key)
        if value.size > self._max_bytes:
            return False
        while self._cache and self._held + value.size > self._max_bytes:
            await self._delete(next(iter(self._cache)))
        self._held += value.size
        return await super()._set(key, value, ttl=ttl)

    def _SimpleMemoryBackend__delete(self, key: str) -> int:  # noqa: N802  # the one place where aiocache lets go
        entry = self._cache.get(key)
        if entry is not None:
            self._held -= entry.size
        deleted: int = super()._SimpleMemoryBackend__delete(key)
        return deleted


class MemoryCache:
    """The cache within the process."""

    def __init__(self, max_bytes: int) -> None:
        self._backend = _BoundedMemory(max_bytes)

    async def get(self, key: str) -> object | None:
        """The value, or None if there is none any more."""
        entry = cast("_Entry | None", await self._backend.get(key))
        return None if entry is None else entry.value

    async def set(self, key: str, value: object, size: int, ttl_seconds: float) -> None:
        """Keeps a value of about `size` bytes for at most so long; a value that does not fit is not kept."""
        if ttl_seconds > 0:
            await self._backend.set(key, _Entry(value, size), ttl=ttl_seconds)

    async def ready(self) -> bool:
        """The process's own memory always answers."""
        return True


def memory_cache(max_bytes: int) -> Cache:
    """A cache in this process that holds at most so many bytes."""
    return MemoryCache(max_bytes)


@dataclass(slots=True)
class _Load:
    """A value being loaded, and how many wait for it."""

    task: asyncio.Task[object]
    waiters: int = 0
    grace: asyncio.TimerHandle | None = None


class Remembered:
    """Loads a value once, whoever asks meanwhile, and keeps it in the cache. A failure is not kept.

    A load that nobody waits for any more goes on for `grace_seconds`, since whoever left may soon be back.
    """

    def __init__(self, cache: Cache, ttl_seconds: float, grace_seconds: float) -> None:
        self._cache = cache
        self._ttl = ttl_seconds
        self._grace = grace_seconds
        self._loading: dict[str, _Load] = {}

    async def get(
        self,
        key: str,
        load: Callable[[], Awaitable[T]],
        size: int = 1024,
        keep: Callable[[T], bool] = lambda value: True,
    ) -> T:
        """The cached value of `key`, or what `load` returns, which is kept if `keep` says so."""
        kept = await self._cache.get(key)
        if kept is not None:
            return cast(T, kept)
        under_way = self._loading.get(key)
        if under_way is None or under_way.task.cancelling():
            under_way = self._start(key, load, size, keep)
        under_way.waiters += 1
        if under_way.grace:
            under_way.grace.cancel()
            under_way.grace = None
        try:
            return cast(T, await asyncio.shield(under_way.task))
        finally:
            under_way.waiters -= 1
            if under_way.waiters == 0 and not under_way.task.done():
                under_way.grace = asyncio.get_running_loop().call_later(self._grace, self._abandon, under_way)

    async def kept(self, key: str) -> object | None:
        """The cached value, or None."""
        return await self._cache.get(key)

    async def keep(self, key: str, value: object, size: int = 256) -> None:
        """Keeps a value that was just read."""
        await self._cache.set(key, value, size, self._ttl)

    def _start(self, key: str, load: Callable[[], Awaitable[T]], size: int, keep: Callable[[T], bool]) -> _Load:
        started = _Load(asyncio.create_task(self._load(key, load, size, keep)))
        self._loading[key] = started
        started.task.add_done_callback(lambda done: self._forget(key, started))
        return started

    async def _load(self, key: str, load: Callable[[], Awaitable[T]], size: int, keep: Callable[[T], bool]) -> object:
        # The life is counted from before the read: what was read is at least as young as that.
        started = asyncio.get_running_loop().time()
        value = await load()
        age = asyncio.get_running_loop().time() - started
        if keep(value):
            await self._cache.set(key, value, size, self._ttl - age)
        return value

    def _forget(self, key: str, load: _Load) -> None:
        if self._loading.get(key) is load:
            del self._loading[key]
        if load.grace:
            load.grace.cancel()
        if not load.task.cancelled():
            load.task.exception()  # taken, since perhaps nobody waits any more

    def _abandon(self, load: _Load) -> None:
        if load.waiters == 0:
            load.task.cancel()

    async def aclose(self) -> None:
        """Cancels what is being loaded."""
        tasks = [load.task for load in self._loading.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
