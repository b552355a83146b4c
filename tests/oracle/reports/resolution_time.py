"""How long does a customer wait for a solution, typically and at worst?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from demo.model import Issue
from tests.oracle.dimensions import breakdown
from tests.oracle.facts import cycles_of, metrics_of, read_of
from tests.oracle.fields import READ, REST, SUMMARY, VALUE, Fields, leaves
from tests.oracle.numbers import Json, summary
from tests.oracle.subject import HOUR, Subject

EDGES = (0, 1, 4, 8, 24, 72, 168, None)
FIELDS: Fields = leaves("cohort", "value", "total", "measured", "invalid", "unmeasured", "unresolved") | {
    "metric": leaves("name", "ids"),
    "duration": SUMMARY,
    "histogram": leaves("fromHours", "toHours", "count"),
    "rows": {"value": VALUE, "count": None, "duration": SUMMARY},
    "rest": REST,
    "read": READ,
}


def resolution_time(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """How long does a customer wait for a solution, typically and at worst?"""
    cohort, value = options.get("cohort", "RESOLVED"), options.get("value", "WALL")
    metrics = metrics_of(subject.site, options["metric"]) if value == "SLA" else {}

    def lasted(issue: Issue) -> int | None:
        if value == "WALL":
            end = subject.resolved_at(issue)
            return None if end is None else end - issue.created
        used = [c.elapsed for c in cycles_of(issue, *metrics.values()) if c.stop is not None]
        return sum(used) if used else None

    among = subject.cohort if cohort == "CREATED" else subject.resolved
    ended = [issue for issue in among if not subject.is_open(issue)]
    known = {issue.id: ms for issue in ended if (ms := lasted(issue)) is not None}
    measured = [issue for issue in ended if known.get(issue.id, -1) >= 0]

    def durations(issues: list[Issue]) -> list[int]:
        return [known[issue.id] for issue in issues]

    return {
        "read": read_of(subject),
        "cohort": cohort,
        "value": value,
        "metric": next(({"name": name, "ids": fields} for name, fields in metrics.items()), None),
        "total": len(among),
        "measured": len(measured),
        "invalid": len(known) - len(measured),
        "unmeasured": len(ended) - len(known),
        "unresolved": len(among) - len(ended) if cohort == "CREATED" else None,
        "duration": summary(durations(measured)),
        "histogram": [
            {
                "fromHours": low,
                "toHours": high,
                "count": sum(
                    ms >= (low or 0) * HOUR and (high is None or ms < high * HOUR) for ms in durations(measured)
                ),
            }
            for low, high in pairwise(EDGES)
        ],
        "rows": breakdown(
            subject, measured, options, lambda mine: {"count": len(mine), "duration": summary(durations(mine))}
        ),
        **({} if options.get("by") else {"rest": {"count": 0, "distinctRequests": 0}}),
    }
