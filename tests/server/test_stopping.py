"""A stop by SIGTERM, in a real process: what runs is finished and answered whole, nobody new is let in."""

import asyncio
import hashlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import orjson

from demo.app import DemoSite
from demo.seed import seeded
from demo.serve import serving
from resolvers.encryption import new_key
from server.run import GRACE_SECONDS
from tests.server.test_cli import running

KEY = "itsm_stopping-key"
EMAIL, TOKEN = "reader@example.com", "canary-stopping-token"
QUERY = '{ requests(scope: {period: {last: "P900D"}}) { total requestChannels { total rest { count } } } }'


@asynccontextmanager
async def served(
    folder: Path, latency_seconds: float
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx2.AsyncClient, DemoSite]]:
    """`serve` on a site that takes its time."""
    site = DemoSite(
        seeded(300, now=datetime.now(UTC)),
        now=lambda: datetime.now(UTC),
        latency_seconds=latency_seconds,
        email=EMAIL,
        token=TOKEN,
    )
    async with serving(site.app) as site_url:
        settings = {
            "ITSM_SITE_URL": site_url,
            "ITSM_ATLASSIAN_API_URL": site_url,
            "ITSM_JIRA_EMAIL": EMAIL,
            "ITSM_JIRA_API_TOKEN": TOKEN,
            "ITSM_API_KEYS": "frontend:" + hashlib.sha256(KEY.encode()).hexdigest(),
            "ITSM_ENCRYPTION_KEYS": new_key(),
            "ITSM_DATA_DIR": str(folder / "data"),
        }
        async with running("serve", cwd=folder, settings=settings) as (process, client):
            client.headers["authorization"] = f"Bearer {KEY}"
            client.timeout = 60
            yield process, client, site


def ask(client: httpx2.AsyncClient) -> "asyncio.Task[httpx2.Response]":
    return asyncio.create_task(client.post("/graphql", json={"query": QUERY}))


async def until_asked(site: DemoSite) -> None:
    """Return when the site has given its first answer; more are needed."""
    async with asyncio.timeout(10):
        while not site.counters.as_json()["calls"]:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.02)


async def refused_within(url: httpx2.URL, seconds: float) -> bool:
    """Whether a new connection is refused before so long."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                _, writer = await asyncio.open_connection(url.host, url.port)
            except ConnectionRefusedError:
                return True
            except ConnectionResetError:
                pass  # it was in line when the port was closed; the next one is refused
            else:
                writer.close()
            await asyncio.sleep(0.02)


async def test_an_operation_under_way_is_answered_whole_while_nobody_new_is_let_in(tmp_path: Path) -> None:
    async with served(tmp_path, latency_seconds=0.7) as (process, client, site):
        operation = ask(client)
        await until_asked(site)
        process.send_signal(signal.SIGTERM)
        assert await refused_within(client.base_url, 5)
        assert not operation.done()
        answer = (await operation).json()
        assert "errors" not in answer
        requests = answer["data"]["requests"]
        assert requests["total"] == requests["requestChannels"]["total"] > 0
        _, log = await asyncio.wait_for(process.communicate(), GRACE_SECONDS)
    assert process.returncode == 0
    assert b"Traceback" not in log
    entries = [orjson.loads(line) for line in log.splitlines()]
    assert {entry["status"] for entry in entries if entry["event"] == "request" and entry["path"] == "/graphql"} == {
        200
    }


async def test_idle_connections_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    async with served(tmp_path, latency_seconds=0) as (process, client, _):
        url = client.base_url
        idle = [await asyncio.open_connection(url.host, url.port) for _ in range(5)]
        idle[0][1].write(b"GET /healthz HTTP/1.1\r\nHos")
        await client.get("/healthz")
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 5)
        for _, writer in idle:
            writer.close()
    assert process.returncode == 0
