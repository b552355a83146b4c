"""The cache: what it keeps, for how long, and what it makes of what is not its own. The same in the process and in a Valkey."""

import re
import resource
import zlib
from collections.abc import AsyncIterator

import pytest

from resolvers.cache import Kind, cache_key, keep_newest, newest, packed
from resolvers.cache.envelope import _HEAD
from tests.api import Clock
from tests.resolvers.cache.valkeys import KEY, MEGABYTE, OneKey, Opened, Store, in_clear, now_ms, opened

TEXT: Kind[str] = packed("text", str)
LARGE: Kind[str] = packed("large", str, large=True)
NUMBER: Kind[int] = packed("number", int)


@pytest.fixture(params=["memory", "valkey"])
async def one(request: pytest.FixtureRequest, store: Store, clock: Clock) -> AsyncIterator[Opened]:
    async with opened("memory://" if request.param == "memory" else store.url, clock) as cache:
        yield cache


async def test_what_is_kept_is_there(one: Opened, clock: Clock) -> None:
    await one.cache.set(TEXT, "a", "first", read_at=now_ms(clock), size=10)
    await one.cache.set_many(TEXT, {"b": "second", "c": ""}, read_at=now_ms(clock), size=10)
    assert await one.cache.get_many(TEXT, ["a", "b", "c", "d"]) == {"a": "first", "b": "second", "c": ""}
    assert (await one.cache.get(TEXT, "b"), await one.cache.get(TEXT, "d")) == ("second", None)


async def test_two_kinds_never_meet(one: Opened, clock: Clock) -> None:
    await one.cache.set(TEXT, "a", "text", read_at=now_ms(clock), size=10)
    await one.cache.set(NUMBER, "a", 1, read_at=now_ms(clock), size=10)
    assert (await one.cache.get(TEXT, "a"), await one.cache.get(NUMBER, "a")) == ("text", 1)


async def test_a_life_is_an_hour_from_the_read_and_not_from_the_keeping(one: Opened, clock: Clock) -> None:
    read_at = now_ms(clock)
    clock.forward(3000)
    await one.cache.set(TEXT, "a", "x", read_at=read_at, size=10)
    clock.forward(599)
    assert await one.cache.get(TEXT, "a") == "x"
    clock.forward(1)
    assert await one.cache.get(TEXT, "a") is None
    await one.cache.set(TEXT, "b", "too old", read_at=read_at, size=10)
    assert await one.cache.get(TEXT, "b") is None


@pytest.mark.parametrize("kind", ["memory", "valkey"])
@pytest.mark.parametrize(("setting", "life"), [(60, 60), (3600, 3600), (100_000, 3600)])
async def test_a_setting_may_shorten_a_life_but_not_lengthen_it(
    kind: str, setting: int, life: int, store: Store, clock: Clock
) -> None:
    async with opened("memory://" if kind == "memory" else store.url, clock, ttl_seconds=setting) as one:
        await one.cache.set(TEXT, "a", "x", read_at=now_ms(clock), size=10)
        clock.forward(life - 1)
        assert await one.cache.get(TEXT, "a") == "x"
        clock.forward(1)
        assert await one.cache.get(TEXT, "a") is None


async def test_the_newest_of_several_reads_is_found_and_an_older_one_does_not_displace_it(
    one: Opened, clock: Clock
) -> None:
    async def keep(read_id: str, age: int) -> None:
        read_at = now_ms(clock) - age
        await keep_newest(one.cache, TEXT, "r", "k", read_id, read_id=read_id, read_at=read_at, size=10)

    await keep("first", 50)
    await keep("second", 20)
    await keep("late", 30)
    assert await newest(one.cache, TEXT, "r", "k") == "second"
    assert await newest(one.cache, TEXT, "other reader", "k") is None


async def test_another_replica_has_it_too_and_the_backend_forgets_it_in_time(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as first, opened(store.url, clock) as second:
        await first.cache.set(TEXT, "a", "x", read_at=now_ms(clock) - 600_000, size=10)
        await first.cache.set(LARGE, "a", "y" * 100_000, read_at=now_ms(clock), size=100_000)
        assert await second.cache.get(TEXT, "a") == "x"
        assert await second.cache.get(LARGE, "a") == "y" * 100_000
        assert (first.events, second.events) == ([], ["hit", "hit"])
        [text] = [key for key in store.client.keys("*") if key.decode().endswith(cache_key("text", "a"))]
        assert 2_990_000 < store.client.pttl(text) <= 3_000_000


async def test_a_life_ends_even_if_the_backend_forgets_nothing(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as first, opened(store.url, clock) as second:
        await first.cache.set(TEXT, "a", "x", read_at=now_ms(clock), size=10)
        for key in store.client.keys("*"):
            store.client.persist(key)
        clock.forward(3600)
        assert (await first.cache.get(TEXT, "a"), await second.cache.get(TEXT, "a")) == (None, None)
        assert second.events == ["miss"]
        assert len(store.values()) == 1


@pytest.mark.parametrize(("seconds", "seen"), [(0, "x"), (60, "x"), (61, None)])
async def test_a_clock_that_is_far_ahead_lengthens_no_life(
    seconds: int, seen: str | None, store: Store, clock: Clock
) -> None:
    ahead = Clock(clock())
    ahead.forward(seconds)
    async with opened(store.url, ahead) as first, opened(store.url, clock) as second:
        await first.cache.set(TEXT, "a", "x", read_at=now_ms(ahead), size=10)
        assert await second.cache.get(TEXT, "a") == seen


async def test_nothing_can_be_read_in_keys(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as one:
        await one.cache.set(TEXT, "jane@example.com", "x", read_at=now_ms(clock), size=10)
    assert [re.fullmatch("[0-9a-f]{64}", key) is not None for key in store.values()] == [True]


async def test_two_values_that_were_swapped_are_both_misses(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as first, opened(store.url, clock) as second:
        await first.cache.set_many(TEXT, {"a": "of a", "b": "of b"}, read_at=now_ms(clock), size=10)
        (a, of_a), (b, of_b) = store.values().items()
        store.put(a, of_b)
        store.put(b, of_a)
        assert await second.cache.get_many(TEXT, ["a", "b"]) == {}
        assert second.events == ["unreadable", "miss"] * 2
        store.put(a, of_a)
        assert len(await second.cache.get_many(TEXT, ["a", "b"])) == 1


GOOD = zlib.compress(TEXT.encode("x"))
STRANGE = {
    "of another kind": zlib.compress(NUMBER.encode(1)),
    "cut off": GOOD[:-2],
    "going on": GOOD + b"x",
    "not compressed": TEXT.encode("x"),
}


def bomb() -> bytes:
    """A gigabyte of zeros, deflated."""
    deflater, zeros = zlib.compressobj(9), bytes(MEGABYTE)
    return b"".join(deflater.compress(zeros) for _ in range(1024)) + deflater.flush()


async def sealed(deflated: bytes, read_at: int, key: bytes = KEY) -> bytes:
    """Something sealed for the place `text a`."""
    return await OneKey(key).seal(_HEAD.pack(read_at, 10) + deflated, ("cache", TEXT.name, "a"))


async def assert_is_no_value(value: bytes, store: Store, clock: Clock) -> None:
    place = cache_key("text", "a")
    async with opened(store.url, clock) as one:
        store.put(place, value)
        assert await one.cache.get(TEXT, "a") is None
        assert one.events == ["unreadable", "miss"]
        store.put(place, await sealed(GOOD, now_ms(clock)))
        assert await one.cache.get(TEXT, "a") == "x"


@pytest.mark.parametrize("value", [b"", b"\xff" * 200, b"x", GOOD], ids=["empty", "garbage", "a byte", "not sealed"])
async def test_what_was_never_sealed_is_a_miss_and_counted(value: bytes, store: Store, clock: Clock) -> None:
    await assert_is_no_value(value, store, clock)


@pytest.mark.parametrize("name", STRANGE)
async def test_what_is_sealed_and_no_value_is_a_miss_and_counted(name: str, store: Store, clock: Clock) -> None:
    await assert_is_no_value(await sealed(STRANGE[name], now_ms(clock)), store, clock)


async def test_what_another_key_sealed_is_a_miss_and_counted(store: Store, clock: Clock) -> None:
    await assert_is_no_value(await sealed(GOOD, now_ms(clock), bytes(32)), store, clock)


async def test_a_gigabyte_in_a_megabyte_is_a_miss_and_takes_no_more_memory_than_a_value_may(
    store: Store, clock: Clock
) -> None:
    value = await sealed(bomb(), now_ms(clock))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await assert_is_no_value(value, store, clock)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB


async def test_a_value_that_is_too_old_by_its_own_account_is_a_miss(store: Store, clock: Clock) -> None:
    place = cache_key("text", "a")
    async with opened(store.url, clock) as one:
        store.put(place, await sealed(GOOD, now_ms(clock) - 3_600_000))
        assert await one.cache.get(TEXT, "a") is None
        store.put(place, await sealed(GOOD, now_ms(clock) - 3_599_000))
        assert await one.cache.get(TEXT, "a") == "x"
        assert one.events == ["miss", "hit"]


async def test_what_cannot_be_packed_stays_in_the_process(store: Store, clock: Clock) -> None:
    odd: Kind[object] = packed("odd", int)
    async with opened(store.url, clock) as one:
        await one.cache.set(odd, "a", odd, read_at=now_ms(clock), size=10)
        await one.cache.set(TEXT, "b", "\ud800", read_at=now_ms(clock), size=10)
        assert (await one.cache.get(odd, "a"), await one.cache.get(TEXT, "b")) == (odd, "\ud800")
        assert (one.events, store.values()) == (["error", "error"], {})


async def test_what_is_too_large_is_kept_nowhere(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock, max_bytes=1000) as one:
        await one.cache.set(TEXT, "a", "x" * 1001, read_at=now_ms(clock), size=1001)
        assert await one.cache.get(TEXT, "a") is None
        assert (one.events, store.values()) == (["error", "miss"], {})


async def test_a_search_finds_what_is_kept_in_clear_and_not_what_is_sealed(store: Store, clock: Clock) -> None:
    secrets = "project = SECRET AND assignee = 712020:ann"
    async with opened(store.url, clock) as one:
        await one.cache.set(TEXT, "a", secrets, read_at=now_ms(clock), size=10)
        assert b"SECRET" not in store.dump()
    async with opened(store.url, clock, **in_clear()) as one:
        await one.cache.set(TEXT, "a", secrets, read_at=now_ms(clock), size=10)
        assert b"SECRET" in store.dump()
        assert b"712020:ann" in store.dump()
