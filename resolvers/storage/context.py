"""Saved widgets and dashboards as one operation reads and changes them: what `info.context.storage` is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar, cast

from resolvers.planner import Planner
from resolvers.storage import dashboards, starters, transfer, widgets
from resolvers.storage.checks import DASHBOARD, WIDGET, Rules
from resolvers.storage.driver_errors import unavailable
from resolvers.storage.errors import Stale
from resolvers.storage.objects import Actor, StoredDashboard, StoredObject, StoredWidget, UnreadableRow
from resolvers.storage.refusals import MENDABLE, not_found, stale, user_error
from resolvers.storage.shown import Found, Shown, place_of
from resolvers.storage.work import Storage, Work
from resolvers.threads import in_turn
from schema.errors import bad_input
from schema.node import Node, global_id, key_of, parsed_id
from schema.storage.dashboards import (
    CreateDashboardInput,
    Dashboard,
    DashboardConnection,
    DashboardPayload,
    DeleteDashboardInput,
    UpdateDashboardInput,
)
from schema.storage.transfer import ImportInput, ImportPayload, StarterInput, StarterPayload
from schema.storage.widgets import (
    CreateWidgetInput,
    DeletePayload,
    DeleteWidgetInput,
    UpdateWidgetInput,
    Widget,
    WidgetConnection,
    WidgetPayload,
)

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", bound=StoredObject)

MOST_EXPORTED = 100
READ_SECONDS = 12.0
"""How long a database may keep a read waiting, and with it the reports of the same operation that need no database."""


class StorageContext:
    """Storage on behalf of one caller. Reading holds the planner open, since a widget's report is only asked for after it."""

    def __init__(
        self,
        storage: Storage,
        actor: Actor,
        reports: Planner,
        rules: Rules,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._read_seconds = read_seconds
        self._storage = storage
        self._actor = actor
        self._reports = reports
        self._rules = rules
        self._shown = Shown(rules.formats)

    async def _read(self, read: Callable[[Work], Awaitable[T]], show: Callable[[T], R]) -> R:
        """What `show` makes, in a thread, of what was read: configurations take a while to check, and there may be many."""
        async with self._reports.more():
            try:
                async with asyncio.timeout(self._read_seconds), self._storage.reading(self._actor) as work:
                    found = await read(work)
            except TimeoutError:
                raise unavailable("it does not answer") from None
            return await in_turn(show, found)

    async def node(self, id: str) -> Node:
        """A widget or a dashboard. Raises ApiError."""
        match parsed_id(id):
            case (type_name, _) if type_name == WIDGET:
                return await self.widget(id)
            case (type_name, _) if type_name == DASHBOARD:
                return await self.dashboard(id)
        raise not_found("object")

    async def widget(self, id: str) -> Widget:
        """A widget. Raises ApiError."""
        key = key_of(WIDGET, id)
        if key is None:
            raise not_found("widget")
        return await self._read(lambda work: work.widget(key), self._shown.found_widget)

    async def widgets(self, first: int, after: str | None) -> WidgetConnection:
        """A page of widgets. Raises ApiError."""
        place = place_of(first, after)
        return await self._read(
            lambda work: work.widget_page(first, place), lambda found: self._shown.widget_page(*found, first, after)
        )

    async def dashboard(self, id: str) -> Dashboard:
        """A dashboard with its widgets. Raises ApiError."""
        key = key_of(DASHBOARD, id)
        if key is None:
            raise not_found("dashboard")

        async def read(work: Work) -> tuple[StoredDashboard, dict[str, Found]]:
            found = await work.dashboard(key)
            if found is None:
                raise not_found("dashboard")
            return found, await _widgets_of(work, [found])

        return await self._read(read, lambda found: self._shown.dashboard(*found))

    async def dashboards(self, first: int, after: str | None) -> DashboardConnection:
        """A page of dashboards with their widgets. Raises ApiError."""
        place = place_of(first, after)

        async def read(work: Work) -> tuple[list[StoredDashboard | UnreadableRow], dict[str, Found], int]:
            page, total = await work.dashboard_page(first, place)
            boards = [row for row in page[:first] if isinstance(row, StoredDashboard)]
            return page, await _widgets_of(work, boards), total

        return await self._read(read, lambda found: self._shown.dashboard_page(*found, first, after))

    async def export_configurations(self, widgets: list[str] | None, dashboards: list[str] | None) -> str:
        """What was saved, as JSON. Raises ApiError."""
        wanted = _keys(WIDGET, "widgets", widgets), _keys(DASHBOARD, "dashboards", dashboards)
        return await self._read(
            lambda work: _exported(work, *wanted), lambda found: transfer.export(*found, self._rules)
        )

    async def create_widget(self, input: CreateWidgetInput) -> WidgetPayload:
        """Saves a widget."""
        return await self._widget(lambda work: widgets.create(work, input, self._rules))

    async def update_widget(self, input: UpdateWidgetInput) -> WidgetPayload:
        """Changes a widget."""
        return await self._widget(lambda work: widgets.update(work, input, self._rules))

    async def delete_widget(self, input: DeleteWidgetInput) -> DeletePayload:
        """Deletes a widget."""
        return await self._delete(lambda work: widgets.delete(work, input), "widget")

    async def create_dashboard(self, input: CreateDashboardInput) -> DashboardPayload:
        """Saves a dashboard."""
        return await self._dashboard(lambda work: dashboards.create(work, input, self._rules))

    async def update_dashboard(self, input: UpdateDashboardInput) -> DashboardPayload:
        """Changes a dashboard."""
        return await self._dashboard(lambda work: dashboards.update(work, input, self._rules))

    async def delete_dashboard(self, input: DeleteDashboardInput) -> DeletePayload:
        """Deletes a dashboard."""
        return await self._delete(lambda work: dashboards.delete(work, input), "dashboard")

    async def create_starters(self, input: StarterInput) -> StarterPayload:
        """Creates dashboards to start with."""
        try:
            async with self._storage.writing(self._actor) as work:
                made = await starters.create(work, input, self._rules)
                widgets = await _widgets_of(work, made)
                shown = [self._shown.dashboard(one, widgets) for one in made]
        except MENDABLE as error:
            return StarterPayload(dashboards=[], user_errors=[user_error(error, "dashboard")])
        return StarterPayload(dashboards=shown, user_errors=[])

    async def import_configurations(self, input: ImportInput) -> ImportPayload:
        """Creates what an export holds, all or nothing."""
        document = transfer.Document()
        try:
            document = await in_turn(transfer.parse, input.document, self._rules)
            if document.refusals:
                return _not_imported(document, document.refusals[: transfer.MOST_TOLD])
            async with self._storage.writing(self._actor) as work:
                imported = await transfer.create(work, input, document, self._rules)
        except MENDABLE as error:
            return _not_imported(document, [error])
        return ImportPayload(
            applied=not input.dry_run,
            widgets=len(document.widgets),
            dashboards=len(document.dashboards),
            created_widgets=[global_id(WIDGET, stored.id) for stored in imported.widgets],
            created_dashboards=[global_id(DASHBOARD, stored.id) for stored in imported.dashboards],
            user_errors=[],
        )

    async def _widget(self, change: Callable[[Work], Awaitable[StoredWidget]]) -> WidgetPayload:
        try:
            async with self._storage.writing(self._actor) as work:
                # Within the transaction: what cannot be read again is not saved.
                return WidgetPayload(widget=self._shown.widget(await change(work)), user_errors=[])
        except MENDABLE as error:
            return WidgetPayload(widget=None, user_errors=[user_error(error, "widget")])
        except Stale as error:
            present = cast("StoredWidget", error.present)
            return WidgetPayload(widget=self._shown.widget(present), user_errors=[stale(present.version)])

    async def _dashboard(self, change: Callable[[Work], Awaitable[StoredDashboard]]) -> DashboardPayload:
        try:
            async with self._storage.writing(self._actor) as work:
                changed = await change(work)
                shown = self._shown.dashboard(changed, await _widgets_of(work, [changed]))
            return DashboardPayload(dashboard=shown, user_errors=[])
        except MENDABLE as error:
            return DashboardPayload(dashboard=None, user_errors=[user_error(error, "dashboard")])
        except Stale as error:
            present = cast("StoredDashboard", error.present)
            board = await self._read(
                lambda work: _widgets_of(work, [present]), lambda widgets: self._shown.dashboard(present, widgets)
            )
            return DashboardPayload(dashboard=board, user_errors=[stale(present.version)])

    async def _delete(self, delete: Callable[[Work], Awaitable[str]], what: str) -> DeletePayload:
        try:
            async with self._storage.writing(self._actor) as work:
                return DeletePayload(deleted_id=await delete(work), user_errors=[])
        except MENDABLE as error:
            return DeletePayload(deleted_id=None, user_errors=[user_error(error, what)])
        except Stale as error:
            return DeletePayload(deleted_id=None, user_errors=[stale(error.present.version)])


async def _widgets_of(work: Work, boards: Iterable[StoredDashboard]) -> dict[str, Found]:
    """The widgets of dashboards that the caller may see."""
    ids = dict.fromkeys(item.widget_id for board in boards for item in board.items)
    return await work.widgets(list(ids)) if ids else {}


def _keys(type_name: str, argument: str, ids: list[str] | None) -> list[str] | None:
    if ids is None:
        return None
    if len(ids) > MOST_EXPORTED:
        raise bad_input(argument, f"it has {len(ids)} ids", f"at most {MOST_EXPORTED}")
    keys = [key_of(type_name, token) for token in dict.fromkeys(ids)]
    if None in keys:
        raise not_found(type_name.lower())
    return [key for key in keys if key is not None]


async def _exported(
    work: Work, widget_keys: list[str] | None, dashboard_keys: list[str] | None
) -> tuple[list[StoredWidget], list[StoredDashboard]]:
    """The widgets and dashboards to export. Raises ApiError for ids that lead nowhere and rows that cannot be read."""
    if widget_keys is None and dashboard_keys is None:
        boards = _readable(await work.own_dashboards())
        found = {widget.id: widget for widget in _readable(await work.own_widgets())}
    else:
        boards = _all_there(await work.dashboards(dashboard_keys or []), dashboard_keys or [], "dashboard")
        listed = _all_there(await work.widgets(widget_keys or []), widget_keys or [], "widget")
        found = {widget.id: widget for widget in listed}
    shown = await _widgets_of(work, boards)
    found |= {row.id: row for row in _readable(shown.values())}
    return sorted(found.values(), key=lambda one: (one.created_at, one.id)), boards


def _readable(rows: Iterable[S | UnreadableRow]) -> list[S]:
    """The rows, all of them. Raises ApiError for one that cannot be read: a text with a gap would not be noticed."""
    readable: list[S] = []
    for row in rows:
        if isinstance(row, UnreadableRow):
            raise row.error()
        readable.append(row)
    return readable


def _all_there(found: Mapping[str, S | UnreadableRow], keys: list[str], what: str) -> list[S]:
    if len(found) < len(keys):
        raise not_found(what)
    return _readable(found[key] for key in keys)


def _not_imported(document: transfer.Document, errors: Sequence[Exception]) -> ImportPayload:
    return ImportPayload(
        applied=False,
        widgets=len(document.widgets),
        dashboards=len(document.dashboards),
        created_widgets=[],
        created_dashboards=[],
        user_errors=[user_error(error, "document") for error in errors],
    )
