"""Local days, weeks, months and the periods made of them, as exact instants.

Instants are milliseconds since 1970 in UTC; ranges are half-open. Days are counted on the local date, never as 24 hours.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl

from schema.errors import bad_input
from schema.report import BucketUnit
from schema.scope import CalendarPeriod, CalendarUnit, InstantRange, PeriodInput

EARLIEST = date(1970, 1, 2)
LATEST = date(2199, 12, 31)
MOST_DAYS = 36_600
HOUR = 3_600_000
"""Milliseconds of an hour."""
SPAN = f"instants from {EARLIEST} to {LATEST}"
_DURATION = re.compile(r"P(\d{1,5})([DWMY])", re.ASCII)
_UNITS = {"D": CalendarUnit.DAY, "W": CalendarUnit.WEEK, "M": CalendarUnit.MONTH, "Y": CalendarUnit.YEAR}
_MONTHS = {CalendarUnit.MONTH: 1, CalendarUnit.QUARTER: 3, CalendarUnit.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, included, to `end`, excluded, in ms; `end` None is the instant at which the data were read."""

    start: int
    end: int | None


def millis(instant: datetime) -> int:
    """An aware datetime as milliseconds since 1970."""
    # Integer arithmetic: `timestamp()` is a float and loses milliseconds.
    return (instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def instant(ms: int) -> datetime:
    """Milliseconds since 1970 as an aware UTC datetime."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def zone_named(name: str, where: str = "scope.timeZone") -> ZoneInfo:
    """The zone with this IANA name; raises ApiError (BAD_USER_INPUT)."""
    try:
        if not re.fullmatch(r"[A-Za-z0-9_+\-/]{1,64}", name):
            raise ValueError
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise bad_input(where, f"{name[:64]!r} is no known time zone", "an IANA name such as Europe/Berlin") from None


@lru_cache(maxsize=4096)
def day_start(day: date, zone: ZoneInfo) -> int:
    """The first instant (ms) of a local day: after a skipped midnight the first that exists, of a repeated one the first."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    utc = midnight.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return millis(utc)
    # Midnight lies in a gap: the day starts where the clock was put forward, somewhere in the hours around.
    low, high = millis(utc) - 86_400_000, millis(utc) + 86_400_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if instant(middle).astimezone(zone).date() < day else (low, middle)
    return high


def local_day(ms: int, zone: ZoneInfo) -> date:
    """The local date of an instant."""
    return instant(ms).astimezone(zone).date()


def unit_start(day: date, unit: CalendarUnit, week_start: int) -> date:
    """The first day of the unit that `day` lies in; `week_start` is 0 for Monday to 6 for Sunday."""
    match unit:
        case CalendarUnit.DAY:
            return day
        case CalendarUnit.WEEK:
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case CalendarUnit.MONTH:
            return day.replace(day=1)
        case CalendarUnit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case CalendarUnit.YEAR:
            return day.replace(month=1, day=1)


def add_units(day: date, unit: CalendarUnit, count: int) -> date:
    """`day` moved by so many units; the 31st becomes the last day of a shorter month. Raises ValueError, OverflowError."""
    if unit not in _MONTHS:
        return day + timedelta(days=count * (7 if unit is CalendarUnit.WEEK else 1))
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    first = date(months // 12, months % 12 + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, in ms, in which the clock of a zone is not changed; local time is UTC + `offset` (ms)."""

    start: int
    end: int
    offset: int


def _offset(ms: int, zone: ZoneInfo) -> int:
    shift = instant(ms).astimezone(zone).utcoffset()
    assert shift is not None
    return shift // timedelta(milliseconds=1)


@lru_cache(maxsize=256)
def stretches(start: int, end: int, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """`[start, end)` cut wherever the zone's clock is changed (at whole seconds, as zones do)."""
    found: list[Stretch] = []
    begin, here = start, _offset(start, zone)
    at = start
    while at < end:
        following = min(at + 6 * HOUR, end)
        if _offset(following, zone) != here:
            low, high = at, following
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(middle, zone) == here else (low, middle)
            found.append(Stretch(begin, high, here))
            begin, here, following = high, _offset(high, zone), high
        at = following
    if begin < end:
        found.append(Stretch(begin, end, here))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A unit of the calendar, in ms, cut to a range; `whole` if it was not cut."""

    label: str
    """Local date of its first day; for an hour its local time with offset."""
    start: int
    end: int
    whole: bool


def _edges(start: int, end: int, unit: BucketUnit, zone: ZoneInfo, week_start: int) -> Iterator[tuple[str, int]]:
    """Label and first instant of each unit that overlaps the range, and of the one after it."""
    if unit is BucketUnit.HOUR:
        yield from _hours(start, end, zone)
        return
    calendar = CalendarUnit[unit.name]
    day = unit_start(local_day(start, zone), calendar, week_start)
    while True:
        begin = day_start(day, zone)
        yield day.isoformat(), begin
        if begin >= end:
            return
        day = add_units(day, calendar, 1)


def _hours(start: int, end: int, zone: ZoneInfo) -> Iterator[tuple[str, int]]:
    """Local hours. One that is repeated when the clock is put back comes twice, told apart by its offset."""
    for number, stretch in enumerate(stretches(start - HOUR, end + HOUR, zone)):
        first = -(-(stretch.start + stretch.offset) // HOUR) * HOUR - stretch.offset
        # A clock that is changed by half an hour begins a local hour in its midst.
        half = [stretch.start] if number and stretch.start < first else []
        for begin in (*half, *range(first, stretch.end, HOUR)):
            if begin > start - HOUR:
                yield instant(begin).astimezone(zone).isoformat(timespec="minutes"), begin
            if begin >= end:
                return


def buckets(start: int, end: int, unit: BucketUnit, zone: ZoneInfo, week_start: int) -> list[Bucket]:
    """The units that overlap `[start, end)`, in order, cut to it. They cover it without gap or overlap."""
    edges = list(_edges(start, end, unit, zone, week_start)) if start < end else []
    found = []
    for (label, begin), (_, following) in pairwise(edges):
        if begin < end and following > start:
            cut = (max(begin, start), min(following, end))
            found.append(Bucket(label, *cut, whole=cut == (begin, following)))
    return found


def in_buckets(instants: pl.Series, cuts: Sequence[Bucket]) -> pl.Series:
    """The place of the bucket that each instant (ms) lies in; null for one in none. The buckets follow each other."""
    edges = pl.Series([cut.start for cut in cuts] + [cut.end for cut in cuts[-1:]], dtype=pl.Int64)
    places = edges.search_sorted(instants, side="right").cast(pl.Int64) - 1
    inside = instants.is_not_null() & (places >= 0) & (places < len(cuts))
    return pl.select(pl.when(inside).then(places)).to_series()


def _between(range_: InstantRange) -> Period:
    start, end = millis(range_.from_), millis(range_.to)
    for name, value in (("from", range_.from_), ("to", range_.to)):
        if not EARLIEST <= value.date() <= LATEST:
            raise bad_input(f"scope.period.between.{name}", f"{value.date()} is out of range", SPAN)
    if start >= end:
        raise bad_input("scope.period.between", "`to` is not after `from`", "a range with `from` before `to`")
    return Period(start, end)


def _last(duration: str, zone: ZoneInfo, today: date) -> Period:
    form = "a duration such as P30D, P12W, P6M or P1Y, of at most 100 years"
    match = _DURATION.fullmatch(duration)
    if match is None or int(match[1]) == 0:
        raise bad_input("scope.period.last", f"{duration[:40]!r} is not such a duration", form)
    try:
        first = add_units(today + timedelta(days=1), _UNITS[match[2]], -int(match[1]))
    except (ValueError, OverflowError):
        first = date.min
    if (today - first).days > MOST_DAYS or first < EARLIEST:
        raise bad_input("scope.period.last", f"{duration!r} reaches too far back", form + f", not before {EARLIEST}")
    return Period(day_start(first, zone), None)


def _calendar(asked: CalendarPeriod, zone: ZoneInfo, week_start: int, today: date) -> Period:
    try:
        first = add_units(unit_start(today, asked.unit, week_start), asked.unit, asked.offset)
        following = add_units(first, asked.unit, 1)
    except (ValueError, OverflowError):
        first = following = date.min
    if not EARLIEST <= first < following <= LATEST:
        raise bad_input("scope.period.calendar.offset", f"{asked.offset} is out of range", SPAN)
    return Period(day_start(first, zone), day_start(following, zone))


def resolve_period(asked: PeriodInput | None, zone: ZoneInfo, week_start: int, now: int) -> Period:
    """The period that was asked for, as instants; the last 30 local days if none was. Raises ApiError (BAD_USER_INPUT)."""
    today = local_day(now, zone)
    if asked is None:
        return _last("P30D", zone, today)
    if asked.between:
        return _between(asked.between)
    if asked.calendar:
        return _calendar(asked.calendar, zone, week_start, today)
    return _last(asked.last or "", zone, today)
