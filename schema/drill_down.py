"""The requests behind a count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from schema.connection import PageInfo, page_info
from schema.report import DimensionValue, User
from schema.scalars import ID


@strawberry.type(
    description="A request as the reading account sees it now. One that it sees no more keeps its id alone."
)
class Request:
    id: ID = strawberry.field(description="Id of the issue.")
    key: str | None = strawberry.field(default=None, description="Key of the issue, such as ITS-42.")
    url: str | None = strawberry.field(default=None, description="Address of the issue in Jira.")
    summary: str | None = strawberry.field(default=None, description="Its summary.")
    status: DimensionValue | None = strawberry.field(default=None, description="Present status.")
    priority: DimensionValue | None = strawberry.field(default=None, description="Present priority.")
    assignee: User | None = strawberry.field(default=None, description="Present assignee; null for nobody.")
    reporter: User | None = strawberry.field(default=None, description="Who reported it.")
    created: datetime | None = strawberry.field(default=None, description="When it was created.")
    updated: datetime | None = strawberry.field(default=None, description="When it was last changed.")
    resolved: datetime | None = strawberry.field(default=None, description="Its resolution date.")


@strawberry.type(description="A request in a list, with its place.")
class RequestEdge:
    node: Request = strawberry.field(description="The request.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(
    description="A page of the requests behind a count. The list is the very set that was counted; a request stands in it once "
    "for each time that it counted, e.g. for each SLA cycle."
)
class RequestConnection:
    edges: list[RequestEdge] = strawberry.field(description="The requests of this page with their cursors.")
    nodes: list[Request] = strawberry.field(description="The requests of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int | None = strawberry.field(description="Length of the list: the count of the row.")
    measure: str = strawberry.field(description="The count whose requests these are.")
    jql: str | None = strawberry.field(description="JQL for them; null where it cannot be said in JQL.")
    jql_exact: bool | None = strawberry.field(
        description="Whether that JQL finds just these; false where it finds more, e.g. since JQL compares dates to the minute."
    )
    url: str | None = strawberry.field(description="Address of that JQL in Jira.")

    @classmethod
    def page(
        cls,
        nodes: Sequence[Request],
        start: int,
        total: int,
        *,
        measure: str,
        jql: str | None,
        jql_exact: bool | None,
        url: str | None,
    ) -> RequestConnection:
        """The page of a list of `total` that begins at place `start`; a cursor is the number of entries up to its own."""
        edges = [RequestEdge(node=node, cursor=str(start + i + 1)) for i, node in enumerate(nodes)]
        return cls(
            edges=edges,
            nodes=list(nodes),
            page_info=page_info(
                [edge.cursor for edge in edges], comes_before=start > 0, follows=start + len(nodes) < total
            ),
            total_count=total,
            measure=measure,
            jql=jql,
            jql_exact=jql_exact,
            url=url,
        )
