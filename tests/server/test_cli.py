"""The command, run as people run it: in a process of its own, with an environment of its own."""

import asyncio
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import orjson
import pytest
from graphql import build_schema

from tests.harness import free_port

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "server"]
GOOD = {
    "ITSM_SITE_URL": "http://127.0.0.1:9",
    "ITSM_JIRA_EMAIL": "reader@example.com",
    "ITSM_JIRA_API_TOKEN": "canary-token",
    "ITSM_API_KEYS": "alice:" + hashlib.sha256(b"key").hexdigest(),
    "ITSM_ENCRYPTION_KEYS": "dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMgb25seSE=",
}


def environ(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
    return {**clean, "PYTHONPATH": str(ROOT), **settings}


def run(*arguments: str, cwd: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environ(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@asynccontextmanager
async def running(
    *arguments: str, cwd: Path, settings: Mapping[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx2.AsyncClient]]:
    """A command that serves, once it answers."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=cwd,
        env=environ(ITSM_PORT=str(port), **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            async with asyncio.timeout(60):
                while process.returncode is None:
                    try:
                        await client.get("/healthz")
                        break
                    except httpx2.ConnectError:
                        await asyncio.sleep(0.05)
            if process.returncode is not None:
                _, log = await process.communicate()
                pytest.fail(f"it ended early:\n{log.decode()}")
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def test_serve_with_wrong_settings_says_each_in_one_line_and_ends_with_2(tmp_path: Path) -> None:
    done = run("serve", cwd=tmp_path, ITSM_PORT="x", ITSM_JIRA_API_TOKEN="canary-token")
    assert done.returncode == 2
    told = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert told == ["ITSM_SITE_URL", "ITSM_JIRA_EMAIL", "ITSM_PORT"]
    assert "canary-token" not in done.stdout + done.stderr


def test_serve_refuses_to_start_without_callers_keys(tmp_path: Path) -> None:
    done = run("serve", cwd=tmp_path, **GOOD | {"ITSM_API_KEYS": ""})
    assert done.returncode == 2
    assert done.stderr.startswith("ITSM_API_KEYS: ")
    assert len(done.stderr.splitlines()) == 1


async def test_serve_reads_a_dotenv_file_warns_of_unknown_names_and_stops_cleanly(tmp_path: Path) -> None:
    lines = [f"{name}={value}" for name, value in GOOD.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "ITSM_SITE_ULR=x", ""]), "utf-8")
    async with running("serve", cwd=tmp_path, settings={}) as (process, client):
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/metrics")).status_code == 401
        answer = await client.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"authorization": "Bearer key"}
        )
        assert answer.json()["data"] == {"__typename": "Query"}
        process.send_signal(signal.SIGTERM)
        output, log = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    entries = [orjson.loads(line) for line in log.splitlines()]
    assert ("unknown_setting", "ITSM_SITE_ULR") in {(entry["event"], entry.get("setting")) for entry in entries}
    assert b"canary-token" not in output + log
    assert b"Traceback" not in log


async def test_demo_answers_its_own_example_and_stops_on_an_interrupt(tmp_path: Path) -> None:
    async with running("demo", "--requests", "200", cwd=tmp_path, settings={"ITSM_TIME_ZONE": "Asia/Tokyo"}) as (
        process,
        client,
    ):
        assert process.stdout is not None
        said = ""
        async with asyncio.timeout(30):
            while "curl" not in said:
                line = await process.stdout.readline()
                assert line, "it ended early"
                said += line.decode()
        body = re.search(r"-d '(.*)'", said)
        assert body is not None
        answer = await client.post("/graphql", content=body[1], headers={"content-type": "application/json"})
        assert answer.json()["data"]["requests"]["total"] > 0
        assert "errors" not in answer.json()
        answer = await client.post("/graphql", json={"query": "{ assets { objectsByType { total } } }"})
        assert answer.json()["data"]["assets"]["objectsByType"]["total"] > 0
        assert str(client.base_url).rstrip("/") in said
        process.send_signal(signal.SIGINT)
        _, log = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert b"Traceback" not in log


async def test_demo_site_only_is_the_site_alone(tmp_path: Path) -> None:
    async with running("demo", "--site-only", "--requests", "50", cwd=tmp_path, settings={}) as (process, client):
        assert "calls" in (await client.get("/_demo/counters")).text
        assert (await client.post("/graphql", json={"query": "{ __typename }"})).status_code == 404
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0


def test_a_port_that_is_taken_is_told_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", cwd=tmp_path, **GOOD, ITSM_PORT=port)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_schema_prints_a_schema(tmp_path: Path) -> None:
    done = run("schema", cwd=tmp_path)
    assert done.returncode == 0
    assert build_schema(done.stdout).query_type is not None


def test_docs_prints_the_api_as_one_page(tmp_path: Path) -> None:
    done = run("docs", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith("<!doctype html>")
    assert 'id="SlaReport"' in done.stdout


def test_api_key_prints_a_key_and_the_entry_with_its_hash(tmp_path: Path) -> None:
    done = run("api-key", "alice", cwd=tmp_path)
    key, entry = (line.rpartition(" ")[2] for line in done.stdout.splitlines())
    assert entry == "alice:" + hashlib.sha256(key.encode()).hexdigest()
    assert run("api-key", "a b", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("name", ["polars", "strawberry", "alembic", "authlib", "uvicorn"])
def test_help_does_not_load_the_heavy_parts(name: str, tmp_path: Path) -> None:
    code = f"import sys, server.cli; sys.exit({name!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environ(), check=False)
    assert done.returncode == 0
