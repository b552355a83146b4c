"""Dates in JQL: literals and functions, read in the reading account's zone as Jira does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from demo.jql import Call, JqlError, Operand, Value

_ABSOLUTE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?$")
_PERIOD = re.compile(r"[+-]?\s*\d+[wdhm](?:\s+\d+[wdhm])*$")
_INCREMENT = re.compile(r"([+-]?)(\d+)([yMwdhm]?)$")
_MINUTES = {"w": 7 * 24 * 60, "d": 24 * 60, "h": 60, "m": 1}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 900_000


def epoch_ms(moment: datetime) -> int:
    """An aware datetime as epoch milliseconds."""
    since = moment.astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def local(ms: int, zone: ZoneInfo) -> datetime:
    """An instant on the clocks of a zone."""
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def minutes_of(text: str) -> int | None:
    """A period like '-5d' or '4w 2d' in minutes (a day is 24 h, as in Jira); None if it is none."""
    if not _PERIOD.match(text):
        return None
    total = sum(int(number) * _MINUTES[unit] for number, unit in re.findall(r"(\d+)([wdhm])", text))
    return -total if text.startswith("-") else total


@dataclass(frozen=True, slots=True)
class Dates:
    """Reads date operands at one `now` (epoch ms) in one zone."""

    now: int
    zone: ZoneInfo

    def instant(self, operand: Operand, field: str) -> int:
        """The instant that an operand names; JqlError if it names none."""
        if isinstance(operand, Call):
            return self._function(operand, field)
        if isinstance(operand, Value):
            return self._literal(operand.text, field)
        raise JqlError(f"A list is not supported by the '{field}' field.")

    def _literal(self, text: str, field: str) -> int:
        text = text.strip()
        absolute = _ABSOLUTE.match(text)
        if absolute:
            year, month, day, hour, minute = (int(one or 0) for one in absolute.groups())
            try:
                return epoch_ms(datetime(year, month, day, hour, minute, tzinfo=self.zone))
            except (ValueError, OverflowError):
                raise _invalid(text, field) from None
        minutes = minutes_of(text)
        if minutes is not None:
            return self.now + minutes * 60_000
        if re.fullmatch(r"-?\d{1,15}", text):
            return int(text)
        raise _invalid(text, field)

    def _function(self, call: Call, field: str) -> int:
        name = call.name.lower()
        if name == "now" and not call.arguments:
            return self.now
        rule = _DAY_FUNCTIONS.get(name)
        if rule is None:
            raise JqlError(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")
        if len(call.arguments) > 1:
            raise JqlError(f"Function '{call.name}' expected between '0' and '1' arguments but received more.")
        start, unit, end = rule
        at = start(local(self.now, self.zone))
        if call.arguments:
            at = _plus(at, call.arguments[0], unit, field)
        return epoch_ms(_plus(at, "1", unit, field)) - 1 if end else epoch_ms(at)


def _invalid(text: str, field: str) -> JqlError:
    return JqlError(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm',"
        " 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _week(at: datetime) -> datetime:
    """Monday; Jira takes the account's locale, and the reading account's begins its week so."""
    return _midnight(at) - timedelta(days=at.weekday())


_DAY_FUNCTIONS: dict[str, tuple[Callable[[datetime], datetime], str, bool]] = {
    f"{edge}of{name}": (start, unit, edge == "end")
    for edge in ("start", "end")
    for name, unit, start in (
        ("day", "d", _midnight),
        ("week", "w", _week),
        ("month", "M", lambda at: _midnight(at).replace(day=1)),
        ("year", "y", lambda at: _midnight(at).replace(month=1, day=1)),
    )
}


def _plus(at: datetime, increment: str, unit: str, field: str) -> datetime:
    """Local date arithmetic: the wall clock stays, whatever the zone does in between."""
    match = _INCREMENT.match(increment)
    if match is None:
        raise _invalid(increment, field)
    amount = int(match[2]) * (-1 if match[1] == "-" else 1)
    unit = match[3] or unit
    try:
        if unit in ("M", "y"):
            months = at.year * 12 + at.month - 1 + amount * (12 if unit == "y" else 1)
            return at.replace(year=months // 12, month=months % 12 + 1, day=1)
        return at + timedelta(minutes=amount * _MINUTES[unit])
    except (ValueError, OverflowError):
        raise _invalid(increment, field) from None


@lru_cache(maxsize=65_536)
def _quarter(quarter: int, zone: ZoneInfo) -> tuple[str, int, str, str]:
    at = local(quarter * _QUARTER, zone)
    offset = at.strftime("%z")[:5]
    return f"{at:%Y-%m-%dT%H:}", at.minute, offset, f"{at:%d/%b/%y }"


def jira_date(ms: int, zone: ZoneInfo) -> str:
    """`2026-07-06T18:02:13.432+0900`. Offsets change only on quarters of an hour, so those are formatted once."""
    quarter, rest = divmod(ms, _QUARTER)
    hour, minute, offset, _ = _quarter(quarter, zone)
    minutes, left = divmod(rest, 60_000)
    return f"{hour}{minute + minutes:02d}:{left // 1000:02d}.{left % 1000:03d}{offset}"


def sla_date(ms: int, zone: ZoneInfo) -> dict[str, object]:
    """The four forms of one instant in an SLA or request type value."""
    text = jira_date(ms, zone)
    quarter = ms // _QUARTER
    return {
        "iso8601": text[:19] + text[23:],
        "jira": text,
        "friendly": _quarter(quarter, zone)[3] + text[11:16],
        "epochMillis": ms,
    }


def local_date(ms: int, zone: ZoneInfo) -> date:
    """The local date of an instant."""
    return local(ms, zone).date()
