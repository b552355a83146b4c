"""The arithmetic of figures: exact fractions throughout, rounded only where a definition says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
HALF = Fraction(1, 2)


def ratio(numerator: int, denominator: int) -> Json:
    """A share, without a value where there is nothing to divide by."""
    value = Fraction(numerator, denominator) if denominator else None
    return {"numerator": numerator, "denominator": denominator, "value": value}


def percentile(values: Iterable[int], percent: int) -> int | None:
    """Type 7: between the neighbours of place (n - 1) p, in proportion; to whole numbers, half up."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = Fraction((len(ordered) - 1) * percent, 100)
    below = place.numerator // place.denominator
    above = min(below + 1, len(ordered) - 1)
    exact = ordered[below] + (place - below) * (ordered[above] - ordered[below])
    rounded = exact + HALF
    return rounded.numerator // rounded.denominator


def seconds(ms: int | Fraction | None) -> Fraction | None:
    """Milliseconds as seconds."""
    return None if ms is None else Fraction(ms) / 1000


def mean(values: Sequence[int]) -> Fraction | None:
    """The mean; None of nothing."""
    return Fraction(sum(values), len(values)) if values else None


def summary(values: Sequence[int]) -> Json:
    """A summary of durations in ms."""
    return {
        "count": len(values),
        "meanSeconds": seconds(mean(values)),
        "medianSeconds": seconds(percentile(values, 50)),
        "p75Seconds": seconds(percentile(values, 75)),
        "p90Seconds": seconds(percentile(values, 90)),
        "p95Seconds": seconds(percentile(values, 95)),
        "minSeconds": seconds(min(values, default=None)),
        "maxSeconds": seconds(max(values, default=None)),
    }
