"""The lists of JSM over real HTTP: shapes, paging, refusals, points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from demo.app import DemoSite
from demo.build import SiteBuilder
from demo.counters import Burst
from demo.faults import Fault
from tests.demo.conftest import NOW, connected

API = "/rest/servicedeskapi"
OPT_IN = {"X-ExperimentalApi": "opt-in"}


def a_builder() -> SiteBuilder:
    """Three organizations, one of them empty; five customers of the one desk, one inactive; a reporter who is none."""
    builder = SiteBuilder(now=NOW)
    builder.user("c1", email="c1@example.com", kind="customer")
    builder.user("c4", active=False, kind="customer")
    builder.organization("Acme", members=["c3", "c1", "c2"])
    builder.organization("Beta", members=["c3", "c4"])
    builder.organization("Gamma")
    builder.desk("ITS", customers=["c1", "c2", "c3", "c4", "c5"])
    for reporter, several in (("c1", 3), ("c3", 1), ("x9", 2)):
        for _ in range(several):
            builder.request(reporter=reporter)
    return builder


@pytest.fixture
def demo() -> DemoSite:
    return DemoSite(a_builder().site(), now=lambda: NOW)


async def page(client: httpx2.AsyncClient, path: str, **query: str | int | list[str]) -> Any:
    params: Mapping[str, str | int | list[str]] = query
    answer = await client.get(f"{API}/{path}", params=params, headers=OPT_IN)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: Any, name: str = "id") -> list[str]:
    return [one[name] for one in answer["values"]]


async def test_organizations_and_their_members_are_listed(demo: DemoSite) -> None:
    async with connected(demo) as client:
        organizations = await page(client, "organization")
        members = {one: ids(await page(client, f"organization/{one}/user"), "accountId") for one in ids(organizations)}
        of_one = await page(client, "organization", accountId="acc:c3")
        nobody = await client.get(f"{API}/organization", params={"accountId": "nobody"})
        none = await client.get(f"{API}/organization/99/user")
    assert [one["name"] for one in organizations["values"]] == ["Acme", "Beta", "Gamma"]
    assert members == {"1": ["acc:c1", "acc:c2", "acc:c3"], "2": ["acc:c3", "acc:c4"], "3": []}
    assert ids(of_one) == ["1", "2"]
    assert (nobody.status_code, none.status_code) == (404, 404)
    assert set(none.json()) == {"errorMessage", "i18nErrorMessage"}


async def test_customers_of_a_desk_are_listed_by_its_id_or_its_projects_key(demo: DemoSite) -> None:
    async with connected(demo) as client:
        desks = await page(client, "servicedesk")
        customers = await page(client, "servicedesk/1/customer")
        by_key = await page(client, "servicedesk/ITS/customer", query="c1@")
        none = await client.get(f"{API}/servicedesk/9/customer", headers=OPT_IN)
    assert desks["values"] == [
        {
            "id": "1",
            "projectId": "10000",
            "projectName": "ITS desk",
            "projectKey": "ITS",
            "projectTypeKey": "service_desk",
            "_links": {"self": desks["values"][0]["_links"]["self"]},
        }
    ]
    assert {one["accountId"]: one["active"] for one in customers["values"]} == {
        "acc:c1": True,
        "acc:c2": True,
        "acc:c3": True,
        "acc:c4": False,
        "acc:c5": True,
    }
    assert ids(by_key, "emailAddress") == ["c1@example.com"]
    assert "emailAddress" not in customers["values"][1]
    assert none.status_code == 404


async def test_a_page_is_told_by_its_own_size_and_the_server_lowers_the_limit(demo: DemoSite) -> None:
    demo.list_cap = 2
    async with connected(demo) as client:
        first = await page(client, "servicedesk/1/customer", limit=100)
        last = await page(client, "servicedesk/1/customer", start=4, limit=100)
        beyond = await page(client, "servicedesk/1/customer", start=9)
    assert (first["size"], first["start"], first["limit"], first["isLastPage"]) == (2, 0, 2, False)
    assert first["_links"]["next"].endswith("/servicedesk/1/customer?start=2&limit=2")
    assert (last["size"], last["start"], last["isLastPage"]) == (1, 4, True)
    assert "next" not in last["_links"]
    assert (beyond["size"], beyond["values"], beyond["isLastPage"]) == (0, [], True)
    assert "total" not in first


async def test_organizations_of_a_desk_are_all_or_those_linked() -> None:
    builder = a_builder()
    builder.desk("HR", organizations=["Beta"])
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        assert ids(await page(client, "servicedesk/1/organization")) == ["1", "2", "3"]
        assert ids(await page(client, "servicedesk/HR/organization")) == ["2"]


async def test_request_types_come_with_their_groups_and_without_the_deleted_ones() -> None:
    builder = a_builder()
    builder.request_type("Laptop", "HR", groups=["Hardware", "New"])
    builder.request_type("Phone", "HR", groups=["Hardware"])
    gone = builder.request_type("Fax", "HR", deleted=True)
    issue = builder.request(project="HR", request_type=gone)
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        everything = await page(client, "requesttype")
        of_hr = await page(client, "requesttype", serviceDeskId=["HR"], searchQuery="pho")
        groups = await page(client, "servicedesk/HR/requesttypegroup")
        held = await client.post(
            "/rest/api/3/search/jql", json={"jql": f"key = {issue.key}", "fields": ["customfield_10010"]}
        )
    assert [(one["name"], one["serviceDeskId"], one["groupIds"]) for one in everything["values"]] == [
        ("Get help", "1", []),
        ("Laptop", "2", ["1", "2"]),
        ("Phone", "2", ["1"]),
    ]
    assert ids(of_hr, "name") == ["Phone"]
    assert groups["values"] == [{"id": "1", "name": "Hardware"}, {"id": "2", "name": "New"}]
    assert held.json()["issues"][0]["fields"]["customfield_10010"]["requestType"]["name"] == "Fax"


async def test_feedback_has_the_comment_that_no_field_has() -> None:
    builder = SiteBuilder(now=NOW)
    rated = builder.request(rating=4, rated="2026-03-30", rating_comment="Great work!")
    silent = builder.request()
    async with connected(DemoSite(builder.site(), now=lambda: NOW)) as client:
        given = await page(client, f"request/{rated.key}/feedback")
        none = await client.get(f"{API}/request/{silent.id}/feedback", headers=OPT_IN)
        unknown = await client.get(f"{API}/request/ITS-99/feedback", headers=OPT_IN)
    assert given == {"type": "csat", "rating": 4, "comment": {"body": "Great work!"}}
    assert (none.status_code, unknown.status_code) == (404, 404)


async def test_the_workspace_of_assets_is_there_if_the_site_has_assets(demo: DemoSite) -> None:
    builder = a_builder()
    builder.assets.enable()
    async with connected(demo) as client:
        without = await page(client, "assets/workspace")
        demo.site = builder.site()
        with_ = await page(client, "assets/workspace")
    assert without["values"] == []
    assert with_["values"] == [{"workspaceId": builder.assets.workspace_id}]


# -- refusals


async def test_without_an_agents_licence_the_lists_are_403_without_a_body() -> None:
    demo = DemoSite(a_builder().site(), now=lambda: NOW, licensed=False)
    async with connected(demo) as client:
        paths = ("servicedesk", "organization", "organization/1/user", "servicedesk/1/customer", "requesttype")
        answers = [await client.get(f"{API}/{path}", headers=OPT_IN) for path in paths]
        workspace = await client.get(f"{API}/assets/workspace")
    assert {(one.status_code, one.content) for one in answers} == {(403, b"")}
    assert workspace.status_code == 200


async def test_experimental_calls_want_their_header(demo: DemoSite) -> None:
    async with connected(demo) as client:
        experimental = [
            await client.get(f"{API}/{path}")
            for path in ("requesttype", "servicedesk/1/customer", "request/ITS-1/feedback")
        ]
        plain = await client.get(f"{API}/servicedesk")
    assert {one.status_code for one in experimental} == {412}
    assert plain.status_code == 200


async def test_nobody_is_not_answered(demo: DemoSite) -> None:
    async with connected(demo, ("reader@example.com", "wrong")) as client:
        answer = await client.get(f"{API}/organization")
    assert answer.status_code == 401
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


async def test_people_and_organizations_want_a_scope_of_their_own() -> None:
    scopes = frozenset({"read:servicedesk-request", "read:jira-work"})
    demo = DemoSite(a_builder().site(), now=lambda: NOW, kind="scoped", scopes=scopes)
    async with connected(demo, gateway=True) as client:
        desks = await client.get(f"{API}/servicedesk")
        organizations = await client.get(f"{API}/organization")
    assert desks.status_code == 200
    assert organizations.json() == {"code": 401, "message": "Unauthorized; scope does not match"}


async def test_customers_are_only_a_few_calls_a_second(demo: DemoSite) -> None:
    demo.burst = Burst(lambda: 0.0)
    async with connected(demo) as client:
        answers = [await client.get(f"{API}/servicedesk/1/customer", headers=OPT_IN) for _ in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]


# -- faults and points


async def test_a_page_can_repeat_and_a_list_can_be_without_end(demo: DemoSite) -> None:
    demo.list_cap = 2
    repeats = demo.faults.add(Fault.same_page(on="organization"))
    async with connected(demo) as client:
        first = await page(client, "organization")
        again = await page(client, "organization", start=2)
        second = await page(client, "organization", start=2)
        demo.faults.add(Fault.endless(on="organization"))
        beyond = await page(client, "organization", start=3)
    assert repeats.hits == 1
    assert (again["start"], ids(again)) == (2, ids(first))
    assert ids(second) == ["3"]
    assert second["isLastPage"] is True
    assert (beyond["size"], beyond["isLastPage"]) == (0, False)


async def test_people_cost_two_points_and_organizations_one(demo: DemoSite) -> None:
    async with connected(demo) as client:
        await page(client, "organization")
        await page(client, "organization/1/user")
        await page(client, "servicedesk/1/customer")
        await page(client, "assets/workspace")
    costs = {name: count.points for name, count in demo.counters.by_endpoint.items()}
    assert costs == {
        "organization": 1 + 3,
        "organization/user": 1 + 2 * 3,
        "servicedesk/customer": 1 + 2 * 5,
        "assets/workspace": 1,
    }


async def test_members_may_change_while_they_are_paged(demo: DemoSite) -> None:
    demo.list_cap = 2
    async with connected(demo) as client:
        first = await page(client, "organization/1/user")
        demo.site.members["1"] = demo.site.members["1"][1:]  # c3, who comes last by account id, leaves
        second = await page(client, "organization/1/user", start=2)
    assert ids(first, "accountId") == ["acc:c1", "acc:c2"]
    assert second["values"] == []
