"""Who has how much on the table now, and is anybody drowning?"""

from enum import Enum

import strawberry

from schema.report import DimensionValue, Ratio, Report, ReportRequest, Rest, User, drill_down_field
from schema.scalars import ID


@strawberry.enum(description="By what the open requests of an assignee are split.")
class WorkloadSplit(Enum):
    STATUS = strawberry.enum_value("STATUS", description="Present status.")
    PRIORITY = strawberry.enum_value("PRIORITY", description="Present priority.")
    REQUEST_TYPE = strawberry.enum_value("REQUEST_TYPE", description="Request type of JSM.")


@strawberry.input(description="Options of the workload report.")
class AssigneeWorkloadOptions:
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of the unassigned comes on top of it."
    )
    metric: str | None = strawberry.field(
        default=None,
        description="Name or id of the SLA metric that `slaBreachedRunning` and `slaAtRisk` look at; any if left out.",
    )
    split_by: WorkloadSplit | None = strawberry.field(
        default=None, description="Fill `parts` of each row with this split."
    )
    assignees: list[str] | None = strawberry.field(
        default=None, description="Account ids that get a row even if all their figures are 0 (100 at most)."
    )


@strawberry.type(description="The open requests of one assignee that have one value.")
class WorkloadPart:
    value: DimensionValue = strawberry.field(description="The value.")
    open: int = strawberry.field(description="Unresolved requests with that value.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="One assignee. Without a range said otherwise, figures are of `asOf`.")
class AssigneeWorkloadRow:
    assignee: User | None = strawberry.field(description="The assignee; null in the last row, of unassigned requests.")
    open: int = strawberry.field(description="Unresolved requests.")
    open_share: Ratio = strawberry.field(description="`open` of all open requests, the unassigned included.")
    overdue: int = strawberry.field(description="Open requests whose due date is before today in the report's zone.")
    sla_breached_running: int = strawberry.field(
        description="Open requests with a running (not paused) SLA cycle that is breached."
    )
    sla_at_risk: int = strawberry.field(
        description="Open requests with a running SLA cycle, not breached, of whose goal at least 75 % is used."
    )
    oldest_age_seconds: float | None = strawberry.field(
        description="Age of the oldest open request; null if there is none."
    )
    mean_age_seconds: float | None = strawberry.field(
        description="Mean age of the open requests; null if there are none."
    )
    remaining_estimate_seconds: float | None = strawberry.field(
        description="Sum of the remaining estimates of the open requests; null if none has one."
    )
    created: int = strawberry.field(description="Requests created in the period.")
    resolved: int = strawberry.field(description="Requests resolved in the period, credited to the present assignee.")
    parts: list[WorkloadPart] = strawberry.field(
        description="The open requests split as the options ask, largest first; empty without `splitBy`."
    )
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="Who has how much on the table now. Basis: OPEN; `created` COHORT, `resolved` ACTIVE.")
class AssigneeWorkloadReport(Report):
    total: int = strawberry.field(description="All open requests, the unassigned included.")
    assignees: int = strawberry.field(description="Number of persons with at least one open request.")
    mean_open_per_assignee: float | None = strawberry.field(
        description="Assigned open requests per person with at least one; null if there is no such person."
    )
    rows: list[AssigneeWorkloadRow] = strawberry.field(
        description="Everyone with a selected figure above 0, unassigned requests last. Most first, by `open`, or by `created`, "
        "then `resolved`, where nothing about open requests is selected."
    )
    rest: Rest = strawberry.field(description="Assignees beyond the top rows.")


class AssigneeWorkloadRequest(ReportRequest[AssigneeWorkloadOptions, AssigneeWorkloadReport]):
    """Asks for the workload report."""
