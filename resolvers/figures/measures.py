"""The arithmetic that reports share: ratios, percentiles, summaries of durations, SLA cycles. Pure functions."""

from collections.abc import Iterable, Sequence

import polars as pl

from resolvers.columns import CYCLE, SLA
from schema.errors import bad_input
from schema.report import DurationSummary, Ratio

AT_RISK_PERCENT = 75
"""A running cycle is at risk from this share of its goal on."""
LARGEST_TOP = 1000


def ratio(numerator: int, denominator: int) -> Ratio:
    """A share; its value is null, never 0, where there is nothing to divide by."""
    return Ratio(numerator=numerator, denominator=denominator, value=numerator / denominator if denominator else None)


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Percentile of sorted whole numbers by linear interpolation (type 7: NumPy's default, Excel's PERCENTILE.INC).

    Rounded to a whole number, half up; None of nothing. Exact: no floats take part.
    """
    if not ordered:
        return None
    index, remainder = divmod((len(ordered) - 1) * percent, 100)
    following = ordered[min(index + 1, len(ordered) - 1)]
    hundredfold = ordered[index] * 100 + remainder * (following - ordered[index])
    return (2 * hundredfold + 100) // 200


def summary(durations: pl.Series) -> DurationSummary:
    """Summary of durations in ms, given in seconds; nulls do not count."""
    ordered: list[int] = durations.drop_nulls().sort().to_list()
    return DurationSummary(
        count=len(ordered),
        mean_seconds=sum(ordered) / len(ordered) / 1000 if ordered else None,
        median_seconds=seconds(percentile(ordered, 50)),
        p75_seconds=seconds(percentile(ordered, 75)),
        p90_seconds=seconds(percentile(ordered, 90)),
        p95_seconds=seconds(percentile(ordered, 95)),
        min_seconds=seconds(ordered[0]) if ordered else None,
        max_seconds=seconds(ordered[-1]) if ordered else None,
    )


def seconds(ms: int | float | None) -> float | None:
    """Milliseconds as seconds."""
    return None if ms is None else ms / 1000


def checked_top(top: int | None, where: str = "options.top") -> int:
    """The number of rows to show; raises ApiError (BAD_USER_INPUT)."""
    top = 50 if top is None else top
    if not 1 <= top <= LARGEST_TOP:
        raise bad_input(where, f"{top} is out of range", f"1 to {LARGEST_TOP}")
    return top


def cycles_of(frame: pl.DataFrame, fields: Iterable[str], *keep: str) -> pl.DataFrame:
    """One row per SLA cycle of any of the fields, in the order of the request's own list, with the columns of CYCLE.

    `id` and the columns named in `keep` come along.
    """
    names = ["id", *keep]
    parts = [
        frame.select(*names, pl.col(SLA + field).alias("cycle"))
        .filter(pl.col("cycle").list.len() > 0)
        .explode("cycle", empty_as_null=True)
        .unnest("cycle")
        for field in fields
    ]
    if not parts:
        empty: dict[str, pl.DataType] = {name: frame.schema[name] for name in names}
        return pl.DataFrame(schema=empty | {f.name: f.dtype for f in CYCLE.fields})
    return pl.concat(parts)


def stopped_before(as_of: int) -> pl.Expr:
    """Whether a cycle is completed at an instant (ms): one that stopped while the read went on is not, as of its start."""
    return (pl.col("stop") < as_of).fill_null(False)


ONGOING = pl.col("stop").is_null()
RUNNING_BREACHED = ONGOING & ~pl.col("paused") & pl.col("breached")
RUNNING = ONGOING & ~pl.col("paused") & ~pl.col("breached")
AT_RISK = RUNNING & (pl.col("elapsed") * 100 >= pl.col("goal") * AT_RISK_PERCENT)
"""Conditions on the rows of `cycles_of`."""
