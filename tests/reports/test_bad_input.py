"""What is wrong with a question is said where it is wrong, with what would be right; its neighbours are answered."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import api_on

NOW = "2026-03-31T12:00"


def site() -> Site:
    built = SiteBuilder(now=NOW)
    built.request(created="2026-03-30", labels=["vpn"])
    built.request(created="2026-03-30", restricted=True)
    return built.site()


def period(start: str, end: str) -> dict[str, Any]:
    return {"period": {"between": {"from": start, "to": end}}}


SCOPES: list[tuple[dict[str, Any], str, str]] = [
    ({"projects": ["NOPE"]}, "BAD_USER_INPUT", "'NOPE'"),
    ({"projects": ["ITS", "x) OR (y"]}, "BAD_USER_INPUT", "scope.projects"),
    ({"projects": []}, "BAD_USER_INPUT", "scope.projects"),
    ({"timeZone": "Mars/Olympus"}, "BAD_USER_INPUT", "Europe/Berlin"),
    ({"timeZone": "../../etc/passwd"}, "BAD_USER_INPUT", "scope.timeZone"),
    ({"timeZone": ""}, "BAD_USER_INPUT", "scope.timeZone"),
    ({"timeZone": "Europe"}, "BAD_USER_INPUT", "scope.timeZone"),
    (period("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"), "BAD_USER_INPUT", "scope.period.between"),
    (period("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"), "BAD_USER_INPUT", "scope.period.between"),
    ({"period": {"last": "a month"}}, "BAD_USER_INPUT", "P30D"),
    ({"jql": "universe = 42"}, "INVALID_JQL", "universe"),
    ({"jql": "project = "}, "INVALID_JQL", "scope.jql"),
    ({"jql": 'summary ~ "never closed'}, "INVALID_JQL", "scope.jql"),
    ({"jql": "labels = a) OR (labels = b"}, "INVALID_JQL", "scope.jql"),
    ({"jql": "labels = a)"}, "INVALID_JQL", "scope.jql"),
    ({"jql": "(labels = a ORDER BY created)"}, "INVALID_JQL", "scope.jql"),
    ({"jql": "labels = a\\"}, "INVALID_JQL", "scope.jql"),
    ({"jql": "x" * 5001}, "BAD_USER_INPUT", "scope.jql"),
    ({"jql": "labels = \x00"}, "BAD_USER_INPUT", "scope.jql"),
    ({"statuses": {"in": ["99999"]}}, "BAD_USER_INPUT", "99999"),
    ({"statuses": {"isEmpty": True}}, "BAD_USER_INPUT", "scope.statuses.isEmpty"),
    ({"labels": {}}, "BAD_USER_INPUT", "scope.labels"),
    ({"labels": {"in": []}}, "BAD_USER_INPUT", "scope.labels.in"),
    ({"labels": {"in": ["x" * 256]}}, "BAD_USER_INPUT", "scope.labels.in"),
    ({"labels": {"in": ["x"] * 101}}, "BAD_USER_INPUT", "scope.labels.in"),
    ({"fields": [{"field": "Root cause", "value": {"in": ["x"]}}]}, "BAD_USER_INPUT", "customfield_10050"),
    ({"fields": [{"field": "customfield_99999", "value": {"in": ["x"]}}]}, "BAD_USER_INPUT", "scope.fields[0].field"),
]


@pytest.mark.parametrize(("scope", "code", "named"), SCOPES, ids=[str(number) for number in range(len(SCOPES))])
async def test_a_wrong_scope_is_said_at_each_report_and_never_at_its_neighbours(
    scope: dict[str, Any], code: str, named: str
) -> None:
    query = """query ($scope: RequestScope!) {
      requests(scope: $scope) { total sla { total } } right: requests(scope: {}) { total } site { url } }"""
    async with api_on(site(), NOW) as api:
        answer = await api.ask(query, {"scope": scope})
        assert answer.status == 200
        assert answer.codes == {"requests.total": code, "requests.sla": code}
        assert answer.data["requests"] == {"total": None, "sla": None}
        assert answer.data["right"] == {"total": 1}
        assert named in answer.errors[0]["message"]


OPTIONS = [
    ('sla(options: {metric: "Time to nothing"}) { total }', "Time to resolution"),
    ("sla(options: {top: 0}) { total }", "1 to 1000"),
    ("requestsByOrganization(options: {top: 1001}) { total }", "1 to 1000"),
    ("assigneeWorkload(options: {top: -1}) { total }", "1 to 1000"),
    ("assigneeWorkload(options: {assignees: []}) { total }", "options.assignees"),
    ('assigneeWorkload(options: {metric: ""}) { total }', "options.metric"),
]


@pytest.mark.parametrize(("report", "named"), OPTIONS)
async def test_a_wrong_option_fails_its_own_report_alone(report: str, named: str) -> None:
    async with api_on(site(), NOW) as api:
        answer = await api.ask(f"{{ requests(scope: {{}}) {{ wrong: {report} total }} }}")
        assert answer.codes == {"requests.wrong": "BAD_USER_INPUT"}
        assert answer.data["requests"] == {"wrong": None, "total": 1}
        assert named in answer.errors[0]["message"]


@pytest.mark.parametrize("age", [-1, 3601, 2_147_483_647])
async def test_an_age_outside_an_hour_is_refused(age: int) -> None:
    async with api_on(site(), NOW) as api:
        answer = await api.ask(f"{{ requests(scope: {{}}, maxAgeSeconds: {age}) {{ total }} }}")
        assert answer.codes == {"requests.total": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "scope",
    [
        '{period: {last: "P1D", calendar: {unit: DAY}}}',
        "{period: {}}",
        '{period: {between: {from: "2026-03-01", to: "2026-03-02"}}}',
        '{period: {between: {from: "2026-03-01T00:00:00", to: "2026-03-02T00:00:00"}}}',
        "{resolvedBy: MAYBE}",
        '{colour: "red"}',
        '{projects: "ITS", projects: "ITS"}',
    ],
)
async def test_a_scope_that_the_schema_does_not_allow_is_refused_before_anything_is_read(scope: str) -> None:
    async with api_on(site(), NOW) as api:
        answer = await api.ask(f"{{ requests(scope: {scope}) {{ total }} }}")
        assert {error["extensions"]["code"] for error in answer.errors} <= {
            "GRAPHQL_VALIDATION_FAILED",
            "BAD_USER_INPUT",
        }
        assert answer.errors
        assert answer.data is None
        assert api.demo.counters.calls == 0


async def test_what_the_reading_account_may_not_see_is_in_no_figure() -> None:
    async with api_on(site(), NOW) as api:
        assert (await api.requests("total"))["total"] == 1


async def test_callers_jql_stays_within_the_projects_and_population_of_the_scope() -> None:
    built = SiteBuilder(now=NOW)
    built.request(created="2026-03-30", labels=["a"])
    built.request(created="2026-03-30", project="HR", labels=["b"])
    built.request(created="2026-03-30", labels=["b"], request_type=None)
    async with api_on(built.site(), NOW) as api:
        report = await api.requests("total", {"projects": ["ITS"], "jql": "labels = a OR labels = b"})
        assert report["total"] == 1


async def test_what_was_not_there_may_be_there_the_next_time() -> None:
    built = SiteBuilder(now=NOW)
    built.request(created="2026-03-30")
    later = SiteBuilder(now=NOW)
    later.request(created="2026-03-30", project="NEW")
    async with api_on(built.site(), NOW) as api:
        assert (await api.ask('{ requests(scope: {projects: ["NEW"]}) { total } }')).codes == {
            "requests.total": "BAD_USER_INPUT"
        }
        api.demo.site = later.site()
        assert (await api.requests("total", {"projects": ["NEW"]}))["total"] == 1


async def test_thousands_of_values_are_refused_before_they_are_looked_at() -> None:
    async with api_on(site(), NOW) as api:
        scope = {"fields": [{"field": "x", "value": {}}] * 2500}
        answer = await api.ask("query ($s: RequestScope!) { requests(scope: $s) { total } }", {"s": scope})
        assert answer.errors[0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert answer.errors[0]["extensions"]["limit"] == "variable_values"
