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
from demo.build import DAY, FIRST_RESPONSE, HOUR, RESOLUTION, SiteBuilder, account_id
from demo.calendar import WorkCalendar
from demo.dates import epoch_ms, local, local_date
from demo.model import NOTHING, Cycle, Issue, Organization, Project, RequestType, Site, Status, User

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


@dataclass(frozen=True, slots=True)
class _Course:
    """How a request went so far; instants in epoch ms, None = not yet."""

    status: Status
    updated: int
    changed: int
    resolved: int | None
    responses: tuple[Cycle, ...]
    resolutions: tuple[Cycle, ...]


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
        self._waiting, self._done = self._site.status("Waiting for customer"), self._site.status("Resolved")
        self._closed, self._task = self._site.status("Closed"), self._site.issue_type("Task")
        self._subtask = self._site.issue_type("Sub-task")
        self._make_reporters()
        self._make_kinds()

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

    def _make_reporters(self) -> None:
        """Customers with their organizations; some hide their address, some belong to nobody, two organizations share a name."""
        organizations = [self._site.organization(one) for one in data.ORGANIZATIONS]
        organizations.append(self._site.organization(data.TWIN, id=str(len(organizations) + 1)))
        self._reporters: list[User] = []
        self._shared_with: list[tuple[Organization, ...]] = []
        for number in range(160):
            name = f"{self._dice.choice(data.GIVEN)} {self._dice.choice(data.FAMILY)}"
            id_ = f"qm:{account_id(name)}-{number}"
            email = None if number % 5 == 0 else f"customer{number}@example.com"
            self._reporters.append(
                self._site.user(f"{name} {number}" if number % 40 == 0 else name, id=id_, email=email, kind="customer")
            )
            several = self._dice.choices((0, 1, 2), (25, 65, 10))[0]
            self._shared_with.append(tuple(self._dice.sample(organizations, several)))

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
                made = self._site.request_type(title, key, issue_type=issue_type)
                summaries = data.SUMMARIES.get(title, (title,))
                self._kinds.append(_Kind(made, project, effort, summaries, [*agents, None], [*busy, 3]))
                weights.append(share * weight / total)
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
        course = self._course(kind, level, created)
        who = int(dice.random() ** 2 * len(self._reporters))
        agent = dice.choices(kind.agents, kind.agent_weights)[0]
        if agent is not None and not agent.active and created > self._now - 90 * DAY:
            agent = kind.agents[0]
        if course.resolved is None and dice.random() < (0.5 if course.status is self._open else 0.12):
            agent = None
        settled = course.resolved is not None
        rated = course.resolved + int(dice.random() * 48 * HOUR) if course.resolved and dice.random() < 0.35 else None
        if rated is not None and rated > self._now:
            rated = None
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
                reporter=self._reporters[who],
                request_type=kind.type,
                organizations=self._shared_with[who],
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
                rating=dice.choices((1, 2, 3, 4, 5), (5, 6, 12, 32, 45))[0] if rated is not None else None,
                rated=rated,
            ),
            kind.project,
        )

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

    # -- how it went

    def _course(self, kind: _Kind, level: int, created: int) -> _Course:
        dice, calendar = self._dice, self._calendar
        _, response_goal, resolution_goal, pace = data.PRIORITIES[data.PRIORITY_NAMES[level]]
        begun = calendar.worked(created)
        responded = calendar.at(begun + int(dice.lognormvariate(-0.9, 0.9) * response_goal * 0.75 * HOUR))
        work = int(dice.lognormvariate(1.6, 1.0) * kind.effort * pace * HOUR)
        if dice.random() < 0.2:
            work *= 14  # waits for a supplier, a decision, a spare part
        resolved = max(calendar.at(begun + work), responded)
        if dice.random() < 0.012:
            resolved = self._now + DAY  # forgotten
        responses = (self._cycle(created, responded, response_goal * HOUR, 0, paused=False),)
        waited = int(work * dice.random() * 0.6) if dice.random() < 0.2 else 0
        goal = resolution_goal * HOUR
        if resolved > self._now:
            return self._unresolved(created, responded, responses, goal, waited)
        resolutions = [self._cycle(created, resolved, goal, waited, paused=False)]
        if dice.random() < 0.06:
            again = calendar.at(calendar.worked(resolved) + int(dice.expovariate(1 / 12) * HOUR))
            end = calendar.at(calendar.worked(again) + int(dice.lognormvariate(0.8, 0.8) * HOUR))
            if again < self._now:
                resolutions.append(self._cycle(again, end, goal, 0, paused=False))
                if end > self._now:
                    return _Course(self._active, again, again, None, responses, tuple(resolutions))
                resolved = end
        closed = resolved + 5 * DAY
        never_started = kind.type.name == "Book a large room" and dice.random() < 0.3
        return _Course(
            self._closed if closed < self._now else self._done,
            closed if closed < self._now else resolved,
            resolved,
            resolved,
            responses,
            () if never_started else tuple(resolutions),
        )

    def _unresolved(
        self, created: int, responded: int, responses: tuple[Cycle, ...], goal: int, waited: int
    ) -> _Course:
        if responded > self._now:
            running = self._cycle(created, responded, goal, 0, paused=False)
            return _Course(self._open, created, created, None, responses, (running,))
        paused = self._dice.random() < 0.25
        status = self._waiting if paused else self._active
        touched = responded + int(self._dice.random() * (self._now - responded))
        cycle = self._cycle(created, self._now + 1, goal, waited, paused=paused)
        return _Course(status, touched, responded, None, responses, (cycle,))

    def _cycle(self, start: int, stop: int, goal: int, waited: int, *, paused: bool) -> Cycle:
        """A cycle as of now: one that would stop later is ongoing, and ticks on unless paused."""
        begun, running = self._calendar.worked(start), stop > self._now
        elapsed = max(0, self._calendar.worked(min(stop, self._now)) - begun - waited)
        breach_at = self._calendar.at(begun + goal + waited)
        breached = breach_at < min(stop, self._now)
        return Cycle(
            start=start,
            stop=None if running else stop,
            breach_at=None if paused and not breached else breach_at,
            breached=breached,
            paused=paused,
            goal=goal,
            elapsed=elapsed,
            remaining=goal - elapsed,
            as_of=self._now if running and not paused else None,
        )
