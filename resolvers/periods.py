"""Local days, weeks, months and the periods made of them, as exact instants.

Instants are milliseconds since 1970 in UTC; ranges are half-open. Days are counted on the local date, never as 24 hours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schema.errors import bad_input
from schema.scope import CalendarPeriod, CalendarUnit, InstantRange, PeriodInput

EARLIEST = date(1970, 1, 2)
LATEST = date(2199, 12, 31)
MOST_DAYS = 36_600
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


def buckets(start: int, end: int, unit: CalendarUnit, zone: ZoneInfo, week_start: int) -> Iterator[tuple[date, int]]:
    """First day and first instant (ms) of each unit that overlaps `[start, end)`, in order."""
    day = unit_start(local_day(start, zone), unit, week_start)
    while (begin := day_start(day, zone)) < end:
        yield day, begin
        day = add_units(day, unit, 1)


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
