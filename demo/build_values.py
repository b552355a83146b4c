"""Instants, ids and SLA cycles as a test says them to the builders."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from demo.model import Cycle

Instant = datetime | str | int
HOUR = 3_600_000
DAY = 24 * HOUR


def millis(instant: Instant) -> int:
    """An instant as epoch milliseconds; ValueError for text that is no ISO date or time."""
    if isinstance(instant, int):
        return instant
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def slug(name: str) -> str:
    """A name as a part of an id: plain lower case, everything else but letters and digits becomes one hyphen."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or name.encode().hex()


def account_id(name: str) -> str:
    """The account id that a user made by name gets."""
    return f"acc:{slug(name)}"


@dataclass(frozen=True, slots=True)
class CycleSpec:
    """A cycle as a test says it; made by `completed` and `ongoing`. Hours are SLA hours."""

    start: Instant | None
    stop: Instant | None
    breached: bool
    paused: bool
    elapsed_hours: float
    goal_hours: float
    breach_at: Instant | None
    live: bool


def completed(
    *,
    stop: Instant,
    breached: bool = False,
    elapsed_hours: float = 1.0,
    goal_hours: float = 8.0,
    start: Instant | None = None,
    breach_at: Instant | None = None,
) -> CycleSpec:
    """A completed cycle; it starts with the request (or where the cycle before it stopped)."""
    return CycleSpec(start, stop, breached, False, elapsed_hours, goal_hours, breach_at, live=False)


def ongoing(
    *,
    breached: bool = False,
    paused: bool = False,
    elapsed_hours: float = 1.0,
    goal_hours: float = 8.0,
    start: Instant | None = None,
    breach_at: Instant | None = None,
    live: bool = False,
) -> CycleSpec:
    """An ongoing cycle. Its figures stand still, unless `live`: then it ticks on from the builder's `now` and breaches by itself."""
    return CycleSpec(start, None, breached, paused, elapsed_hours, goal_hours, breach_at, live)


def cycle(spec: CycleSpec, start: int, now: int) -> Cycle:
    """The cycle that a spec means; `start` where it names none."""
    stop = None if spec.stop is None else millis(spec.stop)
    goal, elapsed = round(spec.goal_hours * HOUR), round(spec.elapsed_hours * HOUR)
    remaining = goal - elapsed
    breach_at = None if spec.breach_at is None else millis(spec.breach_at)
    if breach_at is None and not spec.paused:
        # As if the SLA clock ran all the time up to the end of the cycle.
        breach_at = (now if stop is None else stop) + remaining
    return Cycle(
        start=start if spec.start is None else millis(spec.start),
        stop=stop,
        breach_at=breach_at,
        breached=spec.breached,
        paused=spec.paused,
        goal=goal,
        elapsed=elapsed,
        remaining=remaining,
        as_of=now if spec.live and stop is None else None,
    )
