"""Are the promised times kept, for whom not, and what breaks next?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from demo.model import Cycle, Issue
from tests.oracle.compare import ANYTHING, Row, Rows
from tests.oracle.facts import (
    assignee_of,
    cycles_of,
    ids,
    is_at_risk,
    metrics_of,
    named,
    person,
    read_of,
    shown_organizations,
    used,
    value_key,
)
from tests.oracle.fields import RATIO, READ, REST, SUMMARY, VALUE, Fields, leaves
from tests.oracle.numbers import Json, ratio, summary
from tests.oracle.subject import Subject

MINUTE = 60_000
BANDS = ((0, 50), (50, 75), (75, 85), (85, 95), (95, 100), (100, None))


FIELDS: Fields = leaves("total", "unit", "rule") | {
    "metrics": {
        "metric": leaves("name", "ids"),
        **leaves("notApplicable", "notStarted", "withCycles", "met", "missed", "cycles", "ongoing"),
        **leaves("running", "runningBreached", "paused", "pausedBreached", "atRisk"),
        **leaves("dueWithin60Minutes", "dueWithin30Minutes", "cyclesPerRequest"),
        "compliance": RATIO,
        "complianceInclOverdue": RATIO,
        "bands": leaves("fromShare", "toShare", "cycles"),
        "elapsed": SUMMARY,
        "overrun": SUMMARY,
        "rows": {"value": VALUE, **leaves("met", "missed"), "compliance": RATIO},
        "rest": REST,
    },
    "read": READ,
}


def _alive(subject: Subject, issue: Issue, fields: Iterable[str]) -> bool:
    """Unresolved at the start of the period or later, or with a cycle stopped in it.

    What is resolved exactly at the start was unresolved up to then: its resolution is an event of the period.
    """
    since = subject.resolved_at(issue)
    stopped = any(subject.in_period(cycle.stop) for cycle in cycles_of(issue, fields))
    return since is None or since >= subject.start or stopped


def sla(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """Are the promised times kept, for whom not, and what breaks next?"""
    metrics = metrics_of(subject.site, options.get("metric"))
    every = [one for those in metrics.values() for one in those]
    scope = [issue for issue in subject.before_end if _alive(subject, issue, every)]
    unit = options.get("unit", "CYCLE")
    return {
        "read": read_of(subject),
        "total": len(scope),
        "unit": unit,
        "rule": options.get("rule", "LAST") if unit == "REQUEST" else None,
        "metrics": [_metric(subject, scope, name, metrics[name], options) for name in metrics],
    }


def _metric(
    subject: Subject, scope: Sequence[Issue], name: str, fields: Sequence[str], options: Mapping[str, Any]
) -> Json:
    completed = [(i, c) for i in scope for c in cycles_of(i, fields) if subject.in_period(c.stop)]
    now = {issue.id: issue for issue in (*scope, *subject.open)}.values()
    ongoing = [c for issue in now for c in cycles_of(issue, fields) if c.stop is None]
    running = [c for c in ongoing if not c.paused and not c.breached]
    judged = _judged(completed, options)
    missed = sum(cycle.breached for _, cycle in judged)
    met = len(judged) - missed
    with_cycles = sum(bool(cycles_of(issue, fields)) for issue in scope)
    applicable = sum(any(one in issue.sla for one in fields) for issue in scope)
    by_cycle = options.get("unit", "CYCLE") == "CYCLE"
    overdue = sum(c.breached for c in ongoing)
    rows = _sla_rows(subject, judged, options)
    return {
        "metric": {"name": name, "ids": list(fields)},
        "notApplicable": len(scope) - applicable,
        "notStarted": applicable - with_cycles,
        "withCycles": with_cycles,
        "met": met,
        "missed": missed,
        "compliance": ratio(met, met + missed),
        "complianceInclOverdue": ratio(met, met + missed + overdue)
        if by_cycle and subject.end >= subject.as_of
        else None,
        "cycles": len(completed) + len(ongoing),
        "ongoing": len(ongoing),
        "running": len(running),
        "runningBreached": sum(c.breached and not c.paused for c in ongoing),
        "paused": sum(c.paused and not c.breached for c in ongoing),
        "pausedBreached": sum(c.paused and c.breached for c in ongoing),
        "atRisk": sum(map(is_at_risk, ongoing)),
        "dueWithin60Minutes": sum(c.remaining <= 60 * MINUTE for c in running),
        "dueWithin30Minutes": sum(c.remaining <= 30 * MINUTE for c in running),
        "bands": [
            {
                "fromShare": Fraction(low, 100),
                "toShare": None if high is None else Fraction(high, 100),
                "cycles": sum((low == 0 or used(c, low)) and (high is None or not used(c, high)) for c in ongoing),
            }
            for low, high in BANDS
        ],
        "elapsed": summary([c.elapsed for _, c in completed]),
        "overrun": summary([-c.remaining for _, c in completed if c.breached]),
        "cyclesPerRequest": Fraction(len(completed), len({i.id for i, _ in completed})) if completed else None,
        "rows": rows,
    }


def _judged(completed: Sequence[tuple[Issue, Cycle]], options: Mapping[str, Any]) -> list[tuple[Issue, Cycle]]:
    """What is judged: each cycle, or of each request the one that its rule names."""
    if options.get("unit", "CYCLE") == "CYCLE":
        return list(completed)
    of_request: dict[int, list[tuple[Issue, Cycle]]] = defaultdict(list)
    for issue, cycle in completed:
        of_request[issue.id].append((issue, cycle))
    match options.get("rule", "LAST"):
        case "FIRST":
            return [several[0] for several in of_request.values()]
        case "EVER":
            # Missed if one was: then one of the missed stands for the request.
            return [
                next((one for one in reversed(several) if one[1].breached), several[-1])
                for several in of_request.values()
            ]
    return [several[-1] for several in of_request.values()]


def _sla_values(subject: Subject, issue: Issue, cycle: Cycle, by: str) -> list[tuple[str | None, object]]:
    match by:
        case "GOAL":
            return [(str(cycle.goal), ANYTHING)]
        case "PRIORITY":
            return [named(issue.priority)]
        case "REQUEST_TYPE":
            return [named(issue.request_type)]
        case "ASSIGNEE":
            who = assignee_of(issue)
            return [(who, None if who is None else person(subject.site, who)["displayName"])]
    several = [named(one) for one in issue.organizations] or [named(None)]
    shown = shown_organizations(subject, [key for key, _ in several], co_values=False)
    return [one for one in several if one[0] in shown]


def _sla_rows(subject: Subject, judged: Iterable[tuple[Issue, Cycle]], options: Mapping[str, Any]) -> Rows:
    found: dict[str | None, list[tuple[Issue, Cycle]]] = defaultdict(list)
    names: dict[str | None, object] = {}
    for issue, cycle in judged if options.get("by") else ():
        for key, name in _sla_values(subject, issue, cycle, options["by"]):
            found[key].append((issue, cycle))
            names[key] = name
    rows = {}
    for key, those in found.items():
        missed = sum(cycle.breached for _, cycle in those)
        figures = {
            "value": {"key": key, "name": names[key]},
            "met": len(those) - missed,
            "missed": missed,
            "compliance": ratio(len(those) - missed, len(those)),
        }
        rows[key] = Row(figures, len(those), ids(issue for issue, _ in those))
    return Rows(rows, value_key, options.get("top", 50))
