"""Which requests a scope picks, through GraphQL over HTTP."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import Api, api_on

NOW = "2026-03-31T12:00"


def mixed_site() -> Site:
    site = SiteBuilder(now=NOW, zone="America/New_York")
    site.select_field("Root cause", ["Network", "Human"])
    site.request(
        created="2026-03-30", assignee="ann", priority="High", labels=["vpn"], options={"Root cause": "Network"}
    )
    site.request(created="2026-03-29", reporter="eve", status="In Progress", components=["Mail"], channel="email")
    site.request(created="2026-03-28", request_type="Laptop", labels=["vpn", "home"], options={"Root cause": "Human"})
    site.request(created="2026-03-27", project="HR")
    parent = site.issue(created="2026-03-26")
    site.request(created="2026-03-25", request_type=None, issue_type="Sub-task", parent=parent)
    site.request(created="2026-03-24", restricted=True)
    site.request(created="2026-02-01")
    return site.site()


def named(api: Api, kind: str, name: str) -> str:
    found: str = next(one.id for one in getattr(api.demo.site, kind) if one.name == name)
    return found


CASES: list[tuple[dict[str, Any], int]] = [
    ({}, 4),
    ({"projects": ["HR"]}, 1),
    ({"projects": ["HR", "ITS"]}, 4),
    ({"population": "ISSUES"}, 5),
    ({"population": "ISSUES", "includeSubtasks": True}, 6),
    ({"jql": "labels = vpn"}, 2),
    ({"jql": "labels = vpn OR project = HR"}, 3),
    ({"jql": "labels = vpn OR project = HR", "projects": ["ITS"]}, 2),
    ({"assignees": {"in": ["acc:ann"]}}, 1),
    ({"assignees": {"isEmpty": True}}, 3),
    ({"assignees": {"notIn": ["acc:ann"]}}, 3),
    ({"assignees": {"notIn": ["acc:ann"], "isEmpty": False}}, 0),
    ({"reporters": {"in": ["acc:eve"]}}, 1),
    ({"components": {"in": ["Mail"]}}, 1),
    ({"labels": {"in": ["home"]}}, 1),
    ({"labels": {"notIn": ["home"]}}, 3),
    ({"channels": {"in": ["EMAIL"]}}, 1),
]


@pytest.mark.parametrize(("scope", "total"), CASES)
async def test_a_scope_picks_what_it_says(scope: dict[str, Any], total: int) -> None:
    async with api_on(mixed_site(), NOW) as api:
        assert (await api.requests("total", scope))["total"] == total


async def test_filters_on_things_with_ids_take_ids() -> None:
    async with api_on(mixed_site(), NOW) as api:
        field = next(one.id for one in api.demo.site.fields if one.untranslated == "Root cause")
        cases: list[tuple[dict[str, Any], int]] = [
            ({"priorities": {"in": [named(api, "priorities", "High")]}}, 1),
            ({"priorities": {"notIn": [named(api, "priorities", "High")]}}, 3),
            ({"statuses": {"in": [named(api, "statuses", "In Progress")]}}, 1),
            ({"requestTypes": {"in": [named(api, "request_types", "Laptop")]}}, 1),
            ({"requestTypes": {"notIn": [named(api, "request_types", "Laptop")]}}, 3),
            ({"issueTypes": {"in": [named(api, "issue_types", "Incident")]}}, 0),
            ({"fields": [{"field": field, "value": {"in": ["Network"]}}]}, 1),
            ({"fields": [{"field": field, "value": {"notIn": ["Network"]}}]}, 3),
            ({"fields": [{"field": field, "value": {"isEmpty": False}}]}, 2),
        ]
        for scope, total in cases:
            assert (scope, (await api.requests("total", scope))["total"]) == (scope, total)


async def test_a_request_created_exactly_at_the_end_belongs_to_the_next_period() -> None:
    # The site's clock is fourteen hours ahead of UTC: what Jira is asked must be wider than what is counted.
    site = SiteBuilder(now=NOW, zone="Pacific/Kiritimati")
    for created in (
        "2026-02-28T23:59:59.999Z",
        "2026-03-01T00:00:00Z",
        "2026-03-09T23:59:59.999Z",
        "2026-03-10T00:00:00Z",
    ):
        site.request(created=created)
    async with api_on(site.site(), NOW) as api:
        scope = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-10T00:00:00Z"}}}
        assert (await api.requests("total", scope))["total"] == 2


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "America/Havana"])
async def test_figures_do_not_depend_on_the_zone_of_the_reading_account(zone: str) -> None:
    site = SiteBuilder(now=NOW, zone=zone)
    for hour in range(0, 72, 3):
        site.request(created=f"2026-03-{28 + hour // 24}T{hour % 24:02}:00Z")
    async with api_on(site.site(), NOW) as api:
        scope = {"period": {"between": {"from": "2026-03-29T00:00:00Z", "to": "2026-03-30T00:00:00Z"}}}
        assert (await api.requests("total", scope))["total"] == 8


async def test_the_period_is_cut_in_the_zone_of_the_report() -> None:
    site = SiteBuilder(now=NOW)
    # Local midnight of 29 March in Berlin is 23:00 UTC, that of 30 March 22:00: the day has 23 hours.
    for created in ("2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"):
        site.request(created=created)
    async with api_on(site.site(), NOW) as api:
        scope = {"timeZone": "Europe/Berlin", "period": {"calendar": {"unit": "DAY", "offset": -2}}}
        report = await api.requests("total sla { read { from to timeZone } }", scope)
    assert report["total"] == 2
    assert report["sla"]["read"] == {
        "from": "2026-03-28T23:00:00.000Z",
        "to": "2026-03-29T22:00:00.000Z",
        "timeZone": "Europe/Berlin",
    }


async def test_resolved_by_decides_what_is_open() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-01", assignee="ann", resolved="2026-03-10")
    site.request(created="2026-03-01", assignee="ann", done="2026-03-11")
    site.request(created="2026-03-01", assignee="ann")
    selection = "assigneeWorkload { total read { resolvedBy resolvedWith { resolution statusCategory } warnings { code } } rows { open resolved } }"
    async with api_on(site.site(), NOW) as api:
        reports = {
            rule: (await api.requests(selection, {"resolvedBy": rule} if rule else {}))["assigneeWorkload"]
            for rule in ("AUTO", "RESOLUTION", "STATUS_CATEGORY")
        }
    assert {rule: (r["total"], r["rows"][0]["resolved"]) for rule, r in reports.items()} == {
        "AUTO": (1, 2),
        "RESOLUTION": (2, 1),
        "STATUS_CATEGORY": (1, 2),
    }
    assert reports["AUTO"]["read"] == {
        "resolvedBy": "AUTO",
        "resolvedWith": {"resolution": 1, "statusCategory": 1},
        "warnings": [{"code": "RESOLVED_MIXED"}],
    }


async def test_a_trailing_order_by_is_dropped_with_a_warning() -> None:
    async with api_on(mixed_site(), NOW) as api:
        report = await api.requests(
            "total sla { read { warnings { code } } }", {"jql": "labels = vpn ORDER BY created"}
        )
    assert report["total"] == 2
    assert report["sla"]["read"]["warnings"] == [{"code": "ORDER_BY_DROPPED"}]


async def test_open_requests_older_than_the_period_are_still_on_the_table() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created="2011-01-01", assignee="ann")
    site.request(created="2026-03-01", assignee="ann")
    async with api_on(site.site(), NOW) as api:
        report = await api.requests("total assigneeWorkload { total }", {"period": {"last": "P60D"}})
    assert (report["total"], report["assigneeWorkload"]["total"]) == (1, 2)
