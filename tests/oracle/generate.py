"""Made-up sites of the unkind sort, and questions about them.

Instants fall on the bounds of periods and a millisecond beside them, on each other, into the nights in which clocks change and on
local midnights; imports are resolved before they were made; organizations share a name; SLAs lack, never started, have
several cycles, no goal, or a breach that their figures do not explain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from demo.build import FIRST_RESPONSE, RESOLUTION, CycleSpec, SiteBuilder, completed, millis, ongoing
from demo.model import FieldKind, RequestType, Site
from tests.oracle.oracle import REPORTS, Fields, Question
from tests.oracle.subject import DAY, HOUR, WEEKDAYS, Between, Calendar, Filter, Last, Period, Scope, day_begin, local
from tests.oracle.told import Told

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
LABELS = ("vpn", "home")
STATUSES = ("Open", "In Progress", "Resolved", "Closed")
GOALS = (HOUR, 8 * HOUR, HOUR // 2, 1, 0)


@dataclass(frozen=True, repr=False)
class Cycle(Told):
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
        return completed(start=start, stop=self.stop, breached=self.breached, elapsed_hours=elapsed, goal_hours=goal)


@dataclass(frozen=True, repr=False)
class Request(Told):
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


@dataclass(frozen=True, repr=False)
class World(Told):
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
        organizations=[
            builder.organization(name, id=id_) for id_, name in map(ORGANIZATIONS.__getitem__, one.organizations)
        ],
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
    return (
        near
        | near
        | near
        | st.integers(now - 60 * DAY, now)
        | st.integers(now - 60 * DAY, now)
        | st.just(now - 500 * DAY)
    )


@st.composite
def _cycle(draw: st.DrawFn, metric: str, stop: int | None) -> Cycle:
    goal = draw(st.sampled_from(GOALS))
    percent = draw(st.sampled_from([75, 0, 50, 85, 95, 100, 130]))
    elapsed = max(0, goal * percent // 100 + draw(st.sampled_from([0, 0, 0, -1, 1])))
    return Cycle(metric, stop, draw(st.booleans()), stop is None and draw(st.booleans()), goal, elapsed)


@st.composite
def _slas(draw: st.DrawFn, past: st.SearchStrategy[int]) -> tuple[tuple[str, ...], tuple[Cycle, ...]]:
    """Which SLAs apply, and their cycles; no two of a request stop at once, since nothing says which is the last then."""
    started = draw(st.lists(st.sampled_from(METRICS), min_size=draw(st.sampled_from([2, 1, 0])), unique=True))
    if not started:
        return (), ()
    stops = draw(st.lists(past, min_size=draw(st.sampled_from([2, 1, 0])), max_size=4, unique=True))
    cycles = [draw(_cycle(draw(st.sampled_from(started)), stop)) for stop in sorted(stops)]
    cycles += [draw(_cycle(metric, None)) for metric in started if draw(st.booleans())]
    return tuple(started), tuple(cycles)


def _before(now: int, ms: int) -> int:
    """The instant, mirrored into the past if it is not there."""
    return ms if ms < now else now - 1 - (ms - now)


def _births(instants: st.SearchStrategy[int], now: int) -> st.SearchStrategy[int]:
    """When requests are made: in the past, now and then just while they are read."""
    past = instants.map(lambda ms: _before(now, ms))
    return st.sampled_from([False] * 9 + [True]).flatmap(lambda new: st.sampled_from([now, now + 1]) if new else past)


def _rarely() -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * 15 + [True])


@st.composite
def _request(draw: st.DrawFn, now: int, marks: Sequence[int]) -> Request:
    instants = _instants(marks, now)
    past = instants.map(lambda ms: _before(now, ms))
    created = draw(_births(instants, now))
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
        request_type=draw(st.sampled_from([0, 0, 0, 1, 1, 2, 2, None])),
        subtask=draw(_rarely()),
        labels=tuple(draw(st.lists(st.sampled_from(LABELS), unique=True))),
        due=draw(st.none() | st.integers(-2, 2).map(lambda days: today + timedelta(days=days))),
        estimate=draw(st.none() | st.sampled_from([0, 1, 3600])),
        restricted=draw(_rarely()),
        started=started,
        cycles=cycles,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Sites of 0 to 40 requests: some drawn one by one, the others copies of them that were made at another instant."""
    zone, change = draw(st.sampled_from(NIGHTS))
    at = millis(change)
    now = at + draw(st.sampled_from([1, HOUR // 2, 5 * HOUR, 26 * HOUR + 7, 3 * DAY, 20 * DAY + 12_345]))
    marks = draw(_marks(now, at, zone))
    least, copied = draw(st.sampled_from([(5, 5), (5, 15), (8, 25), (8, 30), (2, 0), (0, 0)]))
    some = draw(st.lists(_request(now, marks), min_size=least, max_size=10))
    made = st.none() | _births(_instants(marks, now), now)
    copies = st.lists(st.tuples(st.sampled_from(some), made), min_size=copied, max_size=30) if some else st.just([])
    requests = (*some, *(one if made is None else replace(one, created=made) for one, made in draw(copies)))
    return World(now, zone, draw(st.sampled_from(READER_ZONES)), marks, requests)


# -- questions


def _ids(kind: str, chosen: Sequence[str]) -> st.SearchStrategy[Filter]:
    values = st.lists(st.sampled_from(chosen), min_size=1, max_size=2, unique=True).map(tuple)
    empty = st.sampled_from([None, None, True, False])
    among, without = st.builds(Filter, among=values, empty=empty), st.builds(Filter, without=values, empty=empty)
    if kind in ("statuses", "issueTypes"):
        return st.builds(Filter, among=values) | st.builds(Filter, without=values)
    both = st.builds(Filter, among=values, without=values, empty=empty)
    return among | among | among | without | both | st.builds(Filter, empty=st.booleans())


@lru_cache(maxsize=1)
def _values() -> dict[str, list[str]]:
    """What can be filtered on, by id: the same on all sites."""
    site = World(0).site()
    return {
        "organizations": [one.id for one in site.organizations],
        "requestTypes": [one.id for one in site.request_types],
        "priorities": [one.id for one in site.priorities if one.name in PRIORITIES],
        "assignees": [one.account_id for one in site.users if one.display_name in READABLE],
        "statuses": [one.id for one in site.statuses if one.name in STATUSES],
        "issueTypes": [one.id for one in site.issue_types],
        "labels": list(LABELS),
    }


@st.composite
def _filters(draw: st.DrawFn) -> Mapping[str, Filter]:
    values = _values()
    some = st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=2, unique=True)
    names = draw(st.just([]) | st.just([]) | st.just(["organizations"]) | some)
    return {name: draw(_ids(name, values[name])) for name in names}


@st.composite
def periods(draw: st.DrawFn, world: World) -> Period:
    """Between two instants that matter, or a number of days, or a unit of the calendar."""
    match draw(st.sampled_from(["wide", "between", "wide", "last", "calendar"])):
        case "last":
            return Last(draw(st.sampled_from([61, 30, 7, 2, 1])), draw(st.sampled_from(["D", "D", "W"])))
        case "calendar":
            units = st.sampled_from(["QUARTER", "MONTH", "YEAR", "WEEK", "DAY"])
            return Calendar(draw(units), draw(st.sampled_from([0, 1, 0, 2])))
        case "wide":
            end = draw(st.sampled_from([world.now, *world.marks, world.now + 30 * DAY]))
            return Between(end - draw(st.sampled_from([60 * DAY, 90 * DAY, 700 * DAY])), end)
    beyond = (*world.marks, world.now - 60 * DAY, world.now + 30 * DAY)
    first, second = draw(st.lists(st.sampled_from(sorted(set(beyond))), min_size=2, max_size=2, unique=True))
    return Between(min(first, second), max(first, second))


@st.composite
def scopes(draw: st.DrawFn, world: World) -> Scope:
    """Scopes of all kinds."""
    return Scope(
        period=draw(periods(world)),
        zone=draw(st.sampled_from([world.zone, world.zone, "UTC", "Pacific/Kiritimati"])),
        week_start=draw(st.sampled_from(WEEKDAYS)),
        population=draw(st.sampled_from(["REQUESTS", "REQUESTS", "ISSUES"])),
        resolved_by=draw(st.sampled_from(["AUTO", "AUTO", "RESOLUTION", "STATUS_CATEGORY"])),
        subtasks=draw(st.booleans()),
        projects=draw(st.sampled_from([None, None, None, None, ("ITS",), ("HR", "ITS")])),
        filters=draw(_filters()),
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
        splitBy=st.sampled_from([None, "STATUS_CATEGORY", "REQUEST_TYPE", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]),
    ),
    "sla": _options(
        top=TOP,
        metric=METRIC,
        unit=st.sampled_from([None, "CYCLE", "REQUEST", "REQUEST"]),
        rule=st.sampled_from([None, "LAST", "EVER", "FIRST"]),
        by=st.sampled_from(["ORGANIZATION", "ORGANIZATION", None, "GOAL", "PRIORITY", "ASSIGNEE", "REQUEST_TYPE"]),
    ).filter(_defined),
}
"""The options of each report."""
KEYS = frozenset({"assignee", "organization", "value", "metric"})
"""Fields that name a row: without them nobody could tell which is which."""
EVENTS = frozenset({"created", "resolved"})
"""Figures that need another read than those beside them."""


@st.composite
def some_fields(draw: st.DrawFn, whole: Fields) -> Fields:
    """One or a few of the fields, rows mostly; `rest` never, since it speaks of all that was selected."""
    names = [name for name in whole if name not in KEYS and name != "rest"]
    rows = [name for name in names if whole[name] and KEYS & whole[name].keys()]
    likely = [name for name in names if name in EVENTS] * 2 + rows * 5
    most = draw(st.sampled_from([1, 1, 2, len(names)]))
    chosen = draw(st.lists(st.sampled_from(names + likely), min_size=1, max_size=most, unique=True))
    kept = {name: below for name, below in whole.items() if name in KEYS or name in chosen}
    return {name: draw(some_fields(below)) if name in rows else below for name, below in kept.items()}


@st.composite
def questions(draw: st.DrawFn, scope: Scope, *, lean: bool = False) -> dict[str, Question]:
    """A question for each report, by its name; `lean` ones select just some of the fields."""
    asked: dict[str, Question] = {}
    for name, report in REPORTS.items():
        selected = draw(some_fields(report.fields)) if lean and report.fields else report.fields
        asked[name] = Question(name, scope, draw(OPTIONS[name]), selected)
    return asked


@dataclass(frozen=True, repr=False)
class Case(Told):
    """A site with questions about it."""

    world: World
    questions: Mapping[str, Question]

    def site(self) -> Site:
        """The site, made anew."""
        return self.world.site()


@st.composite
def cases(draw: st.DrawFn, *, sets: int = 3, lean: bool = False) -> Case:
    """A site, and questions on each of some scopes; `lean` ones are each read on their own."""
    world = draw(worlds())
    asked: dict[str, Question] = {}
    for number in range(sets):
        scope = draw(scopes(world))
        for name, one in draw(questions(scope, lean=lean)).items():
            apart = replace(one, scope=replace(scope, apart=len(asked) + 1)) if lean else one
            asked[f"{name}{number}"] = apart
    return Case(world, asked)
