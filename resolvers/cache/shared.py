"""The cache that replicas share: the process's own memory, and a Valkey or Redis behind it that holds sealed values only.

Without the backend everything goes on from the process's own memory, which keeps a copy of all that is shared from here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from resolvers.cache.envelope import Envelope, Opened, Unreadable
from resolvers.cache.kinds import Kind
from resolvers.cache.life import Life
from resolvers.cache.memory import MemoryCache
from resolvers.cache.protocol import LONGEST_SECONDS, Cache, CacheObserver, State, cache_key
from resolvers.cache.valkey import RETRY_SECONDS, Valkey
from resolvers.encryption import Sealer

T = TypeVar("T")

AT_ONCE = 100
"""Values sent or opened in one go: many small ones take their time too, and others want to get on meanwhile."""
PREFIX = "itsm-reports:1:"
"""Of all keys. The number is that of the form of values: servers of another form share nothing with these."""


class SharedCache:
    """Two levels: what this process has seen, and what any replica has put into the Valkey."""

    def __init__(
        self, memory: MemoryCache, valkey: Valkey, envelope: Envelope, life: Life, observe: CacheObserver
    ) -> None:
        self._memory = memory
        self._valkey = valkey
        self._envelope = envelope
        self._life = life
        self._observe = observe

    async def get(self, kind: Kind[T], key: str) -> T | None:
        """The process's own copy, or else the shared one."""
        return (await self.get_many(kind, [key])).get(key)

    async def get_many(self, kind: Kind[T], keys: Sequence[str]) -> dict[str, T]:
        """The values that there are, by key."""
        found = await self._memory.get_many(kind, keys)
        shared = await self._shared(kind, [key for key in keys if key not in found])
        for key, opened in shared.items():
            await self._memory.set(kind, key, opened.value, read_at=opened.read_at, size=opened.size)
            found[key] = opened.value
        return found

    async def copies(self, kind: Kind[T], key: str) -> list[T]:
        """The shared copy and the process's own, as far as there are any."""
        shared = await self._shared(kind, [key])
        return [opened.value for opened in shared.values()] + await self._memory.copies(kind, key)

    async def set(self, kind: Kind[T], key: str, value: T, *, read_at: int, size: int) -> None:
        """Keeps a value in the process and shares it."""
        await self.set_many(kind, {key: value}, read_at=read_at, size=size)

    async def set_many(self, kind: Kind[T], values: Mapping[str, T], *, read_at: int, size: int) -> None:
        """The same for several; `size` is that of each."""
        await self._memory.set_many(kind, values, read_at=read_at, size=size)
        for keys in _batches(list(values)):
            await self._share(kind, {key: values[key] for key in keys}, read_at, size)

    async def state(self) -> State:
        """`degraded` while the backend is lost, or takes nothing."""
        return await self._valkey.state()

    async def aclose(self) -> None:
        """Lets go of all connections."""
        await self._valkey.aclose()

    async def _share(self, kind: Kind[T], values: Mapping[str, T], read_at: int, size: int) -> None:
        if self._valkey.is_lost:
            return
        closed: dict[str, bytes] = {}
        for key, value in values.items():
            try:
                blob = await self._envelope.close(kind, key, value, read_at=read_at, size=size)
            except Exception:  # an answer must not fail since it could not be kept for others
                self._observe("error")
            else:
                closed[_name(kind, key)] = blob
        left = self._life.left(read_at)
        if closed and left > 0:
            await self._valkey.set_many(closed, ttl_seconds=left, large=kind.large)

    async def _shared(self, kind: Kind[T], keys: Sequence[str]) -> dict[str, Opened[T]]:
        """What others have shared, as far as it is ours, in its place, and young enough."""
        found: dict[str, Opened[T]] = {}
        for some in _batches(keys):
            blobs = await self._valkey.get_many([_name(kind, key) for key in some], large=kind.large)
            for key, blob in zip(some, blobs, strict=False):  # there are none where it is lost
                opened = None if blob is None else await self._open(kind, key, blob)
                if opened is not None:
                    found[key] = opened
                self._observe("hit" if opened is not None else "miss")
        return found

    async def _open(self, kind: Kind[T], key: str, blob: bytes) -> Opened[T] | None:
        try:
            opened = await self._envelope.open(kind, key, blob)
        except Unreadable:
            self._observe("unreadable")
            return None
        return opened if self._life.left(opened.read_at) > 0 else None


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _name(kind: Kind[T], key: str) -> str:
    return PREFIX + cache_key(kind.name, key)


def open_cache(
    url: str,
    max_bytes: int,
    sealer: Sealer,
    now: Callable[[], datetime],
    observe: CacheObserver = lambda event: None,
    *,
    ttl_seconds: float = LONGEST_SECONDS,
    compressed: bool = True,
    retry_seconds: float = RETRY_SECONDS,
) -> Cache:
    """The cache of this address: `memory://` is the process's own alone, of `max_bytes` at most; whoever opens it closes it.

    A Valkey or Redis that does not answer is no error, now or later. `compressed=False` is for tests that look into it.
    """
    if urlsplit(url).scheme == "memory":
        return MemoryCache(max_bytes, now=now, ttl_seconds=ttl_seconds)
    return SharedCache(
        MemoryCache(max_bytes, now=now, ttl_seconds=ttl_seconds),
        Valkey(url, observe, retry_seconds=retry_seconds),
        Envelope(sealer, largest=max_bytes, compressed=compressed),
        Life(now, ttl_seconds),
        observe,
    )
