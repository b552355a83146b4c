"""Made-up sites of the unkind sort, and questions about them.

Instants fall on the bounds of periods and a millisecond beside them, on each other, into the nights in which clocks change and on
local midnights; imports are resolved before they were made; organizations share a name; SLAs lack, never started, have
several cycles, no goal, or a breach that their figures do not explain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from demo.build import FIRST_RESPONSE, RESOLUTION, CycleSpec, SiteBuilder, completed, millis, ongoing
from demo.model import FieldKind, RequestType, Site
from tests.oracle.oracle import REPORTS, Fields, Question
from tests.oracle.subject import DAY, HOUR, WEEKDAYS, Between, Calendar, Filter, Last, Period, Scope, day_begin, local

NIGHTS = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/Havana", "2026-03-08T05:00Z"),
    ("America/Havana", "2026-11-01T05:00Z"),
    ("America/Santiago", "2026-04-05T03:00Z"),
    ("America/Santiago", "2026-09-06T04:00Z"),
]
"""Zones and the instants at which their clocks change; in Havana and Santiago at midnight."""
READER_ZONES = ["UTC", "Europe/Berlin", "America/Havana", "America/Santiago", "Pacific/Kiritimati", "Etc/GMT+12"]
SAME_NAME = "HR resolution"
METRICS = (FIRST_RESPONSE, RESOLUTION, SAME_NAME)
"""SLA fields; the last one has the name of the one before it in the language of the reading account."""
ORGANIZATIONS = (("1", "Acme"), ("99", "Acme"), ("5", "Beta"), ("10", "Gamma"))
REQUEST_TYPES = (("ITS", "Get help"), ("ITS", "Laptop"), ("HR", "Get help"))
READABLE = ("ann", "bob", "carl")
UNREADABLE = "gone"
PEOPLE = (*READABLE, UNREADABLE)
PRIORITIES = ("Highest", "Medium", "Lowest")
STATUSES = ("Open", "In Progress", "Resolved", "Closed")
GOALS = (0, 1, HOUR // 2, HOUR, 8 * HOUR)


@dataclass(frozen=True)
class Cycle:
    """A cycle of the SLA field `metric`, in ms; without `stop` it is ongoing."""

    metric: str
    stop: int | None
    breached: bool
    paused: bool
    goal: int
    elapsed: int

    def spec(self, created: int) -> CycleSpec:
        """As the builder takes it."""
        elapsed, goal = self.elapsed / HOUR, self.goal / HOUR
        if self.stop is None:
            return ongoing(
                start=created, breached=self.breached, paused=self.paused, elapsed_hours=elapsed, goal_hours=goal
            )
        start = min(created, self.stop)
        return completed(
            start=start, stop=self.stop, breached=self.breached, elapsed_hours=elapsed, goal_hours=goal
        )


@dataclass(frozen=True)
class Request:
    """One request or other issue."""

    created: int
    resolved: int | None = None
    done: int | None = None
    touched: int = 0
    """When else it was updated."""
    status: str | None = None
    assignee: str | None = None
    organizations: tuple[int, ...] = ()
    priority: str | None = "Medium"
    request_type: int | None = 0
    subtask: bool = False
    labels: tuple[str, ...] = ()
    due: date | None = None
    estimate: int | None = None
    restricted: bool = False
    started: tuple[str, ...] = ()
    """SLA fields that apply, whether they have a cycle or not."""
    cycles: tuple[Cycle, ...] = ()

    @property
    def events(self) -> list[int]:
        """When something happened to it, its creation aside."""
        stops = [cycle.stop for cycle in self.cycles]
        return [one for one in (self.resolved, self.done, *stops) if one is not None]

    def moved(self, by: int) -> Request:
        """The same so many ms (whole days) later."""

        def later(ms: int | None) -> int | None:
            return None if ms is None else ms + by

        return replace(
            self,
            created=self.created + by,
            resolved=later(self.resolved),
            done=later(self.done),
            touched=self.touched + by if self.touched else 0,
            due=None if self.due is None else self.due + timedelta(milliseconds=by),
            cycles=tuple(replace(cycle, stop=later(cycle.stop)) for cycle in self.cycles),
        )


@dataclass(frozen=True)
class World:
    """A site and the instant at which it is looked at. `zone` and `marks` are where its instants gather."""

    now: int
    zone: str = "UTC"
    reader_zone: str = "UTC"
    marks: tuple[int, ...] = ()
    requests: tuple[Request, ...] = ()

    def moved(self, by: int) -> World:
        """The same so many ms (whole days) later."""
        return replace(
            self,
            now=self.now + by,
            marks=tuple(mark + by for mark in self.marks),
            requests=tuple(one.moved(by) for one in self.requests),
        )

    def site(self) -> Site:
        """The site; everything that requests refer to has the same id whatever their order."""
        builder = SiteBuilder(now=self.now, zone=self.reader_zone)
        builder.field(SAME_NAME, FieldKind.SLA, number=10_777, translated=RESOLUTION)
        for name in PEOPLE:
            builder.user(name, active=name != "carl")
        types = [builder.request_type(name, project) for project, name in REQUEST_TYPES]
        for id_, name in ORGANIZATIONS:
            builder.organization(name, id=id_)
        for one in self.requests:
            _add(builder, types, one, self.now)
        site = builder.site()
        site.users[:] = [user for user in site.users if user.display_name != UNREADABLE]
        return site


def _add(builder: SiteBuilder, types: Sequence[RequestType], one: Request, now: int) -> None:
    kind = None if one.request_type is None else types[one.request_type]
    sla = {name: [c.spec(one.created) for c in one.cycles if c.metric == name] for name in one.started}
    builder.request(
        created=one.created,
        project=kind.project.key if kind else "ITS",
        request_type=kind,
        issue_type="Sub-task" if one.subtask else None,
        resolved=one.resolved,
        done=one.done,
        updated=max(one.created, one.touched, *one.events),
        status=one.status,
        assignee=one.assignee,
        organizations=[builder.organization(name, id=id_) for id_, name in map(ORGANIZATIONS.__getitem__, one.organizations)],
        priority=one.priority,
        labels=one.labels,
        duedate=one.due,
        timeestimate=one.estimate,
        restricted=one.restricted,
        sla=sla,
    )


# -- sites


@st.composite
def _marks(draw: st.DrawFn, now: int, change: int, zone: str) -> tuple[int, ...]:
    """A few instants that matter: the change of the clocks, midnights around it, now, and some others."""
    day = local(change, zone).date()
    midnights = [day_begin(day + timedelta(days=shift), zone) for shift in (-1, 0, 1, 2)]
    special = st.sampled_from([change, change - HOUR, change + HOUR, *midnights, now])
    anywhere = st.integers(now - 60 * DAY, now)
    return tuple(draw(st.lists(special | anywhere, min_size=2, max_size=5, unique=True)))


def _instants(marks: Sequence[int], now: int) -> st.SearchStrategy[int]:
    """Mostly on the marks and around them, by the hour, a millisecond, or the width by which reads are widened."""
    beside = st.sampled_from([0, 0, -1, 1, -HOUR, HOUR // 2, -15 * HOUR, 15 * HOUR - 1, DAY, 20 * HOUR])
    near = st.builds(int.__add__, st.sampled_from(marks), beside)
    return near | near | st.integers(now - 90 * DAY, now) | st.just(now - 500 * DAY)


@st.composite
def _cycle(draw: st.DrawFn, metric: str, stop: int | None) -> Cycle:
    goal = draw(st.sampled_from(GOALS))
    percent = draw(st.sampled_from([0, 30, 50, 74, 75, 85, 95, 100, 130]))
    elapsed = max(0, goal * percent // 100 + draw(st.sampled_from([0, 0, -1, 1, 17])))
    return Cycle(metric, stop, draw(st.booleans()), stop is None and draw(st.booleans()), goal, elapsed)


@st.composite
def _slas(draw: st.DrawFn, past: st.SearchStrategy[int]) -> tuple[tuple[str, ...], tuple[Cycle, ...]]:
    """Which SLAs apply, and their cycles; no two of a request stop at once, since nothing says which is the last then."""
    started = draw(st.lists(st.sampled_from(METRICS), unique=True))
    if not started:
        return (), ()
    stops = draw(st.lists(past, max_size=4, unique=True))
    cycles = [draw(_cycle(draw(st.sampled_from(started)), stop)) for stop in sorted(stops)]
    cycles += [draw(_cycle(metric, None)) for metric in started if draw(st.booleans())]
    return tuple(started), tuple(cycles)


@st.composite
def _request(draw: st.DrawFn, now: int, marks: Sequence[int]) -> Request:
    instants = _instants(marks, now)
    # What is read at an instant can be newer than that only for requests made meanwhile.
    past = instants.map(lambda ms: min(ms, now - 1))
    created = draw(instants.map(lambda ms: min(ms, now + 1)))
    later = st.builds(lambda ms: max(ms, created), past) if created < now else past
    ended = draw(st.sampled_from(["open", "open", "resolved", "done", "both"]))
    started, cycles = draw(_slas(past))
    today = local(now, "UTC").date()
    return Request(
        created=created,
        resolved=draw(later | past) if ended in ("resolved", "both") else None,
        done=draw(later | past) if ended in ("done", "both") else None,
        touched=draw(st.just(0) | past),
        status=draw(st.none() | st.none() | st.sampled_from(STATUSES)),
        assignee=draw(st.none() | st.sampled_from(PEOPLE)),
        organizations=tuple(draw(st.lists(st.sampled_from(range(len(ORGANIZATIONS))), unique=True))),
        priority=draw(st.none() | st.sampled_from(PRIORITIES)),
        request_type=draw(st.sampled_from([0, 0, 1, 2, None])),
        subtask=draw(st.sampled_from([False, False, False, True])),
        labels=tuple(draw(st.lists(st.sampled_from(["vpn", "home"]), unique=True))),
        due=draw(st.none() | st.integers(-2, 2).map(lambda days: today + timedelta(days=days))),
        estimate=draw(st.none() | st.sampled_from([0, 1, 3600])),
        restricted=draw(st.sampled_from([False] * 7 + [True])),
        started=started,
        cycles=cycles,
    )


@st.composite
def worlds(draw: st.DrawFn, most: int = 40) -> World:
    """Sites of 0 to 40 requests: some drawn one by one, the others copies of them that were made at another instant."""
    zone, change = draw(st.sampled_from(NIGHTS))
    at = millis(change)
    now = at + draw(st.sampled_from([1, HOUR // 2, 5 * HOUR, 26 * HOUR + 7, 3 * DAY, 20 * DAY + 12_345]))
    marks = draw(_marks(now, at, zone))
    some = draw(st.lists(_request(now, marks), max_size=10))
    made = st.none() | _instants(marks, now).map(lambda ms: min(ms, now + 1))
    copies = draw(st.lists(st.tuples(st.sampled_from(some), made), max_size=most - len(some))) if some else []
    requests = (*some, *(one if created is None else replace(one, created=created) for one, created in copies))
    return World(now, zone, draw(st.sampled_from(READER_ZONES)), marks, requests)


# -- questions


def _ids(kind: str, chosen: Sequence[str]) -> st.SearchStrategy[Filter]:
    values = st.lists(st.sampled_from(chosen), min_size=1, max_size=2, unique=True).map(tuple)
    empty = st.sampled_from([None, None, True, False])
    if kind in ("statuses", "issueTypes"):
        return st.builds(Filter, among=values) | st.builds(Filter, without=values)
    return (
        st.builds(Filter, among=values, empty=empty)
        | st.builds(Filter, without=values, empty=empty)
        | st.builds(Filter, empty=st.booleans())
        | st.builds(Filter, among=values, without=values, empty=empty)
    )


@st.composite
def _filters(draw: st.DrawFn, site: Site) -> Mapping[str, Filter]:
    values = {
        "organizations": [one.id for one in site.organizations],
        "requestTypes": [one.id for one in site.request_types],
        "priorities": [one.id for one in site.priorities if one.name in PRIORITIES],
        "assignees": [one.account_id for one in site.users if one.display_name in READABLE],
        "statuses": [one.id for one in site.statuses if one.name in STATUSES],
        "issueTypes": [one.id for one in site.issue_types],
        "labels": ["vpn", "home"],
    }
    names = draw(st.just([]) | st.just([]) | st.lists(st.sampled_from(sorted(values)), max_size=2, unique=True))
    return {name: draw(_ids(name, values[name])) for name in names}


@st.composite
def periods(draw: st.DrawFn, world: World) -> Period:
    """Between two instants that matter, or a number of days, or a unit of the calendar."""
    match draw(st.sampled_from(["between", "between", "last", "calendar"])):
        case "last":
            return Last(draw(st.sampled_from([1, 2, 7, 30, 61])), draw(st.sampled_from(["D", "D", "W"])))
        case "calendar":
            units = st.sampled_from(["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])
            return Calendar(draw(units), draw(st.sampled_from([0, 0, 1, 2])))
    beyond = (*world.marks, world.now - 60 * DAY, world.now + 30 * DAY)
    first, second = draw(st.lists(st.sampled_from(sorted(set(beyond))), min_size=2, max_size=2, unique=True))
    return Between(min(first, second), max(first, second))


@st.composite
def scopes(draw: st.DrawFn, world: World, site: Site) -> Scope:
    """Scopes of all kinds."""
    return Scope(
        period=draw(periods(world)),
        zone=draw(st.sampled_from([world.zone, world.zone, "UTC", "Pacific/Kiritimati"])),
        week_start=draw(st.sampled_from(WEEKDAYS)),
        population=draw(st.sampled_from(["REQUESTS", "REQUESTS", "ISSUES"])),
        resolved_by=draw(st.sampled_from(["AUTO", "AUTO", "RESOLUTION", "STATUS_CATEGORY"])),
        subtasks=draw(st.booleans()),
        projects=draw(st.sampled_from([None, None, None, ("ITS",), ("HR", "ITS")])),
        filters=draw(_filters(site)),
    )


METRIC = st.sampled_from([None, None, FIRST_RESPONSE, RESOLUTION, "customfield_10031", "customfield_10777"])
TOP = st.sampled_from([None, None, 1, 2, 1000])


def _options(**choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    """Options without those that are not chosen."""
    return st.fixed_dictionaries(choices).map(
        lambda chosen: {name: value for name, value in chosen.items() if value is not None}
    )


def _defined(options: Mapping[str, Any]) -> bool:
    """A request that was judged by several cycles at once has no one goal."""
    return (options.get("unit"), options.get("rule"), options.get("by")) != ("REQUEST", "EVER", "GOAL")


OPTIONS: Mapping[str, st.SearchStrategy[Mapping[str, Any]]] = {
    "total": st.just({}),
    "assigneeWorkload": _options(
        top=TOP,
        metric=METRIC,
        splitBy=st.sampled_from([None, "STATUS", "PRIORITY", "REQUEST_TYPE"]),
        assignees=st.none() | st.lists(st.sampled_from(["acc:bob", "acc:nobody"]), min_size=1, max_size=2),
    ),
    "requestsByOrganization": _options(
        top=TOP,
        metric=METRIC,
        showCoValues=st.sampled_from([None, True, False]),
        splitBy=st.sampled_from(
            [None, "STATUS_CATEGORY", "REQUEST_TYPE", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]
        ),
    ),
    "sla": _options(
        top=TOP,
        metric=METRIC,
        unit=st.sampled_from([None, "CYCLE", "REQUEST", "REQUEST"]),
        rule=st.sampled_from([None, "LAST", "EVER", "FIRST"]),
        by=st.sampled_from([None, "GOAL", "PRIORITY", "ASSIGNEE", "REQUEST_TYPE", "ORGANIZATION"]),
    ).filter(_defined),
}
"""The options of each report."""
KEYS = frozenset({"assignee", "organization", "value", "metric"})
"""Fields that name a row: without them nobody could tell which is which."""


@st.composite
def some_fields(draw: st.DrawFn, fields: Fields) -> Fields:
    """A part of the fields, down to the rows; `rest` only with all of them, since it speaks of what was selected."""
    kept: dict[str, Any] = {}
    for name, below in fields.items():
        if name in KEYS or (name != "rest" and draw(st.booleans())):
            kept[name] = draw(some_fields(below)) if below and KEYS & below.keys() else below
    figures = sorted(fields.keys() - kept.keys() - {"rest"})
    if not kept.keys() - KEYS and figures:
        name = draw(st.sampled_from(figures))
        kept[name] = fields[name]
    return kept


@st.composite
def questions(draw: st.DrawFn, scope: Scope, *, lean: bool = False) -> dict[str, Question]:
    """A question for each report, by its name; `lean` ones select just some of the fields."""
    asked = {}
    for name, report in REPORTS.items():
        fields = draw(some_fields(report.fields)) if lean and report.fields else report.fields
        asked[name] = Question(name, scope, draw(OPTIONS[name]), fields)
    return asked


@dataclass(frozen=True)
class Case:
    """A site with questions about it, all on one scope."""

    world: World
    site: Site = field(repr=False)
    scope: Scope
    questions: Mapping[str, Question]


@st.composite
def cases(draw: st.DrawFn, *, lean: bool = False) -> Case:
    """A site and a question for each report."""
    world = draw(worlds())
    site = world.site()
    scope = draw(scopes(world, site))
    return Case(world, site, scope, draw(questions(scope, lean=lean)))
