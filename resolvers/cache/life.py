"""How long entries of the cache live."""

from collections.abc import Callable
from datetime import datetime

from resolvers.cache.protocol import LONGEST_SECONDS
from resolvers.figures.periods import millis

SKEW_SECONDS = 60
"""By how much a clock may be ahead of another."""


class Life:
    """How long an entry lives: from the instant (ms) of its read, by a clock that is given."""

    def __init__(self, now: Callable[[], datetime], ttl_seconds: float) -> None:
        """An entry lives for `ttl_seconds`, and never longer than `LONGEST_SECONDS`."""
        self._now = now
        self._ttl = min(ttl_seconds, LONGEST_SECONDS)

    def left(self, read_at: int) -> float:
        """Seconds that an entry has left; zero or less for none.

        Clocks of replicas differ a little: what was read ahead of this one was read just now, but not if it is far ahead.
        """
        age = (millis(self._now()) - read_at) / 1000
        return 0 if age < -SKEW_SECONDS else self._ttl - max(0, age)
