"""Resolution times: percentiles to the millisecond, bands, and what has no duration."""

from collections.abc import Sequence
from typing import Any

import pytest

from demo.build import HOUR, SiteBuilder, completed, millis, ongoing
from demo.model import Site
from tests.api import Api, api_on
from tests.reports.drilling import assert_counts

NOW = "2026-03-31"
MARCH = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}}
DURATION = "duration { count meanSeconds medianSeconds p75Seconds p90Seconds p95Seconds minSeconds maxSeconds }"
PARTS = "total measured invalid unmeasured unresolved"
RESOLVED = "2026-03-20"


def lasting(hours: Sequence[float]) -> Site:
    """Requests resolved at one instant, after so many hours."""
    site = SiteBuilder(now=NOW)
    for each in hours:
        site.request(created=millis(RESOLVED) - round(each * HOUR), resolved=RESOLVED)
    return site.site()


async def times(api: Api, options: str = "", selection: str = DURATION, scope: dict[str, Any] = MARCH) -> Any:
    asked = f"(options: {{{options}}})" if options else ""
    return (await api.requests(f"resolutionTime{asked} {{ {selection} }}", scope))["resolutionTime"]


async def test_percentiles_of_ten_durations_interpolate_to_the_millisecond() -> None:
    selection = (
        f"{DURATION} histogram {{ fromHours toHours count drillDown }} cohort value metric {{ name }} read {{ basis }}"
    )
    async with api_on(lasting([1, 2, 3, 4, 5, 6, 7, 8, 9, 100]), NOW) as api:
        report = await times(api, selection=selection)
        assert report["duration"] == {
            "count": 10,
            "meanSeconds": 14.5 * 3600,
            "medianSeconds": 5.5 * 3600,
            "p75Seconds": 7.75 * 3600,
            "p90Seconds": 65_160.0,
            "p95Seconds": 212_580.0,
            "minSeconds": 3600,
            "maxSeconds": 360_000,
        }
        assert [band["count"] for band in report["histogram"]] == [0, 3, 4, 2, 0, 1, 0]
        bounds = [(band["fromHours"], band["toHours"]) for band in report["histogram"]]
        assert bounds == [(0, 1), (1, 4), (4, 8), (8, 24), (24, 72), (72, 168), (168, None)]
        assert (report["cohort"], report["value"], report["metric"]) == ("RESOLVED", "WALL", None)
        assert report["read"]["basis"] == ["ACTIVE"]
        for band in report["histogram"]:
            await assert_counts(api, band, "count")


@pytest.mark.parametrize(
    ("hours", "median", "p90", "p95"),
    [([10, 20, 30, 40], 25, 37, 38.5), ([10, 20], 15, 19, 19.5), ([7], 7, 7, 7), ([], None, None, None)],
)
async def test_percentiles_of_few(hours: list[float], median: float, p90: float, p95: float) -> None:
    async with api_on(lasting(hours), NOW) as api:
        duration = (await times(api))["duration"]
    found = [duration[name] for name in ("medianSeconds", "p90Seconds", "p95Seconds")]
    assert found == [None if each is None else each * 3600 for each in (median, p90, p95)]
    assert duration["count"] == len(hours)


async def test_a_band_holds_its_lower_edge_and_not_its_upper_one() -> None:
    ms = 1 / HOUR
    async with api_on(lasting([0, 1 - ms, 1, 168 - ms, 168]), NOW) as api:
        report = await times(api, selection="histogram { count }")
    assert [band["count"] for band in report["histogram"]] == [2, 1, 0, 0, 0, 1, 1]


def mixed() -> Site:
    """Created in March but for one; resolved, not yet, before they were created, and since nobody knows when."""
    site = SiteBuilder(now=NOW)
    for created, resolved, priority in (
        ("2026-02-20", "2026-03-02", "High"),
        ("2026-03-05T00:00", "2026-03-05T02:00", "High"),
        ("2026-03-05T00:00", "2026-03-05T06:00", "Low"),
        ("2026-03-05T00:00", "2026-03-05T04:00", None),
        ("2026-03-06", None, "High"),
        ("2026-03-07", "2026-03-06", "High"),
    ):
        site.request(created=created, resolved=resolved, priority=priority, assignee="ann")
    return site.site()


@pytest.mark.parametrize(
    ("cohort", "parts", "median"), [("RESOLVED", (5, 4, 1, 0, None), 5), ("CREATED", (5, 3, 1, 0, 1), 4)]
)
async def test_what_has_no_duration_is_counted_and_in_no_figure(
    cohort: str, parts: tuple[int | None, ...], median: float
) -> None:
    async with api_on(mixed(), NOW) as api:
        report = await times(api, f"cohort: {cohort}", f"{PARTS} drillDown {DURATION} histogram {{ count }}")
        assert tuple(report[name] for name in PARTS.split()) == parts
        assert report["duration"]["medianSeconds"] == median * 3600
        assert report["duration"]["count"] == report["measured"] == sum(b["count"] for b in report["histogram"])
        await assert_counts(api, report, *(name for name in PARTS.split() if report[name] is not None))


async def test_a_request_done_since_nobody_knows_when_is_unmeasured() -> None:
    def dateless(path: str, answer: Any) -> None:
        for issue in answer["issues"] if path.endswith("/search/jql") else []:
            issue["fields"]["statuscategorychangedate"] = None

    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-05", done="2026-03-06")
    async with api_on(site.site(), NOW) as api:
        api.wire.alter = dateless
        report = await times(api, "cohort: CREATED", f"{PARTS} read {{ warnings {{ code }} }}")
    assert tuple(report[name] for name in PARTS.split()) == (1, 0, 0, 1, 0)
    assert [warning["code"] for warning in report["read"]["warnings"]] == ["RESOLVED_UNDATED"]


def clocked() -> Site:
    site = SiteBuilder(now=NOW)
    for cycles in (
        [completed(stop="2026-03-05T02:00", elapsed_hours=2), completed(stop="2026-03-06", elapsed_hours=3)],
        [completed(stop="2026-03-05T02:00", elapsed_hours=1), ongoing(elapsed_hours=7)],
        [],
        None,
    ):
        site.request(created="2026-03-05", resolved="2026-03-06", sla={"Time to resolution": cycles})
    return site.site()


@pytest.mark.parametrize("metric", ["Time to resolution", "customfield_10031"])
async def test_by_the_clock_of_an_sla_completed_cycles_are_added_up(metric: str) -> None:
    selection = f"{PARTS} {DURATION} metric {{ name ids }} drillDown"
    async with api_on(clocked(), NOW) as api:
        report = await times(api, f'value: SLA, metric: "{metric}"', selection)
        assert tuple(report[name] for name in PARTS.split()) == (4, 2, 0, 2, None)
        assert (report["duration"]["minSeconds"], report["duration"]["maxSeconds"]) == (3600, 5 * 3600)
        assert report["metric"] == {"name": "Time to resolution", "ids": ["customfield_10031"]}
        await assert_counts(api, report, "total", "measured", "unmeasured")


@pytest.mark.parametrize(
    ("dimension", "rows"),
    [("PRIORITY", [("2", 2, 121), ("4", 1, 6), (None, 1, 4)]), ("ASSIGNEE", [("acc:ann", 4, 5)])],
)
async def test_times_are_broken_down(dimension: str, rows: list[tuple[str | None, int, float]]) -> None:
    selection = "rows { value { key name } count duration { count medianSeconds } drillDown } rest { count }"
    async with api_on(mixed(), NOW) as api:
        report = await times(api, f"by: {dimension}", selection)
        found = [(row["value"]["key"], row["count"], row["duration"]["medianSeconds"] / 3600) for row in report["rows"]]
        assert found == rows
        assert [row["duration"]["count"] for row in report["rows"]] == [row["count"] for row in report["rows"]]
        for row in report["rows"]:
            await assert_counts(api, row, "count")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("top: 1001", "options.top"),
        ("value: SLA", "Time to first response"),
        ('value: SLA, metric: "Time to nothing"', "options.metric"),
    ],
)
async def test_wrong_options_are_said(options: str, named: str) -> None:
    async with api_on(lasting([1]), NOW) as api:
        answer = await api.ask(
            f"{{ requests(scope: {{}}) {{ total resolutionTime(options: {{{options}}}) {{ measured }} }} }}"
        )
        assert answer.codes == {"requests.resolutionTime": "BAD_USER_INPUT"}
        assert named in answer.errors[0]["message"]
        assert answer.data["requests"]["total"] == 1
