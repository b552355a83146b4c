"""A real helpdesk log, reported through the whole server, against a plain reading of the file."""

import csv
import lzma
import math
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.event_log import load, organization_id, user_id
from tests.api import api_on

LOG = os.environ.get("ITSM_TEST_EVENT_LOG", "")
SCOPE = {"period": {"between": {"from": "2016-01-01T00:00:00Z", "to": "2018-01-01T00:00:00Z"}}}
QUERY = """query ($scope: RequestScope!) { requests(scope: $scope) {
  total
  assigneeWorkload(options: {top: 1000}) { rows { assignee { accountId } created } rest { count } }
  requestsByOrganization(options: {top: 1000}) { total rows { organization { id } requests } rest { count } }
  sla(options: {metric: "Time to resolution"}) { metrics { met missed } }
} }"""


def last_rows(path: Path) -> list[dict[str, str]]:
    """The last row of each incident, in plain Python."""
    last: dict[str, dict[str, str]] = {}
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            last[row["number"]] = row
    return list(last.values())


@pytest.mark.skipif(not LOG, reason="ITSM_TEST_EVENT_LOG names no incident event log")
async def test_figures_of_the_real_log_equal_a_plain_reading_of_the_file() -> None:
    incidents = last_rows(Path(LOG))
    resolved = [row for row in incidents if row["incident_state"] in ("Resolved", "Closed")]
    assignees = Counter(None if row["assigned_to"] == "?" else user_id(row["assigned_to"]) for row in incidents)
    organizations = Counter(None if row["location"] == "?" else organization_id(row["location"]) for row in incidents)
    met = sum(row["made_sla"] == "true" for row in resolved)
    async with api_on(load(LOG), "2018-06-01") as api:
        answer = await api.ask(QUERY, {"scope": SCOPE})
        assert answer.errors == []
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
    requests = answer.data["requests"]
    assert requests["total"] == len(incidents)
    workload, by_organization = requests["assigneeWorkload"], requests["requestsByOrganization"]
    assert counted(workload["rows"], "assignee", "accountId", "created") == assignees
    assert counted(by_organization["rows"], "organization", "id", "requests") == organizations
    assert (workload["rest"]["count"], by_organization["rest"]["count"]) == (0, 0)
    assert requests["sla"]["metrics"] == [{"met": met, "missed": len(resolved) - met}]


DISTRIBUTION = """query ($scope: RequestScope!) { requests(scope: $scope) {
  timeDistribution(options: {unit: MONTH}) { series { label created resolved } heatMap { weekday hour created } }
  requestTypes(options: {top: 1000}) { rows { requestType { name } requests } }
  requestChannels { rows { value { key } requests } }
  resolutionTime { measured invalid duration { medianSeconds p90Seconds } }
} }"""
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


def moment(text: str) -> datetime:
    """`D/M/YYYY HH:MM`, UTC."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def resolved_at(events: list[dict[str, str]]) -> datetime | None:
    """`resolved_at` of the last row, else the entry into the final run of done states; None if that state is another."""
    last = events[-1]
    if last["incident_state"] not in ("Resolved", "Closed"):
        return None
    if last["resolved_at"] != "?":
        return moment(last["resolved_at"])
    history = sorted(events, key=lambda row: moment(row["sys_updated_at"]))
    entry = moment(history[-1]["sys_updated_at"])
    for row in reversed(history):
        if row["incident_state"] not in ("Resolved", "Closed"):
            break
        entry = moment(row["sys_updated_at"])
    return entry


def interpolated(ordered: list[float], share: float) -> float:
    """Percentile by linear interpolation between the closest ranks."""
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    return ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


@pytest.mark.skipif(not LOG, reason="ITSM_TEST_EVENT_LOG names no incident event log")
async def test_times_types_and_channels_of_the_real_log_equal_a_plain_reading_of_the_file() -> None:
    incidents: dict[str, list[dict[str, str]]] = {}
    with lzma.open(LOG, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            incidents.setdefault(row["number"], []).append(row)
    last = [events[-1] for events in incidents.values()]
    opened = [moment(row["opened_at"]) for row in last]
    resolutions = [resolved_at(events) for events in incidents.values()]
    durations = [(end - start).total_seconds() for start, end in zip(opened, resolutions, strict=True) if end]
    async with api_on(load(LOG), "2018-06-01") as api:
        requests = (await api.figures(DISTRIBUTION, {"scope": SCOPE}))["requests"]

    months = {b["label"][:7]: (b["created"], b["resolved"]) for b in requests["timeDistribution"]["series"]}
    by_month = Counter(start.strftime("%Y-%m") for start in opened)
    done_by_month = Counter(end.strftime("%Y-%m") for end in resolutions if end)
    assert months == {label: (by_month[label], done_by_month[label]) for label in months}
    assert sum(created for created, _ in months.values()) == len(last)
    cells = {(c["weekday"], c["hour"]): c["created"] for c in requests["timeDistribution"]["heatMap"]}
    assert {k: n for k, n in cells.items() if n} == Counter((WEEKDAYS[start.weekday()], start.hour) for start in opened)
    types = {row["requestType"]["name"]: row["requests"] for row in requests["requestTypes"]["rows"]}
    assert types == Counter("Uncategorised" if row["category"] == "?" else row["category"] for row in last)
    channels = {row["value"]["key"]: row["requests"] for row in requests["requestChannels"]["rows"]}
    assert channels == Counter({"Phone": "jira", "Email": "email"}[row["contact_type"]] for row in last)
    measured = sorted(seconds for seconds in durations if seconds >= 0)
    assert (requests["resolutionTime"]["measured"], requests["resolutionTime"]["invalid"]) == (
        len(measured),
        len(durations) - len(measured),
    )
    assert requests["resolutionTime"]["duration"]["medianSeconds"] == pytest.approx(
        interpolated(measured, 0.5), abs=1e-3
    )
    assert requests["resolutionTime"]["duration"]["p90Seconds"] == pytest.approx(interpolated(measured, 0.9), abs=1e-3)


def counted(rows: list[Any], dimension: str, key: str, count: str) -> dict[str | None, int]:
    """The rows of a report as key -> count."""
    return {(row[dimension] or {}).get(key): row[count] for row in rows}
