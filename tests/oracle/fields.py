"""Fields that several reports have, as they are asked for."""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]


def leaves(*names: str) -> Fields:
    """Fields without any below them."""
    return dict.fromkeys(names)


RATIO = leaves("numerator", "denominator", "value")
REST = leaves("count", "distinctRequests")
VALUE = leaves("key", "name")
SUMMARY = leaves(
    *("count", "meanSeconds", "minSeconds", "medianSeconds", "p75Seconds", "p90Seconds", "p95Seconds", "maxSeconds")
)
READ = leaves("asOf", "from", "to", "timeZone", "resolvedBy", "complete", "exact")
