"""The Jira site and the caller: what a frontend's pickers offer."""

from typing import Annotated

import strawberry

from schema.connection import Connection, connection
from schema.context import Info
from schema.reference import Project, Status
from schema.report import User
from schema.reports.sla import SlaMetric
from schema.scope import Weekday
from schema.selection import selection_of

First = Annotated[int, strawberry.argument(description="Number of entries, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Only those after this cursor.")]
Search = Annotated[str | None, strawberry.argument(description="Only those whose name or key contains this text.")]


def _matching(search: str | None, *texts: str) -> bool:
    return search is None or any(search.casefold() in text.casefold() for text in texts)


@strawberry.type(description="The Jira site that is read.")
class Site:
    url: str = strawberry.field(description="Address of the site.")
    time_zone: str = strawberry.field(description="Zone in which reports cut days if `scope.timeZone` does not say.")
    week_start: Weekday = strawberry.field(description="First day of a week if `scope.weekStart` does not say.")

    @strawberry.field(description="Time zone that Jira states for the reading account; it may be the site's default.")
    async def reader_time_zone(self, info: Info) -> str | None:
        return await info.context.site.reader_time_zone()

    @strawberry.field(description="Projects that the reading account sees, by key.")
    async def projects(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        search: Search = None,
    ) -> Connection[Project] | None:
        found = [p for p in await info.context.site.projects() if _matching(search, p.key, p.name)]
        return connection(found, lambda p: p.key, first, after)

    @strawberry.field(description="Statuses of the site, by id.")
    async def statuses(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        search: Search = None,
    ) -> Connection[Status] | None:
        found = [s for s in await info.context.site.statuses() if _matching(search, s.name)]
        return connection(found, lambda s: f"{s.id:>20}", first, after)

    @strawberry.field(description="SLA metrics of the site, by name.")
    async def sla_metrics(self, info: Info) -> list[SlaMetric] | None:
        return await info.context.site.sla_metrics()


@strawberry.type(description="Who asks.")
class Viewer:
    name: str = strawberry.field(description="Name of the caller's API key; `demo` in demo mode.")

    @strawberry.field(description="The account through which Jira is read: its permissions shape every figure.")
    async def reads_as(self, info: Info) -> User | None:
        named = selection_of(info, "User").has("displayName", "active")
        return await info.context.site.reading_account(named)
