"""When does work arrive and leave; when do we need people?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from tests.oracle.clock import buckets, hour_of_week, hours, until
from tests.oracle.facts import read_of
from tests.oracle.fields import READ, Fields, leaves
from tests.oracle.numbers import Json
from tests.oracle.subject import WEEKDAYS, Subject

FIELDS: Fields = leaves("bucketUnit", "created", "resolved") | {
    "series": leaves("label", "isoWeek", "start", "end", "complete", "created", "resolved"),
    "heatMap": leaves(
        *("weekday", "hour", "occurrences", "created", "resolved", "createdPerOccurrence", "resolvedPerOccurrence")
    ),
    "read": READ,
}


def time_distribution(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """When does work arrive and leave; when do we need people?"""
    unit, zone = options.get("unit", "DAY"), subject.scope.zone
    created = [issue.created for issue in subject.cohort]
    resolved = [subject.resolved_at(issue) or 0 for issue in subject.resolved]
    # An hour that the period cuts occurred as well: what happened in it is in the cell.
    occurred = Counter(hour_of_week(begin, zone) for begin, _ in hours(subject.start, until(subject), zone))
    came, left = (Counter(hour_of_week(at, zone) for at in those) for those in (created, resolved))
    first = WEEKDAYS.index(subject.scope.week_start)
    week = [(day, hour) for day in WEEKDAYS[first:] + WEEKDAYS[:first] for hour in range(24)]
    return {
        "read": read_of(subject),
        "bucketUnit": unit,
        "created": len(created),
        "resolved": len(resolved),
        "series": [
            one.times()
            | {
                "isoWeek": one.iso_week,
                "created": sum(map(one.holds, created)),
                "resolved": sum(map(one.holds, resolved)),
            }
            for one in buckets(subject, unit)
        ],
        "heatMap": [
            {
                "weekday": cell[0],
                "hour": cell[1],
                "occurrences": occurred[cell],
                "created": came[cell],
                "resolved": left[cell],
                "createdPerOccurrence": Fraction(came[cell], occurred[cell]) if occurred[cell] else None,
                "resolvedPerOccurrence": Fraction(left[cell], occurred[cell]) if occurred[cell] else None,
            }
            for cell in week
        ],
    }
