"""A real helpdesk log, reported through the whole server, against a plain reading of the file."""

import csv
import lzma
import os
from collections import Counter
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


def counted(rows: list[Any], dimension: str, key: str, count: str) -> dict[str | None, int]:
    """The rows of a report as key -> count."""
    return {(row[dimension] or {}).get(key): row[count] for row in rows}
