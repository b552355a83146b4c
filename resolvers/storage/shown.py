"""Stored widgets and dashboards as the schema shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from resolvers.figures.periods import instant
from resolvers.storage.checks import DASHBOARD, WIDGET
from resolvers.storage.configuration import Formats
from resolvers.storage.objects import StoredDashboard, StoredItem, StoredObject, StoredWidget, UnreadableRow
from resolvers.storage.refusals import not_found
from resolvers.storage.rows import is_id
from schema.connection import PageInfo, check_first, cursor_of, key_after, no_cursor, page_info
from schema.errors import ApiError
from schema.node import global_id
from schema.storage.dashboards import Dashboard, DashboardConnection, DashboardEdge, DashboardItem
from schema.storage.widgets import Override, Visibility, Widget, WidgetConnection, WidgetEdge

Found: TypeAlias = StoredWidget | UnreadableRow
Place: TypeAlias = tuple[int, str]
"""Where an object stands in a list: when it was made (ms), and its id."""


class Shown:
    """Makes schema objects of stored ones."""

    def __init__(self, formats: Formats) -> None:
        self._formats = formats
        self._made: dict[tuple[str, int], Widget] = {}
        """By id and version: many dashboards may show one widget."""

    def found_widget(self, found: StoredWidget | None) -> Widget:
        """A widget that was looked for. Raises ApiError (NOT_FOUND too)."""
        if found is None:
            raise not_found("widget")
        return self.widget(found)

    def widget(self, stored: StoredWidget) -> Widget:
        """A widget. Raises ApiError (STORAGE_UNAVAILABLE) for a configuration that cannot be read."""
        known = stored.id, stored.version
        if known not in self._made:
            self._made[known] = self._widget(stored)
        return self._made[known]

    def _widget(self, stored: StoredWidget) -> Widget:
        content = self._formats.widget(stored)
        return Widget(
            **_saved(WIDGET, stored, content.title),
            saved_scope=content.scope,
            saved_config=content.config,
        )

    def dashboard(self, stored: StoredDashboard, widgets: Mapping[str, Found]) -> Dashboard:
        """A dashboard with those of its widgets that the caller may see. Raises ApiError (STORAGE_UNAVAILABLE)."""
        content = self._formats.dashboard(stored)
        return Dashboard(
            **_saved(DASHBOARD, stored, content.title),
            items=[self._item(item, widgets.get(item.widget_id), content.override) for item in stored.items],
            saved=content.override,
        )

    def _item(self, item: StoredItem, found: Found | None, override: Override) -> DashboardItem:
        return DashboardItem(
            width=item.width, own_scope=item.own_scope, shown=self._widget_or_error(found), override=override
        )

    def _widget_or_error(self, found: Found | None) -> Widget | ApiError:
        if found is None:
            return not_found("widget that the caller may see")
        if isinstance(found, UnreadableRow):
            return found.error()
        try:
            return self.widget(found)
        except ApiError as error:
            return error

    def widget_page(self, found: Sequence[Found], total: int, first: int, after: str | None) -> WidgetConnection:
        """A page; `found` has one row more than `first` where another page follows."""
        readable, unreadable = [], []
        for row in found[:first]:
            shown = self._widget_or_error(row)
            if isinstance(shown, Widget):
                readable.append(WidgetEdge(node=shown, cursor=_cursor(row)))
            else:
                unreadable.append(global_id(WIDGET, row.id))
        return WidgetConnection(
            edges=readable,
            nodes=[edge.node for edge in readable],
            page_info=_page_info(found, first, after),
            total_count=total,
            unreadable=unreadable,
        )

    def dashboard_page(
        self,
        found: Sequence[StoredDashboard | UnreadableRow],
        widgets: Mapping[str, Found],
        total: int,
        first: int,
        after: str | None,
    ) -> DashboardConnection:
        """A page; `found` has one row more than `first` where another page follows."""
        readable, unreadable = [], []
        for row in found[:first]:
            try:
                if isinstance(row, UnreadableRow):
                    raise row.error()
                readable.append(DashboardEdge(node=self.dashboard(row, widgets), cursor=_cursor(row)))
            except ApiError:
                unreadable.append(global_id(DASHBOARD, row.id))
        return DashboardConnection(
            edges=readable,
            nodes=[edge.node for edge in readable],
            page_info=_page_info(found, first, after),
            total_count=total,
            unreadable=unreadable,
        )


def _saved(type_name: str, stored: StoredObject, title: str) -> dict[str, Any]:
    """The fields of `Saved`."""
    return {
        "id": global_id(type_name, stored.id),
        "title": title,
        "version": stored.version,
        "visibility": Visibility[stored.visibility],
        "shared_with": list(stored.people),
        "owner": stored.owner,
        "created_at": instant(stored.created_at),
        "updated_at": instant(stored.updated_at),
    }


def _page_info(found: Sequence[StoredObject | UnreadableRow], first: int, after: str | None) -> PageInfo:
    # Of rows that cannot be read too: the next page begins after all of this one.
    cursors = [_cursor(row) for row in found[:first]]
    return page_info(cursors, comes_before=after is not None, follows=len(found) > first)


def _cursor(row: StoredObject | UnreadableRow) -> str:
    return cursor_of(f"{row.created_at}:{row.id}")


def place_of(first: int, after: str | None) -> Place | None:
    """The place after which a page begins. Raises ApiError (BAD_USER_INPUT) for a page that cannot be."""
    check_first(first)
    if after is None:
        return None
    made, _, key = key_after(after).partition(":")
    if not (made.isascii() and made.isdigit() and len(made) < 16 and is_id(key)):
        raise no_cursor()
    return int(made), key
