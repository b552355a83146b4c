"""The Jira site and the caller: what a frontend's pickers offer."""

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar

import strawberry

from schema.connection import Connection, connection
from schema.context import Info
from schema.people import After, First, Organization
from schema.reference import (
    AssetSchema,
    AssetType,
    IssueType,
    Priority,
    Project,
    RequestType,
    SelectField,
    ServiceDesk,
    Status,
)
from schema.report import User
from schema.reports.sla import SlaMetric
from schema.scalars import ID
from schema.scope import Weekday
from schema.selection import selection_of

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

    @strawberry.field(description="Service desks that the reading account sees, by project name.")
    async def service_desks(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[ServiceDesk] | None:
        found = await info.context.site.service_desks()
        kept = [one for one in found if _matching(search, one.project_key, one.project_name)]
        return connection(kept, lambda one: _place(one.project_name, one.id), first, after)

    @strawberry.field(description="Request types of one service desk, or of all, by name.")
    async def request_types(
        self,
        info: Info,
        service_desk: Annotated[
            ID | None, strawberry.argument(description="Id of one service desk; all of them if left out.")
        ] = None,
        first: First = 50,
        after: After = None,
        search: Search = None,
    ) -> Connection[RequestType] | None:
        return _named(await info.context.site.request_types(service_desk), first, after, search)

    @strawberry.field(description="Priorities of the site, by name.")
    async def priorities(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[Priority] | None:
        return _named(await info.context.site.priorities(), first, after, search)

    @strawberry.field(description="Issue types of the site, by name.")
    async def issue_types(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[IssueType] | None:
        return _named(await info.context.site.issue_types(), first, after, search)

    @strawberry.field(
        description="Custom fields whose values are chosen from a list, by name: what `scope.fields` takes."
    )
    async def select_fields(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[SelectField] | None:
        return _named(await info.context.site.select_fields(), first, after, search)

    @strawberry.field(description="Organizations of customers, by name. `READ_IN_PROGRESS` while a long list is read.")
    async def organizations(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[Organization] | None:
        return await organization_page(info, first, after, search)

    @strawberry.field(description="Object schemas of Assets, by name.")
    async def asset_schemas(
        self, info: Info, first: First = 50, after: After = None, search: Search = None
    ) -> Connection[AssetSchema] | None:
        found = await info.context.site.asset_schemas()
        kept = [one for one in found if _matching(search, one.name or "", one.key or "")]
        return connection(kept, lambda one: _place(one.name or "", one.id), first, after)

    @strawberry.field(description="Object types of one schema of Assets, or of all, by name.")
    async def asset_types(
        self,
        info: Info,
        schema: Annotated[
            ID | None, strawberry.argument(description="Id of one schema; all of them if left out.")
        ] = None,
        first: First = 50,
        after: After = None,
        search: Search = None,
    ) -> Connection[AssetType] | None:
        return _named(await info.context.site.asset_types(schema), first, after, search)


async def organization_page(info: Info, first: int, after: str | None, search: str | None) -> Connection[Organization]:
    """A page of the organizations whose name contains `search`."""
    found = [one for one in await info.context.site.organizations() if _matching(search, one.name or "")]
    return connection(found, lambda one: _place(one.name or "", one.id), first, after)


class _Named(Protocol):
    """A thing with an id and a name."""

    id: ID
    name: str


N = TypeVar("N", bound=_Named)


def _place(name: str, id_: str) -> str:
    """A place in a list by name; of equal names the older comes first."""
    return f"{name.casefold()}\0{id_:>20}"


def _named(found: Sequence[N], first: int, after: str | None, search: str | None) -> Connection[N]:
    kept = [one for one in found if _matching(search, one.name)]
    return connection(kept, lambda one: _place(one.name, one.id), first, after)


@strawberry.type(description="Who asks.")
class Viewer:
    name: str = strawberry.field(description="Name of the caller's API key; `demo` in demo mode.")

    @strawberry.field(description="The account through which Jira is read: its permissions shape every figure.")
    async def reads_as(self, info: Info) -> User | None:
        named = selection_of(info, "User").has("displayName", "active")
        return await info.context.site.reading_account(named)
