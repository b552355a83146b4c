"""What do people ask for, and which types of request are slow, disliked or dead?"""

from enum import Enum

import strawberry

from schema.report import Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@strawberry.enum(description="What became of a request type.")
class RequestTypeState(Enum):
    CURRENT = strawberry.enum_value("CURRENT", description="Its desk offers it, or hides it on purpose.")
    DELETED = strawberry.enum_value("DELETED", description="It is in no list any more; requests still hold it.")
    FOREIGN = strawberry.enum_value(
        "FOREIGN", description="All of these requests are of projects other than its desk's: they were moved."
    )


@strawberry.input(description="Options of the report on request types.")
class RequestTypesOptions:
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of requests without a type comes on top of it."
    )
    include_unused: bool = strawberry.field(
        default=False,
        description="Show also the types that no request of the scope has, behind the others: of the desks of "
        "`scope.projects`, else of all that the reading account sees.",
    )


@strawberry.type(description="A request type as requests hold it.")
class HeldRequestType:
    id: ID = strawberry.field(description="Id of the type; names may be shared by several.")
    name: str | None = strawberry.field(description="Its present name; that of a deleted one is its last.")
    service_desk_id: ID | None = strawberry.field(description="Id of its service desk.")
    state: RequestTypeState | None = strawberry.field(
        description="What became of it; the list of types is read only when this, `foreign` or `includeUnused` is asked for. "
        "Null if it may not be read."
    )


@strawberry.type(description="The requests of one type.")
class RequestTypeRow:
    request_type: HeldRequestType | None = strawberry.field(
        description="The type; null in the last row, of requests without one (`population: ISSUES`)."
    )
    requests: int = strawberry.field(description="Requests created in the period.")
    share: Ratio = strawberry.field(description="`requests` of all.")
    open: int = strawberry.field(description="Of these, unresolved at `asOf`.")
    resolved: int = strawberry.field(description="Of these, resolved by `asOf`.")
    median_resolution_seconds: float | None = strawberry.field(
        description="Median time from creation to resolution of those resolved; null if there are none."
    )
    csat: Ratio = strawberry.field(description="Ratings 4 and 5 of all ratings of these requests, whenever given.")
    mean: float | None = strawberry.field(description="Mean rating of these requests; null if there is none.")
    foreign: int | None = strawberry.field(
        description="Of these, in another project than that of the type's desk; null if the list of desks may not be read."
    )
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="Requests created in the period, by request type. Basis: COHORT.")
class RequestTypeReport(Report):
    total: int = strawberry.field(description="Requests: the sum of all rows.")
    unused: int | None = strawberry.field(
        description="Types that no request of the scope has; null unless `includeUnused`."
    )
    rows: list[RequestTypeRow] = strawberry.field(
        description="Types, most requests first, unused ones behind; requests without a type last."
    )
    rest: Rest = strawberry.field(description="Types beyond the top rows.")


class RequestTypesRequest(ReportRequest[RequestTypesOptions, RequestTypeReport]):
    """Asks for the report on request types."""
