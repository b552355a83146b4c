"""Counts calls and points as Atlassian would charge them, and keeps the burst limits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Count:
    """Calls and points of one endpoint."""

    calls: int = 0
    points: int = 0


@dataclass(slots=True)
class Counters:
    """Every call that reached the site, refused ones too; a call costs 1 point, a successful read more by what it returned."""

    by_endpoint: dict[str, Count] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(one.calls for one in self.by_endpoint.values())

    @property
    def points(self) -> int:
        """All points."""
        return sum(one.points for one in self.by_endpoint.values())

    def of(self, endpoint: str) -> Count:
        """The count of one endpoint, zero if it was never called."""
        return self.by_endpoint.get(endpoint, Count())

    def add(self, endpoint: str, points: int) -> None:
        """One more call."""
        count = self.by_endpoint.setdefault(endpoint, Count())
        count.calls += 1
        count.points += points

    def reset(self) -> None:
        """Back to nothing."""
        self.by_endpoint.clear()

    def as_json(self) -> dict[str, object]:
        """The body of GET /_demo/counters."""
        each = {name: {"calls": one.calls, "points": one.points} for name, one in sorted(self.by_endpoint.items())}
        return {"calls": self.calls, "points": self.points, "endpoints": each}


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Burst:
    """A token bucket for each endpoint: `per_second` flow in, at most `size` are kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, endpoint: str, per_second: float, size: int) -> int | None:
        """Use one token: how many are left, or None if there was none."""
        now = self._clock()
        bucket = self._buckets.setdefault(endpoint, _Bucket(size, now))
        bucket.left = min(size, bucket.left + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.left < 1:
            return None
        bucket.left -= 1
        return math.floor(bucket.left)
