"""Breaking requests down by any of the shared dimensions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from demo.model import Issue
from tests.oracle.compare import ANYTHING, Row, Rows
from tests.oracle.facts import assignee_of, ids, named, person, shown_organizations, value_key
from tests.oracle.numbers import Json
from tests.oracle.subject import Subject

SINGLE: Mapping[str, Callable[[Issue], tuple[str | None, object]]] = {
    "PRIORITY": lambda issue: named(issue.priority),
    "STATUS": lambda issue: named(issue.status),
    "STATUS_CATEGORY": lambda issue: (issue.status.category.value, ANYTHING),
    "ISSUE_TYPE": lambda issue: named(issue.issue_type),
    "REQUEST_TYPE": lambda issue: named(issue.request_type),
    "CHANNEL": lambda issue: (issue.channel, issue.channel),
}
DIMENSIONS = ("ORGANIZATION", "ASSIGNEE", *SINGLE)


def values(subject: Subject, issue: Issue, by: str) -> list[tuple[str | None, object]]:
    """Key and name of each value that the issue has; one that it has none of is (None, None)."""
    if by == "ASSIGNEE":
        who = assignee_of(issue)
        return [(who, None if who is None else person(subject.site, who)["displayName"])]
    if by in SINGLE:
        return [SINGLE[by](issue)]
    several = [named(one) for one in issue.organizations] or [named(None)]
    shown = shown_organizations(subject, [key for key, _ in several], co_values=False)
    return [one for one in several if one[0] in shown]


def breakdown(
    subject: Subject, issues: Iterable[Issue], options: Any, figures: Callable[[list[Issue]], Json]
) -> Rows | list[Json]:
    """The issues by the dimension that the options name; none without one."""
    if options.get("by") is None:
        return []
    found: dict[str | None, list[Issue]] = defaultdict(list)
    names: dict[str | None, object] = {}
    for issue in issues:
        for key, name in values(subject, issue, options["by"]):
            found[key].append(issue)
            names[key] = name
    rows = {
        key: Row({"value": {"key": key, "name": names[key]}} | figures(those), len(those), ids(those))
        for key, those in found.items()
    }
    return Rows(rows, value_key, options.get("top", 50))
