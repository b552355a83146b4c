"""Which customer organizations send how much, and how are they served?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from demo.model import Issue
from tests.oracle.compare import ANYTHING, Row, Rows
from tests.oracle.facts import cycles_of, ids, metrics_of, named, parts, read_of, shown_organizations
from tests.oracle.fields import RATIO, READ, REST, VALUE, Fields, leaves
from tests.oracle.numbers import Json, percentile, ratio, seconds
from tests.oracle.subject import Subject, first_day, local

FIELDS: Fields = leaves("total", "withOrganization") | {
    "rows": {
        "organization": leaves("id", "name"),
        "share": RATIO,
        "slaCompliance": RATIO,
        "parts": {"value": VALUE, "requests": None},
        **leaves("requests", "splitRequests", "open", "resolved", "medianResolutionSeconds"),
    },
    "rest": REST,
    "read": READ,
}


def period_of(issue: Issue, subject: Subject, unit: str) -> date:
    """The first local day of the period that the issue was created in."""
    return first_day(local(issue.created, subject.scope.zone).date(), unit, subject.scope.week_start)


def _organization_parts(subject: Subject, issues: Sequence[Issue], split: str | None) -> Rows | list[Json]:
    if split is None:
        return []
    if split == "STATUS_CATEGORY":
        return parts(issues, lambda issue: (issue.status.category.value, ANYTHING), "requests")
    if split == "REQUEST_TYPE":
        return parts(issues, lambda issue: named(issue.request_type), "requests")
    return parts(
        issues, lambda issue: (period_of(issue, subject, split).isoformat(), ANYTHING), "requests", by_key=True
    )


def requests_by_organization(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """Which customer organizations send how much, and how are they served?"""
    cohort = subject.cohort
    metrics = metrics_of(subject.site, options.get("metric"))
    found: dict[str | None, list[Issue]] = defaultdict(list)
    names: dict[str | None, str] = {}
    for issue in cohort:
        for one in issue.organizations:
            found[one.id].append(issue)
            names[one.id] = one.name
        if not issue.organizations:
            found[None].append(issue)
    rows = {}
    for key in shown_organizations(subject, found, options.get("showCoValues", False)):
        mine = found[key]
        ended = [issue for issue in mine if not subject.is_open(issue)]
        durations = [(subject.resolved_at(issue) or 0) - issue.created for issue in ended]
        compliance = None
        if len(metrics) == 1:
            cycles = [c for issue in mine for c in cycles_of(issue, *metrics.values()) if c.stop is not None]
            compliance = ratio(sum(not c.breached for c in cycles), len(cycles))
        figures: Json = {
            "organization": None if key is None else {"id": key, "name": names[key]},
            "requests": len(mine),
            "share": ratio(len(mine), len(cohort)),
            "splitRequests": sum((Fraction(1, max(1, len(issue.organizations))) for issue in mine), Fraction(0)),
            "open": len(mine) - len(ended),
            "resolved": len(ended),
            # A negative duration comes from imports and measures nothing.
            "medianResolutionSeconds": seconds(percentile([ms for ms in durations if ms >= 0], 50)),
            "slaCompliance": compliance,
            "parts": _organization_parts(subject, mine, options.get("splitBy")),
        }
        rows[key] = Row(figures, len(mine), ids(mine))
    return {
        "read": read_of(subject),
        "total": len(cohort),
        "withOrganization": sum(bool(issue.organizations) for issue in cohort),
        "rows": Rows(rows, lambda row: row["organization"] and row["organization"]["id"], options.get("top", 50)),
    }
