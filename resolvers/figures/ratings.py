"""Satisfaction: which ratings are responses, and the figures made of them."""

from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

import polars as pl

from resolvers.columns import INVALID_RATING
from resolvers.definition import Material
from resolvers.figures.measures import ratio
from schema.report import Ratio, ReportWarning, WarningCode

STARS = (1, 2, 3, 4, 5)
RATED = pl.col("rating").is_between(1, 5)
"""Whether a request has a response; null, which counts as no, where it has no rating at all."""
INVALID = pl.col("rating") == INVALID_RATING
RESPONSES: Mapping[str, pl.Expr] = {
    "responses": RATED.sum(),
    "stars": pl.col("rating").filter(RATED).sum(),
    "satisfied": pl.col("rating").is_between(4, 5).sum(),
    "dissatisfied": pl.col("rating").is_between(1, 2).sum(),
}
"""Aggregates of a group of requests from which the figures are made."""
NO_RESPONSES = dict.fromkeys(RESPONSES, 0)
_Z = NormalDist().inv_cdf(0.975)


def csat(group: Mapping[str, Any]) -> Ratio:
    """Ratings 4 and 5 of all (top-2-box)."""
    return ratio(group["satisfied"], group["responses"])


def mean(group: Mapping[str, Any]) -> float | None:
    """Mean rating."""
    return group["stars"] / group["responses"] if group["responses"] else None


def wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """The Wilson score interval, 95 %, of a share; None without trials."""
    if not trials:
        return None
    share, square = successes / trials, _Z * _Z / trials
    middle = (share + square / 2) / (1 + square)
    half = sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    # Rounding must not push a bound past the share itself, which it touches at 0 and at 1.
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == trials else middle + half
    return low, high


def warn_of_ratings(material: Material[Any], requests: pl.DataFrame) -> int:
    """Counts the invalid ratings among the requests of a report, and says so in the answer."""
    invalid = requests.filter(INVALID).height
    if invalid:
        material.read.complete = False
        message = f"{invalid} ratings are no whole number from 1 to 5 and count as no response."
        material.warn(ReportWarning(code=WarningCode.INVALID_RATINGS, message=message))
    return invalid
