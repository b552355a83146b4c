"""How reports of one operation, and of several, share what is read."""

import asyncio
from typing import Any

import pytest

from demo.build import SiteBuilder, completed
from demo.faults import Fault
from demo.model import Site
from tests.api import Api, api_on

NOW = "2026-03-31T12:00"
THREE = """
query ($scope: RequestScope!) {
  first: requests(scope: $scope) { total ...Workload sla { ...Sla } }
  second: requests(scope: $scope) { again: sla(options: {unit: REQUEST}) { ...Sla } organizations: requestsByOrganization { rows { requests } } }
}
fragment Workload on RequestReports { assigneeWorkload { rows { assignee { accountId } open created } } }
fragment Sla on SlaReport { total metrics { met missed } ... on Report { read { readId way basis scanned } } }
"""


def many_requests(count: int) -> Site:
    site = SiteBuilder(now=NOW)
    for number in range(count):
        created = f"2026-{1 + number % 3:02}-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}"
        sla = {"Time to resolution": [completed(stop="2026-03-30", breached=number % 2 == 0)]}
        site.request(created=created, assignee=f"agent {number % 7}", organizations=[f"Org {number % 5}"], sla=sla)
    return site.site()


YEAR = {"period": {"last": "P1Y"}}


async def test_aliases_fragments_and_two_roots_are_one_read_and_its_cost_is_what_the_site_counted() -> None:
    async with api_on(many_requests(1234), NOW) as api:
        answer = await api.ask(THREE, {"scope": YEAR})
        assert answer.errors == []
        assert len(answer.reads) == 1
        assert len(answer.extensions["reports"]) == 5
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        read = next(iter(answer.reads.values()))
        assert (read["way"], read["rows"], read["cache"]) == ("SCAN", 1234, "MISS")
        info = answer.data["first"]["sla"]["read"]
        assert info == {"readId": read["readId"], "way": "SCAN", "basis": ["COHORT", "ACTIVE", "OPEN"], "scanned": 1234}
        assert info == answer.data["second"]["again"]["read"]
        paths = {entry["path"] for entry in answer.extensions["reports"]}
        assert paths >= {"first.total", "second.again", "second.organizations"}


async def test_the_same_question_again_costs_nothing_and_has_the_same_as_of() -> None:
    async with api_on(many_requests(50), NOW) as api:
        selection = "{ requests(scope: {}) { sla { read { asOf ageSeconds readId } } } }"
        first = await api.figures(selection)
        api.demo.counters.reset()
        api.clock.forward(600)
        second = await api.ask(selection)
        assert api.demo.counters.calls == 0
        assert {entry["cache"] for entry in second.extensions["reports"]} == {"HIT"}
        before, after = first["requests"]["sla"]["read"], second.data["requests"]["sla"]["read"]
        assert (before["asOf"], before["readId"]) == (after["asOf"], after["readId"])
        assert (before["ageSeconds"], after["ageSeconds"]) == (0, 600)


async def test_nothing_is_served_an_hour_after_it_was_read() -> None:
    async with api_on(many_requests(5), NOW) as api:
        await api.requests("total")
        api.clock.forward(3599)
        api.demo.counters.reset()
        await api.requests("total")
        assert api.demo.counters.of("search/jql").calls == 0
        api.clock.forward(1)
        await api.requests("total")
        assert api.demo.counters.of("search/jql").calls == 1


async def test_max_age_reads_afresh_what_is_older() -> None:
    async with api_on(many_requests(5), NOW) as api:
        await api.requests("total")
        for seconds, max_age, searches in ((30, 60, 0), (30, 60, 1), (0, 0, 1), (0, 1, 0)):
            api.clock.forward(seconds)
            api.demo.counters.reset()
            await api.figures(f"{{ requests(scope: {{}}, maxAgeSeconds: {max_age}) {{ total }} }}")
            assert api.demo.counters.of("search/jql").calls == searches


async def test_only_the_fields_of_selected_columns_are_asked_for() -> None:
    async with api_on(many_requests(5), NOW) as api:
        await api.requests("total")
        lean = api.wire.searched_fields()
        await api.requests("assigneeWorkload { rows { overdue } }")
        assert lean == {"created", "resolutiondate", "status", "statuscategorychangedate"}
        assert api.wire.searched_fields() - lean == {"assignee", "duedate"}


@pytest.mark.parametrize("on", [True, False])
async def test_fields_that_a_variable_leaves_out_are_not_read(on: bool) -> None:
    query = """query ($on: Boolean!) { requests(scope: {}) { assigneeWorkload { total
      rows { open @include(if: $on) ... @skip(if: $on) { resolved } overdue @include(if: $on) } } } }"""
    async with api_on(many_requests(5), NOW) as api:
        await api.figures(query, {"on": on})
        assert ("duedate" in api.wire.searched_fields()) == on


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 299, 300, 301, 950])
async def test_every_request_is_read_once_at_any_number_of_pages(count: int) -> None:
    async with api_on(many_requests(count), NOW) as api:
        report = await api.requests("total sla { read { scanned } }", YEAR)
        assert (report["total"], report["sla"]["read"]["scanned"]) == (count, count)


async def test_a_count_that_lags_shapes_the_windows_only() -> None:
    async with api_on(many_requests(700), NOW, demo_options={"count_skew": -650}) as api:
        assert (await api.requests("total", YEAR))["total"] == 700


async def test_requests_all_created_in_one_minute_are_all_read() -> None:
    site = SiteBuilder(now=NOW)
    for _ in range(750):
        site.request(created="2026-03-15T10:00:30")
    async with api_on(site.site(), NOW) as api:
        assert (await api.requests("total"))["total"] == 750


async def test_ten_callers_of_one_cold_question_cost_one_read() -> None:
    async with api_on(many_requests(400), NOW) as api:
        api.demo.latency_seconds = 0.02
        answers = await asyncio.gather(*(api.ask("{ requests(scope: {}) { total } }") for _ in range(10)))
        assert {answer.data["requests"]["total"] for answer in answers} == {answers[0].data["requests"]["total"]}
        assert len({read for answer in answers for read in answer.reads}) == 1
        assert api.demo.counters.of("myself").calls == 1


async def test_different_sets_of_requests_are_different_reads() -> None:
    query = """{
      all: requests(scope: {}) { total sla { total } }
      some: requests(scope: {jql: "priority = High"}) { total }
      zone: requests(scope: {timeZone: "UTC"}) { total }
    }"""
    async with api_on(many_requests(20), NOW) as api:
        answer = await api.ask(query)
        assert len(answer.reads) == 2
        assert answer.calls == api.demo.counters.calls


async def test_a_read_outlives_an_operation_that_cannot_wait_and_the_next_one_gets_it() -> None:
    async with api_on(many_requests(5), NOW, patience_seconds=0.1) as api:
        await api.requests("sla { total }", {"period": {"last": "P2D"}})
        api.demo.faults.add(Fault.delay(0.5, on="search/jql"))
        answer = await api.ask("{ requests(scope: {}) { total } site { url } }")
        assert answer.codes == {"requests.total": "READ_IN_PROGRESS"}
        assert answer.errors[0]["extensions"]["retryAfterSeconds"] >= 1
        assert answer.data["site"]["url"]
        assert api.services[0].reads_in_flight == 1
        await asyncio.sleep(0.7)
        api.demo.counters.reset()
        assert (await api.requests("total"))["total"] is not None
        assert api.demo.counters.calls == 0


async def test_who_asks_for_fresh_data_and_cannot_wait_gets_the_read_that_he_began() -> None:
    query = "{ requests(scope: {}, maxAgeSeconds: 0) { total } }"
    async with api_on(many_requests(5), NOW, patience_seconds=0.2, cache_bytes=1024 * 1024) as api:
        await api.requests("total", {"period": {"last": "P2D"}})
        api.demo.faults.add(Fault.delay(0.4, on="search/jql", times=None))
        first = await api.ask(query)
        api.clock.forward(1)
        async with asyncio.timeout(20):
            while (second := await api.ask(query)).codes == {"requests.total": "READ_IN_PROGRESS"}:  # noqa: ASYNC110  # as a client does
                await asyncio.sleep(0.1)
        assert first.codes == {"requests.total": "READ_IN_PROGRESS"}
        assert second.errors == []
        assert api.demo.counters.of("search/jql").calls == 2


async def test_what_is_too_large_together_is_read_alone_where_that_is_not() -> None:
    site = SiteBuilder(now=NOW)
    for number in range(80):
        site.request(created="2026-03-20" if number < 30 else "2025-01-20", resolved=None)
    async with api_on(site.site(), NOW, max_requests=50) as api:
        answer = await api.ask("{ requests(scope: {}) { total assigneeWorkload { total } } }")
        assert answer.codes == {"requests.assigneeWorkload": "SCOPE_TOO_LARGE"}
        assert answer.data["requests"]["total"] == 30


async def test_a_read_that_nobody_wants_any_more_is_cancelled_after_its_grace_time() -> None:
    async with api_on(many_requests(5), NOW, patience_seconds=0.1, grace_seconds=0.1) as api:
        await api.requests("total", {"period": {"last": "P2D"}})
        api.demo.faults.add(Fault.delay(30, on="search/jql"))
        answer = await api.ask("{ requests(scope: {}) { total } }")
        assert answer.codes == {"requests.total": "READ_IN_PROGRESS"}
        await asyncio.sleep(0.3)
        assert api.services[0].reads_in_flight == 0


async def test_a_caller_who_goes_away_frees_the_read_that_only_he_waited_for() -> None:
    async with api_on(many_requests(5), NOW, grace_seconds=0.05) as api:
        await api.requests("total", {"period": {"last": "P2D"}})
        api.demo.faults.add(Fault.delay(30, on="search/jql"))
        asking = asyncio.create_task(api.ask("{ requests(scope: {}) { total } }"))
        await until(lambda: api.services[0].reads_in_flight == 1)
        asking.cancel()
        await until(lambda: api.services[0].reads_in_flight == 0)


async def until(condition: Any) -> None:
    """Waits, a few seconds at most, until the condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # the state of a server has no event to wait for
            await asyncio.sleep(0.01)


async def test_a_scope_beyond_the_limit_is_refused_with_its_size_before_it_is_read() -> None:
    async with api_on(many_requests(120), NOW, max_requests=100) as api:
        answer = await api.ask('{ requests(scope: {period: {last: "P1Y"}}) { total } }')
        assert answer.codes == {"requests.total": "SCOPE_TOO_LARGE"}
        assert answer.errors[0]["extensions"]["count"] == 120
        assert answer.errors[0]["extensions"]["points"] == 122
        assert api.demo.counters.of("search/jql").calls == 0


async def figures_of(api: Api, selection: str) -> Any:
    return await api.requests(selection, {"period": {"last": "P40D"}})


async def test_a_report_gives_the_same_figures_alone_and_together_with_others() -> None:
    alone = {
        "total": "total",
        "assigneeWorkload": "assigneeWorkload { total rows { assignee { accountId } open } }",
        "requestsByOrganization": "requestsByOrganization { total rows { requests open } }",
        "sla": "sla { total metrics { met missed ongoing notStarted notApplicable withCycles } }",
    }
    async with api_on(many_requests(300), NOW) as api:
        together = await figures_of(api, " ".join(alone.values()))
    for name, selection in alone.items():
        async with api_on(many_requests(300), NOW) as api:
            assert (await figures_of(api, selection))[name] == together[name]
