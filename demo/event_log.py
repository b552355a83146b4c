"""Loads an incident event log (CSV, plain or .xz) as a site. One row is one change of one incident.

Every incident becomes one request of the one service project INC; no time is shifted and nothing is dropped. What is not said
otherwise is the value of the incident's last row in file order; "?" is missing. Dates are D/M/YYYY HH:MM, UTC.

- created = opened_at; reporter = caller_id; assignee = assigned_to; organization = location; priority = priority
- request type = category, "Uncategorised" where missing; channel: Phone = jira, Email = email
- status history = incident_state in the order of sys_updated_at (of the file where equal); "-100" is of category To Do,
  Resolved and Closed are of category Done; status = the last of them
- resolved = the last state is done; the entry into the final run of done states is the status category's change; resolution date
  = resolved_at, else that entry; updated = the latest sys_updated_at
- SLA "Time to resolution": one completed cycle for each resolved incident, opened_at to the resolution date, goal 8 h,
  elapsed = stop - start, breached as made_sla says; for the others it never started
- names are the file's own values; ids are derived from them: users "log:" and organizations "org-" with a slug of the name, request
  types "rt-" likewise
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from demo.build import HOUR, RESOLUTION, SiteBuilder, slug
from demo.model import Category, Change, Cycle, Issue, Project, Site, Status, User

PROJECT = "INC"
UNCATEGORISED = "Uncategorised"
GOAL_MS = 8 * HOUR

_MISSING = "?"
_CHANNELS = {"Phone": "jira", "Email": "email"}
_CATEGORIES = {
    "New": Category.TODO,
    "-100": Category.TODO,
    "Resolved": Category.DONE,
    "Closed": Category.DONE,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)

Row = dict[str, str]


def load(path: Path | str) -> Site:
    """The site of a log; OSError if it cannot be read, ValueError if it is no such log."""
    with _open(Path(path)) as text:
        reader = csv.DictReader(text)
        missing = {"number", "incident_state", "opened_at", "sys_updated_at"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"not an incident event log: it has no column {', '.join(sorted(missing))}")
        return _Loader().site(reader)


def _open(path: Path) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


@lru_cache(maxsize=65_536)
def instant(text: str) -> int:
    """`29/2/2016 01:16` as epoch milliseconds."""
    day, _, clock = text.partition(" ")
    numbers = [int(one) for one in (*day.split("/"), *clock.split(":"))]
    if len(numbers) != 5:
        raise ValueError(f"not a date of an event log: {text!r}")
    return (datetime(numbers[2], numbers[1], numbers[0], numbers[3], numbers[4], tzinfo=UTC) - _EPOCH) // _MILLI


def user_id(name: str) -> str:
    """The account id of a person of the log."""
    return f"log:{slug(name)}"


def organization_id(location: str) -> str:
    """The id of the organization that a location becomes."""
    return f"org-{slug(location)}"


def request_type_id(category: str) -> str:
    """The id of the request type that a category becomes."""
    return f"rt-{slug(category)}"


class _Loader:
    def __init__(self) -> None:
        self._site = SiteBuilder(now=0, project=PROJECT)
        self._project: Project = self._site.project(PROJECT, "Incidents")
        self._sla = self._site.sla_metric(RESOLUTION).id

    def site(self, rows: Iterable[Row]) -> Site:
        for events in _incidents(rows):
            self._add(events)
        return self._site.site()

    def _status(self, state: str) -> Status:
        return self._site.status(state, _CATEGORIES.get(state, Category.IN_PROGRESS))

    def _add(self, events: list[Row]) -> None:
        row = events[-1]
        ordered = sorted(events, key=lambda one: instant(one["sys_updated_at"]))  # stable: file order where equal
        created = instant(row["opened_at"])
        history, entered = self._history(ordered)
        status = self._status(ordered[-1]["incident_state"])
        resolved = None
        if status.category is Category.DONE:
            resolved = entered if row["resolved_at"] == _MISSING else instant(row["resolved_at"])
        category = _value(row["category"]) or UNCATEGORISED
        kind = self._site.request_type(category, PROJECT, issue_type="Incident", id=request_type_id(category))
        location = _value(row["location"])
        self._site.add(
            lambda number, key: Issue(
                id=number,
                key=key,
                project=self._project,
                issue_type=kind.issue_type,
                summary=row["number"],
                status=status,
                created=created,
                updated=instant(ordered[-1]["sys_updated_at"]),
                status_category_changed=entered,
                priority=self._site.priority(row["priority"]) if _value(row["priority"]) else None,
                assignee=self._user(row["assigned_to"], "atlassian"),
                reporter=self._user(row["caller_id"], "customer"),
                request_type=kind,
                organizations=(self._site.organization(location, id=organization_id(location)),) if location else (),
                sla={self._sla: () if resolved is None else (_cycle(created, resolved, row["made_sla"]),)},
                resolved=resolved,
                resolution=None if resolved is None else "Done",
                channel=_CHANNELS.get(row["contact_type"]),
                history=history,
            ),
            self._project,
        )

    def _user(self, text: str, kind: str) -> User | None:
        name = _value(text)
        return None if name is None else self._site.user(name, id=user_id(name), kind=kind)

    def _history(self, ordered: list[Row]) -> tuple[tuple[Change, ...], int]:
        """Status changes, and the entry into the final run of one status category."""
        changes: list[Change] = []
        before = self._status(ordered[0]["incident_state"])
        entered = instant(ordered[0]["sys_updated_at"])
        for row in ordered[1:]:
            after = self._status(row["incident_state"])
            if after is before:
                continue
            at = instant(row["sys_updated_at"])
            changes.append(Change(at, "status", before.id, after.id))
            if after.category is not before.category:
                entered = at
            before = after
        return tuple(changes), entered


def _value(text: str) -> str | None:
    return None if text in (_MISSING, "") else text


def _cycle(start: int, stop: int, made_sla: str) -> Cycle:
    elapsed = stop - start
    breached = made_sla.strip().lower() != "true"
    return Cycle(start, stop, start + GOAL_MS, breached, False, GOAL_MS, elapsed, GOAL_MS - elapsed)


def _incidents(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows of each incident in file order, incidents in the order of their first row."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["number"], []).append(row)
    yield from found.values()
