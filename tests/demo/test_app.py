"""The endpoints over real HTTP: shapes, checks, credentials, limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from demo.app import DemoSite
from demo.build import SiteBuilder, completed, ongoing
from demo.counters import Burst
from demo.serve import serving_in_thread
from tests.demo.conftest import NOW, a_site, connected

API = "/rest/api/3"
SEARCH = f"{API}/search/jql"
COUNT = f"{API}/search/approximate-count"


async def found(client: httpx2.AsyncClient, **body: object) -> Any:
    answer = await client.post(SEARCH, json={"jql": "project = ITS", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


# -- search


async def test_without_fields_a_search_gives_ids_only(demo: DemoSite) -> None:
    async with connected(demo) as client:
        assert await found(client) == {"issues": [{"id": "10003"}, {"id": "10002"}, {"id": "10001"}], "isLast": True}
        with_key = await found(client, fields=["key"])
    assert with_key["issues"][0]["key"] == "ITS-3"
    assert "fields" not in with_key["issues"][0]


async def test_only_the_fields_asked_for_come(demo: DemoSite) -> None:
    async with connected(demo) as client:
        page = await found(client, fields=["assignee", "customfield_10002", "customfield_99"])
        everything = await found(client, fields=["*all", "-summary"])
        by_get = await client.get(
            SEARCH, params={"jql": "project = ITS", "fields": "created,summary", "maxResults": "1"}
        )
    assert set(page["issues"][0]["fields"]) == {"assignee", "customfield_10002"}
    assert "summary" not in everything["issues"][0]["fields"]
    assert {"created", "customfield_10031"} <= set(everything["issues"][0]["fields"])
    assert set(by_get.json()["issues"][0]["fields"]) == {"created", "summary"}
    assert by_get.json()["isLast"] is False


async def test_a_page_with_fields_holds_at_most_a_hundred() -> None:
    demo = DemoSite(a_site(250), now=lambda: NOW)
    sizes: list[int] = []
    ids: set[str] = set()
    cursor: dict[str, str] = {}
    async with connected(demo) as client:
        while True:
            page = await found(client, fields=["summary"], maxResults=5000, **cursor)
            sizes.append(len(page["issues"]))
            ids |= {one["id"] for one in page["issues"]}
            assert page["isLast"] is ("nextPageToken" not in page)
            if page["isLast"]:
                break
            cursor = {"nextPageToken": page["nextPageToken"]}
        all_ids = await found(client, fields=["id"], maxResults=5000)
    assert sizes == [100, 100, 50]
    assert len(ids) == len(all_ids["issues"]) == 250
    assert "total" not in all_ids


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"jql": "project = ITS", "startAt": 0}, "Invalid request payload."),
        ({"jql": 3}, "Invalid request payload."),
        ({"jql": "project = ITS", "fields": "id"}, "Invalid request payload."),
        ({"jql": "", "maxResults": 0, "nextPageToken": "x"}, "token"),
        ({"jql": "", "maxResults": 0, "reconcileIssues": list(range(51))}, "reconcile is 50"),
        ({"jql": "", "maxResults": 0}, "maxResults"),
        ({"jql": "project = ITS", "maxResults": 5001}, "maxResults"),
        ({"jql": "order by key"}, "Unbounded JQL"),
        ({"jql": "project = NOPE"}, "The value 'NOPE' does not exist for the field 'project'."),
        ({"jql": "project = ("}, "Error in the JQL Query: "),
    ],
)
async def test_bad_searches_are_refused_in_jiras_order(demo: DemoSite, body: dict[str, object], says: str) -> None:
    async with connected(demo) as client:
        answer = await client.post(SEARCH, json=body)
    assert answer.status_code == 400
    assert says in answer.json()["errorMessages"][0]
    assert answer.json()["errors"] == {}


async def test_a_parameter_that_is_no_number_is_a_problem_document(demo: DemoSite) -> None:
    async with connected(demo) as client:
        answer = await client.get(SEARCH, params={"jql": "project = ITS", "maxResults": "abc"})
        nothing = await client.get(f"{API}/nothing")
        method = await client.delete(f"{API}/field")
        null = await client.post(SEARCH, json={"jql": "project = ITS", "reconcileIssues": None})
        old = await client.get(f"{API}/search", params={"jql": "project = ITS"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Failed to convert 'maxResults' with value: 'abc'"
    assert [one.status_code for one in (answer, nothing, method, null, old)] == [400, 404, 405, 500, 410]


async def test_restricted_issues_are_not_there(demo: DemoSite) -> None:
    demo.site.issues[0].restricted = True
    demo.site.changed()
    async with connected(demo) as client:
        assert len((await found(client))["issues"]) == 2
        counted = await client.post(COUNT, json={"jql": "project = ITS"})
    assert counted.json() == {"count": 2}


async def test_an_estimate_may_be_off() -> None:
    demo = DemoSite(a_site(), now=lambda: NOW, count_skew=2)
    async with connected(demo) as client:
        counted = await client.post(COUNT, json={"jql": "project = ITS"})
        unbounded = await client.post(COUNT, json={"jql": ""})
    assert counted.json() == {"count": 5}
    assert unbounded.status_code == 400


# -- shapes of values


async def test_values_have_the_documented_shapes() -> None:
    builder = SiteBuilder(now=NOW, zone="Asia/Tokyo")
    cycles = [completed(stop="2026-03-30T10:00:00.376Z", elapsed_hours=1.5), ongoing(breached=True, elapsed_hours=9)]
    builder.user("ann", email="ann@example.com")
    builder.request(
        created="2026-03-29T09:02:13.432Z",
        assignee="ann",
        organizations=["Acme"],
        sla={"Time to resolution": cycles, "Time to first response": []},
        options={"Root cause": "Network"},
        rating=4,
        rated="2026-03-30",
        duedate="2026-04-02",
        channel="email",
    )
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        page = await found(client, fields=["*all"], properties=["request.channel.type"], expand="names,schema")
    issue = page["issues"][0]
    fields = issue["fields"]
    sla = fields["customfield_10031"]
    assert fields["created"] == "2026-03-29T18:02:13.432+0900"
    assert fields["duedate"] == "2026-04-02"
    assert fields["resolution"] is fields["resolutiondate"] is fields["timeestimate"] is None
    assert fields["assignee"]["accountId"] == "acc:ann"
    assert fields["assignee"]["emailAddress"] == "ann@example.com"
    assert fields["status"]["statusCategory"] | {"self": ""} == {
        "self": "",
        "id": 2,
        "key": "new",
        "name": "To Do",
        "colorName": "blue-gray",
    }
    assert fields["customfield_10002"][0]["name"] == "Acme"
    assert fields["customfield_10002"][0]["id"] == "1"
    assert fields["customfield_10010"]["requestType"]["name"] == "Get help"
    assert fields["customfield_10010"]["requestType"]["serviceDeskId"] == "1"
    assert fields["customfield_10020"] == {"rating": 4}
    assert fields["customfield_10101"]["value"] == "Network"
    assert fields["customfield_10030"]["completedCycles"] == []
    assert "ongoingCycle" not in fields["customfield_10030"]
    assert sla["completedCycles"][0]["stopTime"] == {
        "iso8601": "2026-03-30T19:00:00+0900",
        "jira": "2026-03-30T19:00:00.376+0900",
        "friendly": "30/Mar/26 19:00",
        "epochMillis": 1774864800376,
    }
    assert sla["completedCycles"][0]["elapsedTime"] == {"millis": 5_400_000, "friendly": "1h 30m"}
    assert sla["ongoingCycle"]["breached"] is True
    assert sla["ongoingCycle"]["remainingTime"] == {"millis": -3_600_000, "friendly": "-1h"}
    assert set(sla["ongoingCycle"]) >= {"paused", "withinCalendarHours"}
    assert "stopTime" not in sla["ongoingCycle"]
    assert issue["properties"] == {"request.channel.type": {"value": "email"}}
    assert page["names"]["customfield_10031"] == "Time to resolution"
    assert page["schema"]["labels"] == {"type": "array", "system": "labels", "items": "string"}


async def test_an_sla_that_does_not_apply_is_null_and_the_channel_may_not_come_back() -> None:
    demo = DemoSite(a_site(), now=lambda: NOW, channel_property=False)
    async with connected(demo) as client:
        page = await found(client, fields=["customfield_10031"], properties=["request.channel.type"])
    assert page["issues"][0]["fields"] == {"customfield_10031": None}
    assert page["issues"][0]["properties"] == {}


async def test_a_ticking_cycle_moves_with_the_clock() -> None:
    builder = SiteBuilder(now=NOW)
    builder.request(sla={"Time to resolution": [ongoing(elapsed_hours=7.5, live=True)]})
    async with connected(DemoSite(builder.site(), now=lambda: NOW + timedelta(hours=1))) as client:
        page = await found(client, fields=["customfield_10031"])
    cycle = page["issues"][0]["fields"]["customfield_10031"]["ongoingCycle"]
    assert cycle["breached"] is True
    assert cycle["elapsedTime"]["millis"] == 30_600_000


# -- lists


async def test_fields_are_told_by_their_type_not_by_their_name(demo: DemoSite) -> None:
    async with connected(demo) as client:
        fields = (await client.get(f"{API}/field")).json()
    named = [one for one in fields if one["name"] == "Organizations"]
    assert len(named) == 2
    real = {one["schema"].get("custom"): one for one in fields}
    assert real["com.atlassian.servicedesk:sd-customer-organizations"]["clauseNames"][0] == "cf[10002]"
    kind = real["com.atlassian.servicedesk:vp-origin"]
    assert (kind["name"], kind["untranslatedName"]) == ("Anfragetyp", "Request Type")
    assert [one["id"] for one in fields if one["name"] == "Time to resolution"] == [
        "customfield_10091",
        "customfield_10031",
    ]


async def test_projects_come_in_pages_and_by_key(demo: DemoSite) -> None:
    builder = SiteBuilder(now=NOW)
    for number in range(130):
        builder.project(f"P{number:03}", type_key="service_desk" if number % 2 else "software")
    demo.site = builder.site()
    async with connected(demo) as client:
        first = (await client.get(f"{API}/project/search", params={"maxResults": 1000})).json()
        rest = (await client.get(f"{API}/project/search", params={"maxResults": 1000, "startAt": 100})).json()
        picked = (await client.get(f"{API}/project/search", params={"keys": ["P001", "P002", "NOPE"]})).json()
        desks = (await client.get(f"{API}/project/search", params={"typeKey": "service_desk"})).json()
    assert (len(first["values"]), first["maxResults"], first["isLast"], first["total"]) == (100, 100, False, 130)
    assert (len(rest["values"]), rest["isLast"]) == (30, True)
    assert [one["key"] for one in picked["values"]] == ["P001", "P002"]
    assert desks["total"] == 65
    assert demo.counters.points == 101 + 31 + 3 + 51


async def test_users_come_ten_a_page_and_unknown_ones_not_at_all(demo: DemoSite) -> None:
    builder = SiteBuilder(now=NOW)
    ids = [builder.user(f"u{number}", active=number != 0).account_id for number in range(12)]
    demo.site = builder.site()
    async with connected(demo) as client:
        first = (await client.get(f"{API}/user/bulk", params={"accountId": [*ids, "nobody"]})).json()
        last = (await client.get(f"{API}/user/bulk", params={"accountId": ids, "startAt": 10})).json()
        none = await client.get(f"{API}/user/bulk")
    assert (len(first["values"]), first["isLast"]) == (10, False)
    assert [one["accountId"] for one in last["values"]] == ids[10:]
    assert first["values"][0]["active"] is False
    assert none.status_code == 400
    assert demo.counters.points == 21 + 5 + 1


async def test_the_small_lists_and_the_account_are_there(demo: DemoSite) -> None:
    async with connected(demo) as client:
        status, priority, kinds, me, server = [
            (await client.get(f"{API}/{name}")).json()
            for name in ("status", "priority", "issuetype", "myself", "serverInfo")
        ]
        tenant = (await client.get("/_edge/tenant_info")).json()
    assert [one["statusCategory"]["key"] for one in status] == ["new", "indeterminate", "indeterminate", "done", "done"]
    assert [one["name"] for one in priority] == ["Highest", "High", "Medium", "Low", "Lowest"]
    assert [one["name"] for one in kinds if one["subtask"]] == ["Sub-task"]
    assert (me["accountId"], me["timeZone"]) == ("acc:reporting", "Asia/Tokyo")
    assert server["serverTime"] == "2026-03-31T21:00:00.000+0900"
    assert tenant == {"cloudId": demo.site.cloud_id}


async def test_jql_is_parsed_strictly_or_not(demo: DemoSite) -> None:
    queries = ["project = ITS", "project = NOPE", "universe = 1", "project = ("]
    async with connected(demo) as client:
        strict, warn, none = [
            (await client.post(f"{API}/jql/parse", params={"validation": mode}, json={"queries": queries})).json()[
                "queries"
            ]
            for mode in ("strict", "warn", "none")
        ]
        missing = await client.post(f"{API}/jql/parse", json={"queries": queries})
    assert [bool(one.get("errors")) for one in strict] == [False, True, True, True]
    assert strict[1]["errors"] == ["The value 'NOPE' does not exist for the field 'project'."]
    assert warn[1]["warnings"] == strict[1]["errors"]
    assert [bool(one.get("errors")) for one in none] == [False, False, False, True]
    assert strict[0]["structure"]["where"]["operand"] == {"value": "ITS"}
    assert missing.status_code == 400


# -- credentials


async def test_a_wrong_credential_on_the_site_host_reads_as_nobody(demo: DemoSite) -> None:
    async with connected(demo, ("reader@example.com", "wrong")) as client:
        page = await client.post(SEARCH, json={"jql": "project = ITS"})
        projects = await client.get(f"{API}/project/search")
        fields = await client.get(f"{API}/field")
        me = await client.get(f"{API}/myself")
    assert page.json() == {"issues": [], "isLast": True}
    assert projects.json()["values"] == []
    assert fields.status_code == 200
    assert {one.headers["X-Seraph-LoginReason"] for one in (page, projects, fields, me)} == {"AUTHENTICATED_FAILED"}
    assert me.status_code == 401
    assert me.text == "Client must be authenticated to access this resource."


async def test_no_credential_is_nobody_without_the_header(demo: DemoSite) -> None:
    async with connected(demo, None) as client:
        page = await client.post(SEARCH, json={"jql": "project = ITS"})
        info = await client.get(f"{API}/serverInfo")
        opaque = await client.get(f"{API}/field", headers={"Authorization": "Bearer abc"})
        signed = await client.get(f"{API}/field", headers={"Authorization": "Bearer a.b.c"})
    assert page.json()["issues"] == []
    assert "X-Seraph-LoginReason" not in page.headers
    assert "serverTime" not in info.json()
    assert (opaque.status_code, signed.status_code) == (403, 401)


async def test_a_classic_token_is_for_the_site_host_only(demo: DemoSite) -> None:
    async with connected(demo, gateway=True) as client:
        answer = await client.get(f"{API}/myself")
    assert answer.status_code == 401
    assert answer.json() == {"code": 401, "message": "Unauthorized"}


async def test_a_scoped_token_is_for_the_gateway_only_and_for_its_scopes() -> None:
    demo = DemoSite(a_site(), now=lambda: NOW, kind="scoped", scopes=frozenset({"read:jira-work"}))
    async with connected(demo) as client:
        on_site = await client.get(f"{API}/myself")
    async with connected(demo, gateway=True) as client:
        search = await client.post(SEARCH, json={"jql": "project = ITS"})
        me = await client.get(f"{API}/myself")
        info = await client.get(f"{API}/serverInfo")
        elsewhere = await client.get(str(client.base_url.copy_with(path=f"/ex/jira/other{API}/myself")))
    assert on_site.status_code == 401
    assert len(search.json()["issues"]) == 3
    assert me.json() == {"code": 401, "message": "Unauthorized; scope does not match"}
    assert info.status_code == 200
    assert elsewhere.status_code == 404


# -- limits, counters, serving


def test_a_bucket_empties_and_fills() -> None:
    clock = [0.0]
    burst = Burst(lambda: clock[0])
    assert [burst.take("x", 10, 2) for _ in range(3)] == [1, 0, None]
    assert burst.take("y", 10, 2) == 1
    clock[0] = 0.1
    assert [burst.take("x", 10, 2) for _ in range(2)] == [0, None]


async def test_beyond_the_burst_limit_is_a_429_that_says_when_to_come_back(demo: DemoSite) -> None:
    demo.burst = Burst(lambda: 0.0)
    async with connected(demo) as client:
        answers = [await client.post(SEARCH, json={"jql": "project = ITS"}) for _ in range(201)]
    assert {one.status_code for one in answers[:200]} == {200}
    assert "X-RateLimit-NearLimit" in answers[199].headers
    assert answers[200].status_code == 429
    assert answers[200].headers["Retry-After"] == "1"
    assert answers[200].headers["RateLimit-Reason"] == "jira-burst-based"


async def test_calls_and_points_are_counted_and_the_counters_are_not(demo: DemoSite) -> None:
    async with connected(demo) as client:
        await found(client)
        await found(client, fields=["summary"])
        await client.post(COUNT, json={"jql": "project = NOPE"})
        await client.get(f"{API}/nothing")
        counters = (await client.get("/_demo/counters")).json()
        reset = await client.post("/_demo/counters/reset")
    assert counters["calls"] == 4
    assert counters["points"] == 4 + 4 + 1 + 1
    assert counters["endpoints"]["search/jql"] == {"calls": 2, "points": 8}
    assert reset.status_code == 204
    assert demo.counters.calls == 0


async def test_latency_is_added_to_every_call_without_holding_others_up(demo: DemoSite) -> None:
    demo.latency_seconds = 0.05
    async with connected(demo) as client:
        answer = await client.get(f"{API}/myself")
    assert answer.elapsed >= timedelta(seconds=0.05)


async def test_it_serves_in_a_thread_of_its_own_too(demo: DemoSite) -> None:
    with serving_in_thread(demo.app) as url:
        async with httpx2.AsyncClient(base_url=url) as client:
            assert (await client.get("/_edge/tenant_info")).json() == {"cloudId": demo.site.cloud_id}
    async with httpx2.AsyncClient(base_url=url) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("/_edge/tenant_info")


def test_a_taken_port_is_an_error_at_once(demo: DemoSite) -> None:
    with serving_in_thread(demo.app) as url:
        again = serving_in_thread(demo.app, port=int(url.rsplit(":", 1)[1]))
        with pytest.raises(OSError, match="in use"):
            again.__enter__()
