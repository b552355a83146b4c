"""The requests behind a count: the very set that was counted, fixed by the read that it came from.

The id of a drill-down names an answer (a report, its options and its read) and a row in it. The set is computed again from
the same table, so its size is the count; only the page that is shown is looked up at Jira.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson

from connectors import fields as decode
from connectors.errors import ConnectorError
from connectors.http import Meter
from connectors.jira import Issue
from resolvers.answered import ANSWERED, Answered
from resolvers.cache import Cache, cache_key
from resolvers.definition import Cell, Key, Measures
from resolvers.errors import api_error
from resolvers.figures.periods import instant
from resolvers.jql import all_of
from resolvers.material import material_of
from resolvers.scopes import Scope
from resolvers.site import SiteReader
from resolvers.table import Table
from resolvers.tables import Tables
from resolvers.threads import in_turn
from schema.connection import check_first, no_cursor
from schema.drill_down import Request, RequestConnection
from schema.errors import ApiError, Code, bad_input
from schema.report import DimensionValue, User
from schema.selection import Selection
from schema.tokens import content_of

LONGEST_ID = 4_000
DISPLAYED = ("summary", "status", "priority", "assignee", "reporter", "created", "updated", "resolutiondate")


def wants_drill_down(selection: Selection) -> bool:
    """Whether any id of a drill-down was selected."""
    return any(path.rpartition(".")[2] == "drillDown" for path in selection.paths)


def _parsed(drill_down: str) -> tuple[str, Key]:
    """Handle and row of an id; raises ApiError (NOT_FOUND) if it is none."""
    try:
        if len(drill_down) > LONGEST_ID:
            raise ValueError
        handle, *key = orjson.loads(content_of(drill_down))
        if not isinstance(handle, str) or not all(part is None or isinstance(part, str | int) for part in key):
            raise ValueError
    except (ValueError, TypeError):
        raise ApiError(Code.NOT_FOUND, "There is no drill-down with this id.") from None
    return handle, key


def _chosen(measures: Measures, measure: str | None) -> str:
    """The name of the count that was asked for, or of the row's first. Raises ApiError (BAD_USER_INPUT)."""
    name = measure if measure is not None else next(iter(measures))
    if name not in measures:
        raise bad_input("measure", f"{name[:40]!r} is no count of this row", ", ".join(measures))
    return name


def _check_read(answered: Answered, table: Table, measure: str) -> None:
    """Raises ApiError (BAD_USER_INPUT) unless the table holds all that the count rests on."""
    asked = answered.asked
    rows = [path.rpartition(".")[0] for path in asked.selection.paths if path.rpartition(".")[2] == "drillDown"]
    selection = Selection(asked.selection.paths | {f"{row}.{measure}" if row else measure for row in rows})
    needs = answered.definition.needs(replace(asked, selection=selection))
    if not (needs.bases <= table.reading.bases and needs.columns <= table.columns):
        raise bad_input(
            "measure", f"{measure!r} was not read", "a count that was selected together with its `drillDown`"
        )


class DrillDowns:
    """Drill-downs of one connection."""

    def __init__(self, cache: Cache, tables: Tables, site: SiteReader, site_url: str, reader: str) -> None:
        self._cache = cache
        self._tables = tables
        self._site = site
        self._site_url = site_url
        self._reader = reader

    def _key(self, handle: str) -> str:
        return cache_key("drill-down", self._reader, handle)

    async def keep(self, handle: str, answered: Answered, read_at: int) -> None:
        """Remembers an answer for as long as its table lives, which was read at that instant (ms)."""
        key = self._key(handle)
        # Without a reference the handle names one answer: who asks the same again need not share it again.
        if answered.reference is not None or await self._cache.get(ANSWERED, key) is None:
            await self._cache.set(ANSWERED, key, answered, read_at=read_at, size=answered.size)

    async def open(
        self, drill_down: str, measure: str | None, first: int, after: str | None, with_names: bool
    ) -> RequestConnection:
        """A page of the requests behind a row. Raises ApiError (NOT_FOUND, SNAPSHOT_EXPIRED, BAD_USER_INPUT)."""
        handle, key = _parsed(drill_down)
        answered = await self._cache.get(ANSWERED, self._key(handle))
        table = await self._tables.still(answered.read_id) if answered else None
        if answered is None or table is None:
            raise ApiError(Code.SNAPSHOT_EXPIRED, "The read that this row came from is gone. Ask the report again.")
        name, cell = await in_turn(self._cell, answered, table, key, measure)
        start = _start(after)
        check_first(first)
        page = cell.ids[start : start + first].to_list()
        try:
            nodes = await self._displayed(page, with_names)
        except ConnectorError as error:
            raise api_error(error) from error
        return RequestConnection.page(nodes, start, cell.ids.len(), measure=name, **self._link(answered.scope, cell))

    def _cell(self, answered: Answered, table: Table, key: Key, measure: str | None) -> tuple[str, Cell]:
        measures = self._measures(answered, table, key)
        name = _chosen(measures, measure)
        _check_read(answered, table, name)
        return name, measures[name]()

    def _measures(self, answered: Answered, table: Table, key: Key) -> Measures:
        definition = answered.definition
        material = material_of(
            answered.scope,
            answered.asked,
            definition.needs(answered.asked),
            table,
            now=table.read_at,
            reference=answered.reference,
            handle=None,
        )
        measures: Measures = definition.cells(material, key)
        if not measures:
            raise ApiError(Code.NOT_FOUND, "There is no drill-down with this id.")
        return measures

    def _link(self, scope: Scope, cell: Cell) -> Mapping[str, Any]:
        if cell.clause is None:
            return {"jql": None, "jql_exact": None, "url": None}
        jql = all_of([scope.base, cell.clause])
        exact = cell.exact and not scope.table_filters
        return {"jql": jql, "jql_exact": exact, "url": f"{self._site_url.rstrip('/')}/issues/?jql={quote(jql)}"}

    async def _displayed(self, ids: list[int], with_names: bool) -> list[Request]:
        """The requests of a page as the reading account sees them now; one that it sees no more keeps its id alone."""
        meter = Meter()
        found = await self._site.jira.bulk_fetch([str(i) for i in ids], DISPLAYED, meter=meter) if ids else {}
        nodes = [_request(str(number), found.get(str(number)), self._site_url) for number in ids]
        if with_names:
            people = [user for node in nodes for user in (node.assignee, node.reporter) if user]
            known = await self._site.users((user.account_id for user in people), meter)
            for user in people:
                if user.account_id in known:
                    user.display_name = known[user.account_id].display_name
                    user.active = known[user.account_id].active
        return nodes


def _start(after: str | None) -> int:
    """The place after a cursor: the set is fixed, so a place in it is a stable cursor."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise no_cursor()
    return int(after)


def _user(raw: Any) -> User | None:
    account = decode.account(raw)
    return None if account is None else User(account_id=account)


def _named(raw: Any) -> DimensionValue | None:
    value = decode.named(raw)
    return None if value is None else DimensionValue(key=value["id"], name=value["name"])


def _request(number: str, issue: Issue | None, site_url: str) -> Request:
    if issue is None:
        return Request(id=number)
    raw = issue.fields

    def moment(name: str) -> Any:
        ms = decode.instant(raw.get(name))
        return None if ms is None else instant(ms)

    return Request(
        id=number,
        key=issue.key,
        url=f"{site_url.rstrip('/')}/browse/{quote(issue.key)}",
        summary=decode.text(raw.get("summary")),
        status=_named(raw.get("status")),
        priority=_named(raw.get("priority")),
        assignee=_user(raw.get("assignee")),
        reporter=_user(raw.get("reporter")),
        created=moment("created"),
        updated=moment("updated"),
        resolved=moment("resolutiondate"),
    )
