"""Small sites on which figures once went, or easily go, wrong: each the smallest that shows it."""

from __future__ import annotations

from typing import Any

import pytest

from demo.build import RESOLUTION, SiteBuilder, completed, ongoing
from demo.model import Site
from tests.api import api_on

NOW = "2026-03-31T12:00"
TEN_DAYS = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-11T00:00:00Z"}}}
MARCH = {"period": {"calendar": {"unit": "MONTH"}}}


async def asked(site: Site, selection: str, scope: dict[str, Any] | None = None) -> Any:
    """The answer of a server that has read nothing before."""
    async with api_on(site, NOW) as api:
        return await api.requests(selection, scope)


@pytest.mark.parametrize("created", ["2026-03-11T01:00", "2026-03-11T20:00"])
async def test_an_import_made_after_the_period_is_in_none_of_its_figures(created: str) -> None:
    # Jira is asked for 15 hours more than the period has: what lies in them must not show.
    site = SiteBuilder(now=NOW)
    site.request(
        created=created, resolved="2026-03-10", assignee="ann", sla={RESOLUTION: [completed(stop="2026-03-10")]}
    )
    selection = (
        "total assigneeWorkload { rows { assignee { accountId } created resolved } } "
        f'sla(options: {{metric: "{RESOLUTION}"}}) {{ total metrics {{ met cycles elapsed {{ count }} }} }}'
    )
    assert await asked(site.site(), selection, TEN_DAYS) == {
        "total": 0,
        "assigneeWorkload": {"rows": []},
        "sla": {"total": 0, "metrics": [{"met": 0, "cycles": 0, "elapsed": {"count": 0}}]},
    }


async def test_the_top_assignees_are_the_same_whatever_else_is_asked() -> None:
    # Ann has six open requests, one of the period; Bob has two, both of the period. By what is selected, Bob comes first.
    site = SiteBuilder(now=NOW)
    for created in ["2026-01-10"] * 5 + ["2026-03-10"]:
        site.request(created=created, assignee="ann")
    for _ in range(2):
        site.request(created="2026-03-10", assignee="bob")
    selection = "assigneeWorkload(options: {top: 1}) { rows { assignee { accountId } created } rest { count } }"
    alone = await asked(site.site(), selection, MARCH)
    together = await asked(site.site(), f"{selection} sla {{ total }}", MARCH)
    assert together["assigneeWorkload"] == alone["assigneeWorkload"]
    assert alone["assigneeWorkload"]["rows"] == [{"assignee": {"accountId": "acc:bob"}, "created": 2}]
    by_open = await asked(site.site(), selection.replace("created", "created open"), MARCH)
    assert by_open["assigneeWorkload"]["rows"] == [{"assignee": {"accountId": "acc:ann"}, "created": 1, "open": 6}]


async def test_nobody_has_a_row_for_an_estimate_that_there_is_not() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-10", assignee="ann")
    selection = "assigneeWorkload { rows { assignee { accountId } remainingEstimateSeconds } }"
    assert (await asked(site.site(), selection))["assigneeWorkload"]["rows"] == []


async def test_a_filter_on_organizations_leaves_only_those_picked_in_the_breakdown_of_slas() -> None:
    site = SiteBuilder(now=NOW)
    beta = site.organization("Beta")
    cycle = completed(stop="2026-03-11")
    site.request(created="2026-03-10", organizations=["Acme", "Beta"], resolved="2026-03-11", sla={RESOLUTION: [cycle]})
    selection = f'sla(options: {{metric: "{RESOLUTION}", by: ORGANIZATION}}) {{ metrics {{ rows {{ value {{ name }} met }} }} }}'
    report = await asked(site.site(), selection, {"organizations": {"in": [beta.id]}})
    assert report["sla"]["metrics"][0]["rows"] == [{"value": {"name": "Beta"}, "met": 1}]


async def test_how_requests_were_resolved_is_told_of_those_of_the_report_alone() -> None:
    # The second request was made four hours before the period: it is read, but no figure of March is about it.
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-10", resolved="2026-03-11")
    site.request(created="2026-02-28T20:00", done="2026-03-11")
    selection = "requestsByOrganization { total read { resolvedWith { resolution statusCategory } warnings { code } } }"
    assert (await asked(site.site(), selection, MARCH))["requestsByOrganization"] == {
        "total": 1,
        "read": {"resolvedWith": {"resolution": 1, "statusCategory": 0}, "warnings": []},
    }


@pytest.mark.parametrize("company", ["", "total"])
async def test_a_resolution_without_a_date_leaves_a_request_open_whatever_else_is_asked(company: str) -> None:
    # Imports can set the one without the other; what counts is the date.
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-10", updated="2026-03-11").resolution = "Done"
    assert (await asked(site.site(), f"assigneeWorkload {{ total }} {company}"))["assigneeWorkload"] == {"total": 1}


async def test_what_was_resolved_exactly_at_the_start_is_an_event_of_the_period() -> None:
    site = SiteBuilder(now=NOW)
    for end in ("2026-02-28T23:59:59.999", "2026-03-01T00:00", "2026-03-10T23:59:59.999", "2026-03-11T00:00"):
        cycle = completed(stop=end)
        site.request(created="2026-02-01", resolved=end, assignee="ann", sla={RESOLUTION: [cycle]})
    selection = (
        "assigneeWorkload { rows { resolved } } "
        f'sla(options: {{metric: "{RESOLUTION}"}}) {{ total metrics {{ met withCycles }} }}'
    )
    assert await asked(site.site(), selection, TEN_DAYS) == {
        "assigneeWorkload": {"rows": [{"resolved": 2}]},
        "sla": {"total": 3, "metrics": [{"met": 2, "withCycles": 3}]},
    }


async def test_an_sla_without_a_goal_is_used_up_from_the_start() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-30", sla={RESOLUTION: [ongoing(elapsed_hours=0, goal_hours=0)]})
    selection = (
        f'sla(options: {{metric: "{RESOLUTION}"}}) {{ metrics {{ atRisk dueWithin30Minutes bands {{ cycles }} }} }}'
    )
    assert (await asked(site.site(), selection))["sla"]["metrics"] == [
        {"atRisk": 1, "dueWithin30Minutes": 1, "bands": [{"cycles": n} for n in (0, 0, 0, 0, 0, 1)]}
    ]
