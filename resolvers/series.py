"""Time series: the buckets of a period and how many events fall into each."""

import polars as pl

from resolvers.periods import HOUR, Bucket, buckets, in_buckets
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


def series_buckets(subject: Subject, unit: BucketUnit) -> list[Bucket]:
    """The buckets of the period up to `as_of`. Raises ApiError (BAD_USER_INPUT) if there would be too many."""
    if (subject.until - subject.start) // _SHORTEST[unit] <= MOST_BUCKETS + 2:
        cut = buckets(subject.start, subject.until, unit, subject.zone, subject.scope.week_start)
        if len(cut) <= MOST_BUCKETS:
            return cut
    right = "a larger unit, or a period with at most 1,500 buckets"
    raise bad_input("options.unit", f"the period has more than {MOST_BUCKETS} buckets of a {unit.name}", right)


def counted(events: pl.Series, cuts: list[Bucket]) -> list[int]:
    """How many of the instants (ms) lie in each bucket."""
    counts = in_buckets(events, cuts).drop_nulls().value_counts(name="count")
    by_place = dict(zip(counts[counts.columns[0]].to_list(), counts["count"].to_list(), strict=True))
    return [by_place.get(place, 0) for place in range(len(cuts))]


def within(frame: pl.DataFrame, column: str, bucket: Bucket) -> pl.DataFrame:
    """The rows whose instant (ms) lies in a bucket."""
    return frame.filter(pl.col(column).is_between(bucket.start, bucket.end, closed="left"))
