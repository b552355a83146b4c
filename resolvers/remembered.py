"""Values read from Jira that change so rarely that any copy of the last hour will do: loaded once, whoever asks meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from resolvers.cache import Cache, Kind
from resolvers.figures.periods import millis
from resolvers.flights import Flight, Flights

T = TypeVar("T")


class Remembered:
    """Loads a value once and keeps it in the cache. A failure is not kept."""

    def __init__(self, cache: Cache, *, grace_seconds: float, now: Callable[[], datetime]) -> None:
        self._cache = cache
        self._now = now
        self._flights: Flights[Flight[Any]] = Flights(grace_seconds)

    async def get(
        self,
        kind: Kind[T],
        key: str,
        load: Callable[[], Awaitable[T]],
        *,
        size: int = 1024,
        keep: Callable[[T], bool] = lambda value: True,
    ) -> T:
        """The cached value of `key`, or what `load` returns, which is kept if `keep` says so."""
        kept = await self._cache.get(kind, key)
        if kept is not None:
            return kept
        under_way = self._flights.of(key)
        flight = under_way[0] if under_way else self._depart(kind, key, load, size, keep)
        with self._flights.waiting(flight):
            return cast(T, await asyncio.shield(flight.task))

    async def kept(self, kind: Kind[T], keys: Sequence[str]) -> dict[str, T]:
        """The cached values that there are, by key."""
        return await self._cache.get_many(kind, keys)

    async def keep(self, kind: Kind[T], values: Mapping[str, T], *, read_at: int, size: int = 256) -> None:
        """Keeps values by key, whose read began at that instant (ms)."""
        await self._cache.set_many(kind, values, read_at=read_at, size=size)

    def now(self) -> int:
        """This instant (ms): the life of what is read from now on is counted from here."""
        return millis(self._now())

    def _depart(
        self, kind: Kind[T], key: str, load: Callable[[], Awaitable[T]], size: int, keep: Callable[[T], bool]
    ) -> Flight[Any]:
        return self._flights.depart(key, Flight(asyncio.create_task(self._load(kind, key, load, size, keep))))

    async def _load(
        self, kind: Kind[T], key: str, load: Callable[[], Awaitable[T]], size: int, keep: Callable[[T], bool]
    ) -> T:
        read_at = self.now()
        value = await load()
        if keep(value):
            await self._cache.set(kind, key, value, read_at=read_at, size=size)
        return value

    async def aclose(self) -> None:
        """Cancels what is being loaded."""
        await self._flights.aclose()
