"""How fast Atlassian may be asked: what calls cost, burst limits for each endpoint, and walls that stop calls.

Three limits of Atlassian's run at once: points an hour (an app's quota), calls a second for each endpoint, and
calls in flight. All state here is bounded by the number of endpoints.
"""

import asyncio
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

from connectors.endpoints import Endpoint
from connectors.errors import RateLimited

_BURST_SECONDS = 0.1  # a tenth of a second's calls at once, then evenly: other programs share the limit


@dataclass(slots=True)
class Meter:
    """What one piece of work cost: calls really sent (each retry is one) and Atlassian's points."""

    calls: int = 0
    points: int = 0


class Wall:
    """Stops calls until an instant of the event loop's clock; open at first."""

    __slots__ = ("_closed_until",)

    def __init__(self) -> None:
        self._closed_until = 0.0

    def close(self, seconds: float) -> None:
        """Stay closed for so many seconds from now on, or longer where that was said before."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)

    def seconds_left(self) -> float:
        """0 when open."""
        return max(0.0, self._closed_until - asyncio.get_running_loop().time())

    async def passed(self, deadline: float) -> None:
        """Return when open. Raises RateLimited at once when it opens only after `deadline` (loop time)."""
        while left := self.seconds_left():
            if self._closed_until > deadline:
                raise RateLimited("Atlassian's rate limit is used up; no call is made until it resets.", left)
            await asyncio.sleep(left)


class _Pace:
    """The limits of one endpoint."""

    __slots__ = ("bucket", "wall")

    def __init__(self, per_second: float) -> None:
        burst = max(1.0, per_second * _BURST_SECONDS)
        self.bucket = AsyncLimiter(burst, burst / per_second)
        self.wall = Wall()


class Gate:
    """Lets calls out no faster than Atlassian allows. A quota stops all endpoints, a burst limit only its own."""

    def __init__(self) -> None:
        self._quota = Wall()
        self._paces: dict[str, _Pace] = {}

    def _pace(self, endpoint: Endpoint) -> _Pace:
        pace = self._paces.get(endpoint.name)
        if pace is None:
            pace = self._paces[endpoint.name] = _Pace(endpoint.per_second)
        return pace

    async def turn(self, endpoint: Endpoint) -> None:
        """Wait for this endpoint's next place under its burst limit."""
        await self._pace(endpoint).bucket.acquire()

    async def opened(self, endpoint: Endpoint, deadline: float) -> None:
        """Wait until no wall stops this endpoint; raises RateLimited at once if that is after `deadline`."""
        await self._quota.passed(deadline)
        await self._pace(endpoint).wall.passed(deadline)

    def is_open(self, endpoint: Endpoint) -> bool:
        """Whether no wall stops this endpoint right now."""
        return not (self._quota.seconds_left() or self._pace(endpoint).wall.seconds_left())

    def refused(self, endpoint: Endpoint, seconds: float, *, quota: bool) -> None:
        """Note a 429: nothing (quota), or nothing of this endpoint, is sent for so many seconds."""
        (self._quota if quota else self._pace(endpoint).wall).close(seconds)
