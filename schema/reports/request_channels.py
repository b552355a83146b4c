"""Portal, e-mail or by hand: is self-service growing?"""

import strawberry

from schema.report import DimensionValue, Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@strawberry.input(description="Options of the report on channels.")
class RequestChannelsOptions:
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of unknown channels comes on top of it."
    )


@strawberry.type(description="The requests that came by one channel.")
class RequestChannelRow:
    value: DimensionValue = strawberry.field(
        description="The channel, as Jira writes it: jira (raised by an agent), portal, anonymousportal, email, api, "
        "deployment, or one that is new. Its key is null where it is unknown: made before the desk, imported, or by a program "
        "that says none."
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
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="Requests created in the period, by the channel that they came by. Basis: COHORT.")
class RequestChannelReport(Report):
    total: int = strawberry.field(description="Requests: the sum of all rows.")
    rows: list[RequestChannelRow] = strawberry.field(
        description="Channels, most requests first; those without a known one last."
    )
    rest: Rest = strawberry.field(description="Channels beyond the top rows.")


class RequestChannelsRequest(ReportRequest[RequestChannelsOptions, RequestChannelReport]):
    """Asks for the report on channels."""
