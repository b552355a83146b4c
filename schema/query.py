"""The roots of the schema."""

from typing import Annotated

import strawberry

from schema.assets import AssetReports
from schema.connection import Connection
from schema.context import Info
from schema.drill_down import RequestConnection
from schema.node import Node
from schema.people import After, Customer, First, Organization, customer_page
from schema.reports.customers import CustomerOptions, CustomerReport, CustomerReportRequest
from schema.reports.requests import RequestReports
from schema.scalars import ID
from schema.scope import MaxAge, Precision, Question, RequestScope
from schema.selection import selection_of
from schema.site import Search, Site, Viewer, organization_page
from schema.storage.dashboards import Dashboard, DashboardConnection
from schema.storage.widgets import Widget, WidgetConnection

Scope = Annotated[RequestScope, strawberry.argument(description="Which requests, over which period.")]
Exactness = Annotated[Precision | None, strawberry.argument(description="Whether an estimate will do.")]


@strawberry.type(description="What can be asked.")
class Query:
    @strawberry.field(description="Who asks.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer(name=info.context.caller)

    @strawberry.field(description="The Jira site that is read: what pickers of a frontend offer.")
    def site(self, info: Info) -> Site:
        site = info.context.site
        return Site(url=site.url, time_zone=site.time_zone, week_start=site.week_start)

    @strawberry.field(
        description="Reports on one set of requests. It never fails itself: what is wrong with the scope is said at each report."
    )
    def requests(
        self,
        scope: Scope,
        max_age_seconds: MaxAge = None,
        precision: Exactness = Precision.EXACT,
    ) -> RequestReports:
        return RequestReports(question=Question(scope, max_age_seconds))

    @strawberry.field(description="Organizations of customers, by name. `READ_IN_PROGRESS` while a long list is read.")
    async def organizations(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[Organization] | None:
        return await organization_page(info, first, after, search)

    @strawberry.field(
        description="Customers of a service desk, by account id. `READ_IN_PROGRESS` while the list is read, which Atlassian gives "
        "slowly."
    )
    async def customers(
        self,
        info: Info,
        service_desk: Annotated[ID, strawberry.argument(description="Id of the service desk.")],
        first: First = 50,
        after: After = None,
    ) -> Connection[Customer] | None:
        return await customer_page(info, await info.context.site.customers(service_desk), first, after)

    @strawberry.field(description="Who the customers are, where they belong, and who of them asked for something.")
    async def customer_report(
        self,
        info: Info,
        scope: Scope,
        service_desk: Annotated[
            ID | None, strawberry.argument(description="Id of one service desk; all of them if left out.")
        ] = None,
        max_age_seconds: MaxAge = None,
        top: Annotated[int | None, strawberry.argument(description="Number of rows, 1 to 1000.")] = 50,
    ) -> CustomerReport | None:
        request = CustomerReportRequest(
            Question(scope, max_age_seconds), CustomerOptions(service_desk, max_age_seconds, top)
        )
        return await info.context.reports.ask(request, selection_of(info, "CustomerReport"), info.path)

    @strawberry.field(
        description="Reports on what Assets holds. It never fails itself: a site without Assets says so at each report."
    )
    def assets(self, max_age_seconds: MaxAge = None) -> AssetReports:
        return AssetReports(max_age_seconds=max_age_seconds)

    @strawberry.field(description="The requests behind a count of a row: the very set that was counted.")
    async def drill_down(
        self,
        info: Info,
        id: Annotated[ID, strawberry.argument(description="`drillDown` of a row.")],
        measure: Annotated[
            str | None,
            strawberry.argument(description="Name of the count within the row; the row's first if left out."),
        ] = None,
        first: First = 50,
        after: After = None,
    ) -> RequestConnection | None:
        selection = selection_of(info, "RequestConnection")
        names = any(path.endswith((".displayName", ".active")) for path in selection.paths)
        return await info.context.drill_downs.open(id, measure, first, after, names)

    @strawberry.field(description="A saved widget. `NOT_FOUND` if there is none, or if the caller may not see it.")
    async def widget(
        self, info: Info, id: Annotated[ID, strawberry.argument(description="Id of the widget.")]
    ) -> Widget | None:
        return await info.context.storage.widget(id)

    @strawberry.field(description="Saved widgets that the caller may see, in the order in which they were made.")
    async def widgets(self, info: Info, first: First = 50, after: After = None) -> WidgetConnection | None:
        return await info.context.storage.widgets(first, after)

    @strawberry.field(description="A saved dashboard. `NOT_FOUND` if there is none, or if the caller may not see it.")
    async def dashboard(
        self, info: Info, id: Annotated[ID, strawberry.argument(description="Id of the dashboard.")]
    ) -> Dashboard | None:
        return await info.context.storage.dashboard(id)

    @strawberry.field(description="Saved dashboards that the caller may see, in the order in which they were made.")
    async def dashboards(self, info: Info, first: First = 50, after: After = None) -> DashboardConnection | None:
        return await info.context.storage.dashboards(first, after)

    @strawberry.field(description="A widget or a dashboard by its id. `NOT_FOUND` if it leads nowhere.")
    async def node(
        self, info: Info, id: Annotated[ID, strawberry.argument(description="Id of a widget or a dashboard.")]
    ) -> Node | None:
        return await info.context.storage.node(id)

    @strawberry.field(
        description="Widgets and dashboards as a JSON text, for a backup of one's own or another server: titles, scopes and options, "
        "neither ids nor people. With dashboards come their widgets. `importConfigurations` takes it."
    )
    async def export_configurations(
        self,
        info: Info,
        widgets: Annotated[list[ID] | None, strawberry.argument(description="Ids of widgets (100 at most).")] = None,
        dashboards: Annotated[
            list[ID] | None,
            strawberry.argument(description="Ids of dashboards (100 at most). Neither list: all that the caller owns."),
        ] = None,
    ) -> str | None:
        return await info.context.storage.export_configurations(widgets, dashboards)
