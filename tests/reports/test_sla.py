"""The SLA report through GraphQL over HTTP, on sites that hold exactly the requests of an example."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from demo.build import HOUR, SiteBuilder, completed, ongoing
from demo.model import FieldKind, Site
from tests.api import Api, api_on

METRIC = "Time to resolution"
MARCH = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}}
FROM_FEBRUARY = {"between": {"from": "2026-02-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}


def eight_requests() -> Site:
    """Requests A to H: met, missed, both, running, paused, never started, not applicable."""
    site = SiteBuilder(now="2026-03-31")

    def stop(day: str, breached: bool, hours: float) -> Any:
        return completed(stop=f"2026-{day}", breached=breached, elapsed_hours=hours)

    values: dict[str, tuple[Any, str | None]] = {
        "A": ([stop("03-02", False, 3)], "2026-03-02"),
        "B": ([stop("03-03", True, 10), stop("03-05", False, 2)], "2026-03-05"),
        "C": ([stop("03-04", False, 8), stop("03-06", True, 9)], "2026-03-06"),
        "D": ([ongoing(breached=True, elapsed_hours=12)], None),
        "E": ([stop("02-27", True, 20), ongoing(paused=True, elapsed_hours=1)], None),
        "F": ([], None),
        "G": (None, None),
        "H": ([stop("03-10", False, 5)], "2026-03-10"),
    }
    for name, (cycles, resolved) in values.items():
        site.request(created="2026-02-01", summary=name, assignee=name.lower(), sla={METRIC: cycles}, resolved=resolved)
    return site.site()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with api_on(eight_requests(), "2026-03-31") as running:
        yield running


async def metric(api: Api, selection: str, options: str = "") -> Any:
    report = await api.requests(
        f'sla(options: {{metric: "{METRIC}" {options}}}) {{ total metrics {{ {selection} }} }}', MARCH
    )
    assert report["sla"]["total"] == 8
    return report["sla"]["metrics"][0]


async def test_cycles_completed_in_the_period_are_judged_one_by_one(api: Api) -> None:
    figures = await metric(api, "met missed compliance { numerator denominator value } complianceInclOverdue { value }")
    assert (figures["met"], figures["missed"]) == (4, 2)
    assert figures["compliance"]["numerator"] == 4
    assert figures["compliance"]["denominator"] == 6
    assert figures["compliance"]["value"] == pytest.approx(0.666667, abs=1e-6)
    assert figures["complianceInclOverdue"]["value"] == pytest.approx(0.571429, abs=1e-6)


@pytest.mark.parametrize(("rule", "met"), [("LAST", 3), ("EVER", 2), ("FIRST", 3)])
async def test_requests_are_judged_by_the_rule_over_the_cycles_of_the_period(api: Api, rule: str, met: int) -> None:
    figures = await metric(
        api, "met missed complianceInclOverdue { value } compliance { value }", f"unit: REQUEST, rule: {rule}"
    )
    assert (figures["met"], figures["missed"]) == (met, 4 - met)
    assert figures["compliance"]["value"] == met / 4
    assert figures["complianceInclOverdue"] is None


@pytest.mark.parametrize(("rule", "met"), [("LAST", "abh"), ("EVER", "ah"), ("FIRST", "ach")])
async def test_each_request_is_judged_by_the_cycle_that_its_rule_names(api: Api, rule: str, met: str) -> None:
    rows = (await metric(api, "rows { value { key } met }", f"unit: REQUEST, rule: {rule}, by: ASSIGNEE"))["rows"]
    assert "".join(sorted(row["value"]["key"].removeprefix("acc:") for row in rows if row["met"])) == met


async def test_states_are_of_now_and_add_up_to_the_scope(api: Api) -> None:
    states = "running runningBreached paused pausedBreached ongoing cycles notStarted notApplicable withCycles atRisk"
    figures = await metric(api, states)
    assert figures == {
        "running": 0,
        "runningBreached": 1,
        "paused": 1,
        "pausedBreached": 0,
        "ongoing": 2,
        "cycles": 8,
        "notStarted": 1,
        "notApplicable": 1,
        "withCycles": 6,
        "atRisk": 0,
    }


async def test_elapsed_time_of_completed_cycles_is_summarised_in_the_slas_own_calendar(api: Api) -> None:
    elapsed = (await metric(api, "elapsed { count meanSeconds medianSeconds p90Seconds maxSeconds }"))["elapsed"]
    assert elapsed["count"] == 6
    assert elapsed["meanSeconds"] == pytest.approx(6.166667 * 3600, abs=0.01)
    assert elapsed["medianSeconds"] == 6.5 * 3600
    assert elapsed["p90Seconds"] == 9.5 * 3600
    assert elapsed["maxSeconds"] == 10 * 3600


@pytest.mark.parametrize(
    ("condition", "found"),
    [("= breached()", "cd"), ("!= breached()", "abeh"), ("= everBreached()", "bcde")],
)
async def test_sla_functions_work_in_the_callers_jql(api: Api, condition: str, found: str) -> None:
    scope = {"jql": f'"{METRIC}" {condition}', "period": FROM_FEBRUARY}
    selection = "total assigneeWorkload { rows { assignee { accountId } created } }"
    answer = await api.requests(selection, scope)
    assert answer["total"] == len(found)
    rows = answer["assigneeWorkload"]["rows"]
    assert sorted(row["assignee"]["accountId"] for row in rows if row["created"]) == [f"acc:{name}" for name in found]


async def test_ongoing_cycles_are_not_set_against_a_period_that_is_over(api: Api) -> None:
    scope = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-20T00:00:00Z"}}}
    report = await api.requests(
        "sla { metrics { metric { name } complianceInclOverdue { value } runningBreached } }", scope
    )
    figures = next(m for m in report["sla"]["metrics"] if m["metric"]["name"] == METRIC)
    assert figures["complianceInclOverdue"] is None
    assert figures["runningBreached"] == 1


async def test_ongoing_cycles_fall_in_bands_by_the_used_share_of_the_goal() -> None:
    site = SiteBuilder(now="2026-03-31")
    for hours in (3.9, 4, 6, 6.8, 7.6, 8, 9):
        site.request(created="2026-03-30", sla={METRIC: [ongoing(breached=hours > 8, elapsed_hours=hours)]})
    async with api_on(site.site(), "2026-03-31") as api:
        report = await api.requests(
            f'sla(options: {{metric: "{METRIC}"}}) {{ metrics {{ atRisk dueWithin60Minutes dueWithin30Minutes '
            "bands { fromShare toShare cycles } } }"
        )
    figures = report["sla"]["metrics"][0]
    assert [(band["fromShare"], band["cycles"]) for band in figures["bands"]] == [
        (0, 1),
        (0.5, 1),
        (0.75, 1),
        (0.85, 1),
        (0.95, 1),
        (1.0, 2),
    ]
    # 6, 6.8, 7.6 and 8 h run unbreached with 75 % or more used; 7.6 and 8 h have less than half an hour left.
    assert figures["atRisk"] == 4
    assert figures["dueWithin60Minutes"] == 2
    assert figures["dueWithin30Minutes"] == 2


async def test_equal_names_of_two_fields_are_one_metric_and_an_id_separates_them() -> None:
    site = SiteBuilder(now="2026-03-31")
    site.sla_metric("Time to approve")
    site.field("HR approval", FieldKind.SLA, number=10777, translated="Time to approve")
    met = [completed(stop="2026-03-02", breached=False, elapsed_hours=1)]
    missed = [completed(stop="2026-03-02", breached=True, elapsed_hours=9)]
    site.request(created="2026-03-01", sla={"Time to approve": met})
    site.request(created="2026-03-01", sla={"HR approval": missed})
    async with api_on(site.site(), "2026-03-31") as api:
        selection = "{ metrics { metric { name ids } met missed } }"
        both = await api.requests(f'sla(options: {{metric: "Time to approve"}}) {selection}')
        one = await api.requests(f'sla(options: {{metric: "customfield_10777"}}) {selection}')
    assert len(both["sla"]["metrics"]) == 1
    assert len(both["sla"]["metrics"][0]["metric"]["ids"]) == 2
    assert (both["sla"]["metrics"][0]["met"], both["sla"]["metrics"][0]["missed"]) == (1, 1)
    assert (one["sla"]["metrics"][0]["met"], one["sla"]["metrics"][0]["missed"]) == (0, 1)


async def test_a_breakdown_by_goal_keeps_different_goals_apart() -> None:
    site = SiteBuilder(now="2026-03-31")
    for goal, breached in ((4, True), (8, False), (8, True), (8, False)):
        cycle = completed(stop="2026-03-02", breached=breached, elapsed_hours=1, goal_hours=goal)
        site.request(created="2026-03-01", sla={METRIC: [cycle]})
    async with api_on(site.site(), "2026-03-31") as api:
        selection = "metrics { rows { value { key name } met missed } rest { count distinctRequests } }"
        report = await api.requests(f'sla(options: {{metric: "{METRIC}", by: GOAL, top: 1}}) {{ {selection} }}')
    assert report["sla"]["metrics"][0] == {
        "rows": [{"value": {"key": str(8 * HOUR), "name": "8.0 h"}, "met": 2, "missed": 1}],
        "rest": {"count": 1, "distinctRequests": 1},
    }
