"""The parallel read of many pages of search results into one table.

Cursors make a search sequential, so a read is split into disjoint windows of `created`, of about equal counts, which are
read side by side. What Jira counts is an estimate that lags writes: it only shapes the windows, every one is read.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import polars as pl

from connectors.errors import ConnectorError, GaveUp, QueryRefused
from connectors.fields import MalformedField
from connectors.http import Meter
from connectors.jira import Issue, Jira
from resolvers.columns import Column
from resolvers.figures.periods import Period, add_units, day_start, instant, zone_named
from resolvers.jql import all_of, any_of, earlier, later, literal
from resolvers.threads import in_thread
from schema.errors import ApiError, Code
from schema.report import Basis
from schema.scope import CalendarUnit, ResolvedBy

PAGE = 100
MOST_COUNTS = 48
PAGES_PER_COUNT = 2
"""A count is a call too: not more of them than half of the pages that they help to spread."""
SMALL = 3 * PAGE
"""Up to here a read is not worth a round of counts."""
CHUNK_ROWS = 2_000
CHANNELS = ("jira", "portal", "anonymousportal", "email", "api", "deployment")
_UTC = zone_named("UTC")
UNRESOLVED = {
    ResolvedBy.RESOLUTION: "resolved is EMPTY",
    ResolvedBy.STATUS_CATEGORY: "statusCategory != Done",
    ResolvedBy.AUTO: "resolved is EMPTY AND statusCategory != Done",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Which requests are read: those of `base` that the bases pick for the period."""

    base: str
    period: Period
    resolved_by: ResolvedBy
    bases: frozenset[Basis]
    rating_dates: tuple[str, ...] = ()
    """JQL names of searchable rating dates: nobody knows whether a rating touches `updated`."""

    def condition(self) -> str:
        """JQL for the requests of all the bases, widened where a literal cannot be exact; the table is cut exactly."""
        start = earlier(self.period.start)
        before_end = "" if self.period.end is None else f"created < {later(self.period.end)}"
        unresolved = UNRESOLVED[self.resolved_by]
        dates = ["updated", "resolved", *self.rating_dates]
        touched = any_of([unresolved, *(f"{name} >= {start}" for name in dates)])
        picked = {
            Basis.COHORT: all_of([f"created >= {start}", before_end]),
            Basis.ACTIVE: all_of([touched, before_end]),
            Basis.OPEN: unresolved,
        }
        return all_of([self.base, any_of(picked[b] for b in Basis if b in self.bases)])

    def span(self, now: int) -> tuple[int | None, int | None]:
        """Between which instants (ms) `created` of these requests lies; None is unbounded."""
        low = self.period.start - 15 * 3_600_000 if self.bases == {Basis.COHORT} else None
        end = self.period.end
        high = None if Basis.OPEN in self.bases or end is None or end >= now else end + 15 * 3_600_000
        return low, high


@dataclass(frozen=True, slots=True)
class Window:
    """A range of `created`, as instants (ms) that are written as JQL literals; None is unbounded."""

    low: int | None
    high: int | None

    def clause(self) -> str:
        """JQL for the window. Neighbours share a literal, so they neither overlap nor leave a gap in any zone."""
        return all_of(
            [
                "" if self.low is None else f"created >= {literal(self.low)}",
                "" if self.high is None else f"created < {literal(self.high)}",
            ]
        )


@dataclass(slots=True)
class Progress:
    """How far a read has come."""

    expected: int = 0
    rows: int = 0


@dataclass(slots=True)
class Scanned:
    """What a scan gave: the table, and how many values of each column were of a shape that could not be read."""

    frame: pl.DataFrame
    malformed: Counter[str] = field(default_factory=Counter)
    by_keys: frozenset[str] = frozenset()
    """Columns that Jira did not give with the requests: filled by a search for the ids of each known value."""


def month_windows(low: int | None, high: int | None, now: int, history_from: int, most: int) -> list[Window]:
    """Windows of one month, or of several where there would be more than about `most`; together they reach as far as asked."""
    begin = low if low is not None else history_from
    end = high if high is not None else now
    first = instant(begin).date().replace(day=1)
    last = instant(max(begin, end)).date()
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = -(-months // most)
    edges = [begin]
    edge: date = first
    while (edge := add_units(edge, CalendarUnit.MONTH, step)) <= last:
        edges.append(day_start(edge, _UTC))
    inside = [e for e in edges if (low is None or e > low) and (high is None or e < high)]
    bounds: list[int | None] = [low, *inside, high]
    return [Window(a, b) for a, b in pairwise(bounds)]


def _split(window: Window, parts: int, now: int) -> list[Window]:
    """The window in parts of equal length; one without a lower bound stays whole."""
    if window.low is None or parts == 1:
        return [window]
    end = now if window.high is None else window.high
    step = (end - window.low) // parts // 60_000 * 60_000
    if step < 60_000:
        return [window]
    bounds: list[int | None] = [window.low + i * step for i in range(parts)]
    return [Window(a, b) for a, b in zip(bounds, [*bounds[1:], window.high], strict=True)]


def balanced(windows: Sequence[Window], counts: Sequence[int], target: int, now: int) -> list[Window]:
    """Windows of about `target` requests: large ones split, small neighbours joined. None is left out, not even empty ones."""
    pieces: list[tuple[Window, int]] = []
    for window, count in zip(windows, counts, strict=True):
        parts = _split(window, max(1, -(-count // target)), now)
        pieces += [(part, count // len(parts)) for part in parts]
    joined = [pieces[0]]
    for window, count in pieces[1:]:
        before, held = joined[-1]
        if held + count <= target:
            joined[-1] = (Window(before.low, window.high), held + count)
        else:
            joined.append((window, count))
    return [window for window, _ in joined]


class Scanner:
    """Reads requests through one connection, at most `in_flight` searches at a time."""

    def __init__(self, jira: Jira, in_flight: int, max_requests: int) -> None:
        self._jira = jira
        self._in_flight = in_flight
        self._max_requests = max_requests

    async def scan(
        self, reading: Reading, columns: Sequence[Column], now: int, meter: Meter, progress: Progress
    ) -> Scanned:
        """The table of these requests, by id. Raises ConnectorError, and ApiError (SCOPE_TOO_LARGE)."""
        condition = reading.condition()
        windows = await self._windows(reading, condition, now, meter, progress)
        collected = _Collected(columns)
        queue = list(reversed(windows))

        async def work() -> None:
            while queue:
                window = queue.pop()
                jql = all_of([condition, window.clause()]) + " ORDER BY created ASC, key ASC"
                async for page in self._jira.search(
                    jql, collected.fields, meter=meter, page_size=PAGE, properties=collected.properties
                ):
                    await collected.add(page)
                    progress.rows += len(page)
                    self._check_size(progress.rows)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._in_flight, len(windows))):
                    group.create_task(work())
        except BaseExceptionGroup as failed:
            raise _first(failed) from failed
        scanned = await collected.table()
        if collected.properties and scanned.frame.height and not scanned.frame["channel"].count():
            scanned.frame = await self._with_channels(scanned.frame, condition, meter)
            scanned.by_keys = frozenset({"channel"})
            scanned.malformed.pop("channel", None)  # what could not be read is known now
        return scanned

    async def _with_channels(self, frame: pl.DataFrame, condition: str, meter: Meter) -> pl.DataFrame:
        """Where no request of a read carries the channel, the site does not give it: ask for the ids of each channel."""

        async def ids(channel: str) -> list[int] | QueryRefused:
            jql = all_of([condition, f"request-channel-type = {channel}"])
            try:
                pages = [page async for page in self._jira.issue_ids(jql, meter=meter)]
            except QueryRefused as refused:  # the rest of the query was answered before: a channel unknown to this site
                return refused
            return [int(number) for page in pages for number in page]

        try:
            async with asyncio.TaskGroup() as group:
                tasks = {channel: group.create_task(ids(channel)) for channel in CHANNELS}
        except BaseExceptionGroup as failed:
            raise _first(failed) from failed
        found = {channel: task.result() for channel, task in tasks.items()}
        if all(isinstance(numbers, QueryRefused) for numbers in found.values()):
            raise GaveUp("Jira refuses every search by request channel, so channels cannot be told.")
        known = pl.DataFrame(
            [(number, channel) for channel, ids_ in found.items() if isinstance(ids_, list) for number in ids_],
            schema={"id": pl.Int64(), "channel": pl.String()},
            orient="row",
        ).unique(subset="id", keep="last", maintain_order=True)
        return frame.drop("channel").join(known, on="id", how="left", maintain_order="left")

    async def _windows(
        self, reading: Reading, condition: str, now: int, meter: Meter, progress: Progress
    ) -> list[Window]:
        """The windows to read. A few pages are read in one go; more are counted by month first."""
        total = await self._jira.approximate_count(condition, meter=meter)
        progress.expected = total
        self._check_size(total)
        low, high = reading.span(now)
        if total <= SMALL:
            return [Window(low, high)]
        two_years_before = add_units(instant(min(reading.period.start, now)).date(), CalendarUnit.YEAR, -2)
        most = min(MOST_COUNTS, -(-total // (PAGES_PER_COUNT * PAGE)))
        windows = month_windows(low, high, now, day_start(two_years_before, _UTC), most)
        counts = await self._counts(condition, windows, meter)
        per_reader = -(-sum(counts) // (4 * self._in_flight))
        target = min(1000, max(PAGE, -(-per_reader // PAGE) * PAGE))
        return balanced(windows, counts, target, now)

    async def _counts(self, condition: str, windows: Sequence[Window], meter: Meter) -> list[int]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._jira.approximate_count(all_of([condition, window.clause()]), meter=meter))
                    for window in windows
                ]
        except BaseExceptionGroup as failed:
            raise _first(failed) from failed
        return [task.result() for task in tasks]

    def _check_size(self, count: int) -> None:
        if count > self._max_requests:
            points = count + -(-count // PAGE)
            raise ApiError(
                Code.SCOPE_TOO_LARGE,
                f"The scope has {count} requests or more, and reading them costs some {points} points; at most "
                f"{self._max_requests} are read. Accepted: a shorter period, fewer projects or a further filter.",
                count=count,
                points=points,
            )


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What made a group of reads fail; a programming error before a failed read before a mere cancellation."""
    flat: list[BaseException] = []
    pending: list[BaseException] = [group]
    while pending:
        error = pending.pop()
        if isinstance(error, BaseExceptionGroup):
            pending.extend(error.exceptions)
        else:
            flat.append(error)
    return min(flat, key=lambda e: isinstance(e, ConnectorError | ApiError))


class _Collected:
    """Pages on their way into a table: rows gather in lists and are packed into frames of a few thousand rows."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = tuple(columns)
        self.fields = sorted({f for c in self._columns if not c.kind.is_property for f in c.fields}) or ["id"]
        self.properties = sorted({f for c in self._columns if c.kind.is_property for f in c.fields})
        self._schema = {"id": pl.Int64(), **{c.name: c.kind.dtype for c in self._columns}}
        self._rows: dict[str, list[object]] = {name: [] for name in self._schema}
        self._frames: list[pl.DataFrame] = []
        self._malformed: Counter[str] = Counter()

    async def add(self, page: Iterable[Issue]) -> None:
        for issue in page:
            if not (issue.id.isascii() and issue.id.isdigit()):
                raise GaveUp("Jira's search gave an issue whose id is no number.")
            self._rows["id"].append(int(issue.id))
            for column in self._columns:
                self._rows[column.name].append(self._value(column, issue))
        if len(self._rows["id"]) >= CHUNK_ROWS:
            await self._pack()

    def _value(self, column: Column, issue: Issue) -> object:
        try:
            return column.value(issue)
        except MalformedField:
            self._malformed[column.name] += 1
            return None

    async def _pack(self) -> None:
        rows, self._rows = self._rows, {name: [] for name in self._schema}
        self._frames.append(await in_thread(pl.DataFrame, rows, schema=self._schema))

    async def table(self) -> Scanned:
        await self._pack()
        return Scanned(await in_thread(self._joined), self._malformed)

    def _joined(self) -> pl.DataFrame:
        # A request that moved between windows while they were read is there twice: the last one read stays. Order by id
        # makes answers independent of the order of pages.
        frame = pl.concat(self._frames, rechunk=True)
        return frame.unique(subset="id", keep="last", maintain_order=True).sort("id")
