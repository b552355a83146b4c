"""The table of endpoints: what the connectors send fits it always, and it fits Atlassian's own description where at hand."""

import os
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import msgspec
import orjson
import pytest

from connectors.endpoints import JIRA, TENANT_INFO, Endpoint
from connectors.http import Meter
from connectors.jira import Jira
from tests.connectors.support import SITE, answer, connect

FOLDER = os.environ.get("ITSM_TEST_OPENAPI")
needs_openapi = pytest.mark.skipif(
    FOLDER is None, reason="set ITSM_TEST_OPENAPI to the folder with jira-platform.swagger-v3.v3.json"
)
BODY_TYPES: Mapping[str, type] = {
    "jql": str,
    "queries": list[str],
    "fields": list[str],
    "properties": list[str],
    "maxResults": int,
    "nextPageToken": str,
}
ANSWERS: Mapping[str, object] = {
    "/rest/api/3/myself": {"accountId": "a", "timeZone": "UTC"},
    "/rest/api/3/project/search": {"isLast": True, "values": []},
    "/rest/api/3/user/bulk": {"isLast": True, "values": []},
    "/rest/api/3/jql/parse": {"queries": [{"query": "a = 1"}]},
    "/rest/api/3/search/approximate-count": {"count": 1},
}


@dataclass(frozen=True)
class Sent:
    """One request, and the endpoint of the table that it went to."""

    endpoint: Endpoint
    query: list[tuple[str, str]]
    body: dict[str, Any] | None


def jira_site(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/rest/api/3/search/jql":
        first = "nextPageToken" not in orjson.loads(request.content)
        return answer({"issues": [], "isLast": not first, **({"nextPageToken": "t1"} if first else {})})
    return answer(ANSWERS.get(request.url.path, []))


async def everything_sent() -> list[Sent]:
    """One request at least of every method of the connectors."""
    requests: list[httpx2.Request] = []

    def recording(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return jira_site(request)

    async with aclosing(connect(recording)) as client:
        jira, meter = Jira(client), Meter()
        await jira.myself(meter=meter)
        await jira.fields(meter=meter)
        await jira.projects(meter=meter)
        await jira.projects(["ITS", "HR"], meter=meter)
        await jira.statuses(meter=meter)
        await jira.priorities(meter=meter)
        await jira.issue_types(meter=meter)
        await jira.users(["a:1", "b"], meter=meter)
        await jira.parse_jql(["a = 1"], meter=meter)
        await jira.approximate_count("a = 1", meter=meter)
        async for _ in jira.search("a = 1", ["created"], meter=meter, properties=["p"]):
            pass
    return [as_sent(request) for request in requests]


def as_sent(request: httpx2.Request) -> Sent:
    [endpoint] = [one for one in JIRA if (one.method, SITE + one.path) == (request.method, bare(request.url))]
    if request.content:
        assert request.headers["Content-Type"] == "application/json"
    query = parse_qsl(request.url.query.decode(), keep_blank_values=True)
    return Sent(endpoint, query, orjson.loads(request.content) if request.content else None)


def bare(url: httpx2.URL) -> str:
    return str(url).partition("?")[0]


async def test_what_is_sent_fits_the_facts() -> None:
    for sent in await everything_sent():
        assert {name for name, _ in sent.query} <= sent.endpoint.query
        assert set(sent.body or {}) <= sent.endpoint.body
        assert (sent.body is not None) == bool(sent.endpoint.body)
        for key, value in (sent.body or {}).items():
            assert msgspec.convert(value, BODY_TYPES[key], strict=True) == value


async def test_the_facts_hold_no_more_than_is_sent() -> None:
    everything = await everything_sent()
    for endpoint in JIRA:
        sent = [one for one in everything if one.endpoint is endpoint]
        assert sent, f"nothing is sent to {endpoint.name}"
        assert {name for one in sent for name, _ in one.query} == endpoint.query
        assert {name for one in sent for name in one.body or {}} == endpoint.body


def test_endpoints_are_told_apart_by_name_and_by_address() -> None:
    every = (*JIRA, TENANT_INFO)
    assert len({one.name for one in every}) == len({(one.method, one.path) for one in every}) == len(every)
    assert [one.name for one in every if one.anonymous] == ["tenant_info"]


# --- against Atlassian's own description


@cache
def openapi() -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads((Path(FOLDER or "") / "jira-platform.swagger-v3.v3.json").read_bytes())
    return document


def operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = openapi()["paths"][endpoint.path][endpoint.method.lower()]
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def body_schema(endpoint: Endpoint) -> dict[str, Any]:
    return resolved(operation(endpoint)["requestBody"]["content"]["application/json"]["schema"])


def faults(value: object, schema: dict[str, Any], where: str = "body") -> list[str]:
    """What of `value` the schema does not allow, as far as the schemas of our few endpoints go."""
    schema = resolved(schema)
    kinds: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if type(value) is not kinds[schema["type"]]:
        return [f"{where} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of {schema['enum']}"]
    if isinstance(value, list):
        return [fault for item in value for fault in faults(item, schema["items"], where + "[]")]
    if not isinstance(value, dict):
        return []
    found = [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
    for name, item in value.items():
        known = schema["properties"].get(name)
        found += [f"{where} may not have {name}"] if known is None else faults(item, known, f"{where}.{name}")
    return found


@needs_openapi
@pytest.mark.parametrize("endpoint", JIRA, ids=lambda endpoint: endpoint.name)
def test_the_facts_are_atlassians(endpoint: Endpoint) -> None:
    described = operation(endpoint)
    parameters = {one["name"]: one for one in described.get("parameters", []) if one["in"] == "query"}
    assert endpoint.query <= set(parameters)
    assert {name for name, one in parameters.items() if one.get("required")} <= endpoint.query
    if endpoint.body:
        schema = body_schema(endpoint)
        assert endpoint.body <= set(schema["properties"])
        assert set(schema.get("required", [])) <= endpoint.body
    else:
        assert "requestBody" not in described
    assert endpoint.scope in [scope for way in described["security"] for scope in way.get("OAuth2", [])]
    assert any("basicAuth" in way for way in described["security"])
    assert bool(described.get("deprecated")) == endpoint.deprecated


@needs_openapi
async def test_what_is_sent_fits_atlassians_schemas() -> None:
    for sent in await everything_sent():
        parameters = {one["name"]: one["schema"] for one in operation(sent.endpoint).get("parameters", [])}
        for name, text in sent.query:
            schema = resolved(parameters[name])
            item = schema["items"] if schema["type"] == "array" else schema
            value: object = int(text) if item["type"] == "integer" else text
            assert faults(value, item, name) == []
            assert "maximum" not in item or int(text) <= item["maximum"]
        if sent.body is not None:
            assert faults(sent.body, body_schema(sent.endpoint)) == []


@needs_openapi
def test_the_check_of_bodies_sees_what_is_wrong() -> None:
    [search] = [one for one in JIRA if one.name == "search"]
    [parse] = [one for one in JIRA if one.name == "parse_jql"]
    schema = body_schema(search)
    assert faults({"jql": "a", "startAt": 0}, schema) == ["body may not have startAt"]
    assert faults({"jql": ["a"], "maxResults": "1", "fields": [1]}, schema) == [
        "body.jql is no string",
        "body.maxResults is no integer",
        "body.fields[] is no string",
    ]
    assert faults({}, body_schema(parse)) == ["body lacks queries"]
