"""Loads that several wait for: who leaves, who joins, and what is cancelled."""

import asyncio

import pytest

from connectors.http import Meter
from resolvers.cache import Kind, MemoryCache, packed
from resolvers.flights import Flight, Flights
from resolvers.lists import Listed, Lists, listed
from resolvers.remembered import Remembered
from tests.api import Clock, at

GRACE = 0.05
CLOCK = Clock(at("2026-03-31"))
TEXT: Kind[str] = packed("text", str)
TEXTS: Kind[Listed[tuple[str, ...]]] = listed("texts", tuple[str, ...])


class Slow:
    """A load that takes its time and counts how often it was begun."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begun = 0

    async def remembered(self) -> str:
        self.begun += 1
        await asyncio.sleep(self.seconds)
        return "value"

    async def listed(self, meter: Meter) -> tuple[str, ...]:
        return (await self.remembered(),)


async def leave_after(seconds: float, work: "asyncio.Task[object]") -> None:
    await asyncio.wait({work}, timeout=seconds)
    work.cancel()
    await asyncio.wait({work})


@pytest.fixture
def remembered() -> Remembered:
    return Remembered(MemoryCache(1_000_000, now=CLOCK), grace_seconds=GRACE, now=CLOCK)


@pytest.fixture
def lists() -> Lists:
    return Lists(MemoryCache(1_000_000, now=CLOCK), "reader", grace_seconds=GRACE, now=CLOCK)


@pytest.mark.parametrize("kind", ["remembered", "lists"])
async def test_a_client_that_comes_back_within_the_grace_time_again_and_again_gets_its_load(
    kind: str, remembered: Remembered, lists: Lists
) -> None:
    slow = Slow(GRACE * 4)

    def ask() -> "asyncio.Task[object]":
        if kind == "remembered":
            return asyncio.create_task(remembered.get(TEXT, "key", slow.remembered))
        return asyncio.create_task(lists.get(TEXTS, ("name",), slow.listed, meter=Meter()))

    for _ in range(3):
        await leave_after(GRACE * 0.6, ask())
        await asyncio.sleep(GRACE * 0.6)
    await ask()
    assert slow.begun == 1


async def test_who_comes_while_a_load_is_being_abandoned_gets_a_new_one() -> None:
    slow, flights = Slow(0.2), Flights[Flight[str]](GRACE)

    def ask() -> Flight[str]:
        joined = flights.of("key")
        return joined[0] if joined else flights.depart("key", Flight(asyncio.create_task(slow.remembered())))

    first = ask()
    await asyncio.sleep(0.01)
    assert ask() is first
    first.task.cancel()
    second = ask()
    with pytest.raises(asyncio.CancelledError):
        await first.task
    assert (await second.task, slow.begun, len(flights)) == ("value", 2, 0)


async def test_the_cache_counts_what_it_holds_when_it_forgets() -> None:
    clock, number_of = Clock(at("2026-03-31")), packed("number", int)
    cache = MemoryCache(100, now=clock)
    read_at = int(clock().timestamp() * 1000)
    for number in range(50):
        await cache.set(number_of, f"key {number % 7}", number, read_at=read_at, size=30)
    held = [number for number in range(7) if await cache.get(number_of, f"key {number}") is not None]
    assert len(held) == 3
    await cache.set(number_of, "short", 1, read_at=read_at - 3_599_990, size=30)
    assert await cache.get(number_of, "short") == 1
    await asyncio.sleep(0.05)
    assert await cache.get(number_of, "short") is None
    for number in range(3):
        await cache.set(number_of, f"new {number}", number, read_at=read_at, size=30)
    assert [await cache.get(number_of, f"new {number}") for number in range(3)] == [0, 1, 2]
