"""Are we keeping up, or is the pile growing?"""

from datetime import datetime
from enum import Enum

import strawberry

from schema.report import BucketUnit, Report, ReportRequest, drill_down_field
from schema.scalars import ID


@strawberry.enum(description="Where resolutions are taken from. Values may be added.")
class ResolutionMode(Enum):
    FIELD = strawberry.enum_value(
        "FIELD",
        description="The present resolution of each request: one resolved twice counts once, at the last time, and past "
        "figures change when a request is reopened.",
    )


@strawberry.input(description="Options of the report on created against resolved.")
class CreatedVsResolvedOptions:
    unit: BucketUnit | None = strawberry.field(
        default=BucketUnit.MONTH, description="Length of the buckets; at most 1,500 are answered."
    )
    mode: ResolutionMode | None = strawberry.field(
        default=ResolutionMode.FIELD, description="Where resolutions are taken from."
    )


@strawberry.type(description="A bucket, cut to the period.")
class FlowBucket:
    label: str = strawberry.field(description="Local date of its first day; for an hour its local time with offset.")
    start: datetime = strawberry.field(description="First instant.")
    end: datetime = strawberry.field(description="First instant after it.")
    complete: bool = strawberry.field(description="False if the period or `asOf` cuts it.")
    created: int = strawberry.field(description="Requests created in it.")
    resolved: int = strawberry.field(description="Requests resolved in it.")
    net: int = strawberry.field(description="created - resolved.")
    cumulative_net: int = strawberry.field(description="Sum of `net` up to and with this bucket.")
    open_at_end: int = strawberry.field(description="Requests created before its end and not resolved before it.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="How many requests come and go, and how many are left. Basis: ACTIVE and COHORT.")
class CreatedVsResolvedReport(Report):
    bucket_unit: BucketUnit = strawberry.field(description="Length of the buckets, as asked for.")
    mode: ResolutionMode = strawberry.field(description="Where resolutions were taken from, as asked for.")
    created: int = strawberry.field(description="Requests created in the period.")
    resolved: int = strawberry.field(description="Requests resolved in the period.")
    open_at_start: int = strawberry.field(description="Requests created before the period and not resolved before it.")
    open_at_end: int = strawberry.field(
        description="The same at the end of the period, or at `asOf` if that comes first."
    )
    buckets: list[FlowBucket] = strawberry.field(description="The buckets of the period up to `asOf`, in order.")


class CreatedVsResolvedRequest(ReportRequest[CreatedVsResolvedOptions, CreatedVsResolvedReport]):
    """Asks for the report on created against resolved."""
