"""Loads that several wait for: who leaves, who joins, and what is cancelled."""

import asyncio

import pytest

from connectors.http import Meter
from resolvers.cache import Remembered, memory_cache
from resolvers.lists import Lists
from tests.api import Clock, at

GRACE = 0.05


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
    return Remembered(memory_cache(1_000_000), 3600, GRACE)


@pytest.fixture
def lists() -> Lists:
    return Lists(memory_cache(1_000_000), "reader", ttl_seconds=3600, grace_seconds=GRACE, now=Clock(at("2026-03-31")))


@pytest.mark.parametrize("kind", ["remembered", "lists"])
async def test_a_client_that_comes_back_within_the_grace_time_again_and_again_gets_its_load(
    kind: str, remembered: Remembered, lists: Lists
) -> None:
    slow = Slow(GRACE * 4)

    def ask() -> "asyncio.Task[object]":
        if kind == "remembered":
            return asyncio.create_task(remembered.get("key", slow.remembered))
        return asyncio.create_task(lists.get(("name",), slow.listed, meter=Meter()))

    for _ in range(3):
        await leave_after(GRACE * 0.6, ask())
        await asyncio.sleep(GRACE * 0.6)
    await ask()
    assert slow.begun == 1


@pytest.mark.parametrize("kind", ["remembered", "lists"])
async def test_who_comes_while_a_load_is_being_abandoned_gets_a_new_one(
    kind: str, remembered: Remembered, lists: Lists
) -> None:
    slow = Slow(0.2)

    def ask() -> "asyncio.Task[object]":
        if kind == "remembered":
            return asyncio.create_task(remembered.get("key", slow.remembered))
        return asyncio.create_task(lists.get(("name",), slow.listed, meter=Meter()))

    first = ask()
    await asyncio.sleep(0.01)
    tasks = [load.task for load in remembered._loading.values()]
    tasks += [flight.task for flights in lists._flights.values() for flight in flights if flight.task]
    for task in tasks:
        task.cancel()
    second = ask()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    assert slow.begun == 2


async def test_the_cache_counts_what_it_holds_when_it_forgets() -> None:
    cache = memory_cache(100)
    for number in range(50):
        await cache.set(f"key {number % 7}", number, 30, 3600)
    held = [number for number in range(7) if await cache.get(f"key {number}") is not None]
    assert len(held) == 3
    await cache.set("short", "x", 30, 0.01)
    await asyncio.sleep(0.05)
    assert await cache.get("short") is None
    for number in range(3):
        await cache.set(f"new {number}", number, 30, 3600)
    assert [await cache.get(f"new {number}") for number in range(3)] == [0, 1, 2]
