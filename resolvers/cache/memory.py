"""The cache within the process: aiocache's memory backend, bounded by bytes.

aiocache's own keeps everything for ever; here the entries used longest ago give way.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from aiocache import SimpleMemoryCache

from resolvers.cache.kinds import Kind
from resolvers.cache.life import Life
from resolvers.cache.protocol import LONGEST_SECONDS, State

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Entry:
    value: object
    read_at: int
    size: int


class _BoundedMemory(SimpleMemoryCache):  # type: ignore[misc]  # aiocache has no types
    """aiocache's memory backend with a bound: the entries used longest ago give way."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(timeout=None)  # it would take a task for each command, and there is nothing to wait for
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
    """The cache within the process. `now` is the clock by which entries age."""

    def __init__(self, max_bytes: int, *, now: Callable[[], datetime], ttl_seconds: float = LONGEST_SECONDS) -> None:
        self._backend = _BoundedMemory(max_bytes)
        self._life = Life(now, ttl_seconds)

    async def get(self, kind: Kind[T], key: str) -> T | None:
        """The value, or None if there is none any more."""
        return (await self.get_many(kind, [key])).get(key)

    async def get_many(self, kind: Kind[T], keys: Sequence[str]) -> dict[str, T]:
        """The values that there are, by key."""
        found = {key: entry.value for key in keys if (entry := await self._entry(kind, key))}
        return cast("dict[str, T]", found)

    async def copies(self, kind: Kind[T], key: str) -> list[T]:
        """The value, if there is one."""
        return list((await self.get_many(kind, [key])).values())

    async def set(self, kind: Kind[T], key: str, value: T, *, read_at: int, size: int) -> None:
        """Keeps a value of about `size` bytes, counting its life from the instant (ms) of its read."""
        if (left := self._life.left(read_at)) > 0:
            await self._backend.set(self._place(kind, key), _Entry(value, read_at, size), ttl=left)

    async def set_many(self, kind: Kind[T], values: Mapping[str, T], *, read_at: int, size: int) -> None:
        """The same for several; `size` is that of each."""
        for key, value in values.items():
            await self.set(kind, key, value, read_at=read_at, size=size)

    async def state(self) -> State:
        """The process's own memory always answers."""
        return "ok"

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _entry(self, kind: Kind[T], key: str) -> _Entry | None:
        entry = cast("_Entry | None", await self._backend.get(self._place(kind, key)))
        return entry if entry is not None and self._life.left(entry.read_at) > 0 else None

    @staticmethod
    def _place(kind: Kind[T], key: str) -> str:
        return f"{kind.name} {key}"
