"""What several reports look at: the cycles of an SLA, people, values by which requests are split, the rows that a filter leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from demo.model import Cycle, FieldKind, Issue, Site
from tests.oracle.compare import Row, Rows
from tests.oracle.numbers import Json
from tests.oracle.subject import Subject, text

AT_RISK = 75
"""Percent of the goal from which on a running cycle is at risk."""


def ids(issues: Iterable[Issue]) -> frozenset[int]:
    """The ids of issues."""
    return frozenset(issue.id for issue in issues)


def read_of(subject: Subject) -> Json:
    """`read`, as far as the question decides it."""
    return {
        "asOf": text(subject.as_of),
        "from": text(subject.start),
        "to": text(subject.end),
        "timeZone": subject.scope.zone,
        "resolvedBy": subject.scope.resolved_by,
        "complete": True,
        "exact": True,
    }


def metrics_of(site: Site, chosen: str | None) -> dict[str, list[str]]:
    """The ids of SLA fields by name of the metric; only the chosen one, by its name or by one id."""
    metrics: dict[str, list[str]] = defaultdict(list)
    for one in site.fields:
        if one.kind is FieldKind.SLA and chosen in (None, one.name, one.id):
            metrics[one.name].append(one.id)
    return {name: sorted(metrics[name]) for name in sorted(metrics)}


def cycles_of(issue: Issue, fields: Iterable[str]) -> list[Cycle]:
    """All cycles of an issue in these SLA fields, those completed in the order of their stops."""
    cycles = [cycle for name in fields for cycle in issue.sla.get(name, ())]
    return sorted(cycles, key=lambda cycle: (cycle.stop is None, cycle.stop or 0))


def used(cycle: Cycle, percent: int) -> bool:
    """Whether at least so much of the goal is used."""
    return 100 * cycle.elapsed >= percent * cycle.goal


def is_at_risk(cycle: Cycle) -> bool:
    """Whether the cycle runs, is not breached, and most of its goal is used."""
    return cycle.stop is None and not cycle.paused and not cycle.breached and used(cycle, AT_RISK)


def person(site: Site, account_id: str) -> Json:
    """Someone, with name and state as far as the account can still be read."""
    known = next((user for user in site.users if user.account_id == account_id), None)
    return {
        "accountId": account_id,
        "displayName": known.display_name if known else None,
        "active": known.active if known else None,
    }


def assignee_of(issue: Issue) -> str | None:
    """The account id of who the issue is assigned to."""
    return issue.assignee.account_id if issue.assignee else None


def value_key(row: Any) -> str | None:
    """The key of a row that is about a value."""
    key: str | None = row["value"]["key"]
    return key


def parts(
    issues: Iterable[Issue], value: Callable[[Issue], tuple[str | None, object]], count: str, *, by_key: bool = False
) -> Rows:
    """Issues counted by a value of which each has one."""
    found: dict[str | None, list[Issue]] = defaultdict(list)
    names: dict[str | None, object] = {}
    for issue in issues:
        key, names[key] = value(issue)
        found[key].append(issue)
    rows = {
        key: Row({"value": {"key": key, "name": names[key]}, count: len(those)}, len(those))
        for key, those in found.items()
    }
    return Rows(rows, value_key, by_key=by_key)


def named(value: Any) -> tuple[str | None, object]:
    """Key and name of a priority, a status, a request type or of none."""
    return (None, None) if value is None else (value.id, value.name)


def shown_organizations(subject: Subject, found: Iterable[str | None], co_values: bool) -> list[str | None]:
    """A filter picks requests; the breakdown shows the values picked, and the others only if asked for."""
    asked = subject.scope.filters.get("organizations")
    if asked is None or asked.among is None or co_values:
        return list(found)
    return [key for key in found if key is None or key in asked.among]
