"""Organizations, their members, the customers of a desk, and the report on them."""

import asyncio
from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.faults import Fault
from tests.api import Answer, Api, api_on

NOW = "2026-03-31T12:00"
OVERALL = "total customers distinctMembers memberships inSeveralOrganizations inNoOrganization emptyOrganizations reportersOutside"
ROWS = (
    "rows { organization { id name } members activeMembers requesters adoption { value } requests requestsPerMember drillDown } "
    "rest { count distinctRequests }"
)
READ = "read { way basis asOf ageSeconds warnings { code message } }"


def members_and_customers() -> SiteBuilder:
    """Acme c1, c2, c3; Beta c3, c4; Gamma nobody; customers c1 to c5; c4 has left; x9 is no customer."""
    site = SiteBuilder(now=NOW)
    site.user("c4", active=False, kind="customer")
    for number in range(1, 6):
        site.user(f"c{number}", kind="customer", email=f"c{number}@example.com" if number != 2 else None)
    site.organization("Acme", members=["c1", "c2", "c3"])
    site.organization("Beta", members=["c3", "c4"])
    site.organization("Gamma")
    site.desk("ITS", customers=[f"c{number}" for number in range(1, 6)])
    for reporter, count in (("c1", 3), ("c3", 1), ("x9", 2)):
        for _ in range(count):
            site.request(created="2026-03-15", reporter=reporter)
    site.request(created="2025-01-15", reporter="c2")
    return site


async def report(api: Api, selection: str = f"{OVERALL} {ROWS} {READ}", arguments: str = "", **scope: Any) -> Answer:
    query = f"query ($scope: RequestScope!) {{ customerReport(scope: $scope{arguments}) {{ {selection} }} }}"
    return await api.ask(query, {"scope": scope})


@pytest.mark.parametrize("desk", ["", ', serviceDesk: "1"'])
async def test_who_belongs_where_and_who_uses_the_desk(desk: str) -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        answer = await report(api, arguments=desk)
        assert answer.errors == []
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        found = answer.data["customerReport"]
        for row in found["rows"]:
            behind = await api.figures(
                "query ($id: ID!) { drillDown(id: $id) { totalCount measure nodes { id } } }", {"id": row["drillDown"]}
            )
            assert behind["drillDown"]["totalCount"] == len(behind["drillDown"]["nodes"]) == row.pop("requests")
            del row["drillDown"]
        assert api.demo.counters.of("user/bulk").calls == 0
    assert {name: found[name] for name in OVERALL.split()} == {
        "total": 6,
        "customers": 5,
        "distinctMembers": 4,
        "memberships": 5,
        "inSeveralOrganizations": 1,
        "inNoOrganization": 1,
        "emptyOrganizations": 1,
        "reportersOutside": 1,
    }
    assert found["rows"] == [
        {
            "organization": {"id": "1", "name": "Acme"},
            "members": 3,
            "activeMembers": 3,
            "requesters": 2,
            "adoption": {"value": pytest.approx(0.666667, abs=1e-6)},
            "requestsPerMember": pytest.approx(4 / 3),
        },
        {
            "organization": {"id": "2", "name": "Beta"},
            "members": 2,
            "activeMembers": 1,
            "requesters": 1,
            "adoption": {"value": 0.5},
            "requestsPerMember": 0.5,
        },
        {
            "organization": {"id": "3", "name": "Gamma"},
            "members": 0,
            "activeMembers": 0,
            "requesters": 0,
            "adoption": {"value": None},
            "requestsPerMember": None,
        },
    ]
    assert found["rest"] == {"count": 0, "distinctRequests": 0}
    assert (found["read"]["way"], found["read"]["basis"], found["read"]["warnings"]) == ("SCAN", ["COHORT"], [])


async def test_the_rest_counts_a_request_once_though_its_reporter_is_in_several() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        found = (await report(api, "rows { members } rest { count distinctRequests }", ", top: 1")).data[
            "customerReport"
        ]
        assert found == {"rows": [{"members": 3}], "rest": {"count": 2, "distinctRequests": 1}}
        answer = await report(api, "total", ", top: 0")
        assert answer.errors[0]["extensions"] == {"code": "BAD_USER_INPUT", "input": "top"}


async def test_only_the_lists_that_the_selected_figures_need_are_read() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        await report(api, "total")
        assert not {"organization", "organization/user", "servicedesk/customer"} & api.demo.counters.by_endpoint.keys()
        await report(api, "reportersOutside")
        assert "organization" not in api.demo.counters.by_endpoint
        await report(api, "rows { adoption { value } }")
        assert api.demo.counters.of("servicedesk/customer").calls == 1
        assert api.demo.counters.of("organization/user").calls == 3


def two_desks() -> SiteBuilder:
    site = SiteBuilder(now=NOW)
    site.organization("Acme", members=["a", "b"])
    site.organization("Beta", members=["b", "c"])
    site.desk("ITS", customers=["a", "b"], organizations=["Acme"])
    site.desk("HR", customers=["c", "d"], organizations=["Beta"])
    for project, reporter in (("ITS", "a"), ("ITS", "c"), ("HR", "c"), ("HR", "b"), ("HR", "z")):
        site.request(project=project, reporter=reporter)
    return site


async def test_a_desk_has_its_own_customers_organizations_and_requests() -> None:
    selection = f"{OVERALL} rows {{ organization {{ name }} requests }}"
    async with api_on(two_desks().site(), NOW) as api:
        one = (await report(api, selection, ', serviceDesk: "2"')).data["customerReport"]
        all_ = (await report(api, selection)).data["customerReport"]
    assert [one[name] for name in OVERALL.split()] == [3, 2, 2, 2, 0, 1, 0, 2]
    assert one["rows"] == [{"organization": {"name": "Beta"}, "requests": 2}]
    assert [all_[name] for name in OVERALL.split()] == [5, 4, 3, 4, 1, 1, 0, 1]
    assert {row["organization"]["name"]: row["requests"] for row in all_["rows"]} == {"Acme": 2, "Beta": 3}


@pytest.mark.parametrize("desk", ["77", "ITS", "../1", ""])
async def test_an_unknown_desk_is_named(desk: str) -> None:
    query = """query ($d: ID!) { customers(serviceDesk: $d) { totalCount } customerReport(scope: {}, serviceDesk: $d) { total }
      site { requestTypes(serviceDesk: $d) { totalCount } } viewer { name } }"""
    async with api_on(two_desks().site(), NOW) as api:
        answer = await api.ask(query, {"d": desk})
    places = {"customers", "customerReport", "site.requestTypes"}
    assert answer.codes == dict.fromkeys(places, "BAD_USER_INPUT")
    assert all(repr(desk) in error["message"] and "1 (ITS), 2 (HR)" in error["message"] for error in answer.errors)
    assert answer.data["viewer"] == {"name": "demo"}


# --- organizations and customers


async def test_members_are_read_only_when_selected_and_names_only_for_the_page() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        plain = await api.figures("{ organizations { totalCount nodes { id name deleted } } }")
        assert api.demo.counters.of("organization/user").calls == 0
        counted = await api.figures("{ organizations { nodes { memberCount members { totalCount } } } }")
        assert api.demo.counters.of("organization/user").calls == 3
        assert api.demo.counters.of("user/bulk").calls == 0
        named = await api.figures(
            "{ organizations(first: 1) { nodes { members(first: 2) { nodes { accountId active displayName } } } } }"
        )
        assert api.demo.counters.of("user/bulk").points == 5
    assert plain["organizations"] == {
        "totalCount": 3,
        "nodes": [
            {"id": str(n), "name": name, "deleted": False} for n, name in enumerate(("Acme", "Beta", "Gamma"), 1)
        ],
    }
    sizes = [(node["memberCount"], node["members"]["totalCount"]) for node in counted["organizations"]["nodes"]]
    assert sizes == [(3, 3), (2, 2), (0, 0)]
    assert named["organizations"]["nodes"][0]["members"]["nodes"] == [
        {"accountId": "acc:c1", "active": True, "displayName": "c1"},
        {"accountId": "acc:c2", "active": True, "displayName": "c2"},
    ]


async def test_names_and_addresses_of_customers_cost_a_call_only_when_selected() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        query = 'query ($after: String) { customers(serviceDesk: "1", first: 2, after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes { %s } } }'
        first = (await api.figures(query % "accountId active"))["customers"]
        assert api.demo.counters.of("user/bulk").calls == 0
        cursor = {"after": first["pageInfo"]["endCursor"]}
        api.demo.counters.reset()
        second = (await api.figures(query % "accountId displayName", cursor))["customers"]
        assert (api.demo.counters.calls, api.demo.counters.points) == (1, 5)
        third = (await api.figures(query % "accountId active emailAddress"))["customers"]
        assert api.demo.counters.of("user/bulk").calls == 2
        await api.figures(query % "displayName emailAddress")
        assert api.demo.counters.of("user/bulk").calls == 2
        edges = await api.figures('{ customers(serviceDesk: "1") { edges { node { name: displayName } } } }')
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (5, True)
    assert second["nodes"] == [{"accountId": f"acc:c{n}", "displayName": f"c{n}"} for n in (3, 4)]
    assert third["nodes"] == [
        {"accountId": "acc:c1", "active": True, "emailAddress": "c1@example.com"},
        {"accountId": "acc:c2", "active": True, "emailAddress": None},
    ]
    assert [edge["node"]["name"] for edge in edges["customers"]["edges"]] == ["c1", "c2", "c3", "c4", "c5"]


async def test_an_account_that_is_gone_keeps_its_place_without_a_name() -> None:
    site = members_and_customers().site()
    site.users[:] = [user for user in site.users if user.display_name != "c2"]
    async with api_on(site, NOW) as api:
        found = await api.figures(
            '{ customers(serviceDesk: "1", first: 2) { nodes { displayName emailAddress active } } }'
        )
    assert found["customers"]["nodes"] == [
        {"displayName": "c1", "emailAddress": "c1@example.com", "active": True},
        {"displayName": None, "emailAddress": None, "active": True},
    ]


async def test_organizations_are_searched_and_paged_by_name() -> None:
    site = SiteBuilder(now=NOW)
    for number in range(130):
        site.organization(f"Firm {number % 65}", id=str(1000 - number))
    async with api_on(site.site(), NOW) as api:
        seen, cursor = [], None
        while True:
            page = (
                await api.figures(
                    'query ($a: String) { organizations(first: 50, after: $a, search: "FIRM") { totalCount pageInfo { hasNextPage endCursor } nodes { id name } } }',
                    {"a": cursor},
                )
            )["organizations"]
            seen += [(node["name"], int(node["id"])) for node in page["nodes"]]
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        one = await api.figures('{ organizations(search: "firm 64") { totalCount nodes { id } } }')
    assert (len(seen), page["totalCount"]) == (130, 130)
    assert seen == sorted(set(seen), key=lambda item: (item[0].casefold(), item[1]))
    assert [node["id"] for node in one["organizations"]["nodes"]] == ["871", "936"]


# --- long lists


async def until_whole(api: Api, query: str) -> Answer:
    for _ in range(200):
        answer = await api.ask(query)
        if set(answer.codes.values()) != {"READ_IN_PROGRESS"}:
            return answer
        assert all(error["extensions"]["retryAfterSeconds"] > 0 for error in answer.errors)
        assert list(answer.data.values()) == [None]
        await asyncio.sleep(0.02)
    raise AssertionError("it is read for ever")


@pytest.mark.parametrize(
    "query",
    [
        '{ customers(serviceDesk: "1") { totalCount } }',
        "{ customerReport(scope: {}) { customers distinctMembers rows { members } } }",
    ],
)
async def test_a_long_list_is_in_progress_until_it_is_whole_and_is_read_once(query: str) -> None:
    site = SiteBuilder(now=NOW)
    people = [f"c{number}" for number in range(240)]
    site.desk("ITS", customers=people)
    site.organization("Acme", members=people)
    async with api_on(site.site(), NOW, patience_seconds=0.4, demo_options={"latency_seconds": 0.15}) as api:
        asked = await api.ask(query)
        assert set(asked.codes.values()) == {"READ_IN_PROGRESS"}
        answer = await until_whole(api, query)
        assert answer.errors == []
        assert api.demo.counters.of("servicedesk/customer").calls == 5
    assert 240 in next(iter(answer.data.values())).values()


async def test_the_calls_of_a_list_that_somebody_could_not_wait_for_are_told_to_who_gets_it() -> None:
    site = SiteBuilder(now=NOW)
    for number in range(20):
        site.organization(f"Org {number}", members=[f"c{number}"])
    async with api_on(site.site(), NOW, patience_seconds=0.3, demo_options={"latency_seconds": 0.1}) as api:
        told: dict[str, dict[str, Any]] = {}
        for _ in range(200):
            answer = await report(api, "memberships")
            told |= answer.reads
            if not answer.errors:
                break
            await asyncio.sleep(0.02)
        assert answer.data["customerReport"] == {"memberships": 20}
        lists = sum(read["calls"] for read in told.values() if read["way"] == "REF")
        assert lists == sum(api.demo.counters.of(name).calls for name in ("organization", "organization/user")) == 21


# --- bad input from upstream


async def test_without_a_licence_the_lists_are_refused_and_neighbours_stand() -> None:
    query = f'{{ organizations {{ totalCount }} customers(serviceDesk: "1") {{ totalCount }} customerReport(scope: {{}}) {{ {OVERALL} }} requests(scope: {{}}) {{ total }} }}'
    async with api_on(members_and_customers().site(), NOW, demo_options={"licensed": False}) as api:
        answer = await api.ask(query)
    assert answer.codes == dict.fromkeys(("organizations", "customers", "customerReport"), "UPSTREAM_UNAUTHORIZED")
    assert all("agent licence" in error["message"] for error in answer.errors)
    assert answer.data["requests"] == {"total": 6}


async def test_a_forbidden_list_of_customers_makes_null_what_rests_on_it_and_says_why() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        api.demo.faults.add(Fault.status(403, on="servicedesk/customer", times=None, body=b""))
        answer = await report(api, f"{OVERALL} {READ}")
        listed = await api.ask('{ customers(serviceDesk: "1") { totalCount } }')
    found = answer.data["customerReport"]
    assert [found[name] for name in ("customers", "inNoOrganization", "reportersOutside")] == [None] * 3
    assert (found["distinctMembers"], found["memberships"]) == (4, 5)
    assert [one["code"] for one in found["read"]["warnings"]] == ["LIST_REFUSED"]
    assert listed.codes == {"customers": "UPSTREAM_UNAUTHORIZED"}


async def test_a_token_without_the_scope_is_told_which_lacks() -> None:
    scopes = frozenset({"read:jira-work", "read:jira-user", "read:servicedesk-request"})
    options = {"kind": "scoped", "scopes": scopes}
    async with api_on(members_and_customers().site(), NOW, demo_options=options) as api:
        answer = await report(api, "memberships")
    assert answer.codes == {"customerReport": "UPSTREAM_UNAUTHORIZED"}
    assert "manage:servicedesk-customer" in answer.errors[0]["message"]


@pytest.mark.parametrize("endpoint", ["organization", "organization/user", "servicedesk/customer"])
@pytest.mark.parametrize("kind", ["repeats", "never ends"])
async def test_pages_that_lead_nowhere_are_an_error_and_no_smaller_number(endpoint: str, kind: str) -> None:
    site = SiteBuilder(now=NOW)
    people = [f"c{number:03}" for number in range(120)]
    for number in range(120):
        site.organization(f"Org {number}", members=people if number == 0 else ())
    site.desk("ITS", customers=people)
    make = Fault.same_page if kind == "repeats" else Fault.endless
    async with api_on(site.site(), NOW) as api:
        api.demo.faults.add(make(on=endpoint, times=None))
        answer = await report(api, "customers memberships")
        if kind == "repeats":
            assert answer.codes == {"customerReport": "UPSTREAM_UNAVAILABLE"}
        else:  # behind the last page they are empty, which ends the list: whole after all
            assert answer.data["customerReport"] == {"customers": 120, "memberships": 120}


async def test_a_member_who_moves_to_a_later_page_counts_once() -> None:
    site = SiteBuilder(now=NOW)
    site.organization("Acme", members=[f"c{number:03}" for number in range(120)])
    pages: list[Any] = []

    def alter(path: str, document: Any) -> None:
        if path.endswith("/user") and document["values"]:
            if pages:
                document["values"].insert(0, pages[-1]["values"][-1])
            pages.append({"values": list(document["values"])})

    async with api_on(site.site(), NOW) as api:
        api.wire.alter = alter
        found = await report(api, "memberships distinctMembers inSeveralOrganizations")
    assert found.data["customerReport"] == {"memberships": 120, "distinctMembers": 120, "inSeveralOrganizations": 0}


async def test_an_organization_deleted_meanwhile_is_left_out_and_said() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        await api.figures("{ organizations { totalCount } }")
        del api.demo.site.organizations[1]
        api.demo.site.changed()
        answer = await report(api, f"memberships rows {{ organization {{ name }} }} {READ}")
        gone = await api.ask("{ organizations { nodes { name memberCount } } }")
    found = answer.data["customerReport"]
    assert (found["memberships"], [row["organization"]["name"] for row in found["rows"]]) == (3, ["Acme", "Gamma"])
    assert [one["code"] for one in found["read"]["warnings"]] == ["LIST_CHANGED"]
    assert gone.codes == {"organizations.nodes.1.memberCount": "NOT_FOUND"}
    assert [node["memberCount"] for node in gone.data["organizations"]["nodes"]] == [3, None, 0]


# --- age


async def test_the_answer_is_as_old_as_its_oldest_list_and_max_age_reads_lists_afresh() -> None:
    async with api_on(members_and_customers().site(), NOW) as api:
        await api.figures("{ organizations { nodes { memberCount } } }")
        api.clock.forward(600)
        first = (await report(api, f"memberships {READ}")).data["customerReport"]["read"]
        assert (first["asOf"], first["ageSeconds"]) == ("2026-03-31T12:00:00.000Z", 600)
        second = (await report(api, f"memberships {READ}", ", maxAgeSeconds: 60")).data["customerReport"]["read"]
        assert (second["asOf"], second["ageSeconds"]) == ("2026-03-31T12:10:00.000Z", 0)
        api.demo.counters.reset()
        api.clock.forward(3000)
        await report(api, f"memberships {READ}")
        assert api.demo.counters.calls == 0
        api.clock.forward(600)
        await report(api, f"memberships {READ}")
        assert api.demo.counters.of("organization/user").calls == 3
