"""Widgets: saved reports, each a title, a scope and one report with its options."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from schema.connection import PageInfo
from schema.context import Info
from schema.errors import bad_input
from schema.node import Node
from schema.report import Report
from schema.scalars import ID
from schema.scope import MaxAge, PeriodInput, RequestScope
from schema.storage.stored import stored
from schema.storage.user_errors import UserError
from schema.storage.widget_config import KINDS, WidgetConfig, WidgetConfigInput, WidgetReport, chosen, has_scope

ScopeOverride = Annotated[
    RequestScope | None,
    strawberry.argument(
        description="In place of the saved scope. Where it names no period, the saved one stays. Reports of Assets have no scope: "
        "their widgets refuse it, and items of a dashboard leave it aside."
    ),
]
PeriodOverride = Annotated[
    PeriodInput | None,
    strawberry.argument(
        description="In place of the period of the scope. Widgets of Assets refuse it, items of a dashboard leave it aside."
    ),
]


@strawberry.enum(description="Who may see a widget or a dashboard. Only its owner changes it. Values may be added.")
class Visibility(Enum):
    PRIVATE = strawberry.enum_value("PRIVATE", description="Its owner alone.")
    PEOPLE = strawberry.enum_value("PEOPLE", description="Its owner and the people of `sharedWith`.")
    SITE = strawberry.enum_value("SITE", description="Everyone who may ask this server about the site.")


@dataclass(frozen=True, slots=True)
class Override:
    """What is asked for in place of a saved scope."""

    scope: RequestScope | None = None
    period: PeriodInput | None = None

    def __bool__(self) -> bool:
        return self.scope is not None or self.period is not None

    def over(self, scope: RequestScope | None) -> RequestScope:
        """The scope that results. A scope without a period keeps the one beneath it."""
        beneath = scope or RequestScope()
        result = beneath
        if self.scope is not None:
            result = replace(self.scope, period=self.scope.period or beneath.period)
        return replace(result, period=self.period) if self.period is not None else result


@strawberry.type(description="What all that was saved has. No type of its own in the schema.")
class Saved(Node):
    title: str = strawberry.field(description="What it is called: plain text, to be shown escaped.")
    version: int = strawberry.field(description="Counts its changes, from 1. An update names the one it rests on.")
    visibility: Visibility = strawberry.field(description="Who may see it.")
    shared_with: list[ID] = strawberry.field(
        description="The people who may see it, for `visibility: PEOPLE` (100 at most)."
    )
    owner: str = strawberry.field(description="Who made it: the name of an API key.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was changed last.")


@strawberry.type(description="A saved report. Its title and configuration are encrypted where they are stored.")
class Widget(Saved):
    saved_scope: strawberry.Private[RequestScope | None]
    saved_config: strawberry.Private[WidgetConfigInput]

    @strawberry.field(graphql_type=WidgetReport, description="The report that it shows.")
    def report_name(self) -> Any:
        return WidgetReport(chosen(self.saved_config)[0])

    @strawberry.field(
        graphql_type=stored(RequestScope) | None,
        description="Which requests, over which period; null for a report of Assets, which has no scope.",
    )
    def scope(self) -> Any:
        return self.saved_scope

    @strawberry.field(
        graphql_type=WidgetConfig,
        description="The report with its options. Just one field is not null; it has the shape in which it was given.",
    )
    def config(self) -> Any:
        return self.saved_config

    @strawberry.field(
        description="The report itself, computed now. Select its figures by `... on SlaReport { … }`. All widgets of an "
        "operation that rest on the same requests share one read."
    )
    async def report(
        self,
        info: Info,
        scope: ScopeOverride = None,
        period: PeriodOverride = None,
        max_age_seconds: MaxAge = None,
    ) -> Report | None:
        override = Override(scope, period)
        if override and not self.has_scope:
            raise bad_input("scope", "a report of Assets has no scope and no period", "neither of them")
        return await self.computed(info, override.over(self.saved_scope), max_age_seconds)

    @property
    def has_scope(self) -> bool:
        """Whether its report rests on requests, and so on a scope."""
        return has_scope(self.saved_config)

    async def computed(self, info: Info, scope: RequestScope, max_age_seconds: int | None) -> Report:
        """The report on that scope. Raises ApiError."""
        name, options = chosen(self.saved_config)
        return await KINDS[name].ask(info, options, scope, max_age_seconds)


@strawberry.type(description="A widget with its cursor.")
class WidgetEdge:
    node: Widget = strawberry.field(description="The widget.")
    cursor: str = strawberry.field(description="Opaque place of the widget.")


@strawberry.type(description="A page of widgets, in the order in which they were made.")
class WidgetConnection:
    edges: list[WidgetEdge] = strawberry.field(description="The widgets of this page with their cursors.")
    nodes: list[Widget] = strawberry.field(description="The widgets of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int | None = strawberry.field(description="Number of widgets that the caller may see.")
    unreadable: list[ID] = strawberry.field(
        description="Ids of widgets of this page that cannot be decrypted, e.g. since a key is missing; they are not in "
        "`nodes`. Asking for one says why."
    )


@strawberry.input(description="A new widget.")
class CreateWidgetInput:
    title: str = strawberry.field(description="1 to 200 characters of plain text.")
    config: WidgetConfigInput = strawberry.field(description="The report that it shows, with its options.")
    scope: RequestScope | None = strawberry.field(
        default=None, description="Which requests, over which period; must be left out for a report of Assets."
    )
    visibility: Visibility = strawberry.field(default=Visibility.PRIVATE, description="Who may see it.")
    shared_with: list[ID] | None = strawberry.field(
        default=None, description="The people who may see it: needed for `visibility: PEOPLE`, not allowed otherwise."
    )


@strawberry.input(description="Changes to a widget. What is left out or null stays as it is.")
class UpdateWidgetInput:
    id: ID = strawberry.field(description="The widget.")
    version: int = strawberry.field(description="The version that the change rests on.")
    title: str | None = strawberry.field(default=UNSET, description="1 to 200 characters of plain text.")
    config: WidgetConfigInput | None = strawberry.field(default=UNSET, description="The report that it shows.")
    scope: RequestScope | None = strawberry.field(
        default=UNSET, description="Which requests, over which period; replaces the saved one whole."
    )
    visibility: Visibility | None = strawberry.field(default=UNSET, description="Who may see it.")
    shared_with: list[ID] | None = strawberry.field(
        default=UNSET, description="The people who may see it; replaces the saved list whole."
    )


@strawberry.input(description="A widget to delete.")
class DeleteWidgetInput:
    id: ID = strawberry.field(description="The widget.")
    version: int | None = strawberry.field(
        default=None, description="If given, it is only deleted while this is its version."
    )
    from_dashboards: bool = strawberry.field(
        default=False, description="Also take it off the dashboards that show it; else a widget on a dashboard stays."
    )


@strawberry.type(description="What came of a change to a widget.")
class WidgetPayload:
    widget: Widget | None = strawberry.field(
        description="The widget as it is now. With `CONFLICT`: as someone else has left it meanwhile. Null if there is none."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What was wrong; if there is anything, nothing changed."
    )


@strawberry.type(description="What came of a deletion.")
class DeletePayload:
    deleted_id: ID | None = strawberry.field(description="Id of what was deleted; null if nothing was.")
    user_errors: list[UserError] = strawberry.field(
        description="What was wrong; if there is anything, nothing changed."
    )
