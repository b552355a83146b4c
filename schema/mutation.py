"""The mutations: all that a client can change is what it saved itself. Nothing is ever written to Atlassian."""

from typing import Annotated

import strawberry

from schema.context import Info
from schema.storage.dashboards import (
    CreateDashboardInput,
    DashboardPayload,
    DeleteDashboardInput,
    UpdateDashboardInput,
)
from schema.storage.transfer import ImportInput, ImportPayload, StarterInput, StarterPayload
from schema.storage.widgets import CreateWidgetInput, DeletePayload, DeleteWidgetInput, UpdateWidgetInput, WidgetPayload

_told = strawberry.argument(description="What to do.")


@strawberry.type(
    description="What can be changed: saved widgets and dashboards. Each field is one transaction; those of one operation run "
    "one after another."
)
class Mutation:
    @strawberry.field(
        description="Saves a widget. What only the site can tell, such as whether its JQL is right, its report says."
    )
    async def create_widget(self, info: Info, input: Annotated[CreateWidgetInput, _told]) -> WidgetPayload:
        return await info.context.storage.create_widget(input)

    @strawberry.field(description="Changes a widget of the caller's.")
    async def update_widget(self, info: Info, input: Annotated[UpdateWidgetInput, _told]) -> WidgetPayload:
        return await info.context.storage.update_widget(input)

    @strawberry.field(description="Deletes a widget of the caller's.")
    async def delete_widget(self, info: Info, input: Annotated[DeleteWidgetInput, _told]) -> DeletePayload:
        return await info.context.storage.delete_widget(input)

    @strawberry.field(description="Saves a dashboard.")
    async def create_dashboard(self, info: Info, input: Annotated[CreateDashboardInput, _told]) -> DashboardPayload:
        return await info.context.storage.create_dashboard(input)

    @strawberry.field(description="Changes a dashboard of the caller's.")
    async def update_dashboard(self, info: Info, input: Annotated[UpdateDashboardInput, _told]) -> DashboardPayload:
        return await info.context.storage.update_dashboard(input)

    @strawberry.field(description="Deletes a dashboard of the caller's; its widgets stay.")
    async def delete_dashboard(self, info: Info, input: Annotated[DeleteDashboardInput, _told]) -> DeletePayload:
        return await info.context.storage.delete_dashboard(input)

    @strawberry.field(description="Creates dashboards to start with, and their widgets.")
    async def create_starter_dashboards(self, info: Info, input: Annotated[StarterInput, _told]) -> StarterPayload:
        return await info.context.storage.create_starters(input)

    @strawberry.field(
        description="Creates what an export holds: all of it or nothing. A dry run, unless told otherwise."
    )
    async def import_configurations(self, info: Info, input: Annotated[ImportInput, _told]) -> ImportPayload:
        return await info.context.storage.import_configurations(input)
