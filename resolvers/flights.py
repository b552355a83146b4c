"""Work that several wait for: begun once, joined by whoever comes meanwhile, and cancelled when nobody waits any more."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

R = TypeVar("R")


@dataclass(eq=False, slots=True)
class Flight(Generic[R]):
    """A piece of work under way, and how many wait for it."""

    task: "asyncio.Task[R]"
    waiters: int = 0
    grace: asyncio.TimerHandle | None = None


F = TypeVar("F", bound=Flight[Any])


class Flights(Generic[F]):
    """What is under way, by key.

    A flight that nobody waits for any more goes on for `grace_seconds`, since whoever left may soon be back. `landed`
    is called when one is over, whatever came of it.
    """

    def __init__(self, grace_seconds: float, landed: Callable[[str, F], None] = lambda key, flight: None) -> None:
        self._grace = grace_seconds
        self._landed = landed
        self._flights: dict[str, list[F]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._flights.values()))

    def of(self, key: str) -> Sequence[F]:
        """Those of this key that can be joined, oldest first."""
        return [flight for flight in self._flights.get(key, []) if not flight.task.cancelling()]

    def depart(self, key: str, flight: F) -> F:
        """Adds a flight whose task was just started."""
        self._flights.setdefault(key, []).append(flight)
        flight.task.add_done_callback(lambda done: self._over(key, flight))
        return flight

    @contextmanager
    def waiting(self, flight: F) -> Iterator[None]:
        """Counts its user among those who wait. Shield the task: leaving must not cancel it for the others."""
        flight.waiters += 1
        if flight.grace:
            flight.grace.cancel()
            flight.grace = None
        try:
            yield
        finally:
            flight.waiters -= 1
            if flight.waiters == 0 and not flight.task.done():
                flight.grace = asyncio.get_running_loop().call_later(self._grace, self._abandon, flight)

    def _abandon(self, flight: F) -> None:
        if flight.waiters == 0:
            flight.task.cancel()

    def _over(self, key: str, flight: F) -> None:
        self._flights[key].remove(flight)
        if not self._flights[key]:
            del self._flights[key]
        if flight.grace:
            flight.grace.cancel()
        if not flight.task.cancelled():
            flight.task.exception()  # taken, since perhaps nobody waits any more
        self._landed(key, flight)

    async def aclose(self) -> None:
        """Cancels all of it."""
        tasks = [flight.task for flights in self._flights.values() for flight in flights]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
