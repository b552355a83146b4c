"""Load shedding: who finds no place is told at once to come back, nobody takes all places, and health is always told."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from server.admission import Load
from server.settings import ApiKey
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
