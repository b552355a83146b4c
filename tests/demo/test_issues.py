"""Issues in bulk, and values that a reader does not expect."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from demo.app import DemoSite
from demo.build import SiteBuilder
from demo.model import FieldKind
from tests.demo.conftest import NOW, a_site, connected

BULK = "/rest/api/3/issue/bulkfetch"
SEARCH = "/rest/api/3/search/jql"
CHANNEL = "request.channel.type"


async def fetched(client: httpx2.AsyncClient, **body: object) -> Any:
    answer = await client.post(BULK, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_issues_come_in_bulk_by_id_or_key_in_the_order_of_ids(demo: DemoSite) -> None:
    demo.site.issues[1].restricted = True
    demo.site.changed()
    async with connected(demo) as client:
        asked = ["ITS-3", "10001", "10003", "ITS-2", "ITS-99"]
        found = await fetched(client, issueIdsOrKeys=asked, fields=["summary"], properties=[CHANNEL])
    assert [one["key"] for one in found["issues"]] == ["ITS-1", "ITS-3"]
    assert found["issues"][0]["fields"] == {"summary": "number 0"}
    assert found["issues"][0]["properties"] == {CHANNEL: {"value": "portal"}}
    assert found["issueErrors"] == []
    assert demo.counters.of("issue/bulkfetch").points == 3


async def test_a_thousand_come_only_where_fields_are_named() -> None:
    demo = DemoSite(a_site(1001), now=lambda: NOW)
    ids = [str(one.id) for one in demo.site.issues]
    refusable: list[dict[str, object]] = [
        {"issueIdsOrKeys": ids, "fields": ["created"]},
        {"issueIdsOrKeys": ids[:101]},
        {"issueIdsOrKeys": ids[:101], "fields": ["*all"]},
        {"issueIdsOrKeys": ids[:101], "fields": ["created"], "expand": ["changelog"]},
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": ids[:1], "jql": "project = ITS"},
    ]
    async with connected(demo) as client:
        found = await fetched(client, issueIdsOrKeys=ids[:1000], fields=["created"])
        refused = [await client.post(BULK, json=body) for body in refusable]
        everything = await fetched(client, issueIdsOrKeys=ids[:1])
    assert len(found["issues"]) == 1000
    assert {one.status_code for one in refused} == {400}
    assert {"summary", "customfield_10010"} <= set(everything["issues"][0]["fields"])


async def test_nobody_fetches_nothing(demo: DemoSite) -> None:
    async with connected(demo, None) as client:
        assert await fetched(client, issueIdsOrKeys=["ITS-1"]) == {"issues": [], "issueErrors": []}


@pytest.mark.parametrize("channel", ["jira", "portal", "anonymousportal", "email", "api", "deployment"])
async def test_a_channel_that_no_property_tells_is_found_by_jql(channel: str) -> None:
    builder = SiteBuilder(now=NOW)
    builder.request(channel=channel, summary="this")
    builder.request(channel=None)
    demo = DemoSite(builder.site(), now=lambda: NOW, channel_property=False)
    async with connected(demo) as client:
        body = {"jql": f"request-channel-type in ({channel})", "fields": ["summary"], "properties": [CHANNEL]}
        found = (await client.post(SEARCH, json=body)).json()["issues"]
    assert [(one["fields"]["summary"], one["properties"]) for one in found] == [("this", {})]


async def test_a_rating_may_be_a_number_or_anything_else() -> None:
    builder = SiteBuilder(now=NOW)
    builder.request(rating=5, rated="2026-03-01")
    builder.request(rating=4, raw={"Satisfaction": {"stars": 4}, "priority": None})
    site = builder.site()
    demo = DemoSite(site, now=lambda: NOW, plain_ratings=True)
    async with connected(demo) as client:
        body = {"jql": "Satisfaction is not EMPTY order by created", "fields": ["customfield_10020", "priority"]}
        plain = (await client.post(SEARCH, json=body)).json()["issues"]
        demo.plain_ratings, demo.site = False, site
        wrapped = (await client.post(SEARCH, json=body)).json()["issues"]
    assert [one["fields"]["customfield_10020"] for one in plain] == [{"stars": 4}, 5]
    assert [one["fields"]["customfield_10020"] for one in wrapped] == [{"stars": 4}, {"rating": 5}]
    assert plain[0]["fields"]["priority"] is None


async def test_a_field_may_be_unknown_to_jql() -> None:
    builder = SiteBuilder(now=NOW)
    builder.field("Satisfaction", FieldKind.RATING, searchable=False)
    builder.request(rating=5)
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        refused = await client.post(SEARCH, json={"jql": "cf[10020] is not EMPTY"})
        fields = (await client.get("/rest/api/3/field")).json()
    assert refused.status_code == 400
    field = next(one for one in fields if one["id"] == "customfield_10020")
    assert (field["searchable"], field["clauseNames"]) == (False, [])
