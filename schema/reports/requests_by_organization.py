"""Which customer organizations send how much, and how are they served?"""

from enum import Enum

import strawberry

from schema.people import Organization
from schema.report import DimensionValue, Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@strawberry.enum(description="By what the requests of an organization are split.")
class OrganizationSplit(Enum):
    STATUS_CATEGORY = strawberry.enum_value("STATUS_CATEGORY", description="Category of the present status.")
    REQUEST_TYPE = strawberry.enum_value("REQUEST_TYPE", description="Request type of JSM.")
    DAY = strawberry.enum_value("DAY", description="Local day of creation.")
    WEEK = strawberry.enum_value("WEEK", description="Week of creation, named by its first day.")
    MONTH = strawberry.enum_value("MONTH", description="Month of creation, named by its first day.")
    QUARTER = strawberry.enum_value("QUARTER", description="Quarter of creation, named by its first day.")
    YEAR = strawberry.enum_value("YEAR", description="Year of creation, named by its first day.")


@strawberry.input(description="Options of the report by organization.")
class RequestsByOrganizationOptions:
    top: int | None = strawberry.field(
        default=50,
        description="Number of rows, 1 to 1000; the row of requests without an organization comes on top of it.",
    )
    show_co_values: bool = strawberry.field(
        default=False,
        description="With a filter on organizations, show also the other organizations of the requests that it picks.",
    )
    metric: str | None = strawberry.field(
        default=None,
        description="Name or id of the SLA metric of `slaCompliance`; needed where the site has more than one.",
    )
    split_by: OrganizationSplit | None = strawberry.field(
        default=None, description="Fill `parts` of each row with this split."
    )
    include_empty: bool = strawberry.field(
        default=False,
        description="Show also the organizations of the site that no request of the scope has, behind the others.",
    )


@strawberry.type(description="The requests of one organization that have one value.")
class OrganizationPart:
    value: DimensionValue = strawberry.field(description="The value; a period is keyed by its first local day.")
    requests: int = strawberry.field(description="Requests with that value.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="One organization. A request with several organizations counts once in each.")
class OrganizationRow:
    organization: Organization | None = strawberry.field(
        description="The organization; null in the last row, of requests without one. One known to be deleted has no name."
    )
    requests: int = strawberry.field(description="Requests created in the period.")
    share: Ratio = strawberry.field(
        description="`requests` of all distinct requests; shares may add up to more than 1 since a request can have several."
    )
    split_requests: float = strawberry.field(
        description="The same with a request of k organizations counted 1/k in each, for splitting costs; adds up to `total`."
    )
    open: int = strawberry.field(description="Of these, unresolved at `asOf`.")
    resolved: int = strawberry.field(description="Of these, resolved by `asOf`.")
    median_resolution_seconds: float | None = strawberry.field(
        description="Median time from creation to resolution of those resolved; null if there are none."
    )
    csat: Ratio = strawberry.field(description="Ratings 4 and 5 of all ratings of these requests, whenever given.")
    mean: float | None = strawberry.field(description="Mean rating of these requests; null if there is none.")
    sla_compliance: Ratio | None = strawberry.field(
        description="Completed SLA cycles of these requests that met their goal, of all completed; null if no metric was chosen."
    )
    parts: list[OrganizationPart] = strawberry.field(
        description="The requests split as the options ask, largest first (periods in order); empty without `splitBy`."
    )
    drill_down: ID | None = drill_down_field()


@strawberry.type(
    description="Requests created in the period, by the organizations that they are shared with now. Basis: COHORT."
)
class OrganizationReport(Report):
    total: int = strawberry.field(description="Distinct requests; rows may add up to more.")
    with_organization: int = strawberry.field(description="Distinct requests with at least one organization.")
    empty: int | None = strawberry.field(
        description="Organizations of the site that no request of the scope has; null unless `includeEmpty`."
    )
    rows: list[OrganizationRow] = strawberry.field(
        description="Organizations, most requests first, empty ones behind; requests without an organization last."
    )
    rest: Rest = strawberry.field(description="Organizations beyond the top rows.")


class RequestsByOrganizationRequest(ReportRequest[RequestsByOrganizationOptions, OrganizationReport]):
    """Asks for the report by organization."""
