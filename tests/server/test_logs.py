"""Logs hold codes, ids and durations, and nothing of anybody's data, at DEBUG level too."""

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from server import logs
from tests.server.stand_in import CANARY, KEY, KEYED, standing


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("DEBUG", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


async def test_a_whole_run_at_debug_level_leaves_no_trace_of_anyones_data(stream: io.StringIO) -> None:
    async with standing(KEYED, demo=False) as stand:
        key = {"authorization": f"Bearer {KEY}"}
        await stand.post(f'{{ echo(text: "{CANARY}") }}', headers=key)
        await stand.post(f"{{ {CANARY.replace('-', '_')} }}", headers=key)
        await stand.post("{ unexpected refused }", headers=key)
        await stand.post("query ($n: Int!) { echo(number: $n) }", headers=key, variables={"n": CANARY})
        await stand.post("{ name }", headers={"authorization": f"Bearer {CANARY}"})
        await stand.client.get(f"/graphql?query={{name}}&x={CANARY}", headers=key)
        await stand.client.get(f"/{CANARY}", headers=key)
        await stand.client.request("CANARY4711", "/graphql", headers=key)
        await stand.client.get("/healthz", headers={"host": f"{CANARY}.example", "user-agent": CANARY})
        await stand.client.post(
            "/graphql", content=CANARY.encode(), headers={**key, "content-type": "application/json"}
        )
    text = stream.getvalue()
    for secret in (CANARY, CANARY.replace("-", "_"), "CANARY4711", KEY, "jira-token", "reader@example.com"):
        assert secret not in text
    requests = [line for line in lines(stream) if line["event"] == "request"]
    assert len(requests) == 10
    assert {line["path"] for line in requests} == {"/graphql", "/healthz", "other"}
    assert all(line["request_id"] for line in requests)


async def test_an_unexpected_error_is_logged_by_type_and_place_under_the_requests_id(stream: io.StringIO) -> None:
    async with standing() as stand:
        response = await stand.post("{ unexpected }")
    (line,) = [line for line in lines(stream) if line["event"] == "unexpected_error"]
    assert line["error"] == "ValueError"
    assert line["request_id"] == response.headers["x-request-id"]
    places = line["at"]
    assert isinstance(places, list)
    assert places[-1].startswith("tests.server.stand_in:")
    assert places[-1].endswith(" unexpected")


async def test_what_clients_do_wrong_is_no_error_of_ours(stream: io.StringIO) -> None:
    async with standing() as stand:
        for query in ("{", "{ nope }", "{ refused }", "{ a: name b: nope }"):
            await stand.post(query)
    assert {line["level"] for line in lines(stream)} <= {"debug", "info"}


def test_values_of_other_libraries_lines_are_left_out(stream: io.StringIO) -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        logging.getLogger("some.library").exception("it failed for %s\n%s", CANARY, CANARY)
    logging.getLogger("httpx2").info("HTTP Request: %s", CANARY)
    logging.getLogger("httpcore2.http11").debug("send_request_headers %s", CANARY)
    (line,) = lines(stream)
    assert (line["event"], line["error"]) == ("it failed for %s", "KeyError")
    assert CANARY not in stream.getvalue()


def test_a_name_that_is_not_on_the_list_is_dropped(stream: io.StringIO) -> None:
    structlog.get_logger("x").warning("event", jql=CANARY, code="INTERNAL")
    (line,) = lines(stream)
    assert line["code"] == "INTERNAL"
    assert "jql" not in line


def test_readable_lines_are_lines_too() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("INFO", readable=True, stream=stream)
    structlog.get_logger("x").info("request", status=200, jql=CANARY)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    assert "status=200" in stream.getvalue()
    assert CANARY not in stream.getvalue()
