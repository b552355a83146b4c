"""Bad requests of every kind get an error that says what is wrong: never a 500, never a `data` key."""

import asyncio
import json
from collections.abc import AsyncIterator

import orjson
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.server.stand_in import Service, Stand, app_with, codes, standing

JSON = {"content-type": "application/json"}


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"42", 400),
        (b'"x"', 400),
        (b"true", 400),
        (b"[1,2]", 400),
        (b'[{"query": "{ name }"}]', 400),
        (b"{}", 400),
        (b'{"query": null}', 400),
        (b'{"query": ""}', 400),
        (b'{"query": 42}', 400),
        (b'{"query": ["{ name }"]}', 400),
        (b'{"query": "{ name }", "variables": []}', 400),
        (b'{"query": "{ name }", "variables": "x"}', 400),
        (b'{"query": "{ name }", "extensions": 1}', 400),
        (b'{"query": "{ name }", "operationName": 1}', 400),
        (b'{"query": "{ name }"', 400),
        (b'{"query": "{ name }"} trailing', 400),
        (b'{"query": "{ name }", "variables": {"x": NaN}}', 400),
        (b'{"query": "{ name }", "variables": {"x": ' + b"9" * 5_000 + b"}}", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b'{"query": "\xff\xfe"}', 400),
        ('{"query": "{ name }"}'.encode("utf-16"), 400),
        (b'{"query": "{ echo(text: \\"\\ud800\\") }"}', 400),
        (rb'{"query": "{ name }", "variables": {"x": "\udfff"}}', 400),
        (b"[" * 100_000, 400),
        (b'{"query":' * 100_000, 400),
        (b" " * 10_000_000, 413),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else "",
)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_body_that_is_no_request_is_refused(stand: Stand, body: bytes, status: int, accept: str) -> None:
    response = await stand.client.post("/graphql", content=body, headers={**JSON, "accept": accept})
    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert set(response.json()) == {"errors"}
    assert codes(response) == ["BAD_USER_INPUT"]
    assert stand.service.operations == 0


async def test_a_body_beyond_the_limit_is_refused_though_no_length_was_announced(stand: Stand) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    response = await stand.client.post("/graphql", content=chunks(), headers=JSON)
    assert response.status_code == 413


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin-1",
        "application/jsonp",
    ],
)
async def test_a_body_of_another_type_is_refused(stand: Stand, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = await stand.client.post("/graphql", content=b'{"query": "{ name }"}', headers=headers)
    assert response.status_code == 415
    assert codes(response) == ["BAD_USER_INPUT"]


async def test_a_compressed_body_is_refused(stand: Stand) -> None:
    response = await stand.client.post("/graphql", content=b"x", headers={**JSON, "content-encoding": "gzip"})
    assert response.status_code == 415


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json"),
        ("application/json, application/graphql-response+json", "application/graphql-response+json"),
        ("application/json, application/graphql-response+json;q=0.5", "application/json"),
        ("application/graphql-response+json;q=0, */*", "application/json"),
        ("APPLICATION/JSON; charset=utf-8", "application/json"),
        ("text/html, application/json;q=0.1", "application/json"),
    ],
)
async def test_the_answer_has_the_type_that_the_client_prefers(stand: Stand, accept: str | None, expected: str) -> None:
    request = stand.client.build_request("POST", "/graphql", json={"query": "{ name }"})
    del request.headers["accept"]
    if accept:
        request.headers["accept"] = accept
    response = await stand.client.send(request)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{expected}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json;q=0", "application/json;q=x"])
async def test_a_client_that_accepts_none_of_our_types_is_told(stand: Stand, accept: str) -> None:
    response = await stand.client.post("/graphql", json={"query": "{ name }"}, headers={"accept": accept})
    assert response.status_code == 406
    assert codes(response) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_other_methods_are_refused_with_those_that_work(stand: Stand, method: str) -> None:
    response = await stand.client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_a_query_may_come_by_get(stand: Stand) -> None:
    parameters = {"query": "query Q($n: Int) { echo(number: $n) }", "variables": '{"n": 3}', "operationName": "Q"}
    response = await stand.client.get("/graphql", params=parameters)
    assert response.json()["data"] == {"echo": "3 "}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_mutation_may_not_come_by_get(stand: Stand, accept: str) -> None:
    response = await stand.client.get("/graphql", params={"query": "mutation { change }"}, headers={"accept": accept})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert stand.service.operations == 0


@pytest.mark.parametrize(
    "query", ["query=%7Bname%7D&query=%7Bname%7D", "variables=%7B", "query=%7Bname%7D&variables=%5B%5D", ""]
)
async def test_wrong_parameters_of_a_get_are_refused(stand: Stand, query: str) -> None:
    response = await stand.client.get(f"/graphql?{query}")
    assert response.status_code == 400
    assert codes(response) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("query A { name } query B { name }", None),
        ("query A { name } query B { name }", "C"),
        ("query A { name }", ""),
        ("{ name }", "A"),
        ("query A { name } query A { name }", "A"),
    ],
)
async def test_an_open_or_wrong_choice_of_operation_is_refused(stand: Stand, query: str, name: str | None) -> None:
    response = await stand.post(query, operationName=name)
    assert response.status_code == 400
    assert "data" not in response.json()
    assert stand.service.operations == 0


async def test_the_named_operation_is_the_one_that_runs(stand: Stand) -> None:
    query = "query A { first: name } query B { second: name }"
    assert (await stand.post(query, operationName="B")).json()["data"] == {"second": "stand-in"}


async def test_a_document_without_an_operation_is_refused(stand: Stand) -> None:
    response = await stand.post("fragment F on Node { name }")
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ nope }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo(number: " + "9" * 5_000 + ") }", None, "GRAPHQL_VALIDATION_FAILED"),
        ('{ echo(text: "\\ud800") }', None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { name }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("type Query { name: String }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { echo(number: $n) }", None, "BAD_USER_INPUT"),
        ("query ($n: Int!) { echo(number: $n) }", {"n": "x"}, "BAD_USER_INPUT"),
        ("query ($n: Int!) { echo(number: $n) }", {"n": 2**31}, "BAD_USER_INPUT"),
        ("query ($d: Deep) { echo(deep: $d) }", {"d": {"nope": 1}}, "BAD_USER_INPUT"),
    ],
)
async def test_errors_of_the_request_carry_their_code_and_no_data(
    stand: Stand, query: str, variables: object, code: str
) -> None:
    modern = await stand.post(query, variables=variables)
    classic = await stand.post(query, variables=variables, headers={"accept": "application/json"})
    assert (modern.status_code, classic.status_code) == (400, 200)
    for response in (modern, classic):
        assert set(response.json()) == {"errors"}
        assert set(codes(response)) == {code}
    assert stand.service.operations == 0


async def test_an_error_does_not_echo_a_whole_megabyte(stand: Stand) -> None:
    response = await stand.post("query ($n: Int!) { echo(number: $n) }", variables={"n": "x" * 900_000})
    assert response.status_code == 400
    assert len(response.content) < 5_000


async def test_a_header_that_no_server_understands_is_refused(stand: Stand) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stand.client.base_url.port)
    writer.write(b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: \xff\xfe;q=\xff\r\n\r\n")
    status = await reader.readline()
    writer.close()
    assert status.split()[1] in {b"400", b"406"}


async def test_a_body_that_stops_being_http_is_no_fault_of_ours(stand: Stand) -> None:
    with structlog.testing.capture_logs() as lines:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.client.base_url.port)
        writer.write(b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        while not any(line["event"] == "request" for line in lines):  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)
    assert {line["log_level"] for line in lines} == {"info"}
    assert "client_gone" in {line["event"] for line in lines}


names = st.sampled_from(["query", "variables", "operationName", "extensions", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("{ name }"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(), inner, max_size=4),
    max_leaves=8,
)
bodies = st.binary() | values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
accepts = st.sampled_from(["application/json", "application/graphql-response+json", "*/*"]) | st.text(
    st.characters(min_codepoint=32, max_codepoint=126), max_size=40
)


documents = st.text(st.sampled_from('{}()[]!$:@."\\ #\nabcnameodqueryfragmt0123456789\u00e9\U0001f600'), max_size=60)
requests = st.fixed_dictionaries(
    {"query": documents | st.text()}, optional={"variables": values, "operationName": values}
)


def test_no_generated_request_breaks_the_server() -> None:
    """Bodies and documents of any kind, in process: each is answered, none with a 500."""
    app = app_with(Service())
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as client:

        @settings(max_examples=400, deadline=None)
        @given(body=bodies | requests.map(lambda value: json.dumps(value).encode()), accept=accepts)
        def answered(body: bytes, accept: str) -> None:
            response = client.post("/graphql", content=body, headers={**JSON, "accept": accept})
            assert response.status_code in {200, 400, 406}, response.text
            orjson.loads(response.content)

        answered()
