"""Buckets and hours of the clock, found by walking a quarter of an hour at a time: clocks are changed at no other instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise

from tests.oracle.subject import DAY, QUARTER_HOUR, WEEKDAYS, Subject, day_begin, first_day, local, next_first, text

Hour = tuple[str, int]
"""Name of the weekday, and hour of the day."""


@dataclass(frozen=True)
class Bucket:
    """A unit of the calendar or an hour of the clock, cut to the period."""

    label: str
    start: int
    end: int
    complete: bool
    iso_week: str | None = None

    def holds(self, instant: int | None) -> bool:
        """Whether something that happened then lies in it."""
        return instant is not None and self.start <= instant < self.end

    def times(self) -> dict[str, object]:
        """Its own fields as the API writes them."""
        return {"label": self.label, "start": text(self.start), "end": text(self.end), "complete": self.complete}


def until(subject: Subject) -> int:
    """The end of the period, or now if that comes first."""
    return min(subject.end, subject.as_of)


def buckets(subject: Subject, unit: str) -> list[Bucket]:
    """All buckets of the period up to now, in order."""
    start, end = subject.start, until(subject)
    zone, week_start = subject.scope.zone, subject.scope.week_start
    if start >= end:
        return []
    if unit == "HOUR":
        found = [(label(begin, zone), begin, after) for begin, after in hours(start, end, zone)]
        return [_cut(name, begin, after, start, end) for name, begin, after in found]
    cut, day = [], first_day(local(start, zone).date(), unit, week_start)
    while day_begin(day, zone) < end:
        following = next_first(day, unit, week_start)
        begin, after = day_begin(day, zone), day_begin(following, zone)
        week = iso_week(day) if unit == "WEEK" and week_start == "MONDAY" else None
        cut.append(_cut(day.isoformat(), begin, after, start, end, week))
        day = following
    return cut


def _cut(name: str, begin: int, after: int, start: int, end: int, week: str | None = None) -> Bucket:
    return Bucket(name, max(begin, start), min(after, end), start <= begin and after <= end, week)


def label(begin: int, zone: str) -> str:
    """An hour by the local time at which it begins."""
    return local(begin, zone).isoformat(timespec="minutes")


def iso_week(monday: date) -> str:
    """The ISO week is of the year of its Thursday, and the first one of a year is that of its first Thursday."""
    thursday = monday + timedelta(days=3)
    return f"{thursday.year}-W{((thursday - date(thursday.year, 1, 1)).days // 7) + 1:02}"


def hours(start: int, end: int, zone: str) -> list[tuple[int, int]]:
    """The hours of the clock that lie in the range at least in part: first instant and first one after it, uncut.

    An hour is a run of instants with one local date and hour and one offset: the second pass of a repeated hour is another
    one, and of an hour of which half is skipped the other half is left.
    """
    if start >= end:
        return []
    days = range(start // DAY - 1, end // DAY + 2)
    return [
        (begin, after)
        for begin, after in pairwise(at for day in days for at in _begins(day, zone))
        if begin < end and after > start
    ]


@cache
def _begins(day: int, zone: str) -> list[int]:
    """The hours that begin on a day of UTC."""
    quarters = range(day * DAY - QUARTER_HOUR, (day + 1) * DAY, QUARTER_HOUR)
    shown = [(at, _shown(at, zone)) for at in quarters]
    return [at for (_, before), (at, now) in pairwise(shown) if before != now]


def _shown(at: int, zone: str) -> tuple[date, int, timedelta | None]:
    clock: datetime = local(at, zone)
    return clock.date(), clock.hour, clock.utcoffset()


def hour_of_week(at: int, zone: str) -> Hour:
    """The weekday and the hour that the clocks show."""
    clock = local(at, zone)
    return WEEKDAYS[clock.weekday()], clock.hour
