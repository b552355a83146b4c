"""Plans the reports of one operation together: one read per distinct set of requests, with the union of their columns.

Reports are collected until nobody can add more: fields of one operation are resolved side by side, so the planner starts
after a few quiet turns of the event loop. A field that first waits for something else holds it open with `more()`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from graphql.pyutils import Path

from connectors.errors import ConnectorError
from connectors.http import Meter
from resolvers.answered import answered, handle_of
from resolvers.cache import LONGEST_SECONDS
from resolvers.definition import Asked, Definition, Material, Nameless, Needs, definitions
from resolvers.drill_down import DrillDowns, wants_drill_down
from resolvers.entries import own_entry, table_entry
from resolvers.errors import api_error
from resolvers.figures.periods import millis
from resolvers.material import material_of
from resolvers.scopes import Scope, resolve_scope
from resolvers.site import SiteReader
from resolvers.tables import Served, Tables, Wanted, read_in_progress
from resolvers.threads import in_turn
from schema.errors import ApiError, Code, bad_input
from schema.report import ReportRequest
from schema.scope import Question, Weekday
from schema.selection import Selection

O = TypeVar("O")  # noqa: E741
R = TypeVar("R")

MOST_REPORTS = 200
QUIET_TURNS = 5


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
    scope_key: str = ""
    scope: Scope | None = None
    asked: Asked[Any] | None = None
    needs: Needs | None = None
    reference: "asyncio.Task[object] | None" = None
    meter: Meter = field(default_factory=Meter)
    """Calls made for this report alone, beside the read of the requests."""


@dataclass(slots=True)
class _Group:
    """Reports that rest on one read."""

    wanted: Wanted
    members: list[_Pending] = field(default_factory=list)


class Planner:
    """The reports of one operation. Must be used in one event loop, by one operation."""

    def __init__(
        self,
        tables: Tables,
        site: SiteReader,
        drill_downs: DrillDowns,
        defaults: Defaults,
        now: Callable[[], datetime],
        deadline: float,
    ) -> None:
        self._tables = tables
        self._drill_downs = drill_downs
        self._site = site
        self._defaults = defaults
        self._now = now
        self._deadline = deadline
        self._pending: list[_Pending] = []
        self._asked = 0
        self._holders = 0
        self._starter: asyncio.Task[None] | None = None
        self._batches: set[asyncio.Task[None]] = set()
        self.reads: list[dict[str, object]] = []
        """Entries of `extensions.reports`."""

    def admit(self) -> None:
        """Counts a report. Raises ApiError (QUERY_TOO_COMPLEX): a few words on dashboards can ask for thousands of them."""
        self._asked += 1
        if self._asked > MOST_REPORTS:
            message = f"The query is too complex: it may ask for at most {MOST_REPORTS} reports."
            raise ApiError(Code.QUERY_TOO_COMPLEX, message, limit="reports", maximum=MOST_REPORTS)

    async def ask(self, request: ReportRequest[O, R], selection: Selection, path: Path) -> R:
        """The result of a report; raises ApiError. Cancelling all who ask cancels the work for them."""
        self.admit()
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
        # A scope can be long: it is written out once for all the reports on it.
        written = {id(p.request.question): p.request.question for p in batch}
        keys = {number: repr(question.scope) for number, question in written.items()}
        now = millis(self._now())  # one for all: equal periods stay equal, however they were written
        for pending in batch:
            pending.scope_key = keys[id(pending.request.question)]
            if pending.scope_key not in scopes:
                meter = meters[pending.scope_key] = Meter()
                scopes[pending.scope_key] = asyncio.create_task(self._scope(pending.request.question, now, meter))
                scopes[pending.scope_key].add_done_callback(_taken)
        try:
            await asyncio.gather(*(self._prepare(p, scopes[p.scope_key], now) for p in batch))
            await asyncio.gather(*(self._serve(group) for group in self._grouped(batch, meters)))
        except Exception as error:
            for pending in batch:
                _fail(pending, error)
        finally:
            for task in scopes.values():
                task.cancel()
            for pending in batch:
                if pending.reference:
                    pending.reference.cancel()
            for pending in batch:
                if not pending.answer.done():
                    pending.answer.cancel()

    async def _scope(self, question: Question, now: int, meter: Meter) -> Scope:
        return await resolve_scope(
            question.scope, self._defaults.time_zone, self._defaults.week_start, now, self._site, meter
        )

    async def _prepare(self, pending: _Pending, scope: "asyncio.Task[Scope]", now: int) -> None:
        """Fills in what a report needs, or answers it with what is wrong."""
        try:
            check_age(pending.request.question.max_age_seconds)
            pending.scope = await self._timed(asyncio.shield(scope))
            pending.asked = Asked(pending.request.options, pending.selection, pending.scope, now)
            pending.needs = pending.definition.needs(pending.asked)
            site = self._site.no_older_than(pending.request.question.max_age_seconds)
            pending.reference = asyncio.create_task(
                self._timed(pending.definition.refer(pending.asked, site, pending.meter))
            )
            pending.reference.add_done_callback(_taken)
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
            reading = p.scope.reading(p.needs.bases)
            columns = p.needs.columns | p.scope.columns
            group = groups.get(key)
            if group is None:
                wanted = Wanted(reading, columns, p.scope.fields, question.max_age_seconds, self._deadline)
                group = groups[key] = _Group(wanted)
            held = group.wanted
            held.reading = p.scope.reading(held.reading.bases | reading.bases)
            held.columns |= columns
            ages = (held.max_age_seconds, question.max_age_seconds)
            held.max_age_seconds = min((age for age in ages if age is not None), default=None)
            spent = meters.pop(p.scope_key, Meter())
            held.spent.calls += spent.calls
            held.spent.points += spent.points
            group.members.append(p)
        return list(groups.values())

    async def _serve(self, group: _Group) -> None:
        try:
            served = await self._tables.get(group.wanted)
        except ApiError as error:
            if error.code is Code.SCOPE_TOO_LARGE and len(group.members) > 1:
                # Together they are too large; each alone may not be.
                await asyncio.gather(*(self._serve(_alone(group, pending)) for pending in group.members))
                return
            for pending in group.members:
                _fail(pending, error)
            return
        except Exception as error:
            for pending in group.members:
                _fail(pending, error)
            return
        await asyncio.gather(*(self._compute(pending, served) for pending in group.members))

    async def _timed(self, work: Awaitable[R]) -> R:
        """The result of `work`, if it comes before the operation cannot wait any longer."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await work
        except TimeoutError:
            raise read_in_progress(5.0) from None

    async def _compute(self, pending: _Pending, served: Served) -> None:
        assert pending.reference is not None
        self.reads.append(table_entry(pending.path, served))
        started = asyncio.get_running_loop().time()
        try:
            reference = await pending.reference
            result, material = await in_turn(self._computed, pending, served, reference)
            people = list(pending.definition.people(result, material.asked))
            await self._name(people, pending.meter)
            await self._timed(pending.definition.finish(result, material.asked, self._site, pending.meter))
            await self._remember(pending, served, material)
        except Exception as error:
            _fail(pending, error)
        else:
            if not pending.answer.done():
                pending.answer.set_result(result)
        finally:
            self._account(pending, asyncio.get_running_loop().time() - started)

    def _computed(self, pending: _Pending, served: Served, reference: object) -> tuple[Any, Material[Any]]:
        """Runs in a thread: nothing here touches the event loop."""
        assert pending.scope is not None
        assert pending.asked is not None
        assert pending.needs is not None
        handle = None
        if wants_drill_down(pending.selection):
            handle = handle_of(served.table.read_id, pending.request, pending.selection, reference)
        material = material_of(
            pending.scope,
            pending.asked,
            pending.needs,
            served.table,
            now=millis(self._now()),
            reference=reference,
            handle=handle,
            stale=served.stale,
        )
        return pending.definition.compute(material), material

    async def _remember(self, pending: _Pending, served: Served, material: Material[Any]) -> None:
        if material.handle is None:
            return
        assert pending.scope is not None
        table = served.table
        one = answered(pending.definition, material.asked, pending.scope, material.reference, table.read_id)
        await self._drill_downs.keep(material.handle, one, table.read_at)

    async def _name(self, people: list[Nameless], meter: Meter) -> None:
        """Looks up the names that were selected."""
        if not people:
            return
        users = await self._timed(self._site.users((person.account_id for person in people), meter))
        for person in people:
            if user := users.get(person.account_id):
                person.name(user.display_name, user.active)

    def _account(self, pending: _Pending, seconds: float) -> None:
        """Lists what was called for one report alone, such as names, as a read of its own."""
        if pending.meter.calls:
            self.reads.append(own_entry(pending.path, pending.meter, seconds, self._now()))


def _alone(group: _Group, pending: _Pending) -> _Group:
    """The read of one report of a group."""
    assert pending.scope is not None
    assert pending.needs is not None
    reading, columns = pending.scope.reading(pending.needs.bases), pending.needs.columns | pending.scope.columns
    return _Group(replace(group.wanted, reading=reading, columns=columns, spent=Meter()), [pending])


def check_age(max_age_seconds: int | None) -> None:
    """Raises ApiError (BAD_USER_INPUT) for an age that no read can have."""
    if max_age_seconds is not None and not 0 <= max_age_seconds <= LONGEST_SECONDS:
        raise bad_input("maxAgeSeconds", f"{max_age_seconds} is out of range", f"0 to {LONGEST_SECONDS}")


def _fail(pending: _Pending, error: Exception) -> None:
    if not pending.answer.done():
        pending.answer.set_exception(api_error(error) if isinstance(error, ConnectorError) else error)


def _taken(task: "asyncio.Task[Any]") -> None:
    """Takes the exception of a task that perhaps nobody waits for any more."""
    if not task.cancelled():
        task.exception()
