"""Request types: by id, with those that nobody uses, that were deleted, or that belong to another desk."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import Api, api_on
from tests.reports.drilling import assert_counts

NOW = "2026-03-31"
MARCH = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}}
TYPE = "requestType { id name serviceDeskId state }"


def two_desks() -> Site:
    """Two desks that share a name of a type; a deleted type, a moved request, and types that nobody uses."""
    site = SiteBuilder(now=NOW)
    laptop, access = site.request_type("Laptop", "ITS", id="11"), site.request_type("Access", "ITS", id="12")
    other = site.request_type("Access", "HR", id="21")
    gone = site.request_type("Fax", "ITS", id="13", deleted=True)
    site.request_type("Pager", "ITS", id="14")
    site.request_type("Payslip", "HR", id="22")
    for kind, project, resolved, rating in (
        (laptop, "ITS", "2026-03-10T03:00", 5),
        (laptop, "ITS", "2026-03-10T05:00", 2),
        (laptop, "ITS", None, None),
        (access, "ITS", None, None),
        (access, "HR", None, None),
        (other, "ITS", None, None),
        (gone, "ITS", None, None),
    ):
        site.request(created="2026-03-10", project=project, request_type=kind, resolved=resolved, rating=rating)
    site.issue(created="2026-03-11", project="ITS")
    return site.site()


async def types(api: Api, selection: str, options: str = "", scope: dict[str, Any] | None = None) -> Any:
    asked = f"(options: {{{options}}})" if options else ""
    return (await api.requests(f"requestTypes{asked} {{ {selection} }}", MARCH | (scope or {})))["requestTypes"]


async def test_types_of_one_name_stay_apart_and_are_served_each_on_its_own() -> None:
    row = (
        f"{TYPE} requests share {{ value }} open resolved medianResolutionSeconds csat {{ numerator denominator }} mean"
    )
    async with api_on(two_desks(), NOW) as api:
        report = await types(api, f"total unused rows {{ {row} drillDown }}")
        assert (report["total"], report["unused"]) == (7, None)
        assert [(r["requestType"]["id"], r["requestType"]["name"], r["requests"]) for r in report["rows"]] == [
            ("11", "Laptop", 3),
            ("12", "Access", 2),
            ("13", "Fax", 1),
            ("21", "Access", 1),
        ]
        laptop = report["rows"][0]
        assert laptop["share"]["value"] == pytest.approx(3 / 7)
        assert (laptop["open"], laptop["resolved"], laptop["medianResolutionSeconds"]) == (1, 2, 4 * 3600)
        assert (laptop["csat"], laptop["mean"]) == ({"numerator": 1, "denominator": 2}, 3.5)
        assert report["rows"][1]["csat"] == {"numerator": 0, "denominator": 0}
        for each in report["rows"]:
            await assert_counts(api, each, "requests", "open", "resolved")


async def test_a_type_is_current_deleted_or_of_another_desk_than_its_requests() -> None:
    async with api_on(two_desks(), NOW) as api:
        rows = (await types(api, f"rows {{ {TYPE} requests foreign drillDown }}"))["rows"]
        found = {r["requestType"]["id"]: (r["requestType"]["state"], r["foreign"]) for r in rows}
        # One of the two of type 12 was moved to another desk's project, and all of type 21 were.
        assert found == {"11": ("CURRENT", 0), "12": ("CURRENT", 1), "13": ("DELETED", 0), "21": ("FOREIGN", 1)}
        assert {r["requestType"]["serviceDeskId"] for r in rows} == {"1", "2"}
        for row in rows:
            await assert_counts(api, row, "requests", "foreign")


async def test_the_lists_are_read_once_and_only_when_needed() -> None:
    async with api_on(two_desks(), NOW) as api:
        await types(api, "rows { requestType { id name serviceDeskId } requests }")
        assert api.demo.counters.of("requesttype").calls == 0
        for _ in range(2):
            answer = await api.ask("{ requests(scope: {}) { requestTypes { rows { requestType { state } } } } }")
        assert (api.demo.counters.of("requesttype").calls, api.demo.counters.of("servicedesk").calls) == (1, 1)
        assert answer.errors == []


async def test_what_reading_the_lists_costs_is_what_the_answer_says() -> None:
    async with api_on(two_desks(), NOW) as api:
        answer = await api.ask("{ requests(scope: {}) { requestTypes { rows { foreign requestType { state } } } } }")
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)


@pytest.mark.parametrize(
    ("scope", "unused"),
    [
        ({}, ["14", "22"]),
        ({"projects": ["ITS"]}, ["14"]),
        ({"projects": ["HR"]}, ["21", "22"]),
        ({"requestTypes": {"in": ["11", "22"]}}, ["22"]),
        ({"requestTypes": {"notIn": ["14"]}}, ["22"]),
        ({"jql": "labels = nothing"}, ["11", "12", "14", "21", "22"]),
    ],
)
async def test_unused_types_are_shown_on_request_with_zeros(scope: dict[str, Any], unused: list[str]) -> None:
    row = f"{TYPE} requests open resolved share {{ numerator }} medianResolutionSeconds mean csat {{ value }} drillDown"
    async with api_on(two_desks(), NOW) as api:
        report = await types(api, f"unused rows {{ {row} }}", "includeUnused: true", scope)
        zero = [row for row in report["rows"] if row["requests"] == 0]
        assert [row["requestType"]["id"] for row in zero] == unused
        assert report["rows"][len(report["rows"]) - len(zero) :] == zero
        assert report["unused"] == len(unused)
        for row in zero:
            assert (row["open"], row["resolved"], row["medianResolutionSeconds"], row["mean"]) == (0, 0, None, None)
            assert (row["csat"]["value"], row["requestType"]["state"]) == (None, "CURRENT")
            await assert_counts(api, row, "requests")


async def test_unused_types_beyond_the_top_are_counted_in_the_rest() -> None:
    async with api_on(two_desks(), NOW) as api:
        selection = "rows { requestType { id } } rest { count distinctRequests }"
        five = await types(api, selection, "includeUnused: true, top: 5")
        two = await types(api, selection, "includeUnused: true, top: 2")
    assert [row["requestType"]["id"] for row in five["rows"]] == ["11", "12", "13", "21", "14"]
    assert five["rest"] == {"count": 1, "distinctRequests": 0}
    assert [row["requestType"]["id"] for row in two["rows"]] == ["11", "12"]
    assert two["rest"] == {"count": 4, "distinctRequests": 2}


async def test_issues_without_a_type_are_the_last_row_of_all_issues() -> None:
    async with api_on(two_desks(), NOW) as api:
        report = await types(api, f"total rows {{ {TYPE} requests drillDown }}", scope={"population": "ISSUES"})
        assert (report["total"], report["rows"][-1]["requestType"], report["rows"][-1]["requests"]) == (8, None, 1)
        await assert_counts(api, report["rows"][-1], "requests")


async def test_a_type_that_lost_its_desk_or_has_another_shape_is_shown_and_said() -> None:
    def mangle(path: str, answer: Any) -> None:
        if not path.endswith("/search/jql"):
            return
        values = {issue["id"]: issue["fields"]["customfield_10010"] for issue in answer["issues"]}
        values["10001"]["requestType"] |= {"id": "999", "serviceDeskId": "77", "name": "Ghost"}
        values["10002"]["requestType"] = 5
        del values["10003"]["requestType"]

    async with api_on(two_desks(), NOW) as api:
        api.wire.alter = mangle
        selection = f"total rows {{ {TYPE} requests foreign }} read {{ complete warnings {{ code message }} }}"
        report = await types(api, selection)
    rows = {(row["requestType"] or {}).get("id"): row for row in report["rows"]}
    assert rows["999"]["requestType"] == {"id": "999", "name": "Ghost", "serviceDeskId": "77", "state": "DELETED"}
    assert (rows["999"]["requests"], rows["999"]["foreign"], rows[None]["requests"]) == (1, 0, 2)
    assert sum(row["requests"] for row in report["rows"]) == report["total"] == 7
    assert report["read"]["complete"] is False
    assert [warning["code"] for warning in report["read"]["warnings"]] == ["MALFORMED_VALUES"]


async def test_without_an_agents_licence_states_are_null_and_unused_types_an_error() -> None:
    async with api_on(two_desks(), NOW, demo_options={"licensed": False}) as api:
        report = await types(api, f"rows {{ {TYPE} requests foreign }} read {{ warnings {{ code message }} }}")
        assert {(row["requestType"]["state"], row["foreign"]) for row in report["rows"]} == {(None, None)}
        assert report["rows"][0]["requests"] == 3
        assert [warning["code"] for warning in report["read"]["warnings"]] == ["LIST_REFUSED"]
        assert "licence" in report["read"]["warnings"][0]["message"]
        answer = await api.ask(
            "{ requests(scope: {}) { total requestTypes(options: {includeUnused: true}) { total } } }"
        )
        assert answer.codes == {"requests.requestTypes": "UPSTREAM_UNAUTHORIZED"}
        assert answer.data["requests"]["total"] == 7


async def test_wrong_options_are_said() -> None:
    async with api_on(two_desks(), NOW) as api:
        answer = await api.ask("{ requests(scope: {}) { total requestTypes(options: {top: 0}) { total } } }")
        assert answer.codes == {"requests.requestTypes": "BAD_USER_INPUT"}
        assert answer.data["requests"]["total"] == 7
