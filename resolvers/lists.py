"""Lists read from Atlassian beside the requests: read once however many ask, kept for an hour from the start of the read at most.

A list is whole or not there at all. Its read outlives its caller for a while, as the read of a table does: whoever could
not wait finds it, or joins it, when asking again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar, cast

from connectors.errors import RetryLater
from connectors.http import Meter
from resolvers.cache import Cache, cache_key
from resolvers.figures.periods import millis

T = TypeVar("T")

BYTES_PER_ITEM = 200
"""A guess at the size of an item, for the bound of the cache."""


@dataclass(slots=True)
class Listed(Generic[T]):
    """A list as it was read."""

    value: T
    read_id: str
    read_at: int
    """Instant (ms) before the first call of the read."""
    calls: int
    points: int
    read_ms: int
    booked: bool = False
    """Whether somebody was told of its calls."""


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


@dataclass(slots=True)
class _Flight:
    """A read under way."""

    read_at: int
    meter: Meter = field(default_factory=Meter)
    task: "asyncio.Task[Listed[object]] | None" = None
    waiters: int = 0
    booked: bool = False
    grace: asyncio.TimerHandle | None = None


class Lists:
    """The lists of one connection; `reader` names it."""

    def __init__(
        self, cache: Cache, reader: str, *, ttl_seconds: float, grace_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._cache = cache
        self._reader = reader
        self._ttl = ttl_seconds
        self._grace = grace_seconds
        self._now = now
        self._flights: dict[str, list[_Flight]] = {}

    async def get(
        self,
        name: tuple[str, ...],
        load: Callable[[Meter], Awaitable[T | Dated[T]]],
        *,
        meter: Meter,
        max_age_seconds: int | None = None,
    ) -> Found[T]:
        """The list of that name, or what `load` reads. Raises what `load` raises.

        The calls of a read are booked once, on the `meter` of the first who gets its result.
        """
        key = cache_key("list", self._reader, *name)
        kept = cast("Listed[T] | None", await self._kept(key))
        if kept is not None and self._fresh(kept.read_at, max_age_seconds):
            _book(kept, kept.calls, kept.points, meter)
            return Found(kept, hit=True)
        flight = self._joinable(key, max_age_seconds) or self._depart(key, load)
        try:
            return Found(cast("Listed[T]", await self._wait(flight, meter)), hit=False)
        except RetryLater as error:
            if kept is None:
                raise
            return Found(kept, hit=True, stale=error.message)

    async def _kept(self, key: str) -> Listed[object] | None:
        kept = await self._cache.get(key)
        return kept if isinstance(kept, Listed) and self._age(kept.read_at) < self._ttl else None

    def _age(self, read_at: int) -> float:
        return (millis(self._now()) - read_at) / 1000

    def _fresh(self, read_at: int, max_age_seconds: int | None) -> bool:
        return max_age_seconds is None or self._age(read_at) < max_age_seconds

    def _joinable(self, key: str, max_age_seconds: int | None) -> _Flight | None:
        flights = self._flights.get(key, [])
        for flight in flights:
            leaving = flight.task is None or flight.task.cancelling()
            if not leaving and self._fresh(flight.read_at, max_age_seconds):
                return flight
        return None

    def _depart(self, key: str, load: Callable[[Meter], Awaitable[object]]) -> _Flight:
        flight = _Flight(millis(self._now()))
        flight.task = asyncio.create_task(self._read(key, load, flight))
        self._flights.setdefault(key, []).append(flight)
        flight.task.add_done_callback(lambda done: self._landed(key, flight, done))
        return flight

    async def _read(self, key: str, load: Callable[[Meter], Awaitable[object]], flight: _Flight) -> Listed[object]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        value = await load(flight.meter)
        seconds = loop.time() - started
        read_at, items = flight.read_at, len(value) if isinstance(value, tuple) else 1
        if isinstance(value, Dated):
            read_at = read_at if value.read_at is None else min(read_at, value.read_at)
            value, items = value.value, value.items
        meter = flight.meter
        listed = Listed(value, secrets.token_hex(8), read_at, meter.calls, meter.points, round(seconds * 1000))
        # The life is counted from the start of the read, not from its end.
        left = self._ttl - max(seconds, self._age(read_at))
        await self._cache.set(key, listed, 1024 + BYTES_PER_ITEM * items, left)
        return listed

    async def _wait(self, flight: _Flight, meter: Meter) -> Listed[object]:
        assert flight.task is not None
        flight.waiters += 1
        if flight.grace:
            flight.grace.cancel()
            flight.grace = None
        try:
            listed = await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            raise
        except Exception:
            _book(flight, flight.meter.calls, flight.meter.points, meter)
            raise
        finally:
            flight.waiters -= 1
            if flight.waiters == 0 and not flight.task.done():
                flight.grace = asyncio.get_running_loop().call_later(self._grace, self._abandon, flight)
        _book(listed, listed.calls, listed.points, meter)
        return listed

    def _landed(self, key: str, flight: _Flight, task: "asyncio.Task[Listed[object]]") -> None:
        self._flights[key].remove(flight)
        if not self._flights[key]:
            del self._flights[key]
        if flight.grace:
            flight.grace.cancel()
        if not task.cancelled():
            task.exception()  # taken, since perhaps nobody waits any more

    def _abandon(self, flight: _Flight) -> None:
        if flight.waiters == 0 and flight.task is not None:
            flight.task.cancel()

    async def aclose(self) -> None:
        """Cancels all reads."""
        tasks = [flight.task for flights in self._flights.values() for flight in flights if flight.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def together(work: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results of all of it, side by side; the first failure ends the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


def _book(read: Listed[T] | _Flight, calls: int, points: int, meter: Meter) -> None:
    """Adds the calls of a read to the meter of whoever is told of them first."""
    if not read.booked:
        read.booked = True
        meter.calls += calls
        meter.points += points
