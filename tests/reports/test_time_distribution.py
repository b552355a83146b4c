"""When requests come and go, cut in local time, on days of 23, 24 and 25 hours."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import api_on

HEAT = "heatMap { weekday hour occurrences created createdPerOccurrence resolved }"


def created_at(*instants: str, now: str = "2026-12-31") -> Site:
    site = SiteBuilder(now=now)
    for instant in instants:
        site.request(created=instant)
    return site.site()


def month(number: int, zone: str = "Europe/Berlin") -> dict[str, Any]:
    """A calendar month of 2026 in Berlin, as seen from the end of the year."""
    return {"timeZone": zone, "period": {"calendar": {"unit": "MONTH", "offset": number - 12}}}


async def heat(site: Site, scope: dict[str, Any], now: str = "2026-12-31") -> dict[tuple[str, int], Any]:
    async with api_on(site, now) as api:
        report = await api.requests(f"timeDistribution {{ {HEAT} }}", scope)
    return {(cell["weekday"], cell["hour"]): cell for cell in report["timeDistribution"]["heatMap"]}


async def test_the_repeated_hour_of_autumn_collects_both_passes() -> None:
    site = created_at(
        "2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z", "2026-10-24T21:59:59.999Z", "2026-10-24T22:00Z"
    )
    cells = await heat(site, month(10))
    counts = {key: cell["created"] for key, cell in cells.items() if cell["created"]}
    assert counts == {("SUNDAY", 2): 2, ("SUNDAY", 3): 1, ("SATURDAY", 23): 1, ("SUNDAY", 0): 1}
    assert [cells["SUNDAY", hour]["occurrences"] for hour in (1, 2, 3)] == [4, 5, 4]


async def test_the_skipped_hour_of_spring_occurs_once_less() -> None:
    march = ["2026-03-29T00:30Z", "2026-03-29T01:30Z"]
    # Eight at 02 and seven more at 03 local on Sundays before the change.
    march += [f"2026-03-{day:02}T01:{minute:02}Z" for day in (1, 8, 15, 22) for minute in (10, 20)]
    march += [
        f"2026-03-{day:02}T02:{minute:02}Z"
        for day, minute in [(1, 1), (1, 2), (8, 1), (8, 2), (15, 1), (15, 2), (22, 1)]
    ]
    cells = await heat(created_at(*march), month(3))
    assert [cells["SUNDAY", hour]["occurrences"] for hour in (1, 2, 3)] == [5, 4, 5]
    assert (cells["SUNDAY", 1]["created"], cells["SUNDAY", 2]["created"], cells["SUNDAY", 3]["created"]) == (1, 8, 8)
    assert cells["SUNDAY", 2]["createdPerOccurrence"] == 2.0
    assert cells["SUNDAY", 3]["createdPerOccurrence"] == 1.6


@pytest.mark.parametrize(("number", "hours"), [(3, 743), (10, 745), (6, 720)])
async def test_occurrences_add_up_to_the_hours_of_the_month(number: int, hours: int) -> None:
    cells = await heat(created_at(), month(number))
    assert sum(cell["occurrences"] for cell in cells.values()) == hours
    assert len(cells) == 168


async def test_a_running_period_counts_the_hours_that_were() -> None:
    cells = await heat(created_at(now="2026-03-02T10:30"), {"period": {"last": "P1D"}}, now="2026-03-02T10:30")
    assert {hour for (day, hour), cell in cells.items() if cell["occurrences"]} == set(range(11))
    assert cells["MONDAY", 10]["createdPerOccurrence"] == 0
    assert cells["MONDAY", 11]["createdPerOccurrence"] is None


async def series(site: Site, scope: dict[str, Any], unit: str, now: str = "2026-12-31") -> list[Any]:
    selection = "label isoWeek start end complete created resolved"
    async with api_on(site, now) as api:
        report = await api.requests(
            f"timeDistribution(options: {{unit: {unit}}}) {{ series {{ {selection} }} }}", scope
        )
    found: list[Any] = report["timeDistribution"]["series"]
    return found


async def test_days_of_the_series_have_the_length_of_local_days_and_empty_ones_are_there() -> None:
    site = created_at("2026-03-28T22:59:59.999Z", "2026-03-28T23:00Z", "2026-03-29T21:59Z", "2026-03-29T22:00Z")
    days = await series(site, month(3), "DAY")
    assert len(days) == 31
    assert [(d["start"], d["end"]) for d in days if d["label"] == "2026-03-29"] == [
        ("2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z")
    ]
    assert [d["created"] for d in days] == [0] * 27 + [1, 2, 1, 0]
    assert all(day["complete"] for day in days)


async def test_weeks_are_named_by_their_first_day_and_by_iso_week_if_they_start_on_monday() -> None:
    scope = {"period": {"between": {"from": "2026-12-21T00:00:00Z", "to": "2027-01-11T00:00:00Z"}}}
    monday = await series(created_at(now="2027-02-01"), scope, "WEEK", now="2027-02-01")
    assert [(w["label"], w["isoWeek"]) for w in monday] == [
        ("2026-12-21", "2026-W52"),
        ("2026-12-28", "2026-W53"),
        ("2027-01-04", "2027-W01"),
    ]
    sunday = await series(created_at(now="2027-02-01"), scope | {"weekStart": "SUNDAY"}, "WEEK", now="2027-02-01")
    assert [w["label"] for w in sunday] == ["2026-12-20", "2026-12-27", "2027-01-03", "2027-01-10"]
    assert [w["complete"] for w in sunday] == [False, True, True, False]
    assert {w["isoWeek"] for w in sunday} == {None}


async def test_resolved_requests_fall_into_the_bucket_of_their_resolution() -> None:
    site = SiteBuilder(now="2026-12-31")
    site.request(created="2026-01-01", resolved="2026-03-10T12:00")
    site.request(created="2026-03-09", resolved="2026-04-01")
    days = await series(site.site(), month(3), "MONTH")
    assert [(d["created"], d["resolved"]) for d in days] == [(1, 1)]


async def test_a_series_of_too_many_buckets_is_refused_with_what_would_be_right() -> None:
    async with api_on(created_at(), "2026-12-31") as api:
        answer = await api.ask(
            '{ requests(scope: {period: {last: "P1Y"}}) { total timeDistribution(options: {unit: HOUR}) { series { created } } } }'
        )
    assert answer.codes == {"requests.timeDistribution": "BAD_USER_INPUT"}
    assert "larger unit" in answer.errors[0]["message"]
    assert answer.data["requests"]["total"] == 0
