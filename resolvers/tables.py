"""Tables of requests, cached for an hour from their read at most, each read once however many ask for it.

A read outlives its caller for a while: whoever asks again soon gets it, and a read that nobody wants any more is cancelled
with all its calls.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from connectors.errors import ConnectorError, RetryLater
from connectors.http import Meter
from resolvers.cache import Cache, cache_key, keep_newest, newest
from resolvers.cache.newest import place_of
from resolvers.columns import column
from resolvers.errors import api_error
from resolvers.figures.periods import millis
from resolvers.flights import Flight, Flights
from resolvers.scan import Progress, Reading, Scanner
from resolvers.site import SiteFields
from resolvers.table import TABLE, Table
from schema.errors import ApiError, Code


class CacheResult(StrEnum):
    """Where a table came from, as `extensions.reports` says it."""

    HIT = "HIT"
    MISS = "MISS"


@dataclass(frozen=True, slots=True)
class Served:
    """A table as one operation got it. `stale` says why an older one than asked for was served."""

    table: Table
    result: CacheResult
    stale: str | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class _Read(Flight[Table]):
    """A read under way."""

    read_at: int
    reading: Reading
    columns: frozenset[str]
    progress: Progress
    started: float
    owed: set[int | None] = field(default_factory=set)
    """The ages asked for by those who could not wait: when they come back, this read is what they came for."""

    def seconds_left(self, now: float) -> float:
        """A guess at how long the read still takes, from the share of its rows that have come."""
        spent = now - self.started
        share = min(1.0, self.progress.rows / self.progress.expected) if self.progress.expected else 0.0
        return min(60.0, max(1.0, spent * (1 - share) / share if share > 0.02 else 5.0))


@dataclass(slots=True)
class Wanted:
    """What an operation needs of one set of requests, and how long it may wait for it."""

    reading: Reading
    columns: frozenset[str]
    fields: SiteFields
    max_age_seconds: int | None
    deadline: float
    """Loop time until which the operation can wait."""
    spent: Meter = field(default_factory=Meter)
    """Calls already made to prepare the read; they are booked on it."""

    def met_by(self, reading: Reading, columns: frozenset[str]) -> bool:
        """Whether a read of these bases and columns gives what is wanted."""
        return self.reading.bases <= reading.bases and self.columns <= columns


class Tables:
    """The tables of one connection."""

    def __init__(
        self, scanner: Scanner, cache: Cache, reader: str, *, grace_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._scanner = scanner
        self._cache = cache
        self._reader = reader
        self._grace = grace_seconds
        self._now = now
        self._flights: Flights[_Read] = Flights(grace_seconds, self._landed)
        self._owed: dict[str, list[tuple[_Read, Table]]] = {}

    @property
    def reads_in_flight(self) -> int:
        """Number of reads under way."""
        return len(self._flights)

    async def get(self, wanted: Wanted) -> Served:
        """A table that covers what is wanted. Raises ApiError."""
        key = self._key(wanted.reading)
        for flight, table in self._owed.get(key, []):
            if wanted.max_age_seconds in flight.owed and wanted.met_by(flight.reading, flight.columns):
                return Served(table, CacheResult.MISS)
        kept = await newest(self._cache, TABLE, self._reader, key)
        covers = kept is not None and wanted.met_by(kept.reading, kept.columns)
        if kept and covers and self._fresh(kept.read_at, wanted.max_age_seconds):
            return Served(kept, CacheResult.HIT)
        try:
            flight = self._joinable(key, wanted) or self._depart(key, wanted, kept)
            return Served(await self._wait(flight, wanted.deadline, wanted.max_age_seconds), CacheResult.MISS)
        except ConnectorError as error:
            if kept and covers and isinstance(error, RetryLater):
                return Served(kept, CacheResult.HIT, stale=error.message)
            raise api_error(error) from error

    async def still(self, read_id: str) -> Table | None:
        """The table of that read, while it lives: a newer one of the same requests does not end it."""
        return await self._cache.get(TABLE, place_of(self._reader, read_id))

    def _key(self, reading: Reading) -> str:
        period = reading.period
        return cache_key(
            "table", self._reader, reading.base, str(period.start), str(period.end), reading.resolved_by.name
        )

    def _fresh(self, read_at: int, max_age_seconds: int | None) -> bool:
        return max_age_seconds is None or millis(self._now()) - read_at < max_age_seconds * 1000

    def _joinable(self, key: str, wanted: Wanted) -> _Read | None:
        for flight in self._flights.of(key):
            if not wanted.met_by(flight.reading, flight.columns):
                continue
            if wanted.max_age_seconds in flight.owed or self._fresh(flight.read_at, wanted.max_age_seconds):
                return flight
        return None

    def _depart(self, key: str, wanted: Wanted, kept: Table | None) -> _Read:
        """Starts a read. It takes along what the cached table held, so that two dashboards do not displace each other."""
        bases = wanted.reading.bases | (kept.reading.bases if kept else frozenset())
        reading = replace(wanted.reading, bases=bases)
        columns = wanted.columns | (kept.columns if kept else frozenset())
        read_at = millis(self._now())
        progress = Progress()
        task = asyncio.create_task(self._read(key, reading, columns, wanted, read_at, progress))
        started = asyncio.get_running_loop().time()
        flight = _Read(task, read_at=read_at, reading=reading, columns=columns, progress=progress, started=started)
        return self._flights.depart(key, flight)

    def _landed(self, key: str, flight: _Read) -> None:
        if flight.task.cancelled() or flight.task.exception():
            return
        if flight.owed:
            # Kept for those who could not wait, whatever the cache makes of it.
            debt = (flight, flight.task.result())
            self._owed.setdefault(key, []).append(debt)
            asyncio.get_running_loop().call_later(self._grace, self._paid, key, debt)

    def _paid(self, key: str, debt: tuple[_Read, Table]) -> None:
        self._owed[key].remove(debt)
        if not self._owed[key]:
            del self._owed[key]

    async def _read(
        self, key: str, reading: Reading, columns: frozenset[str], wanted: Wanted, read_at: int, progress: Progress
    ) -> Table:
        loop = asyncio.get_running_loop()
        started = loop.time()
        meter = Meter(wanted.spent.calls, wanted.spent.points)
        wanted_columns = [column(name, wanted.fields.all) for name in sorted(columns | {"created"})]
        scanned = await self._scanner.scan(reading, wanted_columns, read_at, meter, progress)
        table = Table(
            read_id=secrets.token_hex(8),
            read_at=read_at,
            reading=reading,
            columns=columns,
            frame=scanned.frame,
            malformed=scanned.malformed,
            by_keys=scanned.by_keys,
            calls=meter.calls,
            points=meter.points,
            read_ms=round((loop.time() - started) * 1000),
        )
        await keep_newest(
            self._cache, TABLE, self._reader, key, table, read_id=table.read_id, read_at=read_at, size=table.size
        )
        return table

    async def _wait(self, flight: _Read, deadline: float, max_age_seconds: int | None) -> Table:
        loop = asyncio.get_running_loop()
        with self._flights.waiting(flight):
            done, _ = await asyncio.wait({flight.task}, timeout=max(0.0, deadline - loop.time()))
        if not done:
            flight.owed.add(max_age_seconds)
            raise read_in_progress(flight.seconds_left(loop.time()))
        return flight.task.result()

    async def aclose(self) -> None:
        """Cancels all reads."""
        await self._flights.aclose()


def read_in_progress(seconds_left: float) -> ApiError:
    """What a caller is told whose read takes longer than an operation may."""
    return ApiError(
        Code.READ_IN_PROGRESS,
        "What this needs is still being read. Ask the same again: the read goes on meanwhile.",
        retryAfterSeconds=round(seconds_left, 1),
    )
