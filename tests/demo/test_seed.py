"""The seeded site is believable, and the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest

from demo.build import HOUR, millis
from demo.calendar import WorkCalendar
from demo.dates import local
from demo.model import Category, Site
from demo.search import Search
from demo.seed import ZONE, seeded

NOW = datetime(2026, 11, 23, 14, 7, tzinfo=UTC)
NOW_MS = millis(NOW)


@pytest.fixture(scope="module")
def site() -> Site:
    return seeded(3000, now=NOW)


def test_it_has_the_size_asked_for_and_ends_minutes_ago(site: Site) -> None:
    assert len(site.issues) == 3000
    created = [one.created for one in site.issues]
    assert created == sorted(created)
    assert 0 < NOW_MS - created[-1] < HOUR
    assert NOW_MS - created[0] > 600 * 24 * HOUR
    assert len({one.key for one in site.issues}) == 3000


def test_nothing_lies_in_the_future_or_in_the_wrong_order(site: Site) -> None:
    for one in site.issues:
        assert one.created <= one.updated <= NOW_MS
        assert one.created <= one.status_category_changed <= NOW_MS
        assert (one.resolved is None) == (one.resolution is None)
        assert (one.status.category is Category.DONE) == (one.resolved is not None)
        if one.resolved is not None:
            assert one.created <= one.resolved <= one.updated
        for cycles in one.sla.values():
            assert all(cycle.stop is not None for cycle in cycles[:-1])
            assert all(cycle.start <= (cycle.stop or NOW_MS) <= NOW_MS for cycle in cycles)
            assert all(cycle.goal - cycle.elapsed == cycle.remaining for cycle in cycles)


def test_the_same_day_and_size_give_the_same_site(site: Site) -> None:
    again = seeded(3000, now=NOW)
    assert [repr(one) for one in again.issues] == [repr(one) for one in site.issues]


def test_work_comes_in_office_hours_and_grows(site: Site) -> None:
    hours = Counter(local(one.created, ZoneInfo(ZONE)).hour for one in site.issues)
    weekdays = Counter(local(one.created, ZoneInfo(ZONE)).weekday() for one in site.issues)
    half = NOW_MS - 365 * 24 * HOUR
    later = sum(one.created >= half for one in site.issues)
    assert hours[10] > 10 * hours[3]
    assert weekdays[0] > 4 * weekdays[6]
    assert later > len(site.issues) - later


def test_it_holds_what_reports_stumble_over(site: Site) -> None:
    finder = Search(site, lambda: NOW_MS)
    for jql in (
        "cf[10010] is EMPTY",
        "issuetype in subTaskIssueTypes()",
        "assignee is EMPTY and resolution is EMPTY",
        '"Time to resolution" = running()',
        '"Time to resolution" = paused()',
        '"Time to resolution" = breached() and resolution is EMPTY',
        '"Time to resolution" = everBreached() and "Time to resolution" != breached()',
        '"Time to first response" is EMPTY',
        "request-channel-type is EMPTY and cf[10010] is not EMPTY",
        "Organizations is EMPTY",
        "due is not EMPTY",
        "Satisfaction is not EMPTY",
        "created >= -1d",
        "resolution is EMPTY and created < -30d",
    ):
        assert finder.count(jql) > 0, jql
    assert any(len(one.organizations) > 1 for one in site.issues)
    assert any(cycles == () for one in site.issues for cycles in one.sla.values())
    names = Counter(one.name for one in site.organizations)
    assert [name for name, several in names.items() if several > 1] == ["Meridian Bank"]
    gone = [one for one in site.users if not one.active]
    assert [one.display_name for one in gone if one.account_type == "atlassian"] == ["Pál Szabó"]
    assert any(one.account_type == "customer" for one in gone)
    assert [one.key for one in site.projects] == ["ITS", "HR", "FAC"]


def test_most_is_resolved_and_in_time(site: Site) -> None:
    done = [one for one in site.issues if one.resolved is not None]
    judged = [cycles[-1].breached for one in done for cycles in one.sla.values() if cycles]
    assert 0.9 < len(done) / len(site.issues) < 0.995
    assert 0.05 < sum(judged) / len(judged) < 0.35


@pytest.mark.parametrize("size", [3000, 20_000])
def test_the_backlog_is_mostly_days_old_and_mostly_not_late(size: int) -> None:
    waiting = [one for one in seeded(size, now=NOW).issues if one.request_type and one.resolved is None]
    days = sorted((NOW_MS - one.created) / (24 * HOUR) for one in waiting)
    running = [cycles[-1] for one in waiting for cycles in one.sla.values() if cycles and cycles[-1].stop is None]
    assert len(waiting) > size / 150
    assert 2 < median(days) < 14
    assert sum(one > 30 for one in days) < 0.25 * len(days)
    assert sum(one > 365 for one in days) < 0.02 * len(days)
    assert 0 < sum(one.breached for one in running) < len(running) / 3
    assert any(one.paused for one in running)


def test_ratings_are_given_to_a_third_and_mostly_good(site: Site) -> None:
    ratings = [one.rating for one in site.issues if one.rating is not None]
    resolved = sum(one.resolved is not None for one in site.issues)
    assert 0.3 < len(ratings) / resolved < 0.4
    assert 4.0 < mean(ratings) < 4.4
    assert set(ratings) == {1, 2, 3, 4, 5}
    assert any(one.rating_comment for one in site.issues)


def test_customers_belong_to_organizations_and_desks(site: Site) -> None:
    members = {one.id: site.members[one.id] for one in site.organizations}
    customers = {one for several in site.customers.values() for one in several}
    memberships = Counter(one for several in members.values() for one in several)
    reporters = {one.reporter for one in site.issues if one.request_type}
    assert len(site.organizations) == 40
    assert 250 < len(customers) < 320
    assert [one.name for one in site.organizations if not members[one.id]] == ["Founders Club"]
    assert max(memberships.values()) > 1
    assert customers - set(memberships)
    assert customers - reporters
    assert reporters - customers
    assert any(not one.active for one in customers)
    assert {one.key for one in site.projects} == {"ITS", "HR", "FAC"}


def test_request_types_have_groups_and_one_is_never_used(site: Site) -> None:
    used = {one.request_type for one in site.issues}
    assert [one.name for one in site.request_types if one not in used] == ["Borrow a projector"]
    assert any(len(one.groups) > 1 for one in site.request_types)
    assert any(not one.groups for one in site.request_types)


def test_assets_form_a_tree_and_requests_are_about_some(site: Site) -> None:
    assert site.assets is not None
    counts = Counter(one.type.name for one in site.assets.objects)
    types = {one.name: one for one in site.assets.types}
    held = Counter(thing for one in site.issues for thing in one.assets)
    its = [one for one in site.issues if one.project.key == "ITS" and one.request_type]
    assert [one.name for one in types["Laptop"].line()] == ["Laptop", "Computer", "Hardware"]
    assert types["Hardware"].abstract
    assert counts["Laptop"] > counts["Server"] > 0
    assert 400 < len(site.assets.objects) < 1000
    assert 0.1 < sum(bool(one.assets) for one in its) / len(its) < 0.3
    assert held.most_common(1)[0][1] > 3
    assert any(thing.restricted for thing in held)
    assert any(one.label is None for one in site.assets.objects)
    names = {one.name for one in site.assets.attributes_of(types["Server"])}
    assert {"Status", "Site", "Owner", "Model", "Warranty"} <= names


def test_any_size_and_hour_can_be_seeded() -> None:
    for hour in (0, 5, 23):
        at = datetime(2026, 3, 29, hour, 1, tzinfo=UTC)
        assert len(seeded(20, now=at).issues) == 20
    assert seeded(0, now=NOW).issues == []
    assert len(seeded(1, now=NOW).issues) == 1


def test_working_time_skips_nights_and_weekends() -> None:
    zone = ZoneInfo(ZONE)
    friday = datetime(2026, 3, 27, 16, tzinfo=zone)
    calendar = WorkCalendar(friday.date() - timedelta(days=7), friday.date() + timedelta(days=7), zone)
    begun = calendar.worked(millis(friday))
    assert calendar.at(begun + 3 * HOUR) == millis(datetime(2026, 3, 30, 9, tzinfo=zone))
    assert calendar.worked(millis(datetime(2026, 3, 29, 12, tzinfo=zone))) - begun == 2 * HOUR
