"""Time series: the buckets of a period and how many events fall into each."""

from typing import Any

import polars as pl

from resolvers.definition import Asked
from resolvers.figures.periods import HOUR, Bucket, buckets, in_buckets
from resolvers.subject import Subject
from schema.errors import bad_input
from schema.report import BucketUnit

MOST_BUCKETS = 1_500
_SHORTEST = {
    BucketUnit.HOUR: HOUR,
    BucketUnit.DAY: 23 * HOUR,
    BucketUnit.WEEK: 7 * 23 * HOUR,
    BucketUnit.MONTH: 28 * 23 * HOUR,
    BucketUnit.QUARTER: 84 * 23 * HOUR,
    BucketUnit.YEAR: 365 * 23 * HOUR,
}


def check_unit(asked: Asked[Any], unit: BucketUnit) -> None:
    """Raises ApiError (BAD_USER_INPUT) if the period would have too many buckets; nothing is read for those."""
    period = asked.scope.period
    until = asked.now if period.end is None else min(period.end, asked.now)
    if (until - period.start) // _SHORTEST[unit] <= MOST_BUCKETS + 2:
        cut = buckets(period.start, until, unit, asked.scope.zone, asked.scope.week_start)
        if len(cut) <= MOST_BUCKETS:
            return
    right = f"a larger unit, or a period with at most {MOST_BUCKETS} buckets"
    raise bad_input("options.unit", f"the period has more than {MOST_BUCKETS} buckets by {unit.name}", right)


def series_buckets(subject: Subject, unit: BucketUnit) -> list[Bucket]:
    """The buckets of the period up to `as_of`."""
    return buckets(subject.start, subject.until, unit, subject.zone, subject.scope.week_start)


def counted(events: pl.Series, cuts: list[Bucket]) -> list[int]:
    """How many of the instants (ms) lie in each bucket."""
    counts = in_buckets(events, cuts).drop_nulls().value_counts(name="count")
    by_place = dict(zip(counts[counts.columns[0]].to_list(), counts["count"].to_list(), strict=True))
    return [by_place.get(place, 0) for place in range(len(cuts))]


def within(frame: pl.DataFrame, column: str, bucket: Bucket) -> pl.DataFrame:
    """The rows whose instant (ms) lies in a bucket."""
    return frame.filter(pl.col(column).is_between(bucket.start, bucket.end, closed="left"))
