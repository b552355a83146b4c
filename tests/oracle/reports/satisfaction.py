"""Are customers content, where not, and how many answer at all?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from demo.model import Issue
from tests.oracle.compare import ANYTHING
from tests.oracle.dimensions import breakdown
from tests.oracle.facts import read_of
from tests.oracle.fields import RATIO, READ, REST, VALUE, Fields, leaves
from tests.oracle.numbers import Json, ratio
from tests.oracle.ratings import STARS, invalid, opinion, response, responses, wilson
from tests.oracle.subject import Subject

FIELDS: Fields = leaves("dateBasis", "responses", "mean", "normalizedMean", "lowSample", "invalid", "undated") | {
    "distribution": leaves("rating", "count"),
    "csat": RATIO,
    "dissatisfied": RATIO,
    "interval": leaves("low", "high"),
    "responseRateOfResolved": RATIO,
    "rows": {"value": VALUE, "csat": RATIO, "dissatisfied": RATIO, **leaves("responses", "mean", "lowSample")},
    "rest": REST,
    "read": READ,
}


def _belonging(subject: Subject, basis: str) -> list[Issue]:
    """The requests whose ratings belong to the period."""
    if basis == "CREATED":
        return subject.cohort
    if basis == "RESOLVED":
        return subject.resolved
    return [issue for issue in subject.before_end if subject.in_period(issue.rated)]


def _dateless(subject: Subject, basis: str) -> list[Issue]:
    """The requests without a satisfaction date among which those of a period are counted."""
    among = _belonging(subject, basis)
    if basis == "RATED":
        ends = [(issue, subject.resolved_at(issue)) for issue in subject.before_end]
        among = [issue for issue, end in ends if end is None or end >= subject.start]
    return [issue for issue in among if issue.rated is None]


def satisfaction(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """Are customers content, where not, and how many answer at all?"""
    site, basis, least = subject.site, options.get("dateBasis", "RATED"), options.get("minSample", 5)
    belonging, dateless = _belonging(subject, basis), _dateless(subject, basis)
    given = responses(site, belonging)
    wrong = invalid(site, belonging) + (invalid(site, dateless) if basis == "RATED" else 0)
    figures = opinion(given)
    # Nothing says whether a rating of unknown shape that only the response rate lacks makes the read incomplete.
    complete = ANYTHING if not wrong and invalid(site, subject.resolved) else not wrong

    def row(issues: list[Issue]) -> Json:
        mine = responses(site, issues)
        return opinion(mine) | {"responses": len(mine), "lowSample": len(mine) < least}

    return {
        "read": read_of(subject) | {"complete": complete},
        "dateBasis": basis,
        "responses": len(given),
        "distribution": [{"rating": stars, "count": given.count(stars)} for stars in STARS],
        **figures,
        "normalizedMean": None if figures["mean"] is None else (figures["mean"] - 1) / Fraction(4),
        "interval": wilson(given),
        "lowSample": len(given) < least,
        "invalid": wrong,
        "undated": len(responses(site, dateless)),
        "responseRateOfResolved": ratio(len(responses(site, subject.resolved)), len(subject.resolved)),
        "rows": breakdown(subject, [one for one in belonging if response(site, one) is not None], options, row),
        **({} if options.get("by") else {"rest": {"count": 0, "distinctRequests": 0}}),
    }
