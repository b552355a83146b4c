"""Plans the reports of one operation together: one read per distinct set of requests, with the union of their columns.

Reports are collected until nobody can add more: fields of one operation are resolved side by side, so the planner starts
after a few quiet turns of the event loop. A field that first waits for something else holds it open with `more()`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import polars as pl
from graphql.pyutils import Path

from connectors.errors import ConnectorError
from connectors.http import Meter
from resolvers.definition import Asked, Definition, Material, Nameless, Needs, definitions
from resolvers.errors import api_error
from resolvers.periods import instant, millis
from resolvers.scan import Reading
from resolvers.scopes import Scope, resolve_scope
from resolvers.site import SiteReader
from resolvers.subject import Subject, subject
from resolvers.tables import Served, Tables, Wanted, read_in_progress
from schema.errors import bad_input
from schema.report import Basis, ReadInfo, ReportRequest, ReportWarning, WarningCode, Way
from schema.scalars import print_instant
from schema.scope import Question, ResolvedBy, Weekday
from schema.selection import Selection

O = TypeVar("O")  # noqa: E741
R = TypeVar("R")

QUIET_TURNS = 5
LONGEST_AGE = 3_600


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a scope falls back to."""

    time_zone: str
    week_start: Weekday


@dataclass(slots=True)
class _Pending:
    """A report that was asked for and is not answered yet."""

    request: ReportRequest[Any, Any]
    selection: Selection
    path: Path
    answer: "asyncio.Future[Any]"
    definition: Definition[Any, Any]
    scope: Scope | None = None
    asked: Asked[Any] | None = None
    needs: Needs | None = None


@dataclass(slots=True)
class _Group:
    """Reports that rest on one read."""

    wanted: Wanted
    members: list[_Pending] = field(default_factory=list)


class Planner:
    """The reports of one operation. Must be used in one event loop, by one operation."""

    def __init__(
        self, tables: Tables, site: SiteReader, defaults: Defaults, now: Callable[[], datetime], deadline: float
    ) -> None:
        self._tables = tables
        self._site = site
        self._defaults = defaults
        self._now = now
        self._deadline = deadline
        self._pending: list[_Pending] = []
        self._holders = 0
        self._starter: asyncio.Task[None] | None = None
        self._batches: set[asyncio.Task[None]] = set()
        self.reads: list[dict[str, object]] = []
        """Entries of `extensions.reports`."""

    async def ask(self, request: ReportRequest[O, R], selection: Selection, path: Path) -> R:
        """The result of a report; raises ApiError. Cancelling all who ask cancels the work for them."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._pending.append(_Pending(request, selection, path, answer, definitions()[type(request)]))
        if self._starter is None:
            self._starter = asyncio.create_task(self._start_when_quiet())
        return await answer

    @asynccontextmanager
    async def more(self) -> AsyncIterator[None]:
        """Holds the planner open while reports may still be asked for."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1

    async def _start_when_quiet(self) -> None:
        seen, quiet = 0, 0
        while quiet < QUIET_TURNS or self._holders:
            await asyncio.sleep(0 if not self._holders else 0.001)
            quiet = quiet + 1 if len(self._pending) == seen and not self._holders else 0
            seen = len(self._pending)
        batch, self._pending, self._starter = self._pending, [], None
        work = asyncio.create_task(self._answer(batch))
        self._batches.add(work)
        work.add_done_callback(self._batches.discard)
        left = len(batch)

        def gone(answer: "asyncio.Future[Any]") -> None:
            nonlocal left
            left -= 1
            if left == 0:
                work.cancel()

        for pending in batch:
            pending.answer.add_done_callback(gone)

    async def _answer(self, batch: list[_Pending]) -> None:
        meters: dict[str, Meter] = {}
        scopes: dict[str, asyncio.Task[Scope]] = {}
        for pending in batch:
            key = repr(pending.request.question.scope)
            if key not in scopes:
                meters[key] = Meter()
                scopes[key] = asyncio.create_task(self._scope(pending.request.question, meters[key]))
        try:
            await asyncio.gather(*(self._prepare(p, scopes[repr(p.request.question.scope)]) for p in batch))
            await asyncio.gather(*(self._serve(group) for group in self._grouped(batch, meters)))
        finally:
            for task in scopes.values():
                task.cancel()
            for pending in batch:
                if not pending.answer.done():
                    pending.answer.cancel()

    async def _scope(self, question: Question, meter: Meter) -> Scope:
        return await resolve_scope(
            question.scope, self._defaults.time_zone, self._defaults.week_start, millis(self._now()), self._site, meter
        )

    async def _prepare(self, pending: _Pending, scope: "asyncio.Task[Scope]") -> None:
        """Fills in what a report needs, or answers it with what is wrong."""
        try:
            _check_age(pending.request.question.max_age_seconds)
            loop = asyncio.get_running_loop()
            done, _ = await asyncio.wait({scope}, timeout=max(0.0, self._deadline - loop.time()))
            if not done:
                raise read_in_progress(5.0)
            pending.scope = scope.result()
            pending.asked = Asked(pending.request.options, pending.selection, pending.scope.fields)
            pending.needs = pending.definition.needs(pending.asked)
        except Exception as error:
            _fail(pending, error)

    def _grouped(self, batch: Iterable[_Pending], meters: dict[str, Meter]) -> list[_Group]:
        """The reads that the reports need: one for each set of requests, as fresh as the strictest asks."""
        groups: dict[object, _Group] = {}
        for p in batch:
            if p.answer.done() or p.scope is None or p.needs is None:
                continue
            question = p.request.question
            key = (p.scope.base, p.scope.period, p.scope.resolved_by)
            reading = Reading(p.scope.base, p.scope.period, p.scope.resolved_by, p.needs.bases)
            columns = p.needs.columns | p.scope.columns
            group = groups.get(key)
            if group is None:
                wanted = Wanted(reading, columns, p.scope.fields, question.max_age_seconds, self._deadline)
                group = groups[key] = _Group(wanted)
            held = group.wanted
            held.reading = Reading(
                reading.base, reading.period, reading.resolved_by, held.reading.bases | reading.bases
            )
            held.columns |= columns
            ages = (held.max_age_seconds, question.max_age_seconds)
            held.max_age_seconds = min((age for age in ages if age is not None), default=None)
            spent = meters.pop(repr(question.scope), Meter())
            held.spent.calls += spent.calls
            held.spent.points += spent.points
            group.members.append(p)
        return list(groups.values())

    async def _serve(self, group: _Group) -> None:
        try:
            served = await self._tables.get(group.wanted)
        except Exception as error:
            for pending in group.members:
                _fail(pending, error)
            return
        await asyncio.gather(*(self._compute(pending, served) for pending in group.members))

    async def _compute(self, pending: _Pending, served: Served) -> None:
        assert pending.scope is not None
        assert pending.asked is not None
        self.reads.append(_entry(pending.path, served))
        try:
            result = await asyncio.to_thread(self._computed, pending.definition, pending.scope, pending.asked, served)
            await self._name(pending.path, list(pending.definition.people(result, pending.asked)))
        except Exception as error:
            _fail(pending, error)
        else:
            if not pending.answer.done():
                pending.answer.set_result(result)

    def _computed(self, definition: Definition[Any, R], scope: Scope, asked: Asked[Any], served: Served) -> R:
        """Runs in a thread: nothing here touches the event loop."""
        try:
            cut = subject(scope, served.table.frame, served.table.read_at)
            return definition.compute(Material(cut, asked, self._read_info(cut, served)))
        except pl.exceptions.PanicException as panic:
            # Not an Exception for Python: it would pass every handler on its way up.
            raise RuntimeError("the table library failed") from panic

    async def _name(self, path: Path, people: list[Nameless]) -> None:
        """Looks up the names that were selected; the calls for them are listed as a read of their own."""
        if not people:
            return
        meter, started = Meter(), asyncio.get_running_loop().time()
        users = await self._site.users((person.account_id for person in people), meter)
        for person in people:
            if user := users.get(person.account_id):
                person.name(user.display_name, user.active)
        if meter.calls:
            spent = asyncio.get_running_loop().time() - started
            self.reads.append(
                {
                    "path": _dotted(path),
                    "readId": secrets.token_hex(8),
                    "way": "REF",
                    "calls": meter.calls,
                    "points": meter.points,
                    "rows": len(users),
                    "cache": "MISS",
                    "readMs": round(spent * 1000),
                    "asOf": print_instant(self._now()),
                }
            )

    def _read_info(self, cut: Subject, served: Served) -> ReadInfo:
        table, scope = served.table, cut.scope
        warnings = [*scope.warnings, *_warnings(cut, served)]
        return ReadInfo(
            read_id=table.read_id,  # type: ignore[arg-type]
            as_of=instant(table.read_at),
            age_seconds=max(0.0, (millis(self._now()) - table.read_at) / 1000),
            complete=not table.malformed,
            exact=True,
            way=Way.SCAN,
            basis=[basis for basis in Basis if basis in table.reading.bases],
            scanned=table.frame.height,
            from_=instant(cut.start),
            to=instant(cut.end),
            time_zone=scope.zone.key,
            resolved_by=scope.resolved_by,
            resolved_with=cut.resolved_with,
            warnings=warnings,
        )


def _check_age(max_age_seconds: int | None) -> None:
    if max_age_seconds is not None and not 0 <= max_age_seconds <= LONGEST_AGE:
        raise bad_input("maxAgeSeconds", f"{max_age_seconds} is out of range", f"0 to {LONGEST_AGE}")


def _fail(pending: _Pending, error: Exception) -> None:
    if not pending.answer.done():
        pending.answer.set_exception(api_error(error) if isinstance(error, ConnectorError) else error)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path.as_list()))


def _entry(path: Path, served: Served) -> dict[str, object]:
    table = served.table
    return {
        "path": _dotted(path),
        "readId": table.read_id,
        "way": Way.SCAN.name,
        "calls": table.calls,
        "points": table.points,
        "rows": table.frame.height,
        "cache": served.result.value,
        "readMs": table.read_ms,
        "asOf": print_instant(instant(table.read_at)),
    }


def _warnings(cut: Subject, served: Served) -> Iterable[ReportWarning]:
    used = cut.resolved_with
    if cut.scope.resolved_by is ResolvedBy.AUTO and used.resolution and used.status_category:
        yield ReportWarning(
            code=WarningCode.RESOLVED_MIXED,
            message=f"{used.resolution} requests count as resolved by resolution, {used.status_category} by status category.",
        )
    if cut.undated:
        yield ReportWarning(
            code=WarningCode.RESOLVED_UNDATED, message=f"{cut.undated} requests are done, but not known since when."
        )
    for column, count in sorted(served.table.malformed.items()):
        yield ReportWarning(
            code=WarningCode.MALFORMED_VALUES,
            message=f"{count} values of {column} were of an unknown shape and are taken as empty.",
        )
    if served.stale:
        yield ReportWarning(code=WarningCode.SERVED_STALE, message=f"An older read is shown: {served.stale}")
