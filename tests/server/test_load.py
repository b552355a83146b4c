"""Load shedding: who finds no place is told at once to come back, nobody takes all places, and health is always told."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from server.admission import Load
from server.setting_values import ApiKey
from tests.server.stand_in import SETTINGS, Stand, codes, standing

CALLERS = [f"caller{number}" for number in range(32)]
KEYED = SETTINGS.model_copy(
    update={"api_keys": tuple(ApiKey(name, hashlib.sha256(name.encode()).digest()) for name in CALLERS)}
)
SMALL = Load(running=4, waiting=2, wait_seconds=0.5)


@asynccontextmanager
async def loaded(load: Load = SMALL) -> AsyncIterator[Stand]:
    async with standing(KEYED, demo=False, load=load) as stand:
        stand.client.timeout = 30
        yield stand


def ask(stand: Stand, caller: str, query: str = "{ slow }") -> "asyncio.Task[httpx2.Response]":
    return asyncio.create_task(stand.post(query, headers={"authorization": f"Bearer {caller}"}))


async def state(stand: Stand) -> tuple[int, int]:
    """How many operations run and wait."""
    text = (await stand.client.get("/metrics", headers={"authorization": "Bearer caller0"})).text
    numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return int(float(numbers["itsm_operations_running"])), int(float(numbers["itsm_operations_waiting"]))


async def until(stand: Stand, wanted: tuple[int, int]) -> None:
    async with asyncio.timeout(5):
        while await state(stand) != wanted:  # noqa: ASYNC110  # it is asked over HTTP
            await asyncio.sleep(0.01)


def is_refusal(response: httpx2.Response) -> bool:
    (error,) = response.json()["errors"]
    seconds = error["extensions"]["retryAfterSeconds"]
    return (
        response.status_code == 503
        and codes(response) == ["RATE_LIMITED"]
        and seconds >= 1
        and response.headers["retry-after"] == str(seconds)
    )


@pytest.mark.parametrize("callers", [CALLERS, CALLERS[:1] * 32])
async def test_thirty_two_concurrent_callers_are_never_shed(callers: list[str]) -> None:
    async with loaded(Load()) as stand:
        for _ in range(3):
            stand.service.release.clear()
            asked = [ask(stand, caller) for caller in callers]
            await until(stand, (32, 0))
            stand.service.release.set()
            answers = await asyncio.gather(*asked)
            assert {answer.status_code for answer in answers} == {200}


async def test_beyond_the_running_and_the_waiting_an_operation_is_refused_at_once_and_told_when_to_come_back() -> None:
    async with loaded(Load(running=4, waiting=2, wait_seconds=20)) as stand:
        asked = [ask(stand, caller) for caller in CALLERS[:6]]
        await until(stand, (4, 2))
        assert is_refusal(await asyncio.wait_for(ask(stand, "caller9", "{ name }"), 5))
        stand.service.release.set()
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
        assert (await ask(stand, "caller9", "{ name }")).status_code == 200
        assert await state(stand) == (0, 0)


async def test_one_caller_has_half_of_the_places_and_another_one_still_gets_in() -> None:
    async with loaded(Load(running=4, waiting=2, wait_seconds=20)) as stand:
        greedy = [ask(stand, "caller1") for _ in range(3)]
        await until(stand, (2, 1))
        assert is_refusal(await ask(stand, "caller1", "{ name }"))
        assert (await ask(stand, "caller2", "{ name }")).status_code == 200
        stand.service.release.set()
        assert {answer.status_code for answer in await asyncio.gather(*greedy)} == {200}


async def test_who_waits_too_long_is_told_to_come_back() -> None:
    async with loaded(Load(running=2, waiting=2, wait_seconds=0.05)) as stand:
        running = [ask(stand, caller) for caller in CALLERS[:2]]
        await until(stand, (2, 0))
        assert is_refusal(await ask(stand, "caller3", "{ name }"))
        assert await state(stand) == (2, 0)
        stand.service.release.set()
        await asyncio.gather(*running)


async def test_who_waits_gets_the_next_place() -> None:
    async with loaded(Load(running=2, waiting=2, wait_seconds=20)) as stand:
        running = [ask(stand, caller) for caller in CALLERS[:2]]
        await until(stand, (2, 0))
        waiting = ask(stand, "caller3", "{ name }")
        await until(stand, (2, 1))
        stand.service.release.set()
        assert (await waiting).json()["data"] == {"name": "stand-in"}
        await asyncio.gather(*running)


async def test_an_operation_whose_caller_hangs_up_gives_its_place_back() -> None:
    async with loaded(Load(running=2, waiting=2, wait_seconds=20)) as stand:
        running = [ask(stand, caller) for caller in CALLERS[:2]]
        await until(stand, (2, 0))
        for task in running:
            task.cancel()
        await until(stand, (0, 0))
        assert (await ask(stand, "caller3", "{ name }")).status_code == 200


async def test_waiting_counts_towards_the_time_that_an_operation_may_take() -> None:
    async with standing(
        KEYED, demo=False, load=Load(running=1, waiting=2, wait_seconds=5), operation_seconds=0.5
    ) as stand:
        first = ask(stand, "caller1")
        await until(stand, (1, 0))
        second = ask(stand, "caller2")
        assert codes(await first) == ["TIMEOUT"]
        started = asyncio.get_running_loop().time()
        assert codes(await second) == ["TIMEOUT"]
        assert asyncio.get_running_loop().time() - started < 0.4


async def test_health_readiness_and_metrics_are_told_while_operations_are_refused() -> None:
    async with loaded() as stand:
        running = [ask(stand, caller) for caller in CALLERS[:4]]
        await until(stand, (4, 0))
        assert is_refusal(await ask(stand, "caller9", "{ name }"))
        assert (await stand.client.get("/healthz")).status_code == 200
        assert (await stand.client.get("/readyz")).status_code == 200
        metrics = (await stand.client.get("/metrics", headers={"authorization": "Bearer caller0"})).text
        assert 'itsm_operations_shed_total{reason="late"} 1.0' in metrics
        assert 'itsm_operations_total{code="RATE_LIMITED"} 1.0' in metrics
        stand.service.release.set()
        await asyncio.gather(*running)


async def test_the_readiness_of_the_stores_is_asked_once_for_all_who_ask_at_the_same_time() -> None:
    async with loaded() as stand:
        stand.service.answers_readiness.clear()
        asking = [asyncio.create_task(stand.client.get("/readyz")) for _ in range(20)]
        await asyncio.sleep(0.2)
        asking.pop(0).cancel()  # the first to ask hangs up: the others get their answer all the same
        await asyncio.sleep(0.1)
        stand.service.answers_readiness.set()
        assert {response.status_code for response in await asyncio.gather(*asking)} == {200}
        assert stand.service.asked_for_readiness == 1
        stand.service.ready = False
        assert (await stand.client.get("/readyz")).status_code == 503


async def test_few_large_bodies_are_held_at_once_and_of_one_caller_half_of_them() -> None:
    large = {"padding": "x" * 200_000}
    async with loaded(Load(large_bodies=4)) as stand, AsyncExitStack() as unfinished:
        for _ in range(2):
            await unfinished.enter_async_context(_unfinished_body(stand, "caller0"))
        third = asyncio.create_task(stand.post("{ name }", headers=_as("caller0"), variables=large))
        for caller, variables in (("caller0", {}), ("caller1", large)):
            assert (await stand.post("{ name }", headers=_as(caller), variables=variables)).status_code == 200
        assert not third.done()
        await unfinished.aclose()
        assert (await third).status_code == 200


async def test_a_large_body_gives_its_room_back_whatever_comes_of_it() -> None:
    large = {"padding": "x" * 200_000}
    async with loaded(Load(running=2, waiting=0, wait_seconds=0.1, large_bodies=2)) as stand:
        busy = [ask(stand, caller) for caller in CALLERS[1:3]]
        await until(stand, (2, 0))
        for _ in range(3):
            assert is_refusal(await stand.post("{ name }", headers=_as("caller0"), variables=large))
        stand.service.release.set()
        await asyncio.gather(*busy)
        for query in ("{ name", "{ name }", "{ nothing }") * 2:
            response = await stand.post(query, headers=_as("caller0"), variables=large)
            assert response.status_code == (200 if query == "{ name }" else 400)


def _as(caller: str) -> dict[str, str]:
    return {"authorization": f"Bearer {caller}"}


@asynccontextmanager
async def _unfinished_body(stand: Stand, caller: str) -> AsyncIterator[None]:
    """A request of which more than 64 KiB arrive, and never the rest."""
    url = httpx2.URL(stand.url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {caller}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 500000\r\n\r\n"
    writer.write(head.encode() + b" " * 200_000)
    await writer.drain()
    await asyncio.sleep(0.2)
    try:
        yield
    finally:
        writer.close()
