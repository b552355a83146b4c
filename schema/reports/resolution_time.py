"""How long does a customer wait for a solution, typically and at worst?"""

from enum import Enum

import strawberry

from schema.report import Dimension, DimensionValue, DurationSummary, Report, ReportRequest, Rest, drill_down_field
from schema.reports.sla import SlaMetric
from schema.scalars import ID


@strawberry.enum(description="Which requests are looked at.")
class ResolutionCohort(Enum):
    RESOLVED = strawberry.enum_value("RESOLVED", description="Those resolved in the period.")
    CREATED = strawberry.enum_value(
        "CREATED",
        description="Those created in the period; what is still unresolved has no duration yet, so figures of a young "
        "period are too low.",
    )


@strawberry.enum(description="By which clock a resolution is timed. Values may be added.")
class ResolutionValue(Enum):
    WALL = strawberry.enum_value("WALL", description="From creation to the last resolution, nights and all.")
    SLA = strawberry.enum_value(
        "SLA", description="Time used by all completed cycles of an SLA metric, in its own calendar, pauses out."
    )


@strawberry.input(description="Options of the report on resolution times.")
class ResolutionTimeOptions:
    cohort: ResolutionCohort = strawberry.field(
        default=ResolutionCohort.RESOLVED, description="Which requests are looked at."
    )
    value: ResolutionValue = strawberry.field(default=ResolutionValue.WALL, description="By which clock.")
    metric: str | None = strawberry.field(
        default=None,
        description="Name or id of the SLA metric, for `value: SLA`; needed where the site has more than one.",
    )
    by: Dimension | None = strawberry.field(default=None, description="Fill `rows` with this breakdown.")
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of requests without a value comes on top of it."
    )


@strawberry.type(description="Resolution times within a band of hours.")
class ResolutionBand:
    from_hours: int = strawberry.field(description="Shortest, included.")
    to_hours: int | None = strawberry.field(description="Longest, excluded; null for no end.")
    count: int = strawberry.field(description="Number of requests.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="The resolution times of the requests with one value of the breakdown.")
class ResolutionTimeRow:
    value: DimensionValue = strawberry.field(description="The value; its key is null for requests without one.")
    count: int = strawberry.field(description="Number of requests with a duration.")
    duration: DurationSummary = strawberry.field(description="Their durations.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(
    description="How long resolutions took. `total` = `measured` + `invalid` + `unmeasured` + `unresolved`. Look at the median "
    "first: a few long ones drag the mean. Basis: ACTIVE for RESOLVED, COHORT for CREATED."
)
class ResolutionTimeReport(Report):
    cohort: ResolutionCohort = strawberry.field(description="Which requests were looked at, as asked for.")
    value: ResolutionValue = strawberry.field(description="By which clock, as asked for.")
    metric: SlaMetric | None = strawberry.field(description="The SLA metric of the clock; null for WALL.")
    total: int = strawberry.field(description="Requests looked at.")
    measured: int = strawberry.field(description="Those with a duration: the number behind all other figures.")
    invalid: int = strawberry.field(description="Those with a negative duration, from imports; they are in no figure.")
    unmeasured: int = strawberry.field(
        description="Those resolved without a duration: since nobody knows when, or, by SLA, without a completed cycle."
    )
    unresolved: int | None = strawberry.field(
        description="Those unresolved at `asOf`; null for the cohort RESOLVED, which has none."
    )
    duration: DurationSummary = strawberry.field(description="Summary of the durations.")
    histogram: list[ResolutionBand] = strawberry.field(
        description="The durations in bands of hours; counts add up to `measured`."
    )
    rows: list[ResolutionTimeRow] = strawberry.field(
        description="The breakdown that the options ask for, most requests first; those without a value last."
    )
    rest: Rest = strawberry.field(description="Values beyond the top rows.")
    drill_down: ID | None = drill_down_field()


class ResolutionTimeRequest(ReportRequest[ResolutionTimeOptions, ResolutionTimeReport]):
    """Asks for the report on resolution times."""
