"""What a question is about, worked out the slow way: the period in local days, the filters, what is open and since when.

Shares no code with the product. All instants are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from demo.model import Category, Issue, Site
from tests.oracle.told import Told

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000
DAY = 24 * HOUR
QUARTER_HOUR = HOUR // 4
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


# -- local time


def moment(ms: int) -> datetime:
    """An instant as an aware datetime."""
    return EPOCH + timedelta(milliseconds=ms)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(ms: int, zone: str) -> datetime:
    """What the clocks of a zone show."""
    return moment(ms).astimezone(_zone(zone))


def text(ms: int) -> str:
    """An instant as the API writes it."""
    return moment(ms).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


@cache
def day_begin(day: date, zone: str) -> int:
    """The first instant of a local day, found by walking towards it: clocks change on quarters of an hour only."""
    at = (datetime.combine(day, time(), UTC) - EPOCH) // timedelta(milliseconds=1) - 16 * HOUR
    while local(at, zone).date() < day:
        at += QUARTER_HOUR
    return at


def first_day(day: date, unit: str, week_start: str) -> date:
    """The first day of the day, week, month, quarter or year that `day` lies in."""
    while not _begins(day, unit, week_start):
        day -= timedelta(days=1)
    return day


def next_first(day: date, unit: str, week_start: str) -> date:
    """The first day of the unit after the one that begins with `day`."""
    day += timedelta(days=1)
    while not _begins(day, unit, week_start):
        day += timedelta(days=1)
    return day


def _begins(day: date, unit: str, week_start: str) -> bool:
    match unit:
        case "DAY":
            return True
        case "WEEK":
            return WEEKDAYS[day.weekday()] == week_start
        case "MONTH":
            return day.day == 1
        case "QUARTER":
            return day.day == 1 and day.month in (1, 4, 7, 10)
    return (day.month, day.day) == (1, 1)


# -- the question


@dataclass(frozen=True, repr=False)
class Between(Told):
    """From one instant, included, to another, excluded."""

    start: int
    end: int

    def variables(self) -> dict[str, object]:
        """As the API takes it."""
        return {"between": {"from": text(self.start), "to": text(self.end)}}

    def bounds(self, zone: str, week_start: str, now: int) -> tuple[int, int]:
        """First instant, and first instant after it."""
        return self.start, self.end


@dataclass(frozen=True, repr=False)
class Last(Told):
    """So many local days (or weeks) up to now, today included."""

    count: int
    unit: str = "D"

    def variables(self) -> dict[str, object]:
        """As the API takes it."""
        return {"last": f"P{self.count}{self.unit}"}

    def bounds(self, zone: str, week_start: str, now: int) -> tuple[int, int]:
        """First instant, and first instant after it."""
        days = self.count * (7 if self.unit == "W" else 1)
        return day_begin(local(now, zone).date() - timedelta(days=days - 1), zone), now


@dataclass(frozen=True, repr=False)
class Calendar(Told):
    """A unit of the calendar, `back` units before the one that is running."""

    unit: str
    back: int = 0

    def variables(self) -> dict[str, object]:
        """As the API takes it."""
        return {"calendar": {"unit": self.unit, "offset": -self.back}}

    def bounds(self, zone: str, week_start: str, now: int) -> tuple[int, int]:
        """First instant, and first instant after it."""
        first = first_day(local(now, zone).date(), self.unit, week_start)
        for _ in range(self.back):
            first = first_day(first - timedelta(days=1), self.unit, week_start)
        return day_begin(first, zone), day_begin(next_first(first, self.unit, week_start), zone)


Period = Between | Last | Calendar


@dataclass(frozen=True, repr=False)
class Filter(Told):
    """A condition on the values that a request has in one field."""

    among: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None
    empty: bool | None = None

    def variables(self) -> dict[str, object]:
        """As the API takes it."""
        said = {"in": self.among, "notIn": self.without, "isEmpty": self.empty}
        return {name: value for name, value in said.items() if value is not None}

    def keeps(self, values: Collection[str]) -> bool:
        """Whether a request with these values is meant."""
        if not values:
            # `in` drops what has no value unless it is asked for, `notIn` keeps it unless told otherwise.
            return self.empty is True or (self.among is None and self.without is not None and self.empty is None)
        if self.among is None and self.without is None:
            return self.empty is False
        inside = self.among is None or any(value in self.among for value in values)
        return inside and not any(value in (self.without or ()) for value in values)


FILTERED: Mapping[str, Callable[[Issue], Collection[str]]] = {
    "organizations": lambda issue: [one.id for one in issue.organizations],
    "requestTypes": lambda issue: [issue.request_type.id] if issue.request_type else [],
    "priorities": lambda issue: [issue.priority.id] if issue.priority else [],
    "assignees": lambda issue: [issue.assignee.account_id] if issue.assignee else [],
    "statuses": lambda issue: [issue.status.id],
    "issueTypes": lambda issue: [issue.issue_type.id],
    "labels": lambda issue: issue.labels,
}
"""The values of an issue in each field that a scope can filter on."""


@dataclass(frozen=True, repr=False)
class Scope(Told):
    """Which requests, over which period."""

    period: Period
    zone: str = "UTC"
    week_start: str = "MONDAY"
    population: str = "REQUESTS"
    resolved_by: str = "AUTO"
    subtasks: bool = False
    projects: tuple[str, ...] | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict)
    apart: int = 0
    """Scopes that differ in this only are about the same requests, but share no read: it becomes a condition that always holds."""

    def variables(self) -> dict[str, object]:
        """As the API takes it."""
        said: dict[str, object] = {
            "period": self.period.variables(),
            "timeZone": self.zone,
            "weekStart": self.week_start,
            "population": self.population,
            "resolvedBy": self.resolved_by,
            "includeSubtasks": self.subtasks,
        }
        if self.projects is not None:
            said["projects"] = list(self.projects)
        if self.apart:
            said["jql"] = f'created > "1990-01-01 00:{self.apart:02d}"'
        return said | {name: one.variables() for name, one in self.filters.items()}

    def picks(self, issue: Issue) -> bool:
        """Whether the issue is of this scope, whatever the period."""
        return (
            not issue.restricted
            and (self.population == "ISSUES" or issue.request_type is not None)
            and (self.subtasks or not issue.issue_type.subtask)
            and (self.projects is None or issue.project.key in self.projects)
            and all(one.keeps(FILTERED[name](issue)) for name, one in self.filters.items())
        )


class Subject:
    """The requests of a scope as they stand at `as_of`: what is created then or later does not count yet."""

    def __init__(self, site: Site, scope: Scope, as_of: int) -> None:
        self.site, self.scope, self.as_of = site, scope, as_of
        self.start, self.end = scope.period.bounds(scope.zone, scope.week_start, as_of)
        self.issues = [issue for issue in site.issues if scope.picks(issue) and issue.created < as_of]

    def resolved_at(self, issue: Issue) -> int | None:
        """Since when the issue is resolved by the rule of the scope; None if it is not."""
        by_category = issue.status_category_changed if issue.status.category is Category.DONE else None
        match self.scope.resolved_by:
            case "RESOLUTION":
                return issue.resolved
            case "STATUS_CATEGORY":
                return by_category
        return by_category if issue.resolved is None else issue.resolved

    def is_open(self, issue: Issue) -> bool:
        """Whether the issue is unresolved."""
        return self.resolved_at(issue) is None

    def in_period(self, instant: int | None) -> bool:
        """Whether something that happened then lies in the period."""
        return instant is not None and self.start <= instant < min(self.end, self.as_of)

    @property
    def open(self) -> list[Issue]:
        """Basis OPEN: what is unresolved, whatever the period."""
        return [issue for issue in self.issues if self.is_open(issue)]

    @property
    def cohort(self) -> list[Issue]:
        """Basis COHORT: what was created in the period."""
        return [issue for issue in self.issues if self.start <= issue.created < self.end]

    @property
    def before_end(self) -> list[Issue]:
        """What basis ACTIVE can hold: created before the end of the period."""
        return [issue for issue in self.issues if issue.created < self.end]

    @property
    def resolved(self) -> list[Issue]:
        """What was resolved in the period."""
        return [issue for issue in self.before_end if self.in_period(self.resolved_at(issue))]
