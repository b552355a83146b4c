"""The reports on Assets: what was read of it, made into rows. Their reads are entries of `extensions.reports` as those of requests are."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from graphql.pyutils import Path

from connectors.errors import ConnectorError, QueryRefused
from connectors.http import Meter
from resolvers.assets import reader as assets
from resolvers.assets.aql import own_aql, refused
from resolvers.assets.values import Cut, cut_of, row_of
from resolvers.entries import list_entry, own_entry
from resolvers.errors import api_error
from resolvers.figures.measures import checked_top
from resolvers.figures.periods import instant, millis
from resolvers.lists import Found
from resolvers.planner import Defaults, check_age
from resolvers.site import SiteReader
from resolvers.tables import read_in_progress
from resolvers.threads import in_turn
from schema.assets import AqlOptions, AqlReport, AqlRow, AssetRest, AssetSchemaTotal, AssetTypeReport, AssetTypeRow
from schema.reference import AssetSchema
from schema.report import ReadInfo, ReportWarning, WarningCode, Way
from schema.selection import Selection

T = TypeVar("T")


@dataclass(slots=True)
class _Asking:
    """One report being answered."""

    path: Path
    meter: Meter = field(default_factory=Meter)
    """Calls of other reads than the report's own, such as names."""
    warnings: list[ReportWarning] = field(default_factory=list)
    complete: bool = True

    def warn(self, code: WarningCode, message: str) -> None:
        """Adds a warning to the answer."""
        self.warnings.append(ReportWarning(code=code, message=message))


class AssetContext:
    """`info.context.assets` of one operation.

    `reads` takes the entries of `extensions.reports`; `admit` counts a report, and raises ApiError for one too many.
    """

    def __init__(
        self,
        site: SiteReader,
        defaults: Defaults,
        most_objects: int,
        now: Callable[[], datetime],
        deadline: float,
        reads: list[dict[str, object]],
        admit: Callable[[], None],
    ) -> None:
        self._site = site
        self._defaults = defaults
        self._most = most_objects
        self._now = now
        self._deadline = deadline
        self._reads = reads
        self._admit = admit

    # -- by type

    async def objects_by_type(
        self, schema: str | None, top: int | None, max_age_seconds: int | None, selection: Selection, path: Path
    ) -> AssetTypeReport:
        """How many objects there are of each type of a schema, or of all. Raises ApiError."""
        self._admit()
        check_age(max_age_seconds)
        shown, asking = checked_top(top, "top"), _Asking(path)
        found = await self._read(
            lambda meter: assets.type_counts(self._site, schema, meter, max_age_seconds),
            asking,
            lambda counts: len(counts.types),
        )
        counts = found.listed.value
        named = {one.id: one for one in counts.schemas}
        if schema is not None and selection.has("schemas.schema.name", "schemas.schema.key"):
            known = await self._read(lambda meter: assets.schemas(self._site, meter, max_age_seconds), asking, len)
            named = {one.id: one for one in known.listed.value}
        _tell_counts(counts, asking)
        rows = await in_turn(_type_rows, counts)
        hidden = rows[shown:]
        return AssetTypeReport(
            read=self._read_info(found, asking, scanned=0),
            total=sum(counts.direct.values()),
            schemas=_schema_totals(counts, schema, {id_: assets.shown_schema(one) for id_, one in named.items()}),
            rows=rows[:shown],
            rest=AssetRest(count=len(hidden), distinct_objects=sum(row.direct for row in hidden)),
        )

    # -- by query

    async def objects_by_aql(
        self, options: AqlOptions, max_age_seconds: int | None, selection: Selection, path: Path
    ) -> AqlReport:
        """How the objects that a query finds are spread over the values of an attribute. Raises ApiError."""
        self._admit()
        check_age(max_age_seconds)
        asking, top = _Asking(path), checked_top(options.top)
        own, ordered = own_aql(options.aql)
        cut = cut_of(options, self._defaults)
        if ordered:
            asking.warn(WarningCode.ORDER_BY_DROPPED, "The ORDER BY of options.aql was dropped.")
        if options.group_by is None:
            return await self._counted(own, max_age_seconds, asking, cut)
        attribute = options.group_by
        found = await self._read(
            lambda meter: assets.grouped(self._site, own, attribute, self._most, meter, max_age_seconds),
            asking,
            lambda value: len(value.values),
        )
        grouped = found.listed.value
        _tell_objects(grouped, asking)
        rows, rest = await in_turn(_value_rows, grouped, cut, own, top, asking)
        if selection.has("rows.value.name"):
            await self._name(rows, grouped, asking)
        return AqlReport(
            read=self._read_info(found, asking, scanned=len(grouped.values), zone=cut.zone.key),
            total=len(grouped.values),
            group_by=grouped.attribute,
            rows=rows,
            rest=rest,
        )

    async def _counted(self, own: str, max_age_seconds: int | None, asking: _Asking, cut: Cut) -> AqlReport:
        found = await self._read(
            lambda meter: assets.count(self._site, own, meter, max_age_seconds), asking, lambda _: 0
        )
        return AqlReport(
            read=self._read_info(found, asking, scanned=0, zone=cut.zone.key),
            total=found.listed.value,
            group_by=None,
            rows=[],
            rest=AssetRest(count=0, distinct_objects=0),
        )

    async def _name(self, rows: Iterable[AqlRow], grouped: assets.Grouped, asking: _Asking) -> None:
        """Looks up the people in the rows shown."""
        people = {v.key for values in grouped.values for v in values if v.kind is assets.ValueKind.PERSON}
        shown = [row.value for row in rows if row.value.key in people]
        if not shown:
            return
        started = asyncio.get_running_loop().time()
        users = await self._timed(self._site.users((str(value.key) for value in shown), asking.meter))
        for value in shown:
            if user := users.get(str(value.key)):
                value.name = user.display_name
        if asking.meter.calls:
            seconds = asyncio.get_running_loop().time() - started
            self._reads.append(own_entry(asking.path, asking.meter, seconds, self._now()))

    # -- reading

    async def _timed(self, work: Awaitable[T]) -> T:
        """The result of `work`, if it comes before the operation cannot wait any longer; it is read on."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await work
        except TimeoutError:
            raise read_in_progress(5.0) from None
        except QueryRefused as error:
            raise refused(" ".join(error.messages) or error.message) from None
        except ConnectorError as error:
            raise api_error(error) from error

    async def _read(
        self, work: Callable[[Meter], Awaitable[Found[T]]], asking: _Asking, rows: Callable[[T], int]
    ) -> Found[T]:
        started, spent = asyncio.get_running_loop().time(), Meter()
        try:
            found = await self._timed(work(spent))
        except Exception:
            if spent.calls:
                seconds = asyncio.get_running_loop().time() - started
                self._reads.append(own_entry(asking.path, spent, seconds, self._now()))
            raise
        self._reads.append(list_entry(asking.path, found.listed, rows(found.listed.value), hit=found.hit))
        if found.stale:
            asking.warn(WarningCode.SERVED_STALE, f"An older read is shown: {found.stale}")
        return found

    def _read_info(self, found: Found[T], asking: _Asking, *, scanned: int, zone: str | None = None) -> ReadInfo:
        listed = found.listed
        return ReadInfo(
            read_id=listed.read_id,
            as_of=instant(listed.read_at),
            age_seconds=max(0.0, (millis(self._now()) - listed.read_at) / 1000),
            complete=asking.complete,
            exact=True,
            way=Way.REF,
            basis=[],
            scanned=scanned,
            from_=None,
            to=None,
            time_zone=zone or self._defaults.time_zone,
            resolved_by=None,
            resolved_with=None,
            warnings=asking.warnings,
        )


def _tell_counts(counts: assets.TypeCounts, asking: _Asking) -> None:
    if counts.api is assets.ApiCounts.INCLUSIVE:
        message = (
            "Assets counts the objects of child types with their parent's; the direct counts were worked out of that."
        )
        asking.warn(WarningCode.COUNTS_INCLUSIVE, message)
    if counts.api is assets.ApiCounts.NEITHER:
        message = "Assets' counts of parents contradict each other, so parents were counted one by one; something changed meanwhile."
        asking.warn(WarningCode.LIST_CHANGED, message)


def _type_rows(counts: assets.TypeCounts) -> list[AssetTypeRow]:
    inclusive = counts.inclusive()
    depth = _depths(counts)
    order = sorted(counts.types, key=lambda one: (-inclusive[one.id], depth[one.id], one.name.casefold(), one.id))
    return [
        AssetTypeRow(
            type=assets.shown_type(one),
            direct=counts.direct[one.id],
            inclusive=inclusive[one.id],
            aql=f"objectTypeId = {one.id}",
        )
        for one in order
    ]


def _depths(counts: assets.TypeCounts) -> dict[str, int]:
    """How many types lie above each."""
    parents = {one.id: one.parent_id for one in counts.types}
    depths: dict[str, int] = {}
    for one, parent in parents.items():
        above, seen = parent, {one}
        while above in parents and above not in seen:
            seen.add(above)
            above = parents[above]
        depths[one] = len(seen) - 1
    return depths


def _schema_totals(
    counts: assets.TypeCounts, schema: str | None, named: dict[str, AssetSchema]
) -> list[AssetSchemaTotal]:
    totals = Counter({one.id: 0 for one in counts.schemas} if schema is None else {schema: 0})
    for one in counts.types:
        totals[one.schema_id] += counts.direct[one.id]
    return [
        AssetSchemaTotal(schema=named.get(id_) or AssetSchema(id=id_, name=None, key=None), total=total)
        for id_, total in sorted(totals.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    ]


def _tell_objects(grouped: assets.Grouped, asking: _Asking) -> None:
    if grouped.unknown_people:
        asking.complete = False
        message = (
            f"{grouped.unknown_people} values are people of whom Assets tells no account; they are taken as empty."
        )
        asking.warn(WarningCode.MALFORMED_VALUES, message)
    if grouped.counted is not None and grouped.counted != len(grouped.values):
        asking.complete = False
        message = f"{len(grouped.values)} objects were read page by page, and Assets counted {grouped.counted} then."
        asking.warn(WarningCode.LIST_CHANGED, message)


def _value_rows(
    grouped: assets.Grouped, cut: Cut, own: str, top: int, asking: _Asking
) -> tuple[list[AqlRow], AssetRest]:
    """One row a value; an object counts once in each of its values, and in the last row if it has none."""
    groups = cut.groups(grouped.values)
    if groups.malformed:
        asking.complete = False
        message = f"{groups.malformed} values are not {cut.wants}; they are taken as empty."
        asking.warn(WarningCode.MALFORMED_VALUES, message)
    largest = sorted(groups.by_key, key=lambda key: (-len(groups.by_key[key].objects), key))
    shown: Sequence[str] = largest[:top]
    if cut.in_order:
        shown = sorted(shown, key=lambda key: groups.by_key[key].order)
    hidden = {number for key in largest[top:] for number in groups.by_key[key].objects}
    total = len(grouped.values)
    rows = [row_of(groups.by_key[key], total, grouped.attribute, own) for key in shown]
    if groups.without:
        rows.append(row_of(groups.without, total, grouped.attribute, own))
    return rows, AssetRest(count=len(largest) - len(shown), distinct_objects=len(hidden))
