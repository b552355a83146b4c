"""The workload report: open requests are of now, created and resolved ones of the period."""

import pytest

from demo.build import SiteBuilder, completed, ongoing
from demo.model import Site
from tests.api import Api, api_on

OPEN = "total assignees meanOpenPerAssignee rows { assignee { accountId } open openShare { value } }"


def ten_open_requests() -> Site:
    """Ann has four, Bob two, Carl, who has left, one; three are nobody's."""
    site = SiteBuilder(now="2026-03-31")
    site.user("carl", active=False)
    for name, count in (("ann", 4), ("bob", 2), ("carl", 1), (None, 3)):
        for _ in range(count):
            site.request(created="2026-01-05", assignee=name)
    return site.site()


async def test_open_shares_include_the_unassigned_and_the_mean_does_not() -> None:
    async with api_on(ten_open_requests(), "2026-03-31") as api:
        report = (await api.requests(f"assigneeWorkload {{ {OPEN} }}"))["assigneeWorkload"]
    assert (report["total"], report["assignees"]) == (10, 3)
    assert report["meanOpenPerAssignee"] == pytest.approx(2.333333, abs=1e-6)
    rows = {(row["assignee"] or {}).get("accountId"): row for row in report["rows"]}
    assert {key: row["open"] for key, row in rows.items()} == {"acc:ann": 4, "acc:bob": 2, "acc:carl": 1, None: 3}
    assert [row["openShare"]["value"] for row in rows.values()] == pytest.approx([0.4, 0.2, 0.1, 0.3])
    assert list(rows)[-1] is None


async def test_names_are_looked_up_only_when_selected() -> None:
    async with api_on(ten_open_requests(), "2026-03-31") as api:
        await api.requests("assigneeWorkload { rows { assignee { accountId } open } }")
        assert "user/bulk" not in api.demo.counters.by_endpoint
        report = await api.requests("assigneeWorkload { rows { assignee { displayName active } open } }")
        assert api.demo.counters.by_endpoint["user/bulk"].calls == 1
    people = [row["assignee"] for row in report["assigneeWorkload"]["rows"] if row["assignee"]]
    assert people == [
        {"displayName": "ann", "active": True},
        {"displayName": "bob", "active": True},
        {"displayName": "carl", "active": False},
    ]


async def test_an_account_that_cannot_be_read_keeps_its_row_without_a_name() -> None:
    site = ten_open_requests()
    site.users[:] = [user for user in site.users if user.display_name != "bob"]
    async with api_on(site, "2026-03-31") as api:
        report = await api.requests("assigneeWorkload { rows { assignee { accountId displayName active } open } }")
    bob = next(
        r for r in report["assigneeWorkload"]["rows"] if r["assignee"] and r["assignee"]["accountId"] == "acc:bob"
    )
    assert bob == {"assignee": {"accountId": "acc:bob", "displayName": None, "active": None}, "open": 2}


def busy_site() -> Site:
    site = SiteBuilder(now="2026-03-31T12:00")
    sla = {"Time to resolution": [ongoing(elapsed_hours=6)]}
    late = {"Time to resolution": [ongoing(elapsed_hours=9, breached=True)]}
    site.request(created="2026-03-31T00:00", assignee="ann", duedate="2026-03-30", timeestimate=3600, sla=sla)
    site.request(created="2026-03-30T12:00", assignee="ann", duedate="2026-03-31", timeestimate=1800, sla=late)
    site.request(
        created="2026-03-01",
        assignee="bob",
        resolved="2026-03-29",
        sla={"Time to resolution": [completed(stop="2026-03-29")]},
    )
    site.request(created="2025-12-01", assignee="bob", resolved="2026-03-05")
    site.request(created="2025-12-01", assignee="cyd", resolved="2026-01-05")
    return site.site()


MARCH = {"period": {"calendar": {"unit": "MONTH"}}}


async def test_figures_of_open_requests_are_of_as_of_and_events_are_of_the_period() -> None:
    selection = (
        "assigneeWorkload { rows { assignee { accountId } open overdue slaBreachedRunning slaAtRisk oldestAgeSeconds "
        "meanAgeSeconds remainingEstimateSeconds created resolved } }"
    )
    async with api_on(busy_site(), "2026-03-31T12:00") as api:
        rows = (await api.requests(selection, MARCH))["assigneeWorkload"]["rows"]
    assert rows == [
        {
            "assignee": {"accountId": "acc:ann"},
            "open": 2,
            "overdue": 1,
            "slaBreachedRunning": 1,
            "slaAtRisk": 1,
            "oldestAgeSeconds": 24 * 3600,
            "meanAgeSeconds": 18 * 3600,
            "remainingEstimateSeconds": 5400,
            "created": 2,
            "resolved": 0,
        },
        {
            "assignee": {"accountId": "acc:bob"},
            "open": 0,
            "overdue": 0,
            "slaBreachedRunning": 0,
            "slaAtRisk": 0,
            "oldestAgeSeconds": None,
            "meanAgeSeconds": None,
            "remainingEstimateSeconds": None,
            "created": 1,
            "resolved": 2,
        },
    ]


async def test_only_selected_figures_give_a_row_and_listed_people_always_have_one() -> None:
    async with api_on(busy_site(), "2026-03-31T12:00") as api:
        created = await api.requests("assigneeWorkload { rows { assignee { accountId } created } }", MARCH)
        listed = await api.requests(
            'assigneeWorkload(options: {assignees: ["acc:cyd"]}) { rows { assignee { accountId } open } }', MARCH
        )
    assert [row["assignee"]["accountId"] for row in created["assigneeWorkload"]["rows"]] == ["acc:ann", "acc:bob"]
    assert listed["assigneeWorkload"]["rows"] == [
        {"assignee": {"accountId": "acc:ann"}, "open": 2},
        {"assignee": {"accountId": "acc:cyd"}, "open": 0},
    ]


async def test_what_is_overdue_depends_on_the_date_in_the_zone_of_the_report() -> None:
    site = SiteBuilder(now="2026-03-31T12:00")
    site.request(created="2026-03-01", assignee="ann", duedate="2026-03-31")

    async def overdue(api: Api, zone: str) -> int:
        report = await api.requests("assigneeWorkload { rows { open overdue } }", {"timeZone": zone})
        count: int = report["assigneeWorkload"]["rows"][0]["overdue"]
        return count

    async with api_on(site.site(), "2026-03-31T12:00") as api:
        # At noon UTC it is already 1 April on Kiritimati.
        assert await overdue(api, "UTC") == 0
        assert await overdue(api, "Pacific/Kiritimati") == 1


async def test_open_requests_split_by_status() -> None:
    site = SiteBuilder(now="2026-03-31")
    for status in ("Open", "In Progress", "In Progress"):
        site.request(created="2026-03-01", assignee="ann", status=status)
    async with api_on(site.site(), "2026-03-31") as api:
        selection = "assigneeWorkload(options: {splitBy: STATUS}) { rows { parts { value { name } open } } }"
        rows = (await api.requests(selection))["assigneeWorkload"]["rows"]
    assert [(p["value"]["name"], p["open"]) for p in rows[0]["parts"]] == [("In Progress", 2), ("Open", 1)]


async def test_rows_beyond_the_top_are_counted_in_the_rest() -> None:
    async with api_on(ten_open_requests(), "2026-03-31") as api:
        selection = "assigneeWorkload(options: {top: 1}) { rows { open } rest { count distinctRequests } }"
        report = (await api.requests(selection))["assigneeWorkload"]
    assert [row["open"] for row in report["rows"]] == [4, 3]
    assert report["rest"] == {"count": 2, "distinctRequests": 3}
