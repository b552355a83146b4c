"""Configurations from one server to another: export and import as JSON, and the dashboards that a new site starts with."""

from enum import Enum

import strawberry

from schema.scalars import ID
from schema.scope import RequestScope
from schema.storage.dashboards import Dashboard
from schema.storage.user_errors import UserError
from schema.storage.widgets import Visibility


@strawberry.input(description="Configurations to create from an export.")
class ImportInput:
    document: str = strawberry.field(description="The text that `exportConfigurations` gave.")
    dry_run: bool = strawberry.field(
        default=True, description="Only say what would be created, and what is wrong. Look at that first."
    )
    visibility: Visibility = strawberry.field(
        default=Visibility.PRIVATE, description="Who may see what is created: PRIVATE or SITE."
    )


@strawberry.type(description="What an import created, or would create.")
class ImportPayload:
    applied: bool = strawberry.field(
        description="Whether it was created: all of it or, on a dry run or with any error, nothing."
    )
    widgets: int = strawberry.field(description="Number of widgets in the document.")
    dashboards: int = strawberry.field(description="Number of dashboards in the document.")
    created_widgets: list[ID] = strawberry.field(description="Ids of the new widgets, in the document's order.")
    created_dashboards: list[ID] = strawberry.field(description="Ids of the new dashboards, in the document's order.")
    user_errors: list[UserError] = strawberry.field(description="What is wrong with the document, entry by entry.")


@strawberry.enum(description="A dashboard to start with. Values may be added.")
class Starter(Enum):
    SERVICE_DESK_LEAD = strawberry.enum_value(
        "SERVICE_DESK_LEAD",
        description="For every morning: the pile, who has how much, SLAs, satisfaction, what is asked for, how long it takes.",
    )
    AGENT = strawberry.enum_value("AGENT", description="What is open and at risk, and when work arrives.")
    CUSTOMERS = strawberry.enum_value("CUSTOMERS", description="Organizations, their people, and how content they are.")
    ASSETS = strawberry.enum_value("ASSETS", description="What Assets holds, and what people need help with.")


@strawberry.input(description="Which dashboards to start with.")
class StarterInput:
    starters: list[Starter] | None = strawberry.field(default=None, description="Which of them; all if left out.")
    scope: RequestScope | None = strawberry.field(
        default=None, description="The scope of their widgets, such as one project; that of all requests if left out."
    )
    visibility: Visibility = strawberry.field(default=Visibility.SITE, description="Who may see them: PRIVATE or SITE.")


@strawberry.type(description="The dashboards that were created.")
class StarterPayload:
    dashboards: list[Dashboard] = strawberry.field(
        description="The new dashboards, with their new widgets; none if anything was wrong."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What was wrong; if there is anything, nothing changed."
    )
