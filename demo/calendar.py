"""The working hours of the seeded desks: Monday to Friday, 8 to 18 o'clock, in one zone. Instants are epoch ms."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from demo.dates import epoch_ms

_OPEN, _CLOSE = 8, 18


class WorkCalendar:
    """Working time between two dates (both included); outside of them nothing is defined."""

    def __init__(self, first: date, last: date, zone: ZoneInfo) -> None:
        self._starts: list[int] = []
        self._opens: list[int] = []
        self._spans: list[int] = []
        self._before: list[int] = []
        total = 0
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            opens, closes = epoch_ms(midnight.replace(hour=_OPEN)), epoch_ms(midnight.replace(hour=_CLOSE))
            self._starts.append(epoch_ms(midnight))
            self._opens.append(opens)
            self._spans.append(closes - opens if day.weekday() < 5 else 0)
            self._before.append(total)
            total += self._spans[-1]

    @property
    def midnights(self) -> list[int]:
        """The first instant of each day."""
        return self._starts

    def worked(self, at: int) -> int:
        """Working milliseconds since the first day."""
        day = bisect_right(self._starts, at) - 1
        return self._before[day] + min(max(at - self._opens[day], 0), self._spans[day])

    def at(self, worked: int) -> int:
        """The instant at which so much has been worked; beyond the last day, that day's end."""
        day = bisect_right(self._before, worked) - 1
        while not self._spans[day]:
            day -= 1
        return self._opens[day] + min(worked - self._before[day], self._spans[day])
