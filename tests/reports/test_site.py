"""What the pickers of a frontend are offered."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.faults import Fault
from tests.api import Api, api_on

NOW = "2026-03-31T12:00"
PICKERS = {
    "projects": "key",
    "serviceDesks": "projectKey",
    "requestTypes": "name",
    "statuses": "name",
    "priorities": "name",
    "issueTypes": "name",
    "organizations": "name",
    "assetSchemas": "name",
    "assetTypes": "name",
    "selectFields": "name",
}


def company() -> SiteBuilder:
    site = SiteBuilder(now=NOW)
    for project in ("ITS", "HR"):
        site.request_type("Get help", project)
        site.request_type(f"Ask {project}", project)
        site.request_type("Gone", project, deleted=True)
    site.project("SOFT", type_key="software")
    site.organization("Acme")
    site.organization("Zeta")
    site.select_field("Root cause", ["Network", "Human"])
    site.select_field("Region", ["North"])
    site.assets.type("Laptop", schema="ITSM")
    site.assets.type("Badge", schema="Buildings")
    return site


async def names(api: Api, field: str, arguments: str = "") -> list[str]:
    shown = PICKERS[field]
    found = (await api.figures(f"{{ site {{ {field}{arguments} {{ totalCount nodes {{ {shown} }} }} }} }}"))["site"][
        field
    ]
    assert found["totalCount"] == len(found["nodes"])
    return [node[shown] for node in found["nodes"]]


async def test_everything_that_a_scope_can_name_is_listed_by_name() -> None:
    async with api_on(company().site(), NOW) as api:
        listed = {field: await names(api, field) for field in PICKERS}
    assert listed == {
        "projects": ["HR", "ITS", "SOFT"],
        "serviceDesks": ["HR", "ITS"],
        "requestTypes": ["Ask HR", "Ask ITS", "Get help", "Get help"],
        "statuses": ["Open", "In Progress", "Waiting for customer", "Resolved", "Closed"],
        "priorities": ["High", "Highest", "Low", "Lowest", "Medium"],
        "issueTypes": ["Incident", "Service request", "Sub-task", "Task"],
        "organizations": ["Acme", "Zeta"],
        "assetSchemas": ["Buildings", "ITSM"],
        "assetTypes": ["Badge", "Laptop"],
        "selectFields": ["Region", "Root cause"],
    }


@pytest.mark.parametrize(
    ("field", "search", "found"),
    [
        ("projects", "sof", ["SOFT"]),
        ("serviceDesks", "hr", ["HR"]),
        ("requestTypes", "ASK", ["Ask HR", "Ask ITS"]),
        ("statuses", "progress", ["In Progress"]),
        ("priorities", "low", ["Low", "Lowest"]),
        ("issueTypes", "task", ["Sub-task", "Task"]),
        ("organizations", "z", ["Zeta"]),
        ("assetSchemas", "itsm", ["ITSM"]),
        ("assetTypes", "lap", ["Laptop"]),
        ("selectFields", "cause", ["Root cause"]),
    ],
)
async def test_each_list_is_searched_and_paged(field: str, search: str, found: list[str]) -> None:
    async with api_on(company().site(), NOW) as api:
        assert await names(api, field, f'(search: "{search}")') == found
        whole = await names(api, field)
        seen: list[str] = []
        after: str | None = None
        for _ in range(len(whole)):
            query = f"query ($after: String) {{ site {{ {field}(first: 1, after: $after) {{ nodes {{ {PICKERS[field]} }} pageInfo {{ endCursor hasNextPage }} }} }} }}"
            page = (await api.figures(query, {"after": after}))["site"][field]
            seen += [node[PICKERS[field]] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
        assert (seen, page["pageInfo"]["hasNextPage"]) == (whole, False)


async def test_request_types_of_one_desk_and_object_types_of_one_schema() -> None:
    async with api_on(company().site(), NOW) as api:
        desks = (await api.figures("{ site { serviceDesks { nodes { id projectKey } } } }"))["site"]["serviceDesks"][
            "nodes"
        ]
        hr = next(desk["id"] for desk in desks if desk["projectKey"] == "HR")
        assert await names(api, "requestTypes", f'(serviceDesk: "{hr}")') == ["Ask HR", "Get help"]
        schemas = (await api.figures("{ site { assetSchemas { nodes { id name } } } }"))["site"]["assetSchemas"][
            "nodes"
        ]
        buildings = next(schema["id"] for schema in schemas if schema["name"] == "Buildings")
        assert await names(api, "assetTypes", f'(schema: "{buildings}")') == ["Badge"]
        answer = await api.ask('{ site { assetTypes(schema: "77") { totalCount } priorities { totalCount } } }')
    assert answer.codes == {"site.assetTypes": "BAD_USER_INPUT"}
    assert answer.data["site"]["priorities"] == {"totalCount": 5}


async def test_a_list_is_read_once_an_hour() -> None:
    query = "{ site { " + " ".join(f"{field} {{ totalCount }}" for field in PICKERS) + " slaMetrics { name } } }"
    async with api_on(company().site(), NOW) as api:
        first = await api.figures(query)
        calls = api.demo.counters.calls
        assert await api.figures(query) == first
        assert api.demo.counters.calls == calls
        api.clock.forward(3600)
        await api.figures(query)
        assert api.demo.counters.of("priority").calls == api.demo.counters.of("servicedesk").calls == 2


@pytest.mark.parametrize(
    ("field", "endpoint"),
    [
        ("priorities", "priority"),
        ("issueTypes", "issuetype"),
        ("serviceDesks", "servicedesk"),
        ("assetSchemas", "objectschema/list"),
    ],
)
async def test_a_list_that_cannot_be_read_takes_no_neighbour_with_it(field: str, endpoint: str) -> None:
    async with api_on(company().site(), NOW) as api:
        api.demo.faults.add(Fault.status(403, on=endpoint, times=None))
        answer = await api.ask(f"{{ site {{ {field} {{ totalCount }} projects {{ totalCount }} }} }}")
    assert answer.codes == {f"site.{field}": "UPSTREAM_UNAUTHORIZED"}
    assert answer.data["site"] == {field: None, "projects": {"totalCount": 3}}


async def test_a_slow_list_is_in_progress_and_then_there() -> None:
    async with api_on(company().site(), NOW, patience_seconds=0.2) as api:
        api.demo.faults.add(Fault.delay(0.6, on="organization"))
        query = "{ site { organizations { totalCount } } }"
        assert (await api.ask(query)).codes == {"site.organizations": "READ_IN_PROGRESS"}
        answer: Any = await api.ask(query)
        while answer.errors:
            assert answer.codes == {"site.organizations": "READ_IN_PROGRESS"}
            answer = await api.ask(query)
        assert answer.data["site"]["organizations"] == {"totalCount": 2}
        assert api.demo.counters.of("organization").calls == 1


@pytest.mark.parametrize("arguments", ["(first: 0)", "(first: 101)", '(after: "nonsense")'])
async def test_a_page_that_cannot_be_is_refused(arguments: str) -> None:
    async with api_on(company().site(), NOW) as api:
        for field in PICKERS:
            answer = await api.ask(f"{{ site {{ {field}{arguments} {{ totalCount }} }} }}")
            assert answer.codes == {f"site.{field}": "BAD_USER_INPUT"}
