"""What do people ask for, and which types are slow, disliked or dead?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from demo.model import Issue, RequestType
from tests.oracle.compare import Row, Rows
from tests.oracle.facts import ids, read_of
from tests.oracle.fields import READ, REST, Fields, leaves
from tests.oracle.numbers import Json
from tests.oracle.reports.served import SERVED, complete, served
from tests.oracle.subject import Subject

FIELDS: Fields = leaves("total", "unused") | {
    "rows": {"requestType": leaves("id", "name", "serviceDeskId", "state"), "foreign": None, **SERVED},
    "rest": REST,
    "read": READ,
}


def _row(subject: Subject, kind: RequestType | None, mine: Sequence[Issue]) -> Row:
    foreign = 0 if kind is None else sum(issue.project is not kind.project for issue in mine)
    state = "FOREIGN" if mine and foreign == len(mine) else "CURRENT"
    shown = kind and {
        "id": kind.id,
        "name": kind.name,
        "serviceDeskId": kind.project.service_desk,
        "state": "DELETED" if kind.deleted else state,
    }
    return Row({"requestType": shown, "foreign": foreign, **served(subject, mine)}, len(mine), ids(mine))


def _unused(subject: Subject, used: Collection[str | None]) -> list[RequestType]:
    """Types in the lists of the desks that no request of the scope has, as far as the filters pick them."""
    asked, projects = subject.scope.filters.get("requestTypes"), subject.scope.projects
    return [
        one
        for one in subject.site.request_types
        if one.id not in used
        and not one.deleted
        and (projects is None or one.project.key in projects)
        and (asked is None or asked.keeps([one.id]))
    ]


def request_types(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """What do people ask for, and which types are slow, disliked or dead?"""
    found: dict[str | None, list[Issue]] = defaultdict(list)
    kinds: dict[str | None, RequestType | None] = {}
    for issue in subject.cohort:
        key = issue.request_type.id if issue.request_type else None
        found[key].append(issue)
        kinds[key] = issue.request_type
    unused = _unused(subject, found) if options.get("includeUnused") else None
    rows = {key: _row(subject, kinds[key], mine) for key, mine in found.items()}
    rows |= {one.id: _row(subject, one, []) for one in unused or ()}
    return {
        "read": read_of(subject) | {"complete": complete(subject, selected)},
        "total": len(subject.cohort),
        "unused": None if unused is None else len(unused),
        "rows": Rows(rows, lambda row: row["requestType"] and row["requestType"]["id"], options.get("top", 50)),
    }
