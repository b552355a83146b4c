"""What a client sees when Atlassian does not answer as it should: a coded null, its neighbours whole, nothing wrong kept."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.faults import Fault
from demo.model import Site
from tests.api import api_on

NOW = "2026-03-31T12:00"
ONE = "{ requests(scope: {}) { total sla { total } } viewer { name } }"
BOTH = '{ requests(scope: {}) { total sla { total } } other: requests(scope: {period: {last: "P2D"}}) { total } viewer { name } }'


def site() -> Site:
    built = SiteBuilder(now=NOW)
    for number in range(250):
        built.request(created=f"2026-03-{3 + number % 26:02}T{number % 24:02}:00")
    return built.site()


FAULTS = [
    (Fault.status(401, on="search/jql", times=None), "UPSTREAM_UNAUTHORIZED"),
    (Fault.status(403, on="search/jql", times=None), "UPSTREAM_UNAUTHORIZED"),
    (Fault.anonymous(on="search/jql", times=None), "UPSTREAM_UNAUTHORIZED"),
    (Fault.scope_mismatch(on="search/jql", times=None), "UPSTREAM_UNAUTHORIZED"),
    (Fault.status(404, on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.status(410, on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.status(429, on="search/jql", times=None, retry_after=0), "UPSTREAM_RATE_LIMITED"),
    (Fault.status(500, on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.status(503, on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.html(on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.half_body(on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.truncated(on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.no_answer(on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.same_page(on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
    (Fault.expired_cursor(on="search/jql", times=None), "UPSTREAM_UNAVAILABLE"),
]
NAMES = [f"{fault.kind.name}-{fault.code}" for fault, _ in FAULTS]


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=NAMES)
@pytest.mark.parametrize("after", [0, 1])
async def test_a_failed_read_is_null_with_its_code_and_nothing_of_it_is_kept(
    fault: Fault, code: str, after: int
) -> None:
    struck = Fault(fault.kind, fault.on, after, fault.times, fault.code, fault.seconds, fault.headers, fault.body)
    async with api_on(site(), NOW) as api:
        api.demo.faults.add(struck)
        broken = await api.ask(ONE)
        api.demo.faults.clear()
        whole = await api.ask(ONE)
        assert broken.data["viewer"] == {"name": "demo"}
        assert broken.data["requests"] == {"total": None, "sla": None}
        assert broken.codes["requests.total"] == broken.codes["requests.sla"] == code
        assert whole.errors == []
        assert whole.data["requests"]["total"] == 250


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=NAMES)
async def test_a_read_that_fails_in_its_midst_leaves_another_one_whole(fault: Fault, code: str) -> None:
    # The small read is in the cache, so the faults strike the large one.
    struck = Fault(fault.kind, fault.on, 1, None, fault.code, fault.seconds, fault.headers, fault.body)
    async with api_on(site(), NOW) as api:
        small = (await api.figures('{ other: requests(scope: {period: {last: "P2D"}}) { total } }'))["other"]["total"]
        api.demo.faults.add(struck)
        broken = await api.ask(BOTH)
        assert broken.data["other"]["total"] == small
        assert broken.codes == {"requests.total": code, "requests.sla": code}


@pytest.mark.parametrize("endpoint", ["myself", "field", "approximate-count", "jql/parse", "project/search"])
@pytest.mark.parametrize("status", [401, 500])
async def test_every_call_that_a_read_needs_can_fail_without_a_false_figure(endpoint: str, status: int) -> None:
    query = '{ requests(scope: {projects: ["ITS"], jql: "priority = High"}) { total } viewer { name } }'
    async with api_on(site(), NOW) as api:
        api.demo.faults.add(Fault.status(status, on=endpoint, times=None))
        answer = await api.ask(query)
        code = "UPSTREAM_UNAUTHORIZED" if status == 401 else "UPSTREAM_UNAVAILABLE"
        assert (answer.data["requests"]["total"], answer.codes) == (None, {"requests.total": code})


async def test_passing_faults_are_retried_and_the_figures_are_right() -> None:
    async with api_on(site(), NOW) as api:
        for fault in (Fault.status(503, on="search/jql", after=1), Fault.status(429, on="search/jql", retry_after=0)):
            api.demo.faults.add(fault)
        answer = await api.ask("{ requests(scope: {}) { total } }")
        assert answer.data["requests"]["total"] == 250
        assert answer.calls == api.demo.counters.calls


async def test_while_atlassian_is_down_an_older_read_is_shown_with_a_warning() -> None:
    query = "{ requests(scope: {}, maxAgeSeconds: 60) { sla { total read { ageSeconds warnings { code } } } } }"
    async with api_on(site(), NOW) as api:
        await api.figures(query)
        api.clock.forward(120)
        api.demo.faults.add(Fault.status(503, times=None))
        report = (await api.figures(query))["requests"]["sla"]
        assert report["read"] == {"ageSeconds": 120, "warnings": [{"code": "SERVED_STALE"}]}
        assert report["total"] > 0


async def test_withdrawn_access_is_told_and_not_papered_over_with_an_older_read() -> None:
    query = "{ requests(scope: {}, maxAgeSeconds: 60) { sla { total } } }"
    async with api_on(site(), NOW) as api:
        await api.figures(query)
        api.clock.forward(120)
        api.demo.faults.add(Fault.status(401, times=None))
        assert (await api.ask(query)).codes == {"requests.sla": "UPSTREAM_UNAUTHORIZED"}


async def test_a_wrong_token_is_an_error_although_jira_answers_with_an_empty_page() -> None:
    async with api_on(site(), NOW, jira_api_token="not-the-token") as api:
        answer = await api.ask("{ requests(scope: {}) { total } }")
        assert answer.codes == {"requests.total": "UPSTREAM_UNAUTHORIZED"}


async def test_a_scoped_token_is_read_through_the_gateway() -> None:
    async with api_on(site(), NOW, demo_options={"kind": "scoped"}) as api:
        answer = await api.ask("{ requests(scope: {}) { total } }")
        assert (answer.data["requests"]["total"], answer.calls) == (250, api.demo.counters.calls)


async def test_values_of_an_unknown_shape_are_counted_and_warned_about() -> None:
    def mangle(path: str, answer: Any) -> None:
        for issue in answer["issues"] if path.endswith("/search/jql") else []:
            if int(issue["id"]) % 50 == 0:
                issue["fields"]["customfield_10031"] = {"completedCycles": "none"}

    async with api_on(site(), NOW) as api:
        api.wire.alter = mangle
        report = await api.requests("sla { read { complete warnings { code message } } metrics { notApplicable } }")
    read = report["sla"]["read"]
    assert read["complete"] is False
    assert [warning["code"] for warning in read["warnings"]] == ["MALFORMED_VALUES"]
    assert read["warnings"][0]["message"].startswith("5 values of sla:customfield_10031")
