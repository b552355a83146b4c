"""`kill -9` in the midst of writing: what was acknowledged is there, and nothing is half made."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from resolvers.storage.models import audit
from resolvers.storage.work import StoredDashboard, StoredWidget
from tests.storage.stores import KEY, Stores, open_stores
from tests.storage.writer import WRITERS, is_whole

ROOT = Path(__file__).parents[2]


async def write_and_kill(url: str, seconds: float) -> set[str]:
    """The ids that a writing process acknowledged before it was killed, so long after the first."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.writer", url,
        cwd=ROOT, env={**os.environ, "ITSM_TEST_KEY": KEY}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    first = await process.stdout.readline()
    assert first, "the writer did not start"
    await asyncio.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    rest = await process.stdout.read()
    assert await process.wait() == -signal.SIGKILL
    # A line is written by one call, so that none is cut off but the last at most.
    return {line for line in (first + rest).decode().split("\n")[:-1] if len(line) == 32}


async def check(stores: Stores, acknowledged: set[str]) -> int:
    """That all is well; how many changes are there."""
    anna = await stores.actor()
    async with stores.storage.reading(anna) as work:
        widgets, _ = await work.widget_page(1_000_000, None)
        dashboards, _ = await work.dashboard_page(1_000_000, None)
    made = {
        each.id for each in widgets if isinstance(each, StoredWidget) and each.version == 2 and is_whole(each.content)
    }
    assert len(made) == len(widgets)
    on_dashboards = {
        each.items[0].widget_id for each in dashboards if isinstance(each, StoredDashboard) and is_whole(each.content)
    }
    assert on_dashboards == made
    assert len(dashboards) == len(made)
    async with stores.database.reading() as connection:
        told = (await connection.execute(select(func.count()).select_from(audit))).scalar_one()
    assert told == 3 * len(made)
    assert acknowledged <= made
    return len(made)


async def rounds(url: str, number: int) -> None:
    acknowledged: set[str] = set()
    chance = random.Random(number)
    for done in range(1, number + 1):
        acknowledged |= await write_and_kill(url, chance.uniform(0.0, 0.3))
        async with open_stores(url) as stores:
            made = await check(stores, acknowledged)
        # At most what the four writers of each process had under way is there without having been acknowledged.
        assert made <= len(acknowledged) + WRITERS * done


async def test_what_was_acknowledged_outlives_a_killed_process(url: str) -> None:
    await rounds(url, 3)


@pytest.mark.soak
async def test_what_was_acknowledged_outlives_50_killed_processes(url: str) -> None:
    await rounds(url, 50)
