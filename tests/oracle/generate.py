"""Made-up sites of the unkind sort, and questions about them.

Instants fall on the bounds of periods and a millisecond beside them, on each other, into the nights in which clocks change and on
local midnights; imports are resolved before they were made; organizations share a name; SLAs lack, never started, have
several cycles, no goal, or a breach that their figures do not explain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from demo.build import CHANNELS, FIRST_RESPONSE, RESOLUTION, CycleSpec, SiteBuilder, completed, millis, ongoing
from demo.model import FieldKind, RequestType, Site
from tests.oracle.dimensions import DIMENSIONS
from tests.oracle.oracle import REPORTS, Fields, Question
from tests.oracle.subject import DAY, HOUR, WEEKDAYS, Between, Calendar, Filter, Last, Period, Scope, day_begin, local
from tests.oracle.told import Told

T = TypeVar("T")
NIGHTS = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/Havana", "2026-03-08T05:00Z"),
    ("America/Havana", "2026-11-01T05:00Z"),
    ("America/Santiago", "2026-04-05T03:00Z"),
    ("America/Santiago", "2026-09-06T04:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Asia/Kolkata", "2026-05-31T18:30Z"),
]
"""Zones and the instants at which their clocks change; in Havana and Santiago at midnight, on Lord Howe by half an hour.

In Kolkata they never do, but hours begin in the middle of those of UTC.
"""
READER_ZONES = ["UTC", "Europe/Berlin", "America/Havana", "America/Santiago", "Pacific/Kiritimati", "Etc/GMT+12"]
SAME_NAME = "HR resolution"
METRICS = (FIRST_RESPONSE, RESOLUTION, SAME_NAME)
"""SLA fields; the last one has the name of the one before it in the language of the reading account."""
ORGANIZATIONS = (("1", "Acme"), ("99", "Acme"), ("5", "Beta"), ("10", "Gamma"))
GONE = "No longer offered"
REQUEST_TYPES = (("ITS", "Get help"), ("ITS", "Laptop"), ("HR", "Get help"), ("ITS", GONE), ("HR", "Payslip"))
SHAPES = ({"rating": 6}, {"rating": 0}, 4.5, "good", {"stars": 5}, [5], True, {"rating": "5"})
"""Ratings that are none."""
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
    channel: str | None = "portal"
    rating: object = None
    """1 to 5, or something that is no rating."""
    rated: int | None = None
    elsewhere: bool = False
    """Moved to another project than that of its request type."""
    started: tuple[str, ...] = ()
    """SLA fields that apply, whether they have a cycle or not."""
    cycles: tuple[Cycle, ...] = ()

    @property
    def events(self) -> list[int]:
        """When something happened to it, its creation aside."""
        stops = [cycle.stop for cycle in self.cycles]
        return [one for one in (self.resolved, self.done, self.rated, *stops) if one is not None]

    def moved(self, by: int) -> Request:
        """The same so many ms (whole days) later."""

        def later(ms: int | None) -> int | None:
            return None if ms is None else ms + by

        return replace(
            self,
            created=self.created + by,
            resolved=later(self.resolved),
            done=later(self.done),
            rated=later(self.rated),
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
        types = [builder.request_type(name, project, deleted=name == GONE) for project, name in REQUEST_TYPES]
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
        project=_project(kind, elsewhere=one.elsewhere),
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
        channel=one.channel,
        rating=None if one.rating is None else one.rating if type(one.rating) is int else 5,
        rated=one.rated,
        raw=None if one.rating is None or type(one.rating) is int else {"Satisfaction": one.rating},
        sla=sla,
    )


def _project(kind: RequestType | None, *, elsewhere: bool) -> str:
    """The key of the project of a request."""
    home = kind.project.key if kind else "ITS"
    return {"ITS": "HR", "HR": "ITS"}[home] if elsewhere else home


# -- chance


class Dice:
    """Chance, all of it from one seed: hypothesis draws the seed, so examples are far apart from each other."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def one(self, *options: T) -> T:
        """One of these."""
        return self._random.choice(options)

    def some(self, options: Sequence[T], least: int = 0, most: int | None = None) -> list[T]:
        """Different ones of these, in any order."""
        return self._random.sample(options, self.number(least, len(options) if most is None else most))

    def number(self, low: int, high: int) -> int:
        """A whole number; both ends are possible."""
        return self._random.randint(low, high)

    def chance(self, percent: int) -> bool:
        """Whether something happens."""
        return self._random.random() * 100 < percent


dice: st.SearchStrategy[Dice] = st.randoms(use_true_random=True).map(Dice)


# -- sites


@dataclass(frozen=True)
class Time:
    """Where the instants of a site lie: mostly on the marks, or beside them."""

    now: int
    marks: tuple[int, ...]

    def past(self, dice: Dice) -> int:
        """An instant before now: what would lie behind it is mirrored."""
        beside = dice.one(0, 0, 0, -1, 1, -HOUR, HOUR // 2, -15 * HOUR, 15 * HOUR - 1, 20 * HOUR, DAY)
        near = dice.one(*self.marks) + beside
        at = dice.one(near, near, near, self.now - dice.number(1, 60 * DAY), self.now - dice.one(90, 500) * DAY)
        return at if at < self.now else self.now - 1 - (at - self.now)

    def birth(self, dice: Dice) -> int:
        """When a request is made: in the past, or now and then while it is read."""
        return self.past(dice) if dice.chance(95) else self.now + dice.one(0, 1)


def _time(dice: Dice, zone: str, change: int) -> Time:
    now = change + dice.one(1, HOUR // 2, 5 * HOUR, 26 * HOUR + 7, 3 * DAY, 20 * DAY + 12_345)
    day = local(change, zone).date()
    midnights = [day_begin(day + timedelta(days=shift), zone) for shift in (-1, 0, 1, 2)]
    special = [change, change - HOUR, change + HOUR, *midnights, now]
    anywhere = [now - dice.number(1, 60 * DAY) for _ in range(3)]
    return Time(now, tuple(dict.fromkeys(dice.some(special, 1, 4) + dice.some(anywhere, 1))))


def _cycle(dice: Dice, metric: str, stop: int | None) -> Cycle:
    goal = dice.one(*GOALS)
    elapsed = max(0, goal * dice.one(0, 50, 75, 85, 95, 100, 130) // 100 + dice.one(0, 0, -1, 1))
    return Cycle(metric, stop, dice.chance(40), stop is None and dice.chance(40), goal, elapsed)


def _slas(dice: Dice, time: Time) -> tuple[tuple[str, ...], tuple[Cycle, ...]]:
    """Which SLAs apply, and their cycles; no two of a request stop at once, since nothing says which is the last then."""
    started = dice.some(METRICS)
    if not started:
        return (), ()
    stops = {time.past(dice) for _ in range(dice.number(0, 4))}
    cycles = [_cycle(dice, dice.one(*started), stop) for stop in sorted(stops)]
    cycles += [_cycle(dice, metric, None) for metric in started if dice.chance(50)]
    return tuple(started), tuple(cycles)


def _request(dice: Dice, time: Time) -> Request:
    created = time.birth(dice)

    def ended() -> int:
        """Mostly later than it was made; an import can say otherwise."""
        at = time.past(dice)
        return at if dice.chance(20) else min(max(at, created), time.now - 1)

    how = dice.one("open", "open", "open", "resolved", "resolved", "done", "both")
    started, cycles = _slas(dice, time)
    rating = dice.one(None, None, None, 1, 2, 3, 4, 4, 5, 5, *SHAPES[: dice.one(0, 0, 0, len(SHAPES))])
    return Request(
        created=created,
        resolved=ended() if how in ("resolved", "both") else None,
        done=ended() if how in ("done", "both") else None,
        touched=dice.one(0, time.past(dice)),
        status=dice.one(*STATUSES) if dice.chance(25) else None,
        assignee=dice.one(None, *PEOPLE),
        organizations=tuple(dice.some(range(len(ORGANIZATIONS)))),
        priority=dice.one(None, *PRIORITIES),
        request_type=None if dice.chance(15) else dice.number(0, len(REQUEST_TYPES) - 1),
        subtask=dice.chance(7),
        labels=tuple(dice.some(LABELS)),
        due=local(time.now, "UTC").date() + timedelta(days=dice.number(-2, 2)) if dice.chance(60) else None,
        estimate=dice.one(None, 0, 1, 3600),
        restricted=dice.chance(5),
        channel=dice.one(None, "chat", "portal", "email", *CHANNELS),
        rating=rating,
        rated=None if rating is None or dice.chance(15) else ended(),
        elsewhere=dice.chance(10),
        started=started,
        cycles=cycles,
    )


def world(dice: Dice) -> World:
    """A site of 0 to 40 requests; some of them are copies, but for when they were made."""
    zone, change = dice.one(*NIGHTS)
    time = _time(dice, zone, millis(change))
    made = [_request(dice, time) for _ in range(dice.one(0, 1, 2, 5, 10, 15, 20, 30))]
    copies = [replace(dice.one(*made), created=time.birth(dice)) for _ in range(dice.one(0, 5, 10))] if made else []
    return World(time.now, zone, dice.one(*READER_ZONES), time.marks, (*made, *copies))


# -- questions


@lru_cache(maxsize=1)
def _values() -> dict[str, list[str]]:
    """What can be filtered on, by id: the same on all sites."""
    site = World(0).site()
    return {
        "organizations": [one.id for one in site.organizations],
        "requestTypes": [one.id for one in site.request_types if not one.deleted],
        "priorities": [one.id for one in site.priorities if one.name in PRIORITIES],
        "assignees": [one.account_id for one in site.users if one.display_name in READABLE],
        "statuses": [one.id for one in site.statuses if one.name in STATUSES],
        "issueTypes": [one.id for one in site.issue_types],
        "labels": list(LABELS),
    }


def _filter(dice: Dice, name: str, values: Sequence[str]) -> Filter:
    empty = None if name in ("statuses", "issueTypes") else dice.one(None, None, True, False)
    among, without = tuple(dice.some(values, 1, 2)), tuple(dice.some(values, 1, 2))
    match dice.one("in", "in", "notIn", "both", "isEmpty"):
        case "notIn":
            return Filter(without=without, empty=empty)
        case "both":
            return Filter(among=among, without=without, empty=empty)
        case "isEmpty" if empty is not None:
            return Filter(empty=empty)
    return Filter(among=among, empty=empty)


def _period(dice: Dice, world: World) -> Period:
    """Between two instants that matter, or a number of days, or a unit of the calendar."""
    ends = [world.now, world.now + 30 * DAY, *world.marks]
    match dice.one("wide", "wide", "between", "last", "calendar"):
        case "wide":
            end = dice.one(*ends)
            return Between(end - dice.one(60, 90, 700) * DAY, end)
        case "last":
            return Last(dice.one(61, 30, 7, 2, 1), dice.one("D", "D", "W"))
        case "calendar":
            return Calendar(dice.one("YEAR", "QUARTER", "MONTH", "MONTH", "WEEK", "DAY"), dice.one(0, 0, 1, 2))
    first, second = dice.some(list(dict.fromkeys([*ends, world.now - 60 * DAY])), 2, 2)
    return Between(min(first, second), max(first, second))


def scope(dice: Dice, world: World) -> Scope:
    """Scopes of all kinds."""
    values = _values()
    filtered = dice.one([], [], ["organizations"], dice.some(sorted(values), 1, 2))
    return Scope(
        period=_period(dice, world),
        zone=dice.one(world.zone, world.zone, world.zone, "UTC", "Pacific/Kiritimati"),
        week_start=dice.one(*WEEKDAYS),
        population=dice.one("REQUESTS", "REQUESTS", "ISSUES"),
        resolved_by=dice.one("AUTO", "AUTO", "RESOLUTION", "STATUS_CATEGORY"),
        subtasks=dice.chance(50),
        projects=dice.one(None, None, None, ("ITS",), ("HR", "ITS")),
        filters={name: _filter(dice, name, values[name]) for name in filtered},
    )


Options = dict[str, Any]
METRIC = (None, None, FIRST_RESPONSE, RESOLUTION, "customfield_10031", "customfield_10777")
TOP = (None, 1, 2, 1000)
UNITS = (None, "HOUR", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def _chosen(**options: object) -> Options:
    """Options without those that are not said."""
    return {name: value for name, value in options.items() if value is not None}


def _workload(dice: Dice) -> Options:
    return _chosen(
        top=dice.one(*TOP),
        metric=dice.one(*METRIC),
        splitBy=dice.one(None, "STATUS", "PRIORITY", "REQUEST_TYPE"),
        assignees=dice.one(None, None, ["acc:bob"], ["acc:nobody", "acc:ann"]),
    )


def _organizations(dice: Dice) -> Options:
    return _chosen(
        top=dice.one(*TOP),
        metric=dice.one(*METRIC),
        showCoValues=dice.one(None, True, False),
        splitBy=dice.one(None, "STATUS_CATEGORY", "REQUEST_TYPE", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"),
    )


def _sla(dice: Dice) -> Options:
    unit, rule = dice.one(None, "CYCLE", "REQUEST", "REQUEST"), dice.one(None, "LAST", "EVER", "FIRST")
    by = dice.one(None, "ORGANIZATION", "ORGANIZATION", "GOAL", "PRIORITY", "ASSIGNEE", "REQUEST_TYPE")
    if (unit, rule, by) == ("REQUEST", "EVER", "GOAL"):
        by = None  # a request that was judged by several cycles at once has no one goal
    return _chosen(top=dice.one(*TOP), metric=dice.one(*METRIC), unit=unit, rule=rule, by=by)


def _satisfaction(dice: Dice) -> Options:
    return _chosen(
        top=dice.one(*TOP),
        dateBasis=dice.one(None, "RATED", "RESOLVED", "CREATED"),
        by=dice.one(None, "ORGANIZATION", *DIMENSIONS),
        minSample=dice.one(None, 0, 1, 2, 1000),
    )


def _resolution_time(dice: Dice) -> Options:
    return _chosen(
        top=dice.one(*TOP),
        cohort=dice.one(None, "RESOLVED", "CREATED"),
        value=dice.one(None, "WALL", "SLA"),
        metric=dice.one(*filter(None, METRIC)),
        by=dice.one(None, "ORGANIZATION", *DIMENSIONS),
    )


OPTIONS: Mapping[str, Callable[[Dice], Options]] = {
    "total": lambda dice: {},
    "assigneeWorkload": _workload,
    "requestsByOrganization": _organizations,
    "sla": _sla,
    "timeDistribution": lambda dice: _chosen(unit=dice.one(*UNITS)),
    "createdVsResolved": lambda dice: _chosen(unit=dice.one(*UNITS)),
    "satisfaction": _satisfaction,
    "requestChannels": lambda dice: _chosen(top=dice.one(*TOP)),
    "requestTypes": lambda dice: _chosen(top=dice.one(*TOP), includeUnused=dice.chance(50)),
    "resolutionTime": _resolution_time,
}
"""The options of each report."""
KEYS = frozenset({"assignee", "organization", "value", "metric", "requestType"})
"""Fields that name a row: without them nobody could tell which is which."""
EVENTS = frozenset({"created", "resolved"})
"""Figures that need another read than those beside them."""


def some_fields(dice: Dice, whole: Fields) -> Fields:
    """One or a few of the fields, rows mostly; `rest` never, since it speaks of all that was selected."""
    names = [name for name in whole if name not in KEYS and name != "rest"]
    rows = [name for name in names if whole[name] and KEYS & whole[name].keys()]
    likely = [name for name in names if name in EVENTS] * 2 + rows * 5
    chosen = {dice.one(*names, *likely) for _ in range(dice.one(1, 1, 2, 10))}
    kept = {name: below for name, below in whole.items() if name in KEYS or name in chosen}
    return {name: some_fields(dice, below) if name in rows else below for name, below in kept.items()}


def questions(dice: Dice, scope: Scope, *, lean: bool = False) -> dict[str, Question]:
    """Questions for some reports, by their names; `lean` ones select just some of the fields."""
    asked = {}
    for name in dice.some(sorted(OPTIONS), 2, 4):
        whole = REPORTS[name].fields
        selected = some_fields(dice, whole) if lean and whole else whole
        asked[name] = Question(name, scope, fitting(scope, OPTIONS[name](dice)), selected)
    return asked


def fitting(scope: Scope, options: Options) -> Options:
    """Hours of long periods are refused: days then."""
    match scope.period:
        case Between(start, end):
            days = (end - start) // DAY
        case Last(count, unit):
            days = count * (7 if unit == "W" else 1)
        case Calendar(unit):
            days = {"DAY": 1, "WEEK": 7, "MONTH": 31}.get(unit, 400)
    return {**options, "unit": "DAY"} if options.get("unit") == "HOUR" and days > 61 else options
