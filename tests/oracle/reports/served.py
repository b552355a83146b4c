"""How the requests of a group were served: the figures that several reports have in their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from demo.model import Issue
from tests.oracle.fields import RATIO, Fields, leaves
from tests.oracle.numbers import Json, percentile, ratio, seconds
from tests.oracle.ratings import invalid, opinion, responses
from tests.oracle.subject import Subject

SERVED: Fields = {
    "share": RATIO,
    "csat": RATIO,
    **leaves("requests", "open", "resolved", "medianResolutionSeconds", "mean"),
}


def served(subject: Subject, mine: Sequence[Issue]) -> Json:
    """The figures of some requests of the cohort."""
    ends = [(issue.created, subject.resolved_at(issue)) for issue in mine]
    durations = [end - created for created, end in ends if end is not None and end >= created]
    opinions = opinion(responses(subject.site, mine))
    return {
        "requests": len(mine),
        "share": ratio(len(mine), len(subject.cohort)),
        "open": sum(end is None for _, end in ends),
        "resolved": sum(end is not None for _, end in ends),
        "medianResolutionSeconds": seconds(percentile(durations, 50)),
        "csat": opinions["csat"],
        "mean": opinions["mean"],
    }


def complete(subject: Subject, selected: Collection[str]) -> bool:
    """Whether the answer rests on no rating of an unknown shape."""
    return {"csat", "mean"}.isdisjoint(selected) or not invalid(subject.site, subject.cohort)
