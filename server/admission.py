"""Load shedding: how many operations run at once, and how many may wait for a place. Whoever finds neither is told at once
to come back, which costs next to nothing, so that those inside are answered in time.

Only operations need a place. Health, readiness and metrics never do.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from resolvers.places import Places
from schema.errors import Code
from server.problems import RequestProblem


@dataclass(frozen=True, slots=True)
class Load:
    """The most operations that run and that wait at once, of all callers; one caller has half of each at most."""

    running: int = 64
    waiting: int = 64
    wait_seconds: float = 3.0
    """The longest that one waits. It counts towards the time that an operation may take."""
    large_bodies: int = 16
    """The most requests whose large bodies are held at once, while they arrive and until they run."""


class Admission:
    """Places for operations. `shed` is told of each that is refused: `full`, `caller` (has its half) or `late`."""

    def __init__(self, load: Load, shed: Callable[[str], None]) -> None:
        self._load = load
        self._shed = shed
        self._places = Places(load.running, (max(1, load.running // 2),))
        self._large_bodies = Places(load.large_bodies, (max(1, load.large_bodies // 2),))

    @property
    def running(self) -> int:
        """Operations that have a place."""
        return self._places.taken

    @property
    def waiting(self) -> int:
        """Operations that wait for one."""
        return self._places.waiting

    @asynccontextmanager
    async def place(self, caller: str) -> AsyncIterator[None]:
        """Held while an operation runs. Raises RequestProblem (503, `RATE_LIMITED`)."""
        await self._enter(caller)
        try:
            yield
        finally:
            self._places.leave((caller,))

    async def hold_large_body(self, caller: str, held: AsyncExitStack) -> None:
        """Waits until there is room for another large body, which is the caller's until `held` is closed."""
        await self._large_bodies.take((caller,))
        held.callback(self._large_bodies.leave, (caller,))

    async def _enter(self, caller: str) -> None:
        if not self._places.is_free((caller,)):
            self._check_queue(caller)
        try:
            async with asyncio.timeout(self._load.wait_seconds):
                await self._places.take((caller,))
        except TimeoutError:
            raise self._refusal("late") from None

    def _check_queue(self, caller: str) -> None:
        if self._places.waiting >= self._load.waiting:
            raise self._refusal("full")
        if self._places.waiting_of(caller) >= self._load.waiting // 2:
            raise self._refusal("caller")

    def _refusal(self, reason: str) -> RequestProblem:
        self._shed(reason)
        seconds = max(1, round(self._load.wait_seconds))
        return RequestProblem(
            503,
            Code.RATE_LIMITED,
            f"The server has more to do than it can. Send the same again in {seconds} seconds.",
            headers={"retry-after": str(seconds)},
            extensions={"retryAfterSeconds": seconds},
        )
