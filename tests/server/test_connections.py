"""Connections: bounded in number and in time, and never in the way of one that wants to ask how the server is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.connections import Connection
from tests.harness import serving_app

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Impatient(Connection):
    connections_at_most = 5
    head_seconds = 0.2
    read_seconds = 0.6


class Patient(Connection):
    connections_at_most = 5


async def healthz(_request: Request) -> Response:
    return Response("ok")


async def slow(_request: Request) -> Response:
    await asyncio.sleep(0.6)
    return Response("slow")


async def large(_request: Request) -> Response:
    return Response(b"x" * 30_000_000)


async def long(_request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield b"x" * 500_000

    return StreamingResponse(pieces())


@asynccontextmanager
async def served(http: type[Connection]) -> AsyncIterator[int]:
    routes = [
        Route("/healthz", healthz),
        Route("/slow", slow),
        Route("/large", large),
        Route("/long", long),
    ]
    async with serving_app(Starlette(routes=routes), http=http) as url:
        yield int(url.rpartition(":")[2])


async def ask(streams: Streams, request: bytes = HEALTH) -> bytes:
    """The status line of the answer; nothing where the connection was closed."""
    reader, writer = streams
    writer.write(request)
    try:
        line = await asyncio.wait_for(reader.readline(), 5)
        while (await reader.readline()).strip():
            pass
        await reader.read(2)
    except ConnectionError:
        return b""
    return line


async def closed_within(streams: Streams, seconds: float) -> bool:
    try:
        return await asyncio.wait_for(streams[0].read(), seconds) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


async def test_a_new_connection_gets_in_by_closing_the_one_that_was_idle_longest() -> None:
    async with served(Patient) as port:
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        assert b"200" in await ask(streams[0])  # which makes the second the one that was idle longest
        newest = await asyncio.open_connection("127.0.0.1", port)
        assert b"200" in await ask(newest)
        assert await closed_within(streams[1], 2)
        assert b"200" in await ask(streams[0])
        for _, writer in (*streams, newest):
            writer.close()


async def test_many_idle_connections_at_once_keep_nobody_out() -> None:
    async with served(Patient) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
        for _ in range(5):
            newest = await asyncio.open_connection("127.0.0.1", port)
            assert b"200" in await ask(newest)
            newest[1].close()
        for _, writer in idle:
            writer.close()


async def test_connections_that_are_being_answered_are_not_closed_for_others() -> None:
    async with served(Patient) as port:
        busy = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        answers = [asyncio.create_task(ask(one, HEALTH.replace(b"healthz", b"slow"))) for one in busy]
        await asyncio.sleep(0.2)
        refused = await asyncio.open_connection("127.0.0.1", port)
        assert await closed_within(refused, 2)
        assert all([b"200" in await answer for answer in answers])
        for _, writer in (*busy, refused):
            writer.close()


async def test_clients_that_do_not_read_what_they_asked_for_keep_nobody_out() -> None:
    async with served(Patient) as port:
        busy = await asyncio.open_connection("127.0.0.1", port)
        answer = asyncio.create_task(ask(busy, HEALTH.replace(b"healthz", b"slow")))
        unread = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        for _, writer in unread:
            writer.write(HEALTH.replace(b"healthz", b"long"))
        await asyncio.sleep(0.2)
        newest = await asyncio.open_connection("127.0.0.1", port)
        assert b"200" in await ask(newest)
        assert b"200" in await answer
        for _, writer in (*unread, busy, newest):
            writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHos"])
async def test_a_head_that_does_not_come_whole_in_time_is_not_waited_for(sent: bytes) -> None:
    async with served(Impatient) as port:
        streams = await asyncio.open_connection("127.0.0.1", port)
        streams[1].write(sent)
        assert await closed_within(streams, 2)
        streams[1].close()


async def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for_either_also_after_an_answer() -> None:
    async with served(Impatient) as port:
        streams = await asyncio.open_connection("127.0.0.1", port)
        assert b"200" in await ask(streams)
        dripping = asyncio.create_task(drip(streams[1]))
        assert await closed_within(streams, 2)
        dripping.cancel()
        streams[1].close()


async def drip(writer: asyncio.StreamWriter) -> None:
    for byte in HEALTH * 10:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


async def test_an_operation_may_take_longer_than_a_head() -> None:
    async with served(Impatient) as port:
        streams = await asyncio.open_connection("127.0.0.1", port)
        assert b"200" in await ask(streams, HEALTH.replace(b"healthz", b"slow"))
        streams[1].close()


async def test_a_client_that_does_not_read_its_answer_is_let_go_after_a_while_and_one_that_reads_gets_it_whole() -> (
    None
):
    async with served(Impatient) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEALTH.replace(b"healthz", b"large"))
        await asyncio.sleep(1.2)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(30_000_000)
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEALTH.replace(b"healthz", b"large"))
        assert len(await asyncio.wait_for(reader.readexactly(30_000_000), 10)) == 30_000_000
        writer.close()


@pytest.mark.parametrize("request_", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000])
async def test_what_is_no_http_is_refused_in_the_form_of_all_refusals(request_: bytes) -> None:
    async with served(Patient) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"x-content-type-options: nosniff" in head.lower()
    (error,) = orjson.loads(body)["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
