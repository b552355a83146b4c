"""The HTTP client over a real socket: what only a connection can do to an answer."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest

from connectors.endpoints import Endpoint
from connectors.errors import GaveUp, Unavailable
from connectors.http import Atlassian, Credentials, Meter, Retry

REAL_TIME = True
READ = Endpoint(name="read", method="GET", path="/read", scope=None)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
QUICK = Retry(first_seconds=0.001)


class Thing(msgspec.Struct):
    x: int


@asynccontextmanager
async def site(*answers: bytes) -> AsyncIterator[tuple[Atlassian, list[bytes]]]:
    """A client of a server that gives each connection the next answer and hangs up."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers[min(len(heads), len(answers)) - 1])
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = Atlassian(
            Credentials(url, "a@example.com", "t"),
            now=lambda: datetime.now(UTC),
            base_url=url,
            retry=QUICK,
            max_answer_bytes=5_000_000,
        )
        async with aclosing(client):
            yield client, heads


async def read(client: Atlassian, meter: Meter) -> Thing:
    return await client.send(READ, Thing, meter=meter)


@pytest.mark.parametrize(
    "cut",
    [
        HEAD + b'Content-Length: 100\r\n\r\n{"x": 1}',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"x": 1}\r\n',
        HEAD[:30],
        b"",
    ],
    ids=["length", "chunks", "head", "nothing"],
)
async def test_an_answer_cut_short_is_never_taken_for_whole(cut: bytes) -> None:
    whole = HEAD + b'Content-Length: 8\r\n\r\n{"x": 1}'
    meter = Meter()
    async with site(cut, whole) as (client, _):
        assert await read(client, meter) == Thing(1)
        assert meter.calls == 2
    async with site(cut) as (client, _):
        with pytest.raises(Unavailable):
            await read(client, Meter())


async def test_half_a_packed_body_is_no_answer() -> None:
    packed = gzip.compress(b'{"x": 1, "y": "' + bytes(range(97, 123)) * 50 + b'"}')[:-30]
    head = HEAD + b"Content-Encoding: gzip\r\n" + f"Content-Length: {len(packed)}\r\n\r\n".encode()
    async with site(head + packed) as (client, _):
        with pytest.raises(Unavailable):
            await read(client, Meter())


async def test_a_small_answer_that_unpacks_without_end_is_stopped() -> None:
    packed = gzip.compress(b" " * 20_000_000)
    head = HEAD + b"Content-Encoding: gzip\r\n" + f"Content-Length: {len(packed)}\r\n\r\n".encode()
    async with site(head + packed) as (client, heads):
        with pytest.raises(GaveUp):
            await read(client, Meter())
        assert len(heads) == 1


async def test_nobody_there_is_unavailable() -> None:
    async with site(b"") as (client, _):
        pass
    client = Atlassian(
        Credentials("http://127.0.0.1:1", "a@example.com", "t"),
        now=lambda: datetime.now(UTC),
        base_url="http://127.0.0.1:1",
        retry=QUICK,
    )
    async with aclosing(client):
        with pytest.raises(Unavailable):
            await read(client, Meter())
