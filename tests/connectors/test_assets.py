"""The calls to Assets: its two addresses, what is read of it, and the pages of objects that lead nowhere."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

import httpx2
import pytest

from connectors.assets import (
    AssetAttribute,
    AssetObject,
    Assets,
    AssetSchema,
    AssetType,
    AttributeValue,
    ObjectPage,
)
from connectors.errors import AccessRefused, ConnectorError, GaveUp, QueryRefused, Unavailable
from connectors.http import Access, Atlassian, Meter
from tests.connectors.support import GATEWAY, SITE, Handler, Script, answer, connect, elapsed, plain

WORKSPACE = {"size": 1, "values": [{"workspaceId": "w-1"}], "isLastPage": True}
AQL = 'objectType = "Laptop"'


class Asked:
    """Assets over a script; the workspace is answered before it."""

    def __init__(self, handler: Handler, *, workspace: httpx2.Response | None = None, **settings: Any) -> None:
        self.urls: list[str] = []
        self._handler = handler
        self._workspace = workspace or answer(WORKSPACE)
        self.atlassian: Atlassian = connect(self._answered, **settings)
        self.assets = Assets(self.atlassian)
        self.meter = Meter()

    def _answered(self, request: httpx2.Request) -> httpx2.Response:
        self.urls.append(str(request.url))
        workspace = request.url.path.endswith("/rest/servicedeskapi/assets/workspace")
        return self._workspace if workspace else self._handler(request)

    async def objects(self, with_attributes: bool = True, **more: Any) -> list[ObjectPage]:
        return [page async for page in self.assets.objects(AQL, with_attributes, meter=self.meter, **more)]

    async def schemas(self) -> list[list[AssetSchema]]:
        return [page async for page in self.assets.schemas(meter=self.meter)]

    async def aclose(self) -> None:
        await self.atlassian.aclose()


CALLS: Mapping[str, Callable[[Asked], Any]] = {
    "schemas": lambda asked: asked.schemas(),
    "object types": lambda asked: asked.assets.object_types("6", meter=asked.meter),
    "attributes": lambda asked: asked.assets.attributes("23", meter=asked.meter),
    "objects": lambda asked: asked.objects(),
    "objects alone": lambda asked: asked.objects(with_attributes=False),
    "total count": lambda asked: asked.assets.total_count(AQL, meter=asked.meter),
}
SCOPES = {
    "schemas": "read:cmdb-schema:jira",
    "object types": "read:cmdb-schema:jira",
    "attributes": "read:cmdb-attribute:jira",
    "objects": "read:cmdb-object:jira",
    "objects alone": "read:cmdb-object:jira",
    "total count": "read:cmdb-object:jira",
}
each_call = pytest.mark.parametrize("call", CALLS)


async def failed(call: str, *answers: httpx2.Response | Handler, **settings: Any) -> tuple[ConnectorError, Script]:
    script = Script(*answers)
    async with aclosing(Asked(script, **settings)) as asked:
        with pytest.raises(ConnectorError) as caught:
            await CALLS[call](asked)
    return caught.value, script


def schema(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"Schema {number}", "objectSchemaKey": f"S{number}", "status": "Ok"} | {
        "objectCount": 10 * number,
        "objectTypeCount": number,
    }


def thing(number: int, **more: Any) -> dict[str, Any]:
    """An object of Assets."""
    named = {"id": str(number), "label": f"PC {number}", "objectKey": f"ITSM-{number}"}
    return named | {"objectType": {"id": "23", "name": "Laptop"}, "hasAvatar": False} | more


def page(*numbers: int, last: bool, **more: Any) -> dict[str, Any]:
    return {"values": [thing(number) for number in numbers], "isLast": last, "last": last, "total": 3} | more


# --- addresses


async def test_a_classic_token_asks_the_gateway_without_the_cloud_id() -> None:
    async with aclosing(Asked(Script(answer({"totalCount": 7})))) as asked:
        assert await asked.assets.total_count(AQL, meter=asked.meter) == 7
    assert asked.urls == [
        f"{SITE}/rest/servicedeskapi/assets/workspace",
        f"{GATEWAY}/jsm/assets/workspace/w-1/v1/object/aql/totalcount",
    ]


async def test_a_token_of_the_gateway_asks_behind_its_cloud_id() -> None:
    base = f"{GATEWAY}/ex/jira/c-1"
    async with aclosing(Asked(Script(answer({"totalCount": 7})), base_url=base)) as asked:
        await asked.assets.total_count(AQL, meter=asked.meter)
    assert asked.urls == [
        f"{base}/rest/servicedeskapi/assets/workspace",
        f"{base}/jsm/assets/workspace/w-1/v1/object/aql/totalcount",
    ]


@pytest.mark.parametrize("scoped", [False, True])
async def test_the_form_follows_the_base_that_was_found(scoped: bool) -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        on_site = str(request.url).startswith(SITE)
        if request.url.path.endswith("/myself"):
            return answer(status=401) if scoped and on_site else answer({})
        return answer({"cloudId": "c-1"} if on_site else {"totalCount": 7})

    async with aclosing(Asked(site, base_url=None)) as asked:
        assert await asked.assets.total_count(AQL, meter=asked.meter) == 7
    cloud = "/ex/jira/c-1" if scoped else ""
    assert asked.urls[-1] == f"{GATEWAY}{cloud}/jsm/assets/workspace/w-1/v1/object/aql/totalcount"


@each_call
@pytest.mark.parametrize("base", [SITE, f"{GATEWAY}/ex/jira/c-1", "https://proxy.example/x"])
async def test_assets_are_never_asked_for_on_the_sites_own_host(call: str, base: str) -> None:
    async with aclosing(Asked(lambda _: answer(status=404), base_url=base)) as asked:
        with pytest.raises(GaveUp):
            await CALLS[call](asked)
    assert [url.startswith(GATEWAY) for url in asked.urls if "/jsm/assets/" in url] == [True]


async def test_the_credential_goes_along() -> None:
    script = Script(answer({"totalCount": 7}))
    async with aclosing(Asked(script)) as asked:
        await asked.assets.total_count(AQL, meter=asked.meter)
    assert script.requests[0].headers["Authorization"].startswith("Basic ")


# --- the workspace


async def test_the_workspace_is_asked_for_once_however_many_ask() -> None:
    async def slow(request: httpx2.Request) -> httpx2.Response:
        calls.append(request.url.path)
        await asyncio.sleep(1)
        return answer(WORKSPACE if request.url.path.endswith("/assets/workspace") else {"totalCount": 1})

    calls: list[str] = []
    async with aclosing(connect(httpx2.MockTransport(slow))) as client:
        assets, meter = Assets(client), Meter()
        await asyncio.gather(*[assets.total_count(AQL, meter=meter) for _ in range(5)])
        assert await assets.workspace(meter=meter) == "w-1"
    assert calls.count("/rest/servicedeskapi/assets/workspace") == 1
    assert meter.calls == 6


@pytest.mark.parametrize("answered", [answer({"values": []}), answer({"errorMessage": "?"}, status=404)])
async def test_a_site_without_assets_has_no_workspace(answered: httpx2.Response) -> None:
    async with aclosing(Asked(Script(), workspace=answered)) as asked:
        assert await asked.assets.workspace(meter=asked.meter) is None


@each_call
async def test_a_site_without_assets_says_so(call: str) -> None:
    error, script = await failed(call, workspace=answer({"values": []}))
    assert isinstance(error, AccessRefused)
    assert not error.credential
    assert "no Assets" in error.message
    assert script.requests == []


async def test_assets_that_come_later_are_found() -> None:
    async with aclosing(Asked(Script(), workspace=answer({"values": []}))) as asked:
        assert await asked.assets.workspace(meter=asked.meter) is None
        asked._workspace = answer(WORKSPACE)
        assert await asked.assets.workspace(meter=asked.meter) == "w-1"


async def test_an_account_without_a_licence_does_not_learn_whether_there_are_assets() -> None:
    error, _ = await failed("total count", workspace=plain("", 403))
    assert isinstance(error, AccessRefused)
    assert "agent licence" in error.message


@pytest.mark.parametrize("status", [400, 410])
async def test_a_workspace_that_cannot_be_asked_for_is_not_none(status: int) -> None:
    error, _ = await failed("total count", workspace=answer({}, status=status))
    assert isinstance(error, GaveUp)


@pytest.mark.parametrize("bad", ["", "../..", "w/1", "w?x"])
async def test_a_workspace_that_is_a_path_goes_nowhere(bad: str) -> None:
    error, script = await failed("total count", workspace=answer({"values": [{"workspaceId": bad}]}))
    assert isinstance(error, GaveUp)
    assert script.requests == []


# --- refusals


@each_call
@pytest.mark.parametrize(
    "refusal",
    [answer({"code": 401, "message": "Unauthorized; scope does not match"}, status=401), answer({}, status=401)],
    ids=["scope", "no word"],
)
async def test_a_token_without_the_scope_is_told_which(call: str, refusal: httpx2.Response) -> None:
    """And its credential is not called bad: Jira took it."""
    error, _ = await failed(call, refusal)
    assert isinstance(error, AccessRefused)
    assert not error.credential
    assert SCOPES[call] in error.message


@pytest.mark.parametrize("status", [401, 403])
async def test_objects_with_attributes_name_both_scopes(status: int) -> None:
    error, _ = await failed("objects", answer({}, status=status))
    assert isinstance(error, AccessRefused)
    assert not error.credential
    assert "read:cmdb-attribute:jira" in error.message
    error, _ = await failed("objects alone", answer({}, status=status))
    assert "read:cmdb-attribute:jira" not in error.message


@pytest.mark.parametrize("call", ["objects", "objects alone", "total count"])
async def test_a_refused_query_carries_assets_own_messages(call: str) -> None:
    told = {"errorMessages": ["No object type Laptop."], "errors": {"qlQuery": "Bad.", "at": {"position": 3}}}
    error, _ = await failed(call, answer(told, status=400))
    assert isinstance(error, QueryRefused)
    assert error.messages == ("No object type Laptop.", "Bad.")
    assert error.message.startswith("Assets ")


@pytest.mark.parametrize("call", ["object types", "attributes"])
async def test_an_unknown_schema_or_type_is_told_by_its_status(call: str) -> None:
    error, _ = await failed(call, answer({"errorMessages": ["?"]}, status=404))
    assert isinstance(error, GaveUp)
    assert error.status == 404


async def test_ids_of_another_kind_are_not_asked_for() -> None:
    async with aclosing(Asked(Script())) as asked:
        for bad in ("", "..", "6/objecttypes", "S1", "0"):
            with pytest.raises(GaveUp):
                await asked.assets.object_types(bad, meter=asked.meter)
            with pytest.raises(GaveUp):
                await asked.assets.attributes(bad, meter=asked.meter)


@each_call
@pytest.mark.parametrize(
    "shape",
    [
        *({}, None, "x", [{}], [[]], {"values": [{}]}, {"values": {}}, {"values": [{}], "isLast": True, "total": 1}),
        *({"totalCount": "7"}, {"totalCount": -1}, {"values": []}),
    ],
)
async def test_every_call_gives_up_on_another_shape(call: str, shape: object) -> None:
    if call == "schemas" and shape == {"values": []}:
        return  # no schema
    error, _ = await failed(call, answer(shape))
    assert isinstance(error, GaveUp)


async def test_queries_are_asked_for_five_hundred_times_a_minute_at_most() -> None:
    async with aclosing(Asked(lambda _: answer({"totalCount": 1}))) as asked:
        await asyncio.gather(*[asked.assets.total_count(AQL, meter=asked.meter) for _ in range(101)])
    assert elapsed() == pytest.approx(100 * 60 / 500, rel=0.01)


# --- schemas, types, attributes


async def test_schemas_are_read_page_by_page() -> None:
    told = [{"values": [schema(1), schema(2)], "total": 3, "startAt": 0}, {"values": [schema(3)], "total": 3}]
    script = Script(*map(answer, told))
    async with aclosing(Asked(script)) as asked:
        assert await asked.schemas() == [
            [AssetSchema("1", "Schema 1", "S1", 10, 1), AssetSchema("2", "Schema 2", "S2", 20, 2)],
            [AssetSchema("3", "Schema 3", "S3", 30, 3)],
        ]
        assert asked.meter == Meter(calls=3, points=3)
    assert [dict(request.url.params) for request in script.requests] == [
        {"startAt": "0", "maxResults": "100", "includeCounts": "true"},
        {"startAt": "2", "maxResults": "100", "includeCounts": "true"},
    ]


async def test_schemas_without_a_total_end_with_an_empty_page() -> None:
    script = Script(answer({"values": [schema(1)]}), answer({"values": []}))
    async with aclosing(Asked(script)) as asked:
        assert [len(page) for page in await asked.schemas()] == [1]


async def test_a_total_that_counts_hidden_schemas_does_not_keep_us_asking() -> None:
    script = Script(answer({"values": [schema(1)], "total": 2}), answer({"values": [], "total": 2}))
    async with aclosing(Asked(script)) as asked:
        assert [len(page) for page in await asked.schemas()] == [1]


@pytest.mark.parametrize(
    "second",
    [
        {"values": [schema(1)], "total": 9},
        {"values": [schema(2)], "total": 9, "startAt": 0},
    ],
    ids=["repeated", "not advancing"],
)
async def test_pages_of_schemas_that_lead_nowhere_end_the_read(second: dict[str, Any]) -> None:
    error, _ = await failed("schemas", answer({"values": [schema(1)], "total": 9, "startAt": 0}), answer(second))
    assert type(error) is Unavailable


async def test_object_types_are_read_with_ids_as_texts() -> None:
    common = {"objectSchemaId": "6", "abstractObjectType": False, "objectCount": 0, "icon": {}, "inherited": True}
    told = [
        common | {"id": "1", "name": "Hardware", "abstractObjectType": True},
        common | {"id": "2", "name": "Laptop", "objectCount": 12, "parentObjectTypeId": 1},
        common | {"id": 3, "name": "Server", "objectCount": 5, "parentObjectTypeId": "1", "objectSchemaId": 6},
    ]
    script = Script(answer(told))
    async with aclosing(Asked(script)) as asked:
        assert await asked.assets.object_types("6", meter=asked.meter) == [
            AssetType("1", "Hardware", "6", None, True, 0),
            AssetType("2", "Laptop", "6", "1", False, 12),
            AssetType("3", "Server", "6", "1", False, 5),
        ]
    assert str(script.requests[0].url).endswith("/v1/objectschema/6/objecttypes/flat?includeObjectCounts=true")


async def test_thousands_of_object_types_are_read_at_once() -> None:
    common = {"objectSchemaId": "6", "abstractObjectType": False, "objectCount": 1}
    told = [common | {"id": str(n), "name": f"T{n}", "parentObjectTypeId": n - 1} for n in range(1, 5001)]
    async with aclosing(Asked(Script(answer(told)))) as asked:
        assert len(await asked.assets.object_types("6", meter=asked.meter)) == 5000
        assert asked.meter.calls == 2


async def test_attributes_tell_their_kind() -> None:
    told = [
        {"id": "134", "name": "Site", "type": 0, "defaultType": {"id": 10, "name": "Select"}, "label": False},
        {"id": 135, "name": "Owner", "type": 2},
        {"id": "136", "name": "New", "type": 99, "defaultType": None},
    ]
    script = Script(answer(told))
    async with aclosing(Asked(script)) as asked:
        assert await asked.assets.attributes("23", meter=asked.meter) == [
            AssetAttribute("134", "Site", 0, "Select"),
            AssetAttribute("135", "Owner", 2, None),
            AssetAttribute("136", "New", 99, None),
        ]
    assert script.requests[0].url.path.endswith("/v1/objecttype/23/attributes")


# --- objects


async def test_objects_are_asked_for_page_by_page() -> None:
    script = Script(answer(page(1, 2, last=False, startAt=0)), answer(page(3, last=True, startAt=2)))
    async with aclosing(Asked(script)) as asked:
        found = await asked.objects(with_attributes=False, page_size=2)
        assert [[one.id for one in page.objects] for page in found] == [["1", "2"], ["3"]]
        assert found[0] == ObjectPage(
            [AssetObject("1", "PC 1", "ITSM-1", "23"), AssetObject("2", "PC 2", "ITSM-2", "23")], {}
        )
        assert asked.meter == Meter(calls=3, points=3 + 3)
    assert script.bodies == [{"qlQuery": AQL}] * 2
    assert [dict(request.url.params) for request in script.requests] == [
        {"startAt": "0", "maxResults": "2", "includeAttributes": "false"},
        {"startAt": "2", "maxResults": "2", "includeAttributes": "false"},
    ]


async def test_objects_are_read_on_though_the_server_gives_fewer_than_asked_for() -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        start = int(request.url.params["startAt"])
        assert request.url.params["maxResults"] == "200"
        return answer(page(*range(start + 1, min(start + 26, 61)), last=start + 25 >= 60))

    async with aclosing(Asked(site)) as asked:
        found = await asked.objects()
    assert [one.id for page in found for one in page.objects] == [str(number) for number in range(1, 61)]


async def test_a_page_is_never_so_large_that_assets_calls_it_the_last() -> None:
    script = Script(answer(page(1, last=True)))
    async with aclosing(Asked(script)) as asked:
        await asked.objects(page_size=5000)
    assert script.requests[0].url.params["maxResults"] == "999"


async def test_no_object_is_no_page() -> None:
    async with aclosing(Asked(Script(answer({"values": [], "isLast": True})))) as asked:
        assert await asked.objects() == []


@pytest.mark.parametrize("label", [None, ""])
async def test_an_object_without_a_name_is_an_object(label: str | None) -> None:
    told = {"values": [thing(1, label=label, id=1, objectType={"id": 23})], "isLast": True}
    async with aclosing(Asked(Script(answer(told)))) as asked:
        [found] = await asked.objects()
    assert found.objects == [AssetObject("1", None, "ITSM-1", "23")]


async def test_attributes_come_by_their_id_and_their_names_with_the_page() -> None:
    def held(attribute_id: object, *values: dict[str, Any]) -> dict[str, Any]:
        return {"id": "1", "objectTypeAttributeId": attribute_id, "objectAttributeValues": list(values)}

    attributes = [
        held("1", {"value": "Berlin", "displayValue": "Berlin!"}, {"displayValue": "Bonn"}),
        held("2", {"referencedObject": {"id": 88, "label": "Model X", "objectKey": "ITSM-88"}, "displayValue": "?"}),
        held("3", {"status": {"id": "1", "name": "In use", "category": 1}, "displayValue": "?"}),
        held("4", {"group": {"name": "admins", "avatarUrl": ""}, "displayValue": "?"}),
        held(5, {"value": 3}, {"value": 2.5}, {"value": True}, {"value": None}),
        held("6"),
        held("7", {"referencedObject": {"id": "89"}}, {"value": ""}),
    ]
    names = [{"id": "1", "name": "Site"}, {"id": 2, "name": "Model"}, {"id": "9"}]
    told = {"values": [thing(1, attributes=attributes)], "isLast": True, "objectTypeAttributes": names}
    script = Script(answer(told))
    async with aclosing(Asked(script)) as asked:
        [found] = await asked.objects()
    assert found.attribute_names == {"1": "Site", "2": "Model"}
    assert found.objects[0].attributes == {
        "1": [AttributeValue("Berlin"), AttributeValue("Bonn")],
        "2": [AttributeValue("Model X", reference_id="88")],
        "3": [AttributeValue("In use", status_id="1")],
        "4": [AttributeValue("admins")],
        "5": [AttributeValue("3"), AttributeValue("2.5"), AttributeValue("true"), AttributeValue()],
        "6": [],
        "7": [AttributeValue(None, reference_id="89"), AttributeValue("")],
    }
    assert script.requests[0].url.params["includeAttributes"] == "true"


@pytest.mark.parametrize(
    ("user", "account_id"),
    [
        ({"key": "5b1", "displayName": "Ann Example", "emailAddress": "ann@acme.example"}, "5b1"),
        ({"accountId": "5b1", "key": "other", "name": "Ann Example"}, "5b1"),
        ({"displayName": "Ann Example", "isDeleted": True}, None),
        ({"key": "", "displayName": "Ann Example"}, None),
    ],
)
async def test_of_a_user_nothing_but_the_account_id_is_kept(user: dict[str, Any], account_id: str | None) -> None:
    value = {"user": user, "value": "Ann Example", "displayValue": "Ann Example", "searchValue": "Ann Example"}
    attribute = {"objectTypeAttributeId": "1", "objectAttributeValues": [value]}
    async with aclosing(Asked(Script(answer({"values": [thing(1, attributes=[attribute])], "isLast": True})))) as asked:
        [found] = await asked.objects()
    assert found.objects[0].attributes == {"1": [AttributeValue(user_id=account_id, is_user=True)]}
    assert "Ann" not in repr(found)


async def test_an_object_that_moved_to_a_later_page_is_given_once() -> None:
    script = Script(answer(page(1, 2, last=False)), answer(page(2, 3, last=True)))
    async with aclosing(Asked(script)) as asked:
        found = await asked.objects()
    assert [[one.id for one in page.objects] for page in found] == [["1", "2"], ["3"]]


@pytest.mark.parametrize(
    "second",
    [
        page(1, 2, last=False),
        page(1, 2, last=True),
        page(1, 5, last=False),
        page(2, last=False),
        page(last=False),
        page(3, last=False, startAt=0),
    ],
    ids=["repeated", "repeated and last", "begins again", "nothing new", "empty", "offset does not advance"],
)
async def test_pages_of_objects_that_do_not_advance_end_the_read(second: dict[str, Any]) -> None:
    error, script = await failed("objects", answer(page(1, 2, last=False, startAt=0)), answer(second))
    assert type(error) is Unavailable
    assert len(script.requests) == 2


@pytest.mark.parametrize("told", [{"errorMessages": ["startAt?"], "errors": {}}, {}])
async def test_a_refused_later_page_is_no_refused_query(told: dict[str, Any]) -> None:
    error, _ = await failed("objects", answer(page(1, last=False)), answer(told, status=400))
    assert type(error) is Unavailable


async def test_a_malformed_first_request_is_ours() -> None:
    error, _ = await failed("objects", answer({}, status=400))
    assert type(error) is GaveUp


async def test_objects_that_nobody_reads_on_are_asked_for_no_more() -> None:
    script = Script(answer(page(1, last=False)))
    async with aclosing(Asked(script)) as asked:
        async for _ in asked.assets.objects(AQL, False, meter=asked.meter):
            break
    assert len(script.requests) == 1


class Bearer:
    """An OAuth credential in outline."""

    site_url = SITE
    takes_site_host = False
    cloud_id = "c-9"

    async def authorization(self) -> str:
        return "Bearer b"


async def test_a_bearer_credential_asks_behind_its_cloud_id() -> None:
    access: Access = Bearer()
    script = Script(answer({}), answer({"totalCount": 7}))
    async with aclosing(Asked(script, access=access, base_url=None)) as asked:
        await asked.assets.total_count(AQL, meter=asked.meter)
    assert {url.startswith(f"{GATEWAY}/ex/jira/c-9/") for url in asked.urls} == {True}
    assert "/ex/jira/c-9/jsm/assets/workspace/w-1/v1/" in asked.urls[-1]
