"""Are the promised times kept, for whom not, and what breaks next?"""

from enum import Enum

import strawberry

from schema.report import DimensionValue, DurationSummary, Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@strawberry.enum(description="What is judged.")
class SlaUnit(Enum):
    CYCLE = strawberry.enum_value("CYCLE", description="Each cycle completed in the period, on its own.")
    REQUEST = strawberry.enum_value(
        "REQUEST", description="Each request with at least one cycle completed in the period, by `rule`."
    )


@strawberry.enum(description="How a request with several completed cycles is judged.")
class SlaRule(Enum):
    LAST = strawberry.enum_value("LAST", description="By the last cycle completed in the period.")
    EVER = strawberry.enum_value("EVER", description="Missed if any cycle completed in the period was.")
    FIRST = strawberry.enum_value("FIRST", description="By the first cycle completed in the period.")


@strawberry.enum(description="By what the figures of a metric are broken down.")
class SlaDimension(Enum):
    GOAL = strawberry.enum_value(
        "GOAL", description="Goal of the cycle, in milliseconds; goals differ, e.g. by priority."
    )
    PRIORITY = strawberry.enum_value("PRIORITY", description="Priority of the request.")
    ASSIGNEE = strawberry.enum_value("ASSIGNEE", description="Present assignee.")
    REQUEST_TYPE = strawberry.enum_value("REQUEST_TYPE", description="Request type of JSM.")
    ORGANIZATION = strawberry.enum_value(
        "ORGANIZATION", description="Organizations; a request with several counts in each."
    )


@strawberry.input(description="Options of the SLA report.")
class SlaOptions:
    metric: str | None = strawberry.field(
        default=None, description="Name or id of one SLA metric; all of them, each on its own, if left out."
    )
    unit: SlaUnit = strawberry.field(default=SlaUnit.CYCLE, description="What is judged.")
    rule: SlaRule = strawberry.field(default=SlaRule.LAST, description="How a request is judged, for `unit: REQUEST`.")
    by: SlaDimension | None = strawberry.field(
        default=None, description="Fill `rows` of each metric with this breakdown."
    )
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of requests without a value comes on top of it."
    )


@strawberry.type(description="An SLA metric. Equal names of several projects are one metric.")
class SlaMetric:
    name: str = strawberry.field(description="Name of the metric.")
    ids: list[ID] = strawberry.field(description="Ids of the fields behind it; each can be asked for on its own.")


@strawberry.type(description="Ongoing cycles whose used share of the goal lies in a band.")
class SlaBand:
    from_share: float = strawberry.field(description="Lowest share of the goal, included.")
    to_share: float | None = strawberry.field(description="Highest share, excluded; null for no end.")
    cycles: int = strawberry.field(description="Ongoing cycles in the band, whatever their state.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="One value of the breakdown.")
class SlaRow:
    value: DimensionValue = strawberry.field(description="The value.")
    met: int = strawberry.field(description="Judged met.")
    missed: int = strawberry.field(description="Judged missed.")
    compliance: Ratio = strawberry.field(description="met / (met + missed).")
    drill_down: ID | None = drill_down_field()


@strawberry.type(
    description="The figures of one SLA metric. Completed cycles are those that stopped in the period; ongoing ones are of `asOf`."
)
class SlaMetricFigures:
    metric: SlaMetric = strawberry.field(description="Which metric.")
    not_applicable: int = strawberry.field(description="Requests of the scope to which the metric does not apply.")
    not_started: int = strawberry.field(description="Requests of the scope that it applies to, without a cycle so far.")
    with_cycles: int = strawberry.field(
        description="Requests of the scope with at least one cycle; the three add up to the report's `total`."
    )
    met: int = strawberry.field(description="Cycles (or requests, by `unit`) that met the goal.")
    missed: int = strawberry.field(description="Cycles (or requests) that missed it.")
    compliance: Ratio = strawberry.field(description="met / (met + missed).")
    compliance_incl_overdue: Ratio | None = strawberry.field(
        description="met / (met + missed + ongoing breached), for `unit: CYCLE`; null if the period ended before `asOf`, since "
        "ongoing cycles are of now, and for `unit: REQUEST`."
    )
    cycles: int = strawberry.field(description="Cycles completed in the period plus those ongoing.")
    ongoing: int = strawberry.field(description="Cycles ongoing at `asOf`: the sum of the next four.")
    running: int = strawberry.field(description="Running, not breached.")
    running_breached: int = strawberry.field(description="Running and breached.")
    paused: int = strawberry.field(description="Paused, not breached.")
    paused_breached: int = strawberry.field(description="Paused and breached.")
    at_risk: int = strawberry.field(description="Running, not breached, with at least 75 % of the goal used.")
    due_within_60_minutes: int = strawberry.field(
        name="dueWithin60Minutes", description="Running, not breached, with at most 60 minutes left."
    )
    due_within_30_minutes: int = strawberry.field(
        name="dueWithin30Minutes", description="Running, not breached, with at most 30 minutes left."
    )
    bands: list[SlaBand] = strawberry.field(description="Ongoing cycles by the used share of their goal.")
    elapsed: DurationSummary = strawberry.field(
        description="Time used by the cycles completed in the period, in the SLA's own calendar."
    )
    overrun: DurationSummary = strawberry.field(description="By how much the missed cycles of the period overran.")
    cycles_per_request: float | None = strawberry.field(
        description="Cycles completed in the period per request that has one: several short ones can hide one unhappy "
        "customer. Null if there are none."
    )
    rows: list[SlaRow] = strawberry.field(
        description="The breakdown that the options ask for, most judged first; those without a value last."
    )
    rest: Rest = strawberry.field(description="Values beyond the top rows.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="Whether promised times are kept, metric by metric. Basis: ACTIVE and OPEN.")
class SlaReport(Report):
    total: int = strawberry.field(
        description="Requests of the scope: created before the end of the period, and unresolved at its start or later, "
        "or with a cycle completed in it."
    )
    unit: SlaUnit = strawberry.field(description="What was judged, as asked for.")
    rule: SlaRule | None = strawberry.field(description="By which rule; null for `unit: CYCLE`.")
    metrics: list[SlaMetricFigures] = strawberry.field(
        description="One entry a metric, by name. They are never added up."
    )


class SlaRequest(ReportRequest[SlaOptions, SlaReport]):
    """Asks for the SLA report."""
