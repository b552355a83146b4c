"""When a failed call is sent again: exponential backoff with jitter, never sooner than Atlassian asks, and bounded."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import stamina

from connectors.errors import RetryLater


def _jitter() -> float:
    return random.uniform(0.7, 1.3)  # noqa: S311 (spreads calls, guards nothing)


@dataclass(frozen=True, slots=True)
class Retry:
    """How patient one call is. All our calls are reads, so each may be repeated.

    Waits start at `first_seconds`, double up to `longest_seconds` and are multiplied by `jitter()`. What Atlassian
    asks for is a minimum. A wait that would end later than `total_seconds` after the start is not begun.
    """

    first_seconds: float = 2.0
    longest_seconds: float = 30.0
    retries: int = 4
    total_seconds: float = 90.0
    jitter: Callable[[], float] = _jitter

    def attempts(self, deadline: float) -> AsyncIterator[stamina.Attempt]:
        """Context managers, one an attempt; an error that is not worth another attempt passes through them."""
        context = stamina.retry_context(on=_Waits(self, deadline), attempts=self.retries + 1, timeout=None)
        return context.__aiter__()


class _Waits:
    """Decides for one call after each failure: False, or the seconds to wait."""

    def __init__(self, retry: Retry, deadline: float) -> None:
        self._retry = retry
        self._deadline = deadline
        self._failures = 0

    def __call__(self, error: Exception) -> bool | float:
        if not (isinstance(error, RetryLater) and error.transient):
            return False
        retry = self._retry
        backoff = min(retry.first_seconds * 2**self._failures, retry.longest_seconds) * retry.jitter()
        self._failures += 1
        wait = max(backoff, error.retry_after_seconds or 0.0)
        return wait if asyncio.get_running_loop().time() + wait <= self._deadline else False
