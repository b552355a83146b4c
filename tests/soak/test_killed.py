"""What was acknowledged is there when the server comes back, however it went; what was not is there whole or not at all."""

import asyncio
import time
from pathlib import Path
from random import Random

import httpx2
import pytest

from tests.soak.calling import Caller
from tests.soak.conftest import Tell
from tests.soak.ledger import Ledger, write
from tests.soak.process import KEYS, NO_SITE, Program, server, settings
from tests.soak.run import SEED
from tests.storage.stores import KINDS, database_url

WRITERS = 8


async def killed_while_writing(program: Program, random: Random, ledger: Ledger) -> None:
    """Look at what is there, then write until the server is killed, some changes and an instant later."""
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
        caller = Caller(client, program.url, KEYS["alice"])
        ledger.settle(await caller.widgets())
        writing = asyncio.create_task(write(random, caller, ledger, WRITERS))
        enough = ledger.counts["acknowledged"] + random.randint(1, 60)
        while ledger.counts["acknowledged"] < enough and not writing.done():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.005)
        await asyncio.sleep(random.uniform(0, 0.05))
        program.process.kill()
        await writing


async def killed_again_and_again(url: str, folder: Path, times: int) -> Ledger:
    """The same database under one server after another, each of them killed."""
    random, ledger = Random(SEED), Ledger()
    environ = settings(NO_SITE, folder, ITSM_DATABASE_URL=url)
    for _ in range(times):
        with server(folder, environ) as program:
            await killed_while_writing(program, random, ledger)
    with server(folder, environ) as program:
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
            ledger.settle(await Caller(client, program.url, KEYS["alice"]).widgets())
    return ledger


async def test_a_server_that_is_killed_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    async with database_url("sqlite", tmp_path) as url:
        ledger = await killed_again_and_again(url, tmp_path, 1)
    assert ledger.counts["acknowledged"] > 0


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_is_killed_fifty_times_keeps_what_it_acknowledged(
    kind: str, tmp_path: Path, tell: Tell
) -> None:
    started = time.monotonic()
    async with database_url(kind, tmp_path) as url:
        ledger = await killed_again_and_again(url, tmp_path, 50)
    seconds = time.monotonic() - started
    tell([f"{kind}, seed {SEED}: {dict(ledger.counts)}, {len(ledger.known)} widgets, {seconds:.0f} s"])
    assert ledger.counts["acknowledged"] > 500
    assert ledger.counts["unanswered"] > 50
