"""Assets over real HTTP: both base forms, shapes, paging, AQL."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from demo.app import DemoSite
from demo.build import SiteBuilder
from demo.faults import Fault
from demo.model import Site
from tests.demo.conftest import NOW, connected, some_things

BASE = f"/jsm/assets/workspace/{SiteBuilder(now=NOW).assets.workspace_id}/v1"


def a_tree() -> SiteBuilder:
    """Hardware (abstract) > Computer 2 > Laptop 5, Server 3; Hardware > Printer 4; Software 6."""
    builder = SiteBuilder(now=NOW)
    assets = builder.assets
    assets.schema("ITSM")
    assets.type("Hardware", abstract=True)
    for name, parent, several in (
        ("Computer", "Hardware", 2),
        ("Laptop", "Computer", 5),
        ("Server", "Computer", 3),
        ("Printer", "Hardware", 4),
        ("Software", None, 6),
    ):
        assets.type(name, parent=parent)
        for number in range(several):
            assets.object(name, f"{name} {number}")
    return builder


@pytest.fixture(scope="module")
def things() -> Site:
    return some_things().site()


async def aql(client: httpx2.AsyncClient, query: str, **params: int | str) -> Any:
    answer = await client.post(f"{BASE}/object/aql", params=params, json={"qlQuery": query})
    assert answer.status_code == 200, answer.text
    return answer.json()


# -- schemas, types, attributes


async def test_types_have_their_counts_only_if_asked_and_numbers_as_parents() -> None:
    demo = DemoSite(a_tree().site(), now=lambda: NOW)
    async with connected(demo) as client:
        plain = (await client.get(f"{BASE}/objectschema/1/objecttypes/flat")).json()
        path = f"{BASE}/objectschema/1/objecttypes/flat?includeObjectCounts=true"
        counted = (await client.get(path)).json()
        demo.tree_counts = True
        inclusive = (await client.get(path)).json()
        none = await client.get(f"{BASE}/objectschema/7/objecttypes/flat")
        schemas = (await client.get(f"{BASE}/objectschema/list")).json()
    assert {one["objectCount"] for one in plain} == {0}
    assert [(one["name"], one["objectCount"]) for one in counted] == [
        ("Hardware", 0),
        ("Computer", 2),
        ("Laptop", 5),
        ("Server", 3),
        ("Printer", 4),
        ("Software", 6),
    ]
    assert [one["objectCount"] for one in inclusive] == [14, 10, 5, 3, 4, 6]
    assert [one.get("parentObjectTypeId") for one in counted] == [None, 1, 2, 2, 1, None]
    assert [one["abstractObjectType"] for one in counted] == [True, False, False, False, False, False]
    assert (schemas["total"], schemas["values"][0]["objectCount"], schemas["values"][0]["objectTypeCount"]) == (
        1,
        20,
        6,
    )
    assert none.status_code == 404
    assert set(none.json()) == {"errorMessages", "errors"}


async def test_types_inherit_attributes(things: Site) -> None:
    builder = a_tree()
    builder.assets.attribute("Hardware", "Site", kind="select")
    builder.assets.attribute("Laptop", "Owner", kind="user")
    builder.assets.attribute("Laptop", "Maker", kind="reference", refers_to="Software")
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        laptop = (await client.get(f"{BASE}/objecttype/3/attributes")).json()
        own = (await client.get(f"{BASE}/objecttype/3/attributes?excludeParentAttributes=true")).json()
        server = (await client.get(f"{BASE}/objecttype/4/attributes")).json()
        none = await client.get(f"{BASE}/objecttype/99/attributes")
    assert [one["name"] for one in laptop] == ["Key", "Name", "Created", "Updated", "Site", "Owner", "Maker"]
    assert [one["name"] for one in own] == ["Owner", "Maker"]
    assert [one["label"] for one in server] == [False, True, False, False, False]
    assert [one["type"] for one in laptop] == [0, 0, 0, 0, 0, 2, 1]
    assert laptop[4]["defaultType"] == {"id": 10, "name": "Select"}
    assert laptop[4]["id"] == server[4]["id"]
    assert laptop[6]["referenceObjectTypeId"] == "6"
    assert none.status_code == 404


# -- objects


async def test_values_have_the_shape_of_their_kind_and_names_are_elsewhere(things: Site) -> None:
    async with connected(DemoSite(things, now=lambda: NOW)) as client:
        found = await aql(client, 'objectType = "Thing" and Key in (NONE-1, ITSM-2, ITSM-4, ITSM-5, ITSM-7)')
        bare = await aql(client, "Key = ITSM-2", includeAttributes="false")
    names = {one["id"]: one["name"] for one in found["objectTypeAttributes"]}
    shown = [
        {names[one["objectTypeAttributeId"]]: one["objectAttributeValues"] for one in thing["attributes"]}
        for thing in found["values"]
    ]
    by_label = dict(zip([one["label"] for one in found["values"]], shown, strict=True))
    assert list(by_label) == ["", "o1", "o3", "O4"]
    first = by_label["o1"]
    assert first["Owner"][0]["user"]["key"] == first["Owner"][0]["searchValue"] == "acc:ann"
    assert first["Owner"][0]["displayValue"] == "ann"
    assert first["Status"][0]["status"] == {"id": "1", "name": "In use", "category": 1}
    assert first["Model"][0]["referencedObject"]["label"] == "Feather 13"
    assert first["Model"][0]["referencedObject"]["id"] == "1"
    assert first["Warranty"] == [{"value": "2026-05-01", "displayValue": "01/May/26", "searchValue": "2026-05-01"}]
    assert by_label["o3"]["Site"] == []
    assert by_label["O4"]["Bought"][0]["value"] == "2026-03-31T11:30:00.000Z"
    assert by_label["O4"]["Bought"][0]["displayValue"] == "31/Mar/26 13:30"
    assert "Name" not in by_label[""]
    assert "Owner" not in by_label["O4"]
    thing = bare["values"][0]
    assert (thing["id"], thing["objectKey"], thing["objectType"]["name"]) == ("2", "ITSM-2", "Thing")
    assert "attributes" not in thing
    assert bare["objectTypeAttributes"] == []


async def test_objects_come_in_pages_and_only_the_count_is_exact() -> None:
    builder = SiteBuilder(now=NOW)
    for number in range(1100):
        builder.assets.object("Thing", f"t{number:04}")
    demo = DemoSite(builder.site(), now=lambda: NOW)
    seen: list[str] = []
    async with connected(demo) as client:
        while True:
            page = await aql(client, "objectType = Thing", startAt=len(seen), maxResults=400, includeAttributes="false")
            seen += [one["label"] for one in page["values"]]
            assert page["isLast"] is page["last"]
            if page["isLast"]:
                break
        count = (await client.post(f"{BASE}/object/aql/totalcount", json={"qlQuery": "objectType = Thing"})).json()
        default = await aql(client, "")
    assert seen == [f"t{number:04}" for number in range(1100)]
    assert page["total"] == 1000
    assert count == {"totalCount": 1100}
    assert len(default["values"]) == default["maxResults"] == 25
    assert demo.counters.of("object/aql").points == 3 + 1100 + 1 + 25
    assert demo.counters.of("object/aql/totalcount").points == 1


async def test_pages_may_not_advance_or_not_end(things: Site) -> None:
    demo = DemoSite(things, now=lambda: NOW)
    demo.faults.add(Fault.same_page(on="object/aql"))
    demo.faults.add(Fault.endless(on="object/aql", after=2))
    demo.faults.add(Fault.endless(on="objectschema/list"))
    async with connected(demo) as client:
        first = await aql(client, "", maxResults=2)
        again = await aql(client, "", startAt=2, maxResults=2)
        second = await aql(client, "", startAt=2, maxResults=2)
        beyond = await aql(client, "", startAt=20)
        schemas = (await client.get(f"{BASE}/objectschema/list?startAt=1&maxResults=1")).json()
    assert again["values"] == first["values"]
    assert again["startAt"] == 2
    assert second["values"] != first["values"]
    assert (beyond["values"], beyond["isLast"]) == ([], False)
    assert (schemas["values"], schemas["total"]) == ([], 2)


# -- where it answers


async def test_a_classic_token_goes_to_the_gateway_without_a_cloud_id(things: Site) -> None:
    demo = DemoSite(things, now=lambda: NOW)
    async with connected(demo) as client:
        good = await client.get(f"{BASE}/objectschema/list")
    async with connected(demo, gateway=True) as client:
        under_cloud = await client.get(f"{BASE}/objectschema/list")
    async with connected(demo, ("reader@example.com", "wrong")) as client:
        wrong = await client.get(f"{BASE}/objectschema/list")
    assert good.status_code == 200
    assert under_cloud.status_code == 401
    assert wrong.json() == {"code": 401, "message": "Unauthorized"}


async def test_a_token_with_scopes_goes_under_the_cloud_id_and_attributes_want_one_more(things: Site) -> None:
    scopes = frozenset({"read:cmdb-object:jira"})
    demo = DemoSite(things, now=lambda: NOW, kind="scoped", scopes=scopes)
    async with connected(demo) as client:
        bare = await client.post(f"{BASE}/object/aql", json={"qlQuery": ""})
    async with connected(demo, gateway=True) as client:
        without = await client.post(f"{BASE}/object/aql?includeAttributes=false", json={"qlQuery": ""})
        with_ = await client.post(f"{BASE}/object/aql", json={"qlQuery": ""})
        schemas = await client.get(f"{BASE}/objectschema/list")
    assert [one.status_code for one in (bare, without, with_, schemas)] == [401, 200, 401, 401]


async def test_another_workspace_or_a_site_without_assets_is_404(things: Site) -> None:
    async with connected(DemoSite(things, now=lambda: NOW)) as client:
        other = await client.get("/jsm/assets/workspace/other/v1/objectschema/list")
    async with connected(DemoSite(SiteBuilder(now=NOW).site(), now=lambda: NOW)) as client:
        none = await client.get(f"{BASE}/objectschema/list")
    assert (other.status_code, none.status_code) == (404, 404)


async def test_requests_name_objects_by_id_only_and_jql_knows_only_whether_there_are_any(things: Site) -> None:
    builder = some_things()
    builder.request(assets=["o1", "hidden"])
    builder.request()
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        jql = {"jql": "cf[10040] is not EMPTY", "fields": ["customfield_10040"]}
        found = (await client.post("/rest/api/3/search/jql", json=jql)).json()
        refused = await client.post("/rest/api/3/search/jql", json={"jql": 'cf[10040] = "o1"'})
        label = await aql(client, "objectId in (2, 8)")
    workspace = builder.assets.workspace_id
    assert found["issues"][0]["fields"]["customfield_10040"] == [
        {"workspaceId": workspace, "id": f"{workspace}:2", "objectId": "2"},
        {"workspaceId": workspace, "id": f"{workspace}:8", "objectId": "8"},
    ]
    assert refused.status_code == 400
    assert [one["label"] for one in label["values"]] == ["o1"]


async def test_a_refused_query_says_why(things: Site) -> None:
    async with connected(DemoSite(things, now=lambda: NOW)) as client:
        refused = await client.post(f"{BASE}/object/aql", json={"qlQuery": "Nope = 1"})
        counted = await client.post(f"{BASE}/object/aql/totalcount", json={"qlQuery": "Site ="})
        missing = await client.post(f"{BASE}/object/aql", json={})
        unknown = await client.post(f"{BASE}/object/aql", json={"qlQuery": "", "page": 1})
    assert refused.status_code == 400
    assert refused.json()["errorMessages"] == ['AQL query is not valid: no attribute with the name "Nope" exists.']
    assert [one.status_code for one in (counted, missing, unknown)] == [400, 400, 400]
