"""When requests are created and resolved: a series of buckets, and weekday by hour, exact over changes of the clock."""

import polars as pl

from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Needs
from resolvers.figures.periods import HOUR, Bucket, instant, local_day, stretches
from resolvers.figures.series import check_unit, counted, series_buckets, within
from resolvers.subject import Subject
from schema.report import Basis, BucketUnit
from schema.reports.time_distribution import (
    HeatCell,
    TimeBucket,
    TimeDistributionOptions,
    TimeDistributionReport,
    TimeDistributionRequest,
)
from schema.scope import Weekday

DAYS = 24 * HOUR
WEEK = 7 * DAYS
# 1970-01-01 was a Thursday; weekdays count from Monday.
MONDAY_SHIFT = 3 * DAYS

Asking = Asked[TimeDistributionOptions]


def _unit(asked: Asking) -> BucketUnit:
    return asked.options.unit or BucketUnit.DAY


def needs(asked: Asking) -> Needs:
    """COHORT, and ACTIVE where something of `resolved` is selected."""
    check_unit(asked, _unit(asked))
    resolved = any("resolved" in path.rpartition(".")[2].lower() for path in asked.selection.paths)
    return Needs(frozenset({Basis.COHORT, Basis.ACTIVE} if resolved else {Basis.COHORT}))


def _iso_week(bucket: Bucket, unit: BucketUnit, subject: Subject) -> str | None:
    if unit is not BucketUnit.WEEK or subject.scope.week_start != 0:
        return None
    year, week, _ = local_day(bucket.start, subject.zone).isocalendar()
    return f"{year}-W{week:02}"


def _series(material: Material[TimeDistributionOptions]) -> list[TimeBucket]:
    subject, unit = material.subject, _unit(material.asked)
    cuts = series_buckets(subject, unit)
    created = counted(subject.cohort["created"], cuts)
    resolved = counted(subject.resolved["resolved_at"], cuts)
    return [
        TimeBucket(
            label=cut.label,
            iso_week=_iso_week(cut, unit, subject),
            start=instant(cut.start),
            end=instant(cut.end),
            complete=cut.whole,
            created=created[place],
            resolved=resolved[place],
            drill_down=material.drill_down("series", place),
        )
        for place, cut in enumerate(cuts)
    ]


def hours_of_week(instants: pl.Series, subject: Subject) -> pl.Series:
    """The local hour of the week, 0 for Monday 00:00 to 167, of instants (ms) of the period."""
    clock = stretches(subject.start, max(subject.until, subject.start + 1), subject.zone)
    starts = pl.Series([stretch.start for stretch in clock], dtype=pl.Int64)
    offsets = pl.Series([stretch.offset for stretch in clock], dtype=pl.Int64)
    places = (starts.search_sorted(instants, side="right").cast(pl.Int64) - 1).clip(0)
    return (instants + offsets.gather(places) + MONDAY_SHIFT) % WEEK // HOUR


def occurrences(subject: Subject) -> list[int]:
    """How often each hour of the week occurred in the period up to `as_of`, also in part."""
    counts = [0] * 168
    for stretch in stretches(subject.start, subject.until, subject.zone):
        local = stretch.start + stretch.offset + MONDAY_SHIFT
        first = local // HOUR
        last = -(-(stretch.end + stretch.offset + MONDAY_SHIFT) // HOUR)
        weeks, more = divmod(max(0, last - first), 168)
        for hour in range(168):
            counts[hour] += weeks
        for hour in range(first, first + more):
            counts[hour % 168] += 1
    return counts


def _heat_map(material: Material[TimeDistributionOptions]) -> list[HeatCell]:
    subject = material.subject
    happened = occurrences(subject)
    created = hours_of_week(subject.cohort["created"], subject).to_list()
    resolved = hours_of_week(subject.resolved["resolved_at"], subject).to_list()
    came, left = [0] * 168, [0] * 168
    for hour in created:
        came[hour] += 1
    for hour in resolved:
        left[hour] += 1
    first = subject.scope.week_start * 24
    order = [(first + place) % 168 for place in range(168)]
    weekdays = list(Weekday)
    return [
        HeatCell(
            weekday=weekdays[place // 24],
            hour=place % 24,
            occurrences=happened[place],
            created=came[place],
            resolved=left[place],
            created_per_occurrence=came[place] / happened[place] if happened[place] else None,
            resolved_per_occurrence=left[place] / happened[place] if happened[place] else None,
            drill_down=material.drill_down("heat", place),
        )
        for place in order
    ]


def compute(material: Material[TimeDistributionOptions]) -> TimeDistributionReport:
    """Both parts are made only if selected: hours of ten years are many."""
    subject, has = material.subject, material.asked.selection.has
    return TimeDistributionReport(
        read=material.read,
        bucket_unit=_unit(material.asked),
        created=subject.cohort.height,
        resolved=subject.resolved.height,
        series=_series(material) if has("series") else [],
        heat_map=_heat_map(material) if has("heatMap") else [],
    )


def cells(material: Material[TimeDistributionOptions], key: Key) -> Measures:
    """`["series", place]` or `["heat", hour of the week]`."""
    subject = material.subject
    match key:
        case ["series", int(place)] if 0 <= place < len(cuts := series_buckets(subject, _unit(material.asked))):
            cut = cuts[place]
            return {
                "created": lambda: Cell(within(subject.cohort, "created", cut)["id"]),
                "resolved": lambda: Cell(within(subject.resolved, "resolved_at", cut)["id"]),
            }
        case ["heat", int(place)] if 0 <= place < 168:

            def heated(frame: pl.DataFrame, column: str) -> Cell:
                return Cell(frame.filter(hours_of_week(frame[column], subject) == place)["id"])

            return {
                "created": lambda: heated(subject.cohort, "created"),
                "resolved": lambda: heated(subject.resolved, "resolved_at"),
            }
    return {}


REPORT = Definition(TimeDistributionRequest, needs, compute, cells=cells)
