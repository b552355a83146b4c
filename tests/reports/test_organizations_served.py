"""The report by organization: how content they are, those without requests, and those deleted since."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import Api, api_on
from tests.reports.drilling import assert_counts

NOW = "2026-03-31"
ROW = "organization { id name deleted } requests csat { numerator denominator } mean"


def site() -> Site:
    """Acme and Beta have requests, Gamma has none, Delta was deleted after its only one."""
    built = SiteBuilder(now=NOW)
    for name, id_ in (("Acme", "1"), ("Beta", "2"), ("Gamma", "3"), ("Delta", "4"), ("Omega", "5")):
        built.organization(name, id=id_)
    for names, rating in ((["Acme", "Beta"], 5), (["Acme"], 2), (["Acme"], None), (["Delta"], 3), ([], 4)):
        built.request(created="2026-03-10", resolved="2026-03-11", organizations=names, rating=rating)
    made = built.site()
    made.organizations = [one for one in made.organizations if one.name != "Delta"]
    return made


async def organizations(
    api: Api, selection: str = f"rows {{ {ROW} }}", options: str = "", scope: dict[str, Any] | None = None
) -> Any:
    asked = f"(options: {{{options}}})" if options else ""
    return (await api.requests(f"requestsByOrganization{asked} {{ {selection} }}", scope))["requestsByOrganization"]


async def test_satisfaction_is_of_the_requests_of_each_organization() -> None:
    async with api_on(site(), NOW) as api:
        rows = (await organizations(api, "rows { requests csat { numerator denominator } mean }"))["rows"]
        assert api.demo.counters.of("organization").calls == 0
    assert [(row["csat"]["numerator"], row["csat"]["denominator"], row["mean"]) for row in rows] == [
        (1, 2, 3.5),
        (1, 1, 5),
        (0, 1, 3),
        (1, 1, 4),
    ]


async def test_an_invalid_rating_is_none_and_said() -> None:
    made = SiteBuilder(now=NOW)
    made.request(created="2026-03-10", organizations=["Acme"], raw={"Satisfaction": {"rating": 9}})
    async with api_on(made.site(), NOW) as api:
        report = await organizations(api, "rows { csat { denominator } mean } read { complete warnings { code } }")
    assert report["rows"] == [{"csat": {"denominator": 0}, "mean": None}]
    assert report["read"] == {"complete": False, "warnings": [{"code": "INVALID_RATINGS"}]}


async def test_an_organization_deleted_since_keeps_its_row_without_a_name() -> None:
    async with api_on(site(), NOW) as api:
        rows = (await organizations(api))["rows"]
        found = [
            (
                row["organization"] and (row["organization"]["id"], row["organization"]["name"]),
                (row["organization"] or {}).get("deleted"),
            )
            for row in rows
        ]
    assert found == [(("1", "Acme"), False), (("2", "Beta"), False), (("4", None), True), (None, None)]


@pytest.mark.parametrize(
    ("scope", "empty"),
    [({}, ["3", "5"]), ({"organizations": {"in": ["1", "3"]}}, ["3"]), ({"jql": "key = ITS-3"}, ["2", "3", "5"])],
)
async def test_organizations_without_requests_are_shown_on_request(scope: dict[str, Any], empty: list[str]) -> None:
    async with api_on(site(), NOW) as api:
        selection = f"empty rows {{ {ROW} splitRequests open resolved share {{ numerator }} drillDown }}"
        report = await organizations(api, selection, "includeEmpty: true", scope)
        zero = [row for row in report["rows"] if row["requests"] == 0]
        assert [row["organization"]["id"] for row in zero] == empty
        assert report["empty"] == len(empty)
        assert all(
            (row["organization"]["deleted"], row["splitRequests"], row["mean"]) == (False, 0, None) for row in zero
        )
        for row in report["rows"]:
            await assert_counts(api, row, "requests", "open", "resolved")


async def test_empty_organizations_come_behind_the_others_and_before_the_row_without_one() -> None:
    async with api_on(site(), NOW) as api:
        selection = "rows { organization { id } } rest { count distinctRequests }"
        report = await organizations(api, selection, "includeEmpty: true, top: 4")
    ids = [row["organization"] and row["organization"]["id"] for row in report["rows"]]
    assert ids == ["1", "2", "4", "3", None]
    assert report["rest"] == {"count": 1, "distinctRequests": 0}


async def test_a_list_that_may_not_be_read_costs_only_what_rests_on_it() -> None:
    async with api_on(site(), NOW, demo_options={"licensed": False}) as api:
        report = await organizations(api, f"rows {{ {ROW} }} read {{ warnings {{ code }} }}")
        assert {(row["organization"] or {}).get("deleted") for row in report["rows"]} == {None}
        assert [row["organization"]["name"] for row in report["rows"][:-1]] == ["Acme", "Beta", "Delta"]
        assert [warning["code"] for warning in report["read"]["warnings"]] == ["LIST_REFUSED"]
        answer = await api.ask(
            "{ requests(scope: {}) { total requestsByOrganization(options: {includeEmpty: true}) { total } } }"
        )
        assert answer.codes == {"requests.requestsByOrganization": "UPSTREAM_UNAUTHORIZED"}
        assert answer.data["requests"]["total"] == 5
