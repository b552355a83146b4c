"""A believable site: three service desks, two years of requests up to minutes ago, the same for the same size and `now`.

It holds what reports stumble over: equal names with different ids, an inactive agent, requests nobody was assigned, reopened
ones, cycles that are paused, breached, never started or do not apply, issues that are no requests, sub-tasks.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from demo import seed_data as data
from demo.asset_model import AssetObject
from demo.build import DAY, FIRST_RESPONSE, HOUR, RESOLUTION, SiteBuilder, account_id
from demo.calendar import WorkCalendar
from demo.dates import epoch_ms, local, local_date
from demo.model import NOTHING, Issue, Project, RequestType, Site, User
from demo.seed_assets import make_assets
from demo.seed_course import Courses
from demo.seed_people import make_people

ZONE = "Europe/Berlin"
DAYS = 730
_MINUTE = 60_000


def seeded(requests: int = 3000, *, now: datetime) -> Site:
    """The seeded site with so many issues as of `now` (aware); about 3.5 % of them are no requests."""
    return _Seeder(requests, now).site()


@dataclass(frozen=True, slots=True)
class _Kind:
    """A request type with what the dice need."""

    type: RequestType
    project: Project
    effort: float
    summaries: Sequence[str]
    agents: Sequence[User | None]
    agent_weights: Sequence[int]


class _Seeder:
    """One roll of the dice; everything is drawn from one generator in one order."""

    def __init__(self, requests: int, now: datetime) -> None:
        zone = ZoneInfo(ZONE)
        self._now = epoch_ms(now)
        today = local_date(self._now, zone)
        first = today - timedelta(days=DAYS)
        self._dice = random.Random(f"{requests} {today}")  # noqa: S311  # repeatable on purpose
        self._calendar = WorkCalendar(first, today + timedelta(days=90), zone)
        self._zone, self._first_weekday, self._size = zone, first.weekday(), requests
        self._site = SiteBuilder(now=now, zone=ZONE)
        self._priorities = [self._site.priority(one) for one in data.PRIORITIES]
        self._components = [self._site.component(one) for one in data.COMPONENTS]
        self._root_cause = self._site.select_field("Root cause", data.ROOT_CAUSES).id
        self._response_sla = self._site.sla_metric(FIRST_RESPONSE).id
        self._resolution_sla = self._site.sla_metric(RESOLUTION).id
        self._open, self._active = self._site.status("Open"), self._site.status("In Progress")
        self._closed, self._task = self._site.status("Closed"), self._site.issue_type("Task")
        self._subtask = self._site.issue_type("Sub-task")
        self._make_kinds()
        self._people = make_people(self._site, self._dice, tuple(data.DESKS))
        self._assets = make_assets(self._site, self._dice, today, self._people.reporters)
        self._site.assets_field()
        self._courses = Courses(self._site, self._dice, self._calendar)

    def site(self) -> Site:
        """Every issue, in the order of creation."""
        chosen = self._dice.choices(self._kinds, cum_weights=self._kind_weights, k=self._size)
        parents: dict[str, Issue] = {}
        for created, kind in zip(self._arrivals(), chosen, strict=True):
            luck = self._dice.random()
            if luck < 0.965:
                parents[kind.project.key] = self._request(kind, created)
            else:
                self._plain(kind, created, parents.get(kind.project.key) if luck > 0.98 else None)
        return self._site.site()

    # -- people and catalogue

    def _make_kinds(self) -> None:
        self._kinds: list[_Kind] = []
        weights: list[float] = []
        for key, (name, share, types) in data.DESKS.items():
            project = self._site.project(key, name)
            agents = [
                self._site.user(one, email=f"agent.{account_id(one)[4:]}@example.com", active=one != data.INACTIVE)
                for one in data.AGENTS[key]
            ]
            busy = [10 - number for number in range(len(agents))]
            total = sum(weight for _, weight, _ in types.values())
            for title, (issue_type, weight, effort) in types.items():
                made = self._site.request_type(title, key, issue_type=issue_type, groups=data.GROUPS.get(title, ()))
                summaries = data.SUMMARIES.get(title, (title,))
                self._kinds.append(_Kind(made, project, effort, summaries, [*agents, None], [*busy, 3]))
                weights.append(share * weight / total)
        self._site.request_type(data.UNUSED[0], "ITS", groups=data.UNUSED[1:])
        self._kind_weights = list(accumulate(weights))

    # -- when

    def _arrivals(self) -> list[int]:
        """Instants of creation, oldest first: growing, with weekdays, office hours and quiet weeks; the last is minutes ago."""
        midnights = self._calendar.midnights[: DAYS + 1]
        weights = [self._busyness(number, at) for number, at in enumerate(midnights)]
        gone = (self._now - midnights[-1]) // HOUR
        weights[-1] *= sum(data.HOURS[: gone + 1]) / sum(data.HOURS)
        days = self._dice.choices(midnights, weights, k=self._size)
        hours = self._dice.choices(range(24), data.HOURS, k=self._size)
        latest = self._now - 4 * _MINUTE
        found = []
        for midnight, hour in zip(days, hours, strict=True):
            at = midnight + hour * HOUR + int(self._dice.random() * HOUR)
            # An hour that is still to come today: some time today before now instead.
            found.append(at if at < latest else latest - int(self._dice.random() * max(latest - midnight, _MINUTE)))
        found.sort()
        if found:
            found[-1] = latest
        return found

    def _busyness(self, number: int, midnight: int) -> float:
        day = local(midnight, self._zone)
        season = 0.45 if (day.month, day.day) >= (12, 22) else 0.8 if day.month == 8 else 1.0
        return (0.55 + 0.45 * number / DAYS) * data.WEEKDAYS[(self._first_weekday + number) % 7] * season

    # -- what

    def _request(self, kind: _Kind, created: int) -> Issue:
        dice = self._dice
        level = dice.choices(range(5), [one[0] for one in data.PRIORITIES.values()])[0]
        bookable = kind.type.name == "Book a large room"
        course = self._courses.roll(created, level, kind.effort, may_never_start=bookable)
        who = int(dice.random() ** 2 * len(self._people.reporters))
        agent = dice.choices(kind.agents, kind.agent_weights)[0]
        if agent is not None and not agent.active and created > self._now - 90 * DAY:
            agent = kind.agents[0]
        if course.resolved is None and dice.random() < (0.5 if course.status is self._open else 0.12):
            agent = None
        settled = course.resolved is not None
        rated = course.resolved + int(dice.random() * 48 * HOUR) if course.resolved and dice.random() < 0.35 else None
        if rated is not None and rated > self._now:
            rated = None
        rating = dice.choices((1, 2, 3, 4, 5), data.RATINGS)[0] if rated is not None else None
        said = () if rating is None else data.COMMENTS.get(rating, ())
        sla = {self._resolution_sla: course.resolutions}
        if kind.project.key != "HR":
            sla[self._response_sla] = course.responses
        due = local_date(created + dice.randint(3, 20) * DAY, self._zone) if dice.random() < 0.2 else None
        channel = dice.choices(tuple(data.CHANNELS), tuple(data.CHANNELS.values()))[0]
        return self._site.add(
            lambda number, key: Issue(
                id=number,
                key=key,
                project=kind.project,
                issue_type=kind.type.issue_type,
                summary=dice.choice(kind.summaries),
                status=course.status,
                created=created,
                updated=max(course.updated, rated or 0),
                status_category_changed=course.changed,
                priority=self._priorities[level],
                assignee=agent,
                reporter=self._people.reporters[who],
                request_type=kind.type,
                organizations=self._people.shared_with[who],
                sla=sla,
                resolved=course.resolved,
                resolution="Done" if settled else None,
                duedate=due,
                timeestimate=dice.randint(1, 16) * 1800 if dice.random() < 0.15 else None,
                labels=tuple(dice.sample(data.LABELS, 2 if dice.random() < 0.2 else 1)) if dice.random() < 0.25 else (),
                components=(dice.choice(self._components),) if dice.random() < 0.4 else (),
                channel=channel,
                options={self._root_cause: dice.choice(data.ROOT_CAUSES)}
                if settled and dice.random() < 0.5
                else NOTHING,
                rating=rating,
                rated=rated,
                rating_comment=dice.choice(said) if said and dice.random() < 0.5 else None,
                assets=self._about(kind),
            ),
            kind.project,
        )

    def _about(self, kind: _Kind) -> tuple[AssetObject, ...]:
        """Assets that a request names: some of those to IT do, and a few of the assets keep causing work."""
        dice = self._dice
        if kind.project.key != "ITS" or dice.random() > 0.18:
            return ()
        one = self._assets[int(dice.random() ** 2 * len(self._assets))]
        other = dice.choice(self._assets)
        return (one, other) if dice.random() < 0.1 and other is not one else (one,)

    def _plain(self, kind: _Kind, created: int, parent: Issue | None) -> Issue:
        """An issue that an agent made for the team's own work: no request type, channel or SLA."""
        dice = self._dice
        ended = created + int(dice.expovariate(1 / 6) * DAY)
        settled = ended < self._now
        return self._site.add(
            lambda number, key: Issue(
                id=number,
                key=key,
                project=kind.project,
                issue_type=self._subtask if parent else self._task,
                summary="A part of it" if parent else "Team chore",
                status=self._closed if settled else self._active,
                created=created,
                updated=ended if settled else created,
                status_category_changed=ended if settled else created,
                priority=self._priorities[2],
                assignee=kind.agents[0],
                reporter=kind.agents[0],
                resolved=ended if settled else None,
                resolution="Done" if settled else None,
                parent=parent,
            ),
            kind.project,
        )
