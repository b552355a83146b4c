"""The table of endpoints: what the connectors send fits it always, and it fits Atlassian's own description where at hand."""

import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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

from connectors.assets import Assets
from connectors.endpoints import ASSETS, ASSETS_BASE, JIRA, JSM, TENANT_INFO, Endpoint
from connectors.errors import Unavailable
from connectors.http import Meter
from connectors.jira import Jira
from connectors.jsm import Jsm
from tests.connectors.support import GATEWAY, SITE, Script, answer, connect

FOLDER = os.environ.get("ITSM_TEST_OPENAPI")
needs_openapi = pytest.mark.skipif(
    FOLDER is None, reason="set ITSM_TEST_OPENAPI to the folder with jira-platform.swagger-v3.v3.json and its like"
)
EVERY = (*JIRA, *JSM, *ASSETS)
DESCRIPTIONS: Mapping[str, str] = {
    "jira": "jira-platform.swagger-v3.v3.json",
    "jsm": "jira-service-management.swagger.v3.json",
    "assets": "assets-cloud.DERIVED.openapi.json",
}
NOT_DESCRIBED: Mapping[str, set[str]] = {
    # Missing from the description that was rebuilt from a client; other clients send them.
    "asset_schemas": {"startAt", "maxResults", "includeCounts"},
}
BODY_TYPES: Mapping[str, type] = {
    "jql": str,
    "queries": list[str],
    "fields": list[str],
    "properties": list[str],
    "maxResults": int,
    "nextPageToken": str,
    "issueIdsOrKeys": list[str],
    "qlQuery": str,
}
ANSWERS: Mapping[str, object] = {
    "/rest/api/3/myself": {"accountId": "a", "timeZone": "UTC"},
    "/rest/api/3/project/search": {"isLast": True, "values": []},
    "/rest/api/3/user/bulk": {"isLast": True, "values": []},
    "/rest/api/3/jql/parse": {"queries": [{"query": "a = 1"}]},
    "/rest/api/3/search/approximate-count": {"count": 1},
    "/rest/api/3/issue/bulkfetch": {"issues": [], "issueErrors": []},
    "/rest/servicedeskapi/assets/workspace": {"values": [{"workspaceId": "w-1"}]},
    "/jsm/assets/workspace/w-1/v1/objectschema/list": {"values": [], "total": 0},
    "/jsm/assets/workspace/w-1/v1/object/aql": {"values": [], "isLast": True},
    "/jsm/assets/workspace/w-1/v1/object/aql/totalcount": {"totalCount": 1},
}


@dataclass(frozen=True)
class Sent:
    """One request, and the endpoint of the table that it went to."""

    endpoint: Endpoint
    query: list[tuple[str, str]]
    body: dict[str, Any] | None


def site(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/rest/api/3/search/jql":
        first = "nextPageToken" not in orjson.loads(request.content)
        return answer({"issues": [], "isLast": not first, **({"nextPageToken": "t1"} if first else {})})
    jsm = request.url.path.startswith("/rest/servicedeskapi/")
    return answer(ANSWERS.get(request.url.path, {"values": [], "isLastPage": True} if jsm else []))


async def everything_sent() -> list[Sent]:
    """One request at least of every method of the connectors."""
    requests: list[httpx2.Request] = []

    def recording(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return site(request)

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
        await jira.bulk_fetch(["10001"], ["created"], meter=meter)
        jsm, assets = Jsm(client), Assets(client)
        lists: list[AsyncIterator[object]] = [
            jsm.service_desks(meter=meter),
            jsm.request_types(meter=meter),
            jsm.organizations(meter=meter),
            jsm.organization_users("27", meter=meter),
            jsm.desk_organizations("1", meter=meter),
            jsm.customers("1", meter=meter),
            assets.schemas(meter=meter),
            assets.objects('objectType = "Laptop"', True, meter=meter),
            assets.objects('objectType = "Laptop"', False, meter=meter, page_size=5000),
        ]
        for pages in lists:
            assert [page async for page in pages] == []
        await assets.object_types("6", meter=meter)
        await assets.attributes("23", meter=meter)
        await assets.total_count('objectType = "Laptop"', meter=meter)
    return [as_sent(request) for request in requests]


def fits(request: httpx2.Request, endpoint: Endpoint) -> bool:
    base = GATEWAY if endpoint.product == "assets" else SITE
    address = re.sub(r"\\{\w+\\}", "[0-9a-z-]+", re.escape(base + endpoint.path))
    return request.method == endpoint.method and re.fullmatch(address, bare(request.url)) is not None


def as_sent(request: httpx2.Request) -> Sent:
    [endpoint] = [one for one in EVERY if fits(request, one)]
    if request.content:
        assert request.headers["Content-Type"] == "application/json"
    assert (request.headers.get("X-ExperimentalApi") == "opt-in") == endpoint.experimental
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
    for endpoint in EVERY:
        sent = [one for one in everything if one.endpoint is endpoint]
        assert sent, f"nothing is sent to {endpoint.name}"
        assert {name for one in sent for name, _ in one.query} == endpoint.query
        assert {name for one in sent for name in one.body or {}} == endpoint.body


def test_endpoints_are_told_apart_by_name_and_by_address() -> None:
    every = (*EVERY, TENANT_INFO)
    assert len({one.name for one in every}) == len({(one.method, one.path) for one in every}) == len(every)
    assert [one.name for one in every if one.anonymous] == ["tenant_info"]


def test_each_product_has_its_table() -> None:
    for product, table in (("jira", JIRA), ("jsm", JSM), ("assets", ASSETS)):
        assert {one.product for one in table} == {product}
    assert {one.path.startswith("/rest/servicedeskapi/") for one in JSM} == {True}
    assert {one.path.startswith(ASSETS_BASE + "/") for one in ASSETS} == {True}


def test_limits_are_those_that_atlassian_tells() -> None:
    told = {one.name: one.per_second for one in EVERY if one.per_second != 100}
    slow, fast = 500 / 60, 2000 / 60
    assets = {"asset_schemas": fast, "asset_types": fast, "asset_attributes": fast}
    assert told == {"approximate_count": 150, "customers": 5, "asset_objects": slow, "asset_count": slow} | assets


def test_people_cost_two_points() -> None:
    assert [one.name for one in EVERY if one.points_per_object == 2] == ["users", "organization_users", "customers"]


# --- against Atlassian's own description


@cache
def openapi(product: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads((Path(FOLDER or "") / DESCRIPTIONS[product]).read_bytes())
    return document


def operation(endpoint: Endpoint) -> dict[str, Any]:
    path = endpoint.path.removeprefix(ASSETS_BASE)
    found: dict[str, Any] = openapi(endpoint.product)["paths"][path][endpoint.method.lower()]
    return found


def query_of(endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in operation(endpoint).get("parameters", []) if one["in"] == "query"}


def body_schema(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = operation(endpoint)["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in found:
        found = openapi(endpoint.product)["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return found


def faults(value: object, schema: dict[str, Any], where: str = "body") -> list[str]:
    """What of `value` the schema does not allow, as far as the schemas of our few endpoints go."""
    kinds: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    kinds["number"] = int
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
@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
def test_the_facts_are_atlassians(endpoint: Endpoint) -> None:
    described = operation(endpoint)
    parameters = query_of(endpoint)
    assert endpoint.query - set(parameters) == NOT_DESCRIBED.get(endpoint.name, set())
    assert {name for name, one in parameters.items() if one.get("required")} <= endpoint.query
    if endpoint.body:
        schema = body_schema(endpoint)
        assert endpoint.body <= set(schema["properties"])
        assert set(schema.get("required", [])) <= endpoint.body
    else:
        assert "requestBody" not in described
    assert bool(described.get("deprecated")) == endpoint.deprecated


@needs_openapi
@pytest.mark.parametrize("endpoint", [*JIRA, *JSM], ids=lambda endpoint: endpoint.name)
def test_the_scopes_are_atlassians(endpoint: Endpoint) -> None:
    """The description of Assets tells no scopes, that of JSM no Basic credentials, though they are taken."""
    ways = operation(endpoint)["security"]
    assert endpoint.scope in [scope for way in ways for scope in way.get("OAuth2", [])]
    assert endpoint.product == "jsm" or any("basicAuth" in way for way in ways)


@needs_openapi
@pytest.mark.parametrize("endpoint", JSM, ids=lambda endpoint: endpoint.name)
def test_the_experimental_calls_are_known(endpoint: Endpoint) -> None:
    assert bool(operation(endpoint).get("x-experimental")) == endpoint.experimental


@needs_openapi
async def test_what_is_sent_fits_atlassians_schemas() -> None:
    for sent in await everything_sent():
        parameters = query_of(sent.endpoint)
        for name, text in sent.query:
            if name in NOT_DESCRIBED.get(sent.endpoint.name, set()):
                continue
            schema = parameters[name]["schema"]
            item = schema["items"] if schema["type"] == "array" else schema
            value: object = text if item["type"] == "string" else orjson.loads(text)
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


def example(endpoint: Endpoint) -> dict[str, Any]:
    """The example of an answer, which stands in the description as a text."""
    text = operation(endpoint)["responses"]["200"]["content"]["application/json"]["example"]
    found: dict[str, Any] = orjson.loads(text)
    return found


@needs_openapi
async def test_atlassians_examples_of_lists_are_read() -> None:
    """Hardly any example says that it is the last page; a server that repeats them is not asked for ever."""
    lists: dict[str, Callable[[Jsm], AsyncIterator[Sequence[object]]]] = {
        "service_desks": lambda jsm: jsm.service_desks(meter=Meter()),
        "request_types": lambda jsm: jsm.request_types(meter=Meter()),
        "organizations": lambda jsm: jsm.organizations(meter=Meter()),
        "organization_users": lambda jsm: jsm.organization_users("1", meter=Meter()),
        "desk_organizations": lambda jsm: jsm.desk_organizations("1", meter=Meter()),
        "customers": lambda jsm: jsm.customers("1", meter=Meter()),
    }
    endpoints = [one for one in JSM if one.name != "assets_workspace"]
    assert {one.name for one in endpoints} == set(lists)
    for endpoint in endpoints:
        told = example(endpoint)
        script = Script(answer(told), answer({"values": [], "size": 0}))
        async with aclosing(connect(script)) as client:
            pages = [page async for page in lists[endpoint.name](Jsm(client))]
        assert [len(page) for page in pages] == [len(told["values"])]
        script = Script(*[answer(told)] * 3)
        async with aclosing(connect(script)) as client:
            with pytest.raises(Unavailable):
                [page async for page in lists[endpoint.name](Jsm(client))]


@needs_openapi
async def test_atlassians_example_of_a_workspace_is_read() -> None:
    [endpoint] = [one for one in JSM if one.name == "assets_workspace"]
    told = example(endpoint)
    async with aclosing(connect(Script(answer(told)))) as client:
        assert await Assets(client).workspace(meter=Meter()) == told["values"][0]["workspaceId"]
