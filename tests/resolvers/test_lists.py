"""Lists: one read for all who ask, kept for a while, abandoned when nobody wants it, and its calls told once."""

import asyncio

import pytest

from connectors.errors import Unavailable
from connectors.http import Meter
from resolvers.cache import Kind, MemoryCache
from resolvers.lists import Dated, Listed, Lists, listed
from tests.api import Clock, at

NUMBERS: Kind[Listed[tuple[int, ...]]] = listed("numbers", tuple[int, ...])
TEXT: Kind[Listed[str]] = listed("text", str)


class Source:
    """Gives a list, or fails, when it is told to; counts what was asked of it."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked = self.cancelled = 0
        self.fails = False

    async def load(self, meter: Meter) -> tuple[int, ...]:
        self.asked += 1
        meter.calls += 1
        meter.points += 3
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise Unavailable("down")
        return (1, 2)


def lists(clock: Clock, grace_seconds: float = 60.0) -> Lists:
    return Lists(MemoryCache(1 << 20, now=clock), "reader", grace_seconds=grace_seconds, now=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock(at("2026-03-31"))


async def test_who_could_not_wait_finds_the_list_and_is_told_its_calls(clock: Clock) -> None:
    source, kept, first, second, third = Source(), lists(clock), Meter(), Meter(), Meter()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(kept.get(NUMBERS, ("a",), source.load, meter=first), 0.01)
    source.go.set()
    found = await kept.get(NUMBERS, ("a",), source.load, meter=second)
    again = await kept.get(NUMBERS, ("a",), source.load, meter=third)
    assert (found.listed.value, again.hit, source.asked) == ((1, 2), True, 1)
    assert (first, second, third) == (Meter(), Meter(1, 3), Meter())
    await kept.aclose()


async def test_a_read_that_nobody_wants_any_more_is_cancelled(clock: Clock) -> None:
    source, kept = Source(), lists(clock, grace_seconds=0.0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(kept.get(NUMBERS, ("a",), source.load, meter=Meter()), 0.01)
    while not source.cancelled:  # noqa: ASYNC110  # there is no event for it
        await asyncio.sleep(0)
    source.go.set()
    assert (await kept.get(NUMBERS, ("a",), source.load, meter=Meter())).hit is False
    assert source.asked == 2


async def test_a_failure_is_not_kept_and_an_older_list_stands_in_for_it(clock: Clock) -> None:
    source, kept, meter = Source(), lists(clock), Meter()
    source.go.set()
    source.fails = True
    with pytest.raises(Unavailable):
        await kept.get(NUMBERS, ("a",), source.load, meter=meter)
    assert meter == Meter(1, 3)
    source.fails = False
    await kept.get(NUMBERS, ("a",), source.load, meter=Meter())
    clock.forward(10)
    source.fails = True
    found = await kept.get(NUMBERS, ("a",), source.load, meter=Meter(), max_age_seconds=5)
    assert (found.stale, found.listed.value) == ("down", (1, 2))


async def test_a_list_of_lists_is_as_old_as_the_oldest(clock: Clock) -> None:
    kept = lists(clock)

    async def load(meter: Meter) -> Dated[str]:
        return Dated("all", 1, at_ms - 3_000_000)

    at_ms = int(clock().timestamp() * 1000)
    found = await kept.get(TEXT, ("a",), load, meter=Meter())
    assert found.listed.read_at == at_ms - 3_000_000
    clock.forward(599)
    found = await kept.get(TEXT, ("a",), load, meter=Meter())
    assert found.hit
    clock.forward(1)
    found = await kept.get(TEXT, ("a",), load, meter=Meter())
    assert not found.hit
