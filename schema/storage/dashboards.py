"""Dashboards: widgets in an order, with a scope and a period that may stand in for the widgets' own."""

from typing import Any

import strawberry
from strawberry import UNSET

from schema.connection import PageInfo
from schema.context import Info
from schema.errors import ApiError
from schema.report import Report
from schema.scalars import ID
from schema.scope import MaxAge, PeriodInput, RequestScope
from schema.storage.stored import stored
from schema.storage.user_errors import UserError
from schema.storage.widgets import Override, PeriodOverride, Saved, ScopeOverride, Visibility, Widget


@strawberry.type(description="A widget in its place on a dashboard.")
class DashboardItem:
    width: int = strawberry.field(description="Its width in twelfths of a row, 1 to 12.")
    own_scope: bool = strawberry.field(
        description="Whether it keeps its own scope and period whatever the dashboard's are. Always so for reports of Assets."
    )
    shown: strawberry.Private[Widget | ApiError]
    override: strawberry.Private[Override]

    @strawberry.field(
        description="The widget; null with an error if it cannot be read, or if the caller may not see it."
    )
    def widget(self) -> Widget | None:
        return self._widget()

    @strawberry.field(
        description="The widget's report over the scope and period of the dashboard, or of the arguments, which go before; an "
        "item with `ownScope` keeps its own all the same."
    )
    async def report(
        self,
        info: Info,
        scope: ScopeOverride = None,
        period: PeriodOverride = None,
        max_age_seconds: MaxAge = None,
    ) -> Report | None:
        widget = self._widget()
        final = widget.saved_scope or RequestScope()
        if widget.has_scope and not self.own_scope:
            final = Override(scope, period).over(self.override.over(final))
        return await widget.computed(info, final, max_age_seconds)

    def _widget(self) -> Widget:
        if isinstance(self.shown, ApiError):
            raise self.shown
        return self.shown


@strawberry.type(description="Widgets in an order.")
class Dashboard(Saved):
    visibility: Visibility = strawberry.field(description="Who may see it. Its widgets have a visibility of their own.")
    items: list[DashboardItem] = strawberry.field(description="Its widgets in order (100 at most).")
    saved: strawberry.Private[Override]

    @strawberry.field(
        graphql_type=stored(RequestScope) | None, description="The scope in place of the widgets' own; null for none."
    )
    def scope(self) -> Any:
        return self.saved.scope

    @strawberry.field(
        graphql_type=stored(PeriodInput) | None, description="The period in place of the widgets' own; null for none."
    )
    def period(self) -> Any:
        return self.saved.period


@strawberry.type(description="A dashboard with its cursor.")
class DashboardEdge:
    node: Dashboard = strawberry.field(description="The dashboard.")
    cursor: str = strawberry.field(description="Opaque place of the dashboard.")


@strawberry.type(description="A page of dashboards, in the order in which they were made.")
class DashboardConnection:
    edges: list[DashboardEdge] = strawberry.field(description="The dashboards of this page with their cursors.")
    nodes: list[Dashboard] = strawberry.field(description="The dashboards of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int | None = strawberry.field(description="Number of dashboards that the caller may see.")
    unreadable: list[ID] = strawberry.field(
        description="Ids of dashboards of this page that cannot be decrypted; they are not in `nodes`. Asking for one says why."
    )


@strawberry.input(description="A widget in its place on a dashboard.")
class DashboardItemInput:
    widget: ID = strawberry.field(description="The widget; one of the caller's own, or one that the caller may see.")
    width: int = strawberry.field(default=6, description="Its width in twelfths of a row, 1 to 12.")
    own_scope: bool = strawberry.field(
        default=False,
        description="Whether it keeps its own scope and period. Needed for a report of Assets on a dashboard that has a scope or "
        "a period, which it refuses.",
    )


@strawberry.input(description="A new dashboard.")
class CreateDashboardInput:
    title: str = strawberry.field(description="1 to 200 characters of plain text.")
    items: list[DashboardItemInput] = strawberry.field(
        description="Its widgets in order: 100 at most, each of them once."
    )
    scope: RequestScope | None = strawberry.field(
        default=None,
        description="A scope in place of the widgets' own; where it names no period, each widget keeps its own period.",
    )
    period: PeriodInput | None = strawberry.field(default=None, description="A period in place of the widgets' own.")
    visibility: Visibility = strawberry.field(default=Visibility.PRIVATE, description="Who may see it.")
    shared_with: list[ID] | None = strawberry.field(
        default=None, description="The people who may see it: needed for `visibility: PEOPLE`, not allowed otherwise."
    )


@strawberry.input(
    description="Changes to a dashboard. What is left out stays as it is, and so does what is null, but for `scope` and `period`: "
    "null takes them away."
)
class UpdateDashboardInput:
    id: ID = strawberry.field(description="The dashboard.")
    version: int = strawberry.field(description="The version that the change rests on.")
    title: str | None = strawberry.field(default=UNSET, description="1 to 200 characters of plain text.")
    items: list[DashboardItemInput] | None = strawberry.field(
        default=UNSET, description="Its widgets in order; replaces the saved list whole."
    )
    scope: RequestScope | None = strawberry.field(default=UNSET, description="A scope in place of the widgets' own.")
    period: PeriodInput | None = strawberry.field(default=UNSET, description="A period in place of the widgets' own.")
    visibility: Visibility | None = strawberry.field(default=UNSET, description="Who may see it.")
    shared_with: list[ID] | None = strawberry.field(
        default=UNSET, description="The people who may see it; replaces the saved list whole."
    )


@strawberry.input(description="A dashboard to delete. Its widgets stay.")
class DeleteDashboardInput:
    id: ID = strawberry.field(description="The dashboard.")
    version: int | None = strawberry.field(
        default=None, description="If given, it is only deleted while this is its version."
    )


@strawberry.type(description="What came of a change to a dashboard.")
class DashboardPayload:
    dashboard: Dashboard | None = strawberry.field(
        description="The dashboard as it is now. With `CONFLICT`: as someone else has left it meanwhile. Null if there is none."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What was wrong; if there is anything, nothing changed."
    )
