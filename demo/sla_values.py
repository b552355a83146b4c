"""An SLA value as JSM documents it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from demo.dates import sla_date
from demo.model import CustomField, Cycle, Issue

Json = dict[str, object]


def friendly(ms: int) -> str:
    """A duration as JSM words it: '6h 58m', '-1h'."""
    minutes = abs(ms) // 60_000
    words = [f"{minutes // 60}h"] if minutes >= 60 else []
    if minutes % 60 or not words:
        words.append(f"{minutes % 60}m")
    return ("-" if ms < 0 else "") + " ".join(words)


def _duration(ms: int) -> Json:
    return {"millis": ms, "friendly": friendly(ms)}


def sla_value(issue: Issue, field: CustomField, base: str, zone: ZoneInfo, now: int) -> Json | None:
    """The value of one SLA field as it stands at `now`; None where the SLA does not apply."""
    cycles = issue.sla.get(field.id)
    if cycles is None:
        return None
    shape: Json = {
        "id": field.sla_id,
        "name": field.untranslated,
        "_links": {"self": f"{base}/rest/servicedeskapi/request/{issue.id}/sla/{field.sla_id}"},
        "completedCycles": [_cycle(one, zone) for one in cycles if one.stop is not None],
    }
    if cycles and cycles[-1].stop is None:
        shape["ongoingCycle"] = _cycle(cycles[-1].at(now), zone)
    shape["slaDisplayFormat"] = "NEW_SLA_FORMAT"
    return shape


def _cycle(cycle: Cycle, zone: ZoneInfo) -> Json:
    shape: Json = {"startTime": sla_date(cycle.start, zone)}
    if cycle.stop is not None:
        shape["stopTime"] = sla_date(cycle.stop, zone)
    if cycle.breach_at is not None:
        shape["breachTime"] = sla_date(cycle.breach_at, zone)
    shape["breached"] = cycle.breached
    if cycle.stop is None:
        shape |= {"paused": cycle.paused, "withinCalendarHours": not cycle.paused}
    shape["goalDuration"] = _duration(cycle.goal)
    shape["elapsedTime"] = _duration(cycle.elapsed)
    shape["remainingTime"] = _duration(cycle.remaining)
    return shape
