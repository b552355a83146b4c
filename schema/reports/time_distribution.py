"""When does work arrive and leave; when do we need people?"""

from datetime import datetime

import strawberry

from schema.report import BucketUnit, Report, ReportRequest, drill_down_field
from schema.scalars import ID
from schema.scope import Weekday


@strawberry.input(description="Options of the report on time distribution.")
class TimeDistributionOptions:
    unit: BucketUnit | None = strawberry.field(
        default=BucketUnit.DAY, description="Length of the buckets of `series`; at most 1,500 buckets are answered."
    )


@strawberry.type(description="A bucket of the series, cut to the period.")
class TimeBucket:
    label: str = strawberry.field(description="Local date of its first day; for an hour its local time with offset.")
    iso_week: str | None = strawberry.field(
        description="ISO week such as 2026-W53, for weeks that start on Monday; null otherwise."
    )
    start: datetime = strawberry.field(description="First instant.")
    end: datetime = strawberry.field(description="First instant after it.")
    complete: bool = strawberry.field(description="False if the period or `asOf` cuts it.")
    created: int = strawberry.field(description="Requests created in it.")
    resolved: int = strawberry.field(description="Requests resolved in it.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="An hour of a weekday, over the whole period.")
class HeatCell:
    weekday: Weekday = strawberry.field(description="The local weekday.")
    hour: int = strawberry.field(
        description="The local hour, 0 to 23; hour 2 of a day of 25 hours collects both passes."
    )
    occurrences: int = strawberry.field(
        description="How often that hour occurred in the period up to `asOf`, also in part: once less where it was skipped, once more where it was repeated."
    )
    created: int = strawberry.field(description="Requests created in it.")
    resolved: int = strawberry.field(description="Requests resolved in it.")
    created_per_occurrence: float | None = strawberry.field(
        description="created / occurrences; null if it never occurred."
    )
    resolved_per_occurrence: float | None = strawberry.field(
        description="resolved / occurrences; null if it never occurred."
    )
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="When requests are created and resolved. Basis: COHORT; `resolved` ACTIVE.")
class TimeDistributionReport(Report):
    bucket_unit: BucketUnit = strawberry.field(description="Length of the buckets, as asked for.")
    created: int = strawberry.field(description="Requests created in the period.")
    resolved: int = strawberry.field(description="Requests resolved in the period.")
    series: list[TimeBucket] = strawberry.field(
        description="The buckets of the period up to `asOf`, in order; those without requests are there too."
    )
    heat_map: list[HeatCell] = strawberry.field(description="Seven weekdays by 24 hours, from the first weekday on.")


class TimeDistributionRequest(ReportRequest[TimeDistributionOptions, TimeDistributionReport]):
    """Asks for the report on time distribution."""
