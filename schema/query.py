"""The roots of the schema."""

from typing import Annotated

import strawberry

from schema.context import Info
from schema.drill_down import RequestConnection
from schema.reports.requests import RequestReports
from schema.scope import Precision, Question, RequestScope
from schema.selection import selection_of
from schema.site import After, First, Site, Viewer

Scope = Annotated[RequestScope, strawberry.argument(description="Which requests, over which period.")]
MaxAge = Annotated[
    int | None,
    strawberry.argument(
        description="How old the data may be, in seconds; 0 reads afresh. Never older than an hour, whatever is asked."
    ),
]
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

    @strawberry.field(description="The requests behind a count of a row: the very set that was counted.")
    async def drill_down(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="`drillDown` of a row.")],
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
