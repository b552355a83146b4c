"""Small sites on which the newer reports once went wrong: each the smallest that shows it."""

from __future__ import annotations

import pytest

from demo.build import SiteBuilder
from tests.api import api_on

NOW = "2026-12-01"
HOWE = "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("zone", "start", "end", "created", "hour", "label"),
    [
        # Clocks are changed in the last hours of the period.
        ("Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T03:00Z", "2026-03-29T01:30Z", 3, "2026-03-29T03:00+02:00"),
        # Half an hour is skipped: the other half is left. Half an hour is repeated.
        (HOWE, "2026-10-03T14:00Z", "2026-10-03T22:00Z", "2026-10-03T15:45Z", 2, "2026-10-04T02:30+11:00"),
        (HOWE, "2026-04-04T13:00Z", "2026-04-04T20:00Z", "2026-04-04T15:15Z", 1, "2026-04-05T01:30+10:30"),
    ],
)
async def test_a_request_is_in_the_hour_that_the_clocks_showed(
    zone: str, start: str, end: str, created: str, hour: int, label: str
) -> None:
    site = SiteBuilder(now=NOW)
    site.request(created=created)
    selection = (
        "timeDistribution(options: {unit: HOUR}) { series { label created } heatMap { hour occurrences created } }"
    )
    async with api_on(site.site(), NOW) as api:
        period = {"between": {"from": start, "to": end}}
        report = (await api.requests(selection, {"timeZone": zone, "period": period}))["timeDistribution"]
    assert [one["label"] for one in report["series"] if one["created"]] == [label]
    assert [cell["hour"] for cell in report["heatMap"] if cell["created"]] == [hour]
    assert all(cell["occurrences"] for cell in report["heatMap"] if cell["created"])


async def test_a_type_that_is_filtered_out_is_not_unused() -> None:
    site = SiteBuilder(now=NOW)
    one, other = site.request_type("One"), site.request_type("Other")
    selection = "requestTypes(options: {includeUnused: true}) { unused rows { requestType { id } } }"
    async with api_on(site.site(), NOW) as api:
        scope = {"requestTypes": {"in": [one.id, other.id], "notIn": [other.id]}}
        report = (await api.requests(selection, scope))["requestTypes"]
    assert report == {"unused": 1, "rows": [{"requestType": {"id": one.id}}]}
