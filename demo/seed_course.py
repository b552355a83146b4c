"""How a seeded request goes: when it is answered, waits, is resolved, comes back, and what its SLAs make of that."""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo import seed_data as data
from demo.build import DAY, HOUR, SiteBuilder
from demo.calendar import WorkCalendar
from demo.model import Cycle, Status

_YEARS = 10_000 * HOUR
_WORKDAY = 10 * HOUR


@dataclass(frozen=True, slots=True)
class Course:
    """How a request went so far; instants in epoch ms, None = not yet."""

    status: Status
    updated: int
    changed: int
    resolved: int | None
    responses: tuple[Cycle, ...]
    resolutions: tuple[Cycle, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Working time from the creation on: work, a pause that stops the SLA's clock after a third of it, the goal; in ms."""

    work: int
    pause: int
    goal: int

    @property
    def before_pause(self) -> int:
        return self.work // 3


class Courses:
    """Rolls courses as of one `now`."""

    def __init__(self, site: SiteBuilder, dice: random.Random, calendar: WorkCalendar) -> None:
        self._now, self._dice, self._calendar = site.now, dice, calendar
        self._open, self._active = site.status("Open"), site.status("In Progress")
        self._waiting, self._done = site.status("Waiting for customer"), site.status("Resolved")
        self._closed = site.status("Closed")

    def roll(self, created: int, level: int, effort: float, *, may_never_start: bool) -> Course:
        """The course of a request of priority `level` (0 = highest) whose work takes `effort` times the usual."""
        dice, calendar = self._dice, self._calendar
        _, response_goal, resolution_goal, pace = data.PRIORITIES[data.PRIORITY_NAMES[level]]
        begun = calendar.worked(created)
        responded = calendar.at(begun + int(dice.lognormvariate(-0.9, 0.9) * response_goal * 0.75 * HOUR))
        plan = self._plan(effort * pace, resolution_goal * HOUR)
        resolved = max(calendar.at(begun + plan.work + plan.pause), responded)
        responses = (self._cycle(created, responded, response_goal * HOUR, 0),)
        if resolved > self._now:
            return self._unresolved(created, responded, responses, plan)
        resolutions = [self._cycle(created, resolved, plan.goal, plan.pause)]
        if dice.random() < 0.06:
            again = calendar.at(calendar.worked(resolved) + int(dice.expovariate(1 / 12) * HOUR))
            end = calendar.at(calendar.worked(again) + int(dice.lognormvariate(0.8, 0.8) * HOUR))
            if again < self._now:
                resolutions.append(self._cycle(again, end, plan.goal, 0))
                if end > self._now:
                    return Course(self._active, again, again, None, responses, tuple(resolutions))
                resolved = end
        closed = resolved + 5 * DAY
        never_started = may_never_start and dice.random() < 0.3
        return Course(
            self._closed if closed < self._now else self._done,
            closed if closed < self._now else resolved,
            resolved,
            resolved,
            responses,
            () if never_started else tuple(resolutions),
        )

    def _plan(self, effort: float, goal: int) -> _Plan:
        """Most of what takes long waits for somebody else, and mostly the clock stands meanwhile."""
        dice = self._dice
        work = int(dice.lognormvariate(1.75, 0.9) * effort * HOUR)
        luck, pause = dice.random(), 0
        if luck < 0.03:
            work *= 10  # a supplier, for whom no clock stops
        elif luck < 0.33:
            pause = int(dice.expovariate(1 / 6) * _WORKDAY)
        elif luck < 0.37:
            pause = int(dice.expovariate(1 / 30) * _WORKDAY)  # until the next budget, the next release
        elif luck < 0.3702:
            pause = _YEARS  # forgotten
        return _Plan(work, pause, goal)

    def _unresolved(self, created: int, responded: int, responses: tuple[Cycle, ...], plan: _Plan) -> Course:
        if responded > self._now:
            running = self._cycle(created, self._now + 1, plan.goal, 0)
            return Course(self._open, created, created, None, responses, (running,))
        gone = self._calendar.worked(self._now) - self._calendar.worked(created)
        paused = plan.pause > 0 and plan.before_pause <= gone < plan.before_pause + plan.pause
        waited = min(max(gone - plan.before_pause, 0), plan.pause)
        since = self._calendar.at(self._calendar.worked(created) + plan.before_pause) if paused else responded
        touched = max(responded, since) + int(self._dice.random() ** 2 * (self._now - max(responded, since)))
        cycle = self._cycle(created, self._now + 1, plan.goal, waited, paused=paused)
        status = self._waiting if paused else self._active
        return Course(status, min(touched, self._now), responded, None, responses, (cycle,))

    def _cycle(self, start: int, stop: int, goal: int, waited: int, *, paused: bool = False) -> Cycle:
        """A cycle as of now: one that would stop later is ongoing, and ticks on unless paused."""
        begun, running = self._calendar.worked(start), stop > self._now
        elapsed = max(0, self._calendar.worked(min(stop, self._now)) - begun - waited)
        breach_at = self._calendar.at(begun + goal + waited)
        breached = elapsed > goal if paused else breach_at < min(stop, self._now)
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
