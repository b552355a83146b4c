"""Values of an attribute of Assets made into rows: as they are, by units of the calendar, or between bounds. Pure functions."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from math import isfinite
from zoneinfo import ZoneInfo

from resolvers.assets.aql import both, name
from resolvers.assets.reader import Value, ValueKind
from resolvers.figures.measures import ratio
from resolvers.figures.periods import add_units, unit_start, zone_named
from resolvers.jql import checked_text, quote
from resolvers.planner import Defaults
from schema.assets import AqlOptions, AqlRow
from schema.errors import bad_input
from schema.report import DimensionValue
from schema.scope import CalendarUnit, Weekday

MOST_BOUNDS = 100
_DAY = len("2026-03-31")


@dataclass(slots=True)
class Group:
    """The objects with one value; `objects` are their places in what was read."""

    key: str | None
    name: str | None
    clause: Callable[[str], str] | None
    """AQL for them, given the attribute in its place."""
    order: str | int
    objects: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Groups:
    """All groups by what tells them apart, the objects without a value, and how many values fit nowhere."""

    by_key: dict[str, Group] = field(default_factory=dict)
    without: Group | None = None
    malformed: int = 0


class _Misfit(Exception):  # never leaves this module
    """A value that is no date, or no number."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How values become groups."""

    unit: CalendarUnit | None
    bounds: tuple[float, ...]
    zone: ZoneInfo
    week_start: int

    @property
    def in_order(self) -> bool:
        """Whether the groups have an order of their own."""
        return self.unit is not None or bool(self.bounds)

    @property
    def wants(self) -> str:
        """What values must be."""
        return "dates" if self.unit is not None else "numbers"

    def groups(self, objects: Sequence[Iterable[Value]]) -> Groups:
        """The groups of these objects; each is once in the group of each of its values."""
        found = Groups()
        misfits = False
        for place, values in enumerate(objects):
            mine: dict[str, Group] = {}
            for value in values:
                try:
                    group = self._group(value)
                except _Misfit:
                    found.malformed += 1
                    misfits = True
                    continue
                id_ = f"{value.kind.value} {group.key}"
                kept = found.by_key.setdefault(id_, group)
                kept.name = group.name or kept.name
                kept.clause = kept.clause and group.clause
                mine[id_] = kept
            if not mine:
                found.without = found.without or Group(None, None, _is_empty, "")
                mine[""] = found.without
            for kept in mine.values():
                kept.objects.append(place)
        if misfits and found.without:
            found.without.clause = None
        return found

    def _group(self, value: Value) -> Group:
        if self.unit is not None:
            return self._by_unit(value, self.unit)
        if self.bounds:
            return self._by_bounds(value)
        if value.kind is ValueKind.OBJECT:
            return Group(value.key, value.label, lambda at: f"{at}.objectId = {quote(value.key)}", value.key)
        shown = value.key if value.kind is ValueKind.PLAIN else None
        return Group(value.key, shown, lambda at: f"{at} = {quote(value.key)}", value.key)

    def _by_unit(self, value: Value, unit: CalendarUnit) -> Group:
        try:
            if value.kind is not ValueKind.PLAIN:
                raise ValueError
            first = unit_start(_day(value.key, self.zone), unit, self.week_start)
            following = add_units(first, unit, 1)
        except (ValueError, OverflowError):
            raise _Misfit from None
        text, end = first.isoformat(), following.isoformat()

        def between(at: str) -> str:
            return f'{at} >= "{text}" AND {at} < "{end}"'

        # In which zone AQL reads the bounds of an instant is not known; of a plain date it does not matter.
        return Group(text, text, between if len(value.key) == _DAY else None, text)

    def _by_bounds(self, value: Value) -> Group:
        try:
            number = float(value.key) if value.kind is ValueKind.PLAIN else float("nan")
        except ValueError:
            raise _Misfit from None
        if not isfinite(number):
            raise _Misfit
        place = bisect_right(self.bounds, number)
        low = _plain(self.bounds[place - 1]) if place else None
        high = _plain(self.bounds[place]) if place < len(self.bounds) else None

        def between(at: str) -> str:
            return " AND ".join(f"{at} {sign} {bound}" for sign, bound in ((">=", low), ("<", high)) if bound)

        shown = f"{low} and more" if high is None else f"{low} to {high}"
        shown = f"below {high}" if low is None else shown
        return Group(f"{low or ''}..{high or ''}", shown, between, place)


def _day(text: str, zone: ZoneInfo) -> date:
    """The local day of a date or an instant, as Assets writes them. Raises ValueError, OverflowError."""
    if len(text) == _DAY:
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(zone) if moment.tzinfo else moment).date()


def _plain(number: float) -> str:
    return repr(number).removesuffix(".0")


def _is_empty(at: str) -> str:
    return f"{at} is EMPTY"


def cut_of(options: AqlOptions, defaults: Defaults) -> Cut:
    """How the options want values cut. Raises ApiError (BAD_USER_INPUT)."""
    bounds = tuple(options.bounds or ())
    if options.bounds is not None:
        if options.unit is not None:
            raise bad_input("options.bounds", "`unit` is given too", "one of the two")
        # A document may say 1e999, which is infinite by the time it comes here.
        ascending = all(low < high for low, high in pairwise(bounds)) and all(map(isfinite, bounds))
        if not 1 <= len(bounds) <= MOST_BOUNDS or not ascending:
            raise bad_input(
                "options.bounds", "they are not ascending, or none", f"1 to {MOST_BOUNDS} ascending numbers"
            )
    if options.group_by is not None and not 1 <= len(checked_text("options.groupBy", options.group_by)) <= 255:
        wrong = f"it has {len(options.group_by)} characters"
        raise bad_input("options.groupBy", wrong, "a name of 1 to 255 characters")
    zone = zone_named(options.time_zone or defaults.time_zone, "options.timeZone")
    return Cut(options.unit, bounds, zone, list(Weekday).index(options.week_start or defaults.week_start))


def row_of(group: Group, total: int, attribute: str, own: str) -> AqlRow:
    """The row of a group; `own` is the caller's AQL."""
    return AqlRow(
        value=DimensionValue(key=group.key, name=group.name),
        objects=len(group.objects),
        share=ratio(len(group.objects), total),
        aql=both(own, group.clause(name(attribute))) if group.clause else None,
    )
