"""Lists read from Atlassian beside the requests: read once however many ask, kept for an hour from the start of the read at most.

A list is whole or not there at all. Its read outlives its caller for a while, as the read of a table does: whoever could
not wait finds it, or joins it, when asking again.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from connectors.errors import RetryLater
from connectors.http import Meter
from resolvers.cache import Cache, Kind, cache_key, keep_newest, newest, packed
from resolvers.figures.periods import millis
from resolvers.flights import Flight, Flights

T = TypeVar("T")

BYTES_PER_ITEM = 200
"""A guess at the size of an item, for the bound of the cache."""
_UNTOLD = 1_000
"""Reads whose calls nobody was told of yet, at most: a list that nobody came back for is forgotten one day."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A list as it was read."""

    value: T
    read_id: str
    read_at: int
    """Instant (ms) before the first call of the read."""
    calls: int
    points: int
    read_ms: int


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """What a load gives that is no list itself: its size in items and, where it is made of other lists, the age of the oldest."""

    value: T
    items: int
    read_at: int | None = None
    """Instant (ms)."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A list as one caller got it: from the cache or not. `stale` says why an older one than asked for is served."""

    listed: Listed[T]
    hit: bool
    stale: str | None = None


def listed(name: str, of: Any) -> "Kind[Listed[Any]]":
    """The kind of a list whose value has this type (or form of types)."""
    return packed(name, Listed[of], large=True)


@dataclass(eq=False, slots=True, kw_only=True)
class _Read(Flight[Listed[Any]]):
    """A read under way."""

    read_at: int
    meter: Meter
    booked: bool = False


class Lists:
    """The lists of one connection; `reader` names it."""

    def __init__(self, cache: Cache, reader: str, *, grace_seconds: float, now: Callable[[], datetime]) -> None:
        self._cache = cache
        self._reader = reader
        self._now = now
        self._flights: Flights[_Read] = Flights(grace_seconds)
        self._untold: OrderedDict[str, None] = OrderedDict()

    async def get(
        self,
        kind: Kind[Listed[T]],
        name: tuple[str, ...],
        load: Callable[[Meter], Awaitable[T | Dated[T]]],
        *,
        meter: Meter,
        max_age_seconds: int | None = None,
    ) -> Found[T]:
        """The list of that kind and name, or what `load` reads. Raises what `load` raises.

        The calls of a read are booked once, on the `meter` of the first who gets its result.
        """
        key = cache_key(kind.name, self._reader, *name)
        kept = await newest(self._cache, kind, self._reader, key)
        if kept is not None and self._fresh(kept.read_at, max_age_seconds):
            self._tell(kept, meter)
            return Found(kept, hit=True)
        flight = self._joinable(key, max_age_seconds) or self._depart(kind, key, load)
        try:
            return Found(await self._wait(flight, meter), hit=False)
        except RetryLater as error:
            if kept is None:
                raise
            return Found(kept, hit=True, stale=error.message)

    def _fresh(self, read_at: int, max_age_seconds: int | None) -> bool:
        return max_age_seconds is None or millis(self._now()) - read_at < max_age_seconds * 1000

    def _joinable(self, key: str, max_age_seconds: int | None) -> _Read | None:
        flights = self._flights.of(key)
        return next((flight for flight in flights if self._fresh(flight.read_at, max_age_seconds)), None)

    def _depart(self, kind: Kind[Listed[T]], key: str, load: Callable[[Meter], Awaitable[T | Dated[T]]]) -> _Read:
        read_at, meter = millis(self._now()), Meter()
        task = asyncio.create_task(self._read(kind, key, load, read_at, meter))
        return self._flights.depart(key, _Read(task, read_at=read_at, meter=meter))

    async def _read(
        self,
        kind: Kind[Listed[T]],
        key: str,
        load: Callable[[Meter], Awaitable[T | Dated[T]]],
        read_at: int,
        meter: Meter,
    ) -> Listed[T]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        read = await load(meter)
        seconds = loop.time() - started
        dated = read if isinstance(read, Dated) else Dated(read, len(read) if isinstance(read, tuple) else 1)
        if dated.read_at is not None:
            read_at = min(read_at, dated.read_at)
        one = Listed(dated.value, secrets.token_hex(8), read_at, meter.calls, meter.points, round(seconds * 1000))
        self._owe(one.read_id)
        size = 1024 + BYTES_PER_ITEM * dated.items
        await keep_newest(self._cache, kind, self._reader, key, one, read_id=one.read_id, read_at=read_at, size=size)
        return one

    async def _wait(self, flight: _Read, meter: Meter) -> Listed[Any]:
        with self._flights.waiting(flight):
            try:
                one = await asyncio.shield(flight.task)
            except asyncio.CancelledError:
                raise
            except Exception:
                if not flight.booked:
                    flight.booked = True
                    _book(flight.meter.calls, flight.meter.points, meter)
                raise
        self._tell(one, meter)
        return one

    def _owe(self, read_id: str) -> None:
        """Somebody is to be told what this read cost: the first who gets its result from here."""
        self._untold[read_id] = None
        while len(self._untold) > _UNTOLD:
            self._untold.popitem(last=False)

    def _tell(self, one: Listed[T], meter: Meter) -> None:
        if one.read_id in self._untold:
            del self._untold[one.read_id]
            _book(one.calls, one.points, meter)

    async def aclose(self) -> None:
        """Cancels all reads."""
        await self._flights.aclose()


async def together(work: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results of all of it, side by side; the first failure ends the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


def _book(calls: int, points: int, meter: Meter) -> None:
    """Adds the calls of a read to the meter of whoever is told of them."""
    meter.calls += calls
    meter.points += points
