"""Local days and periods as exact instants, in zones whose clocks jump."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.figures.periods import (
    HOUR,
    add_units,
    buckets,
    day_start,
    instant,
    local_day,
    millis,
    resolve_period,
    stretches,
    unit_start,
)
from schema.errors import ApiError
from schema.report import BucketUnit
from schema.scope import CalendarPeriod, CalendarUnit, InstantRange, PeriodInput
from tests.api import at

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "Asia/Kolkata",
    "Pacific/Apia",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(min_value=date(2005, 1, 1), max_value=date(2035, 12, 31))


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-28", "2026-03-27T23:00Z", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", 25),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00Z", 23),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00Z", 25),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00Z", 23),
        ("America/Santiago", "2026-04-04", "2026-04-04T03:00Z", 25),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00Z", 25),
    ],
)
def test_a_local_day_has_as_many_hours_as_its_clock_shows(zone: str, day: str, start: str, hours: int) -> None:
    first, clock = date.fromisoformat(day), ZoneInfo(zone)
    begin = day_start(first, clock)
    assert instant(begin) == at(start)
    assert day_start(first + timedelta(days=1), clock) - begin == hours * HOUR


@given(days, zones)
def test_days_follow_each_other_without_gap_and_start_on_their_own_date(day: date, zone: ZoneInfo) -> None:
    start, following = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    if local_day(start, zone) == day:  # Apia skipped a whole day
        assert local_day(start - 1, zone) < day
    assert following >= start


spans = st.integers(min_value=0, max_value=200 * 24 * HOUR)


@given(days, zones, spans, st.sampled_from(BucketUnit), st.integers(min_value=0, max_value=6))
def test_buckets_cover_a_range_without_gap_or_overlap(
    day: date, zone: ZoneInfo, span: int, unit: BucketUnit, week_start: int
) -> None:
    start = day_start(day, zone) + 12_345
    cut = buckets(start, start + span, unit, zone, week_start)
    assert [bucket.end for bucket in cut[:-1]] == [bucket.start for bucket in cut[1:]]
    if span == 0:
        assert cut == []
    else:
        assert (cut[0].start, cut[-1].end) == (start, start + span)
        assert len({bucket.label for bucket in cut}) == len(cut)
        assert all(bucket.start < bucket.end for bucket in cut)
        assert all(bucket.whole for bucket in cut[1:-1])


@given(days, zones, spans)
def test_stretches_cover_a_range_and_hold_one_offset_each(day: date, zone: ZoneInfo, span: int) -> None:
    start = day_start(day, zone)
    found = stretches(start, start + span, zone)
    assert sum(one.end - one.start for one in found) == span
    for one in found:
        for edge in (one.start, one.end - 1):
            shift = instant(edge).astimezone(zone).utcoffset()
            assert shift == timedelta(milliseconds=one.offset)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/Havana", "2026-11-01", 25),
        ("Asia/Kolkata", "2026-11-01", 24),
    ],
)
def test_a_day_has_a_bucket_for_each_hour_that_its_clock_shows(zone: str, day: str, hours: int) -> None:
    clock = ZoneInfo(zone)
    start, end = (day_start(date.fromisoformat(day) + timedelta(days=n), clock) for n in (0, 1))
    cut = buckets(start, end, BucketUnit.HOUR, clock, 0)
    assert len(cut) == hours
    assert all(bucket.whole for bucket in cut)


@pytest.mark.parametrize(
    ("day", "week_start", "first"),
    [
        ("2026-01-01", 0, "2025-12-29"),
        ("2026-01-01", 6, "2025-12-28"),
        ("2027-01-01", 0, "2026-12-28"),
        ("2027-01-01", 6, "2026-12-27"),
        ("2026-03-01", 0, "2026-02-23"),
        ("2026-03-01", 6, "2026-03-01"),
    ],
)
def test_a_week_starts_on_the_first_weekday_of_the_scope(day: str, week_start: int, first: str) -> None:
    assert unit_start(date.fromisoformat(day), CalendarUnit.WEEK, week_start) == date.fromisoformat(first)


def test_months_are_moved_by_calendar_and_clamped_to_their_last_day() -> None:
    assert add_units(date(2026, 3, 31), CalendarUnit.MONTH, -1) == date(2026, 2, 28)
    assert add_units(date(2024, 2, 29), CalendarUnit.YEAR, -1) == date(2023, 2, 28)
    assert add_units(date(2026, 12, 31), CalendarUnit.MONTH, 2) == date(2027, 2, 28)


NOW = millis(at("2026-03-31T10:00Z"))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("last", "start"),
    [
        ("P1D", "2026-03-31"),
        ("P30D", "2026-03-02"),
        ("P2W", "2026-03-18"),
        ("P1M", "2026-03-01"),
        ("P1Y", "2025-04-01"),
    ],
)
def test_last_counts_local_days_up_to_now_with_today(last: str, start: str) -> None:
    period = resolve_period(PeriodInput(last=last), BERLIN, 0, NOW)
    assert (period.start, period.end) == (day_start(date.fromisoformat(start), BERLIN), None)


def test_without_a_period_it_is_the_last_thirty_days() -> None:
    assert resolve_period(None, BERLIN, 0, NOW) == resolve_period(PeriodInput(last="P30D"), BERLIN, 0, NOW)


@pytest.mark.parametrize(
    ("unit", "offset", "start", "end"),
    [
        ("MONTH", -1, "2026-02-01", "2026-03-01"),
        ("MONTH", 0, "2026-03-01", "2026-04-01"),
        ("WEEK", 0, "2026-03-30", "2026-04-06"),
        ("QUARTER", -1, "2025-10-01", "2026-01-01"),
        ("YEAR", -1, "2025-01-01", "2026-01-01"),
        ("DAY", -2, "2026-03-29", "2026-03-30"),
    ],
)
def test_calendar_periods_are_whole_units_in_the_zone(unit: str, offset: int, start: str, end: str) -> None:
    asked = PeriodInput(calendar=CalendarPeriod(unit=CalendarUnit(unit), offset=offset))
    period = resolve_period(asked, BERLIN, 0, NOW)
    assert period.start == day_start(date.fromisoformat(start), BERLIN)
    assert period.end == day_start(date.fromisoformat(end), BERLIN)


def between(start: str, end: str) -> PeriodInput:
    return PeriodInput(between=InstantRange(from_=at(start), to=at(end)))


@pytest.mark.parametrize(
    "asked",
    [
        between("2026-03-02", "2026-03-01"),
        between("2026-03-01", "2026-03-01"),
        between("0001-01-01", "2026-03-01"),
        between("2026-03-01", "9999-12-31"),
        *(
            PeriodInput(last=text)
            for text in ("", "P0D", "P", "30", "PT5H", "P99999Y", "P1D1M", "P-3D", "P٣D", "P1.5D")
        ),
        PeriodInput(calendar=CalendarPeriod(unit=CalendarUnit.YEAR, offset=-2_000_000_000)),
        PeriodInput(calendar=CalendarPeriod(unit=CalendarUnit.DAY, offset=2_000_000_000)),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_what_would_be_right(asked: PeriodInput) -> None:
    with pytest.raises(ApiError, match=r"scope\.period\..*Accepted: ") as refused:
        resolve_period(asked, BERLIN, 0, NOW)
    assert refused.value.extensions is not None
    assert refused.value.extensions["code"] == "BAD_USER_INPUT"


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)))
def test_instants_survive_the_way_to_milliseconds_and_back(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    assert instant(millis(moment)) == moment
