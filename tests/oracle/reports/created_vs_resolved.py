"""Are we keeping up, or is the pile growing?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tests.oracle.clock import buckets, until
from tests.oracle.facts import read_of
from tests.oracle.fields import READ, Fields, leaves
from tests.oracle.numbers import Json
from tests.oracle.subject import Subject

FIELDS: Fields = leaves("bucketUnit", "mode", "created", "resolved", "openAtStart", "openAtEnd") | {
    "buckets": leaves(
        *("label", "start", "end", "complete", "created", "resolved", "net", "cumulativeNet", "openAtEnd")
    ),
    "read": READ,
}


def _open_at(subject: Subject, instant: int) -> int:
    """How many were made before that instant and not resolved before it."""
    ends = [subject.resolved_at(issue) for issue in subject.issues if issue.created < instant]
    return sum(end is None or end >= instant for end in ends)


def created_vs_resolved(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """Are we keeping up, or is the pile growing?"""
    unit = options.get("unit", "MONTH")
    created = [issue.created for issue in subject.cohort]
    resolved = [subject.resolved_at(issue) for issue in subject.resolved]
    rows: list[Json] = []
    for one in buckets(subject, unit):
        came, left = sum(map(one.holds, created)), sum(map(one.holds, resolved))
        figures = {"created": came, "resolved": left, "net": came - left, "openAtEnd": _open_at(subject, one.end)}
        before = rows[-1]["cumulativeNet"] if rows else 0
        rows.append(one.times() | figures | {"cumulativeNet": before + came - left})
    return {
        "read": read_of(subject),
        "bucketUnit": unit,
        "mode": "FIELD",
        "created": len(created),
        "resolved": len(resolved),
        "openAtStart": _open_at(subject, subject.start),
        "openAtEnd": _open_at(subject, until(subject)),
        "buckets": rows,
    }
