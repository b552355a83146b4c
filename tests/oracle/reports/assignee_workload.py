"""Who has how much on the table now, and is anybody drowning?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any

from demo.model import Issue
from tests.oracle.compare import Row, Rows
from tests.oracle.facts import assignee_of, cycles_of, ids, is_at_risk, metrics_of, named, parts, person, read_of
from tests.oracle.fields import RATIO, READ, REST, VALUE, Fields, leaves
from tests.oracle.numbers import Json, mean, ratio, seconds
from tests.oracle.subject import Subject, local

FIELDS: Fields = leaves("total", "assignees", "meanOpenPerAssignee") | {
    "rows": {
        "assignee": leaves("accountId", "displayName", "active"),
        "openShare": RATIO,
        "parts": {"value": VALUE, "open": None},
        **leaves("open", "overdue", "slaBreachedRunning", "slaAtRisk", "oldestAgeSeconds", "meanAgeSeconds"),
        **leaves("remainingEstimateSeconds", "created", "resolved"),
    },
    "rest": REST,
    "read": READ,
}
SPLIT_WORKLOAD: Mapping[str, Callable[[Issue], tuple[str | None, object]]] = {
    "STATUS": lambda issue: named(issue.status),
    "PRIORITY": lambda issue: named(issue.priority),
    "REQUEST_TYPE": lambda issue: named(issue.request_type),
}
COUNTS = ("overdue", "slaBreachedRunning", "slaAtRisk", "remainingEstimateSeconds", "created", "resolved")
ABOUT_OPEN = ("report.total", "report.assignees", "report.meanOpenPerAssignee")
OPEN_FIGURES = ("open", "openShare", "oldestAgeSeconds", "meanAgeSeconds", "parts")
"""Above 0 as soon as there is an open request."""


def assignee_workload(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """Who has how much on the table now, and is anybody drowning?"""
    open_, cohort, resolved = subject.open, subject.cohort, subject.resolved
    fields = [one for those in metrics_of(subject.site, options.get("metric")).values() for one in those]
    today = local(subject.as_of, subject.scope.zone).date()
    # Rows are sorted by their open, created and resolved requests, as far as the question is about those.
    about_open = not {*OPEN_FIGURES, *COUNTS[:-2], *ABOUT_OPEN}.isdisjoint(selected)
    rows = {}
    listed = options.get("assignees") or ()
    for who in {assignee_of(issue) for issue in (*open_, *cohort, *resolved)} | set(listed):
        mine = [issue for issue in open_ if assignee_of(issue) == who]
        ages = [subject.as_of - issue.created for issue in mine]
        estimates = [issue.timeestimate for issue in mine if issue.timeestimate is not None]
        ongoing = [[c for c in cycles_of(issue, fields) if c.stop is None] for issue in mine]
        made = [issue for issue in cohort if assignee_of(issue) == who]
        done = [issue for issue in resolved if assignee_of(issue) == who]
        figures: Json = {
            "assignee": None if who is None else person(subject.site, who),
            "open": len(mine),
            "openShare": ratio(len(mine), len(open_)),
            "overdue": sum(issue.duedate is not None and issue.duedate < today for issue in mine),
            "slaBreachedRunning": sum(any(c.breached and not c.paused for c in cycles) for cycles in ongoing),
            "slaAtRisk": sum(any(map(is_at_risk, cycles)) for cycles in ongoing),
            "oldestAgeSeconds": seconds(max(ages, default=None)),
            "meanAgeSeconds": seconds(mean(ages)),
            "remainingEstimateSeconds": sum(estimates) if estimates else None,
            "created": len(made),
            "resolved": len(done),
            "parts": parts(mine, SPLIT_WORKLOAD[options["splitBy"]], "open") if options.get("splitBy") else [],
        }
        above = any(figures[name] for name in COUNTS if name in selected)
        above = above or (bool(mine) and not {*OPEN_FIGURES}.isdisjoint(selected))
        if above or who in listed:
            rank = (len(mine) * about_open, len(made) * ("created" in selected), len(done) * ("resolved" in selected))
            rows[who] = Row(figures, rank, ids((*mine, *made, *done)))
    assigned = [issue for issue in open_ if issue.assignee]
    persons = {assignee_of(issue) for issue in assigned}
    return {
        "read": read_of(subject),
        "total": len(open_),
        "assignees": len(persons),
        "meanOpenPerAssignee": Fraction(len(assigned), len(persons)) if persons else None,
        "rows": Rows(rows, lambda row: row["assignee"] and row["assignee"]["accountId"], options.get("top", 50)),
    }
